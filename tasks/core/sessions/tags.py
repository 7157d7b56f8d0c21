"""Tags an example by simple rules, so that evidence can be cut into slices.

domain      `domain` of the log's own metadata
intent      the first tool that is called, else the behaviour
difficulty  easy, medium or hard: by turns, tools to choose from, arguments to get right
language    of what the user said first: by script, else by the commonest words of it
turns       assistant turns, the decision itself included
"""

import re
from collections import Counter
from functools import cache, lru_cache
from itertools import chain

from tasks.core.records import Behaviour, Reference, Reply, Tags

# Ten or so of the commonest words that the other languages here do not have.
_FREQUENT = {
    "en": "the and is to you my of for it this please what can have with",
    "de": "der die das und ist ich nicht bitte ein eine mit auf für von wie",
    "fr": "le la les et est je pas vous une pour des mon avec dans que",
    "es": "el los y es yo por favor una para con mi que del qué cómo",
    "it": "il gli e è io non per favore una con mio che del come sono",
    "pt": "os e é eu não por favor uma para com meu que do como você",
    "nl": "de het en is ik niet een van voor met mijn op dat wat kan",
    "id": "yang dan saya ini itu untuk dengan tidak bisa apa anda dari di ke",
}
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
)
_WORD = re.compile(r"[^\W\d_]+")
_APART = "".join(chr(c) if chr(c).isalpha() else " " for c in range(128))
_LOOKED_AT = 400


def tag(
    reply: Reply,
    *,
    turns: int,
    language: str,
    offered: int,
    behaviour: Behaviour,
    reference: Reference | None,
    domain: str,
) -> Tags:
    """Tags of one decision; by the reference where there is one, else by what was answered.

    Args:
        reply: what was answered.
        turns: assistant turns before the decision.
        language: of what the user said first.
        offered: how many tools there were to choose from.
        behaviour: of the reply.
        reference: what would have been right, where that is known.
        domain: as the log itself names it.
    """
    calls = reference.calls if reference else reply.tool_calls
    names = tuple(dict.fromkeys([call.name for call in calls]))
    arguments = sum([len(call.arguments) for call in calls])
    return Tags(
        domain=domain,
        intent=names[0] if names else reference.behaviour if reference else behaviour,
        difficulty=_difficulty(1 + turns, offered, arguments, len(calls)),
        tools=names,
        language=language,
        turns=1 + turns,
    )


@lru_cache(maxsize=4096)
def language(text: str) -> str:
    """ISO 639-1 code of the language, "" where the rules cannot tell.

    Cached: each call of a session asks again about the same first words.
    """
    text = text[:_LOOKED_AT].lower()
    if text.isascii():
        words = text.translate(_APART).split()
    else:
        for code, script in _SCRIPTS:
            if script.search(text):
                return code
        words = _WORD.findall(text)
    codes = _codes()
    known = [codes[word] for word in words if word in codes]
    hits = Counter(chain.from_iterable(known))
    return max(sorted(hits), key=hits.__getitem__, default="")


def _difficulty(turns: int, tools: int, arguments: int, calls: int) -> str:
    """One point for each of: a long session, a wide choice, many arguments, several calls."""
    points = (turns > 4) + (tools > 5) + (arguments > 3) + (calls > 1)
    return ("easy", "medium", "medium", "hard", "hard")[points]


@cache
def _codes() -> dict[str, list[str]]:
    """Each of the frequent words to its languages."""
    found: dict[str, list[str]] = {}
    for code, words in _FREQUENT.items():
        for word in words.split():
            found.setdefault(word, []).append(code)
    return found
