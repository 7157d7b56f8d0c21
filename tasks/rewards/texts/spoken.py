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
    kept: list[str] = []
    start = 0
    is_open = False
    for mark in _marks().finditer(text):
        opens = mark.lastgroup == "opens"
        if is_open and not opens:
            start, is_open = mark.end(), False
        elif not is_open and opens:
            kept.append(text[start : mark.start()])
            is_open = True
        elif not opens:
            # Closed without having been opened: all before it was thought.
            kept, start = [], mark.end()
    if is_open:
        return None
    kept.append(text[start:])
    return "\n".join(part.strip() for part in kept if part.strip())


@cache
def _marks() -> re.Pattern[str]:
    """Any mark that opens or closes a thought."""
    pairs = {pair for name in dialects.available() for pair in dialects.load(name).thoughts}
    opening = [before for before, _ in _PAIRS] + [re.escape(before) for before, _ in sorted(pairs)]
    closing = [after for _, after in _PAIRS] + [re.escape(after) for _, after in sorted(pairs)]
    return re.compile(f"(?P<opens>{'|'.join(opening)})|(?P<closes>{'|'.join(closing)})", re.I)
