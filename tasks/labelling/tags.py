"""Tags an example by simple rules, so that evidence can be cut into slices.

domain      `domain` of the log's own metadata
intent      what the user wants: the tool that it comes to (`intents`), `closing` or `other`
difficulty  easy, medium or hard: no point, one, or more
tools       what the reference calls, else what was called
language    of what the user said first: by script, else by the commonest words of it
turns       assistant turns, the decision itself included

Each of these is a point of difficulty: tools answered in more than 5 earlier turns; in more than
10; the calls have more than 3 arguments; there is more than one call; the decision is to ask or to
decline while nothing was looked up yet. The limits were set on the airline logs, where more
sessions of harder decisions fail (`python -m benchmarks tags`), the last point after the demo's
failures had been seen; they are the same for all data.

Tags are for slices and balance; no model reads them. `split` takes names of held-out tools out of
the intents of train and validation.
"""

import re
from collections import Counter
from functools import cache, lru_cache

from tasks.core.records import Behaviour, Reference, Reply, Tags
from tasks.labelling import user_requests

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
_LANGUAGES = {code: 16 * at for at, code in enumerate(sorted(_FREQUENT))}
"""Where in one number its words are counted: one sum for all languages."""
_MOST = 0xFFFF
_HOLDS_BACK = frozenset(["clarify", "refuse"])


def tag(
    reply: Reply,
    *,
    turns: int,
    answered: int,
    intent: str,
    language: str,
    behaviour: Behaviour,
    reference: Reference | None,
    domain: str,
) -> Tags:
    """Tags of one decision; by the reference where there is one, else by what was answered.

    Args:
        reply: what was answered.
        turns: assistant turns before the decision.
        answered: those of them whose calls tools answered.
        intent: of the decision.
        language: of what the user said first.
        behaviour: of the reply.
        reference: what would have been right, where that is known.
        domain: as the log itself names it.
    """
    calls = reference.calls if reference else reply.tool_calls
    names = tuple(dict.fromkeys([call.name for call in calls]))
    arguments = sum([len(call.arguments) for call in calls])
    did = reference.behaviour if reference else behaviour
    return Tags(
        domain=domain,
        intent=intent,
        difficulty=_difficulty(answered, arguments, len(calls), holds_back=did in _HOLDS_BACK),
        tools=names,
        language=language,
        turns=1 + turns,
    )


@lru_cache(maxsize=4096)
def language(text: str) -> str:
    """ISO 639-1 code of the language, "" where the rules cannot tell.

    Cached: each call of a session asks again about the same first words.
    """
    if not text.isascii():
        for code, script in _SCRIPTS:
            if script.search(text[: user_requests.LOOKED_AT]):
                return code
    words = user_requests.spoken(text)
    counts = _counts()
    hits = sum([counts[word] for word in words if word in counts])
    if not hits:
        return ""
    return max(_LANGUAGES, key=lambda code: hits >> _LANGUAGES[code] & _MOST)


def _difficulty(answered: int, arguments: int, calls: int, *, holds_back: bool) -> str:
    long, early = (answered > 5) + (answered > 10), answered == 0 and holds_back
    points = long + (arguments > 3) + (calls > 1) + early
    return ("easy", "medium", "hard")[min(points, 2)]


@cache
def _counts() -> dict[str, int]:
    """Each of the frequent words to one in the place of each of its languages."""
    found: Counter[str] = Counter()
    for code, words in _FREQUENT.items():
        found.update(dict.fromkeys(words.split(), 1 << _LANGUAGES[code]))
    return dict(found)
