r"""Patterns that a spec may name: RE2 only, which searches in time linear in the text.

    compiled("(a+)+$")                      5,000 letters in a millisecond
    compiled("(?=a)"), compiled(r"(a)\1")   refused: no look-around, no back-references

So a model cannot stop training by what it writes, and a pattern that cannot be is refused when the
spec is loaded. Source: github.com/google/re2/wiki/Syntax.
"""

from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field


@lru_cache(maxsize=256)
def compiled(pattern: str, *, any_case: bool = False) -> Any:
    """The pattern, ready to search; with `any_case` whatever the case of letters.

    Raises:
        ValueError: RE2 does not know it; says where it breaks and the cure.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not any_case
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
