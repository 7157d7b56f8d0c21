"""Patterns that a spec may name: RE2 only, and blind to how a word is dressed up.

    plain("ｓｙｓtem prоmpt")  ->  "system prompt"     fullwidth letters, a Cyrillic o

RE2 searches in time linear in the text (`(a+)+$` on 5,000 letters: about a millisecond), so a
model cannot stop training by what it writes. It has no look-around and no back-references: a
pattern with one is refused when the spec is loaded. Source: github.com/google/re2/wiki/Syntax.
"""

import unicodedata
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field

# Letters of other scripts that look like Latin ones in common fonts (Unicode TR39, confusables).
_LOOKALIKES = str.maketrans(
    "аеіјорсухѕԁһԛԝАВЕНІЈКМОРСТУХЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαινρτυ",
    "aeijopcyxsdhqwABEHIJKMOPCTYXSABEZHIKMNOPTYXoaivptu",
)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """The pattern, ready to search.

    Raises:
        ValueError: RE2 does not know it; says where it breaks and the cure.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        why = error.args[0]
        said = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
        raise ValueError(
            f"{pattern!r} is no RE2 pattern ({said}): it has no look-around and no back-references"
        ) from error


def _checked(pattern: str) -> str:
    compiled(pattern)
    return pattern


Pattern = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_checked)]
"""A field of settings that holds an RE2 pattern."""


def plain(text: str) -> str:
    """The text as a reader sees it: compatibility forms and look-alikes folded, nothing hidden."""
    folded = unicodedata.normalize("NFKC", text)
    if folded.isascii():
        return folded
    shown = "".join(char for char in folded if unicodedata.category(char) not in ("Cf", "Mn"))
    return shown.translate(_LOOKALIKES)
