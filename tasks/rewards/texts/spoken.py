"""What a reply says to the user: its text without the thoughts in front of it.

    "<think>I cannot tell.</think>Which month?"     "Which month?"
    "I must ask.</think>Which month?"               "Which "
    "month?": the prompt had opened the thought
    "<think>I cannot do that."                      None: a thought that never ended is no reply

Replies read by `tasks.dialects` come without thoughts already; this is for those that were made in
another way (logs, APIs, rows of a file), whatever family wrote them.
"""

import re
from functools import cache, lru_cache

from tasks import dialects

UNCLOSED = "thought-not-closed"
"""The tier of a reply whose thought never ended."""

_WORDS = (
    "think|thinking|thoughts?|reason|reasoning|reflection|reflect|analysis|scratchpad|"
    "inner_monologue|reflexion|plan|planning|seed:think|antml:thinking|begin_of_thought|"
    "chain_of_thought|cot"
)
_PAIRS = (
    (rf"<(?:{_WORDS})\b[^>]*>", rf"</(?:{_WORDS})\s*>"),
    (r"\[THINK\]", r"\[/THINK\]"),
    (r"◁think▷", r"◁/think▷"),
    (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),
    # Harmony: a thought is a message on the channel `analysis`.
    (
        r"(?:<\|start\|>assistant)?<\|channel\|>analysis<\|message\|>",
        r"<\|end\|>(?:(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>)?",
    ),
)
_HINT = re.compile(r"[<\[◁]")


@lru_cache(maxsize=4096)
def spoken(text: str) -> str | None:
    """The text without its thoughts, stripped; None where a thought never ends."""
    if not _HINT.search(text):
        return text.strip()
    opening, closing = _marks()
    kept: list[str] = []
    start = 0
    while True:
        opens, closes = opening.search(text, start), closing.search(text, start)
        if closes and (not opens or closes.start() < opens.start()):
            # Closed without having been opened: all before it was thought.
            kept, start = [], closes.end()
        elif opens:
            kept.append(text[start : opens.start()])
            closes = closing.search(text, opens.end())
            if closes is None:
                return None
            start = closes.end()
        else:
            kept.append(text[start:])
            return "\n".join(part.strip() for part in kept if part.strip())


@cache
def _marks() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of all marks that open a thought, and of all that close one."""
    pairs = {pair for name in dialects.available() for pair in dialects.load(name).thoughts}
    opening = [before for before, _ in _PAIRS] + [re.escape(before) for before, _ in sorted(pairs)]
    closing = [after for _, after in _PAIRS] + [re.escape(after) for _, after in sorted(pairs)]
    return re.compile("|".join(opening), re.I), re.compile("|".join(closing), re.I)
