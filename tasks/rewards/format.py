r"""Pays for the structure of the text: JSON, one fenced block, a pattern, or tags in order.

    {kind: json}                          {"total": 12}                        1.0
    {kind: fenced, language: sql}         ```sql\nselect 1\n```                1.0
    {kind: pattern, pattern: "[A-Z]\d+"}  K12                                  1.0
    {kind: tags, tags: [think, answer]}   <think>…</think><answer>4</answer>   1.0
                                          <answer>4</answer>                   0.0   one is missing

All or nothing: a part of a structure parses no better than none, and partial credit for tags can
be had by writing tags. What the structure holds is not looked at (`json_schema` does). Zero and
unscored are different things:

    text in another structure, no text at all, a malformed call    0
    a reply that only calls tools, the reference being no call     0
    a reply that only calls tools else                             not applicable: no text to shape
"""

import re
from collections.abc import Callable
from typing import Literal, Self

from pydantic import Field, model_validator

from tasks.core.records import Reply, Score, ToolCall
from tasks.core.section import Section
from tasks.rewards import Case, Prompt
from tasks.rewards.texts.due import only_called
from tasks.rewards.texts.json_text import LONGEST, NotJsonError, read
from tasks.rewards.texts.patterns import Pattern, compiled

REQUIRES = ("google-re2",)

_FENCES = re.compile(r"^```", re.MULTILINE)
_TAG = r"^[A-Za-z][A-Za-z0-9_-]*$"


class Settings(Section):
    kind: Literal["json", "fenced", "pattern", "tags"] = "json"
    json_type: Literal["object", "array", "any"] = "object"
    """For `json`."""
    language: str = Field(default="", pattern=r"^[A-Za-z0-9+#-]*$")
    """For `fenced`: what stands behind the opening fence; empty: anything or nothing."""
    pattern: Pattern | None = None
    """For `pattern`: an RE2 pattern that the whole text must match, spaces around it aside."""
    tags: tuple[str, ...] = ()
    """For `tags`: names, each to be opened and closed exactly once, in this order."""
    text_around: bool = False
    """For `fenced` and `tags`: whether text may stand outside of them."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.kind == "pattern") != (self.pattern is not None):
            raise ValueError("kind pattern and the option `pattern` come together: give both")
        if (self.kind == "tags") != bool(self.tags):
            raise ValueError("kind tags and the option `tags` come together: give both")
        for tag in self.tags:
            if not re.match(_TAG, tag) or self.tags.count(tag) > 1:
                raise ValueError(f"tag {tag!r}: expected a name as `answer`, and each only once")
        return self


def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply; see the module for what is paid. The value is 0 or 1."""
    if any(call.raw_arguments or not call.name for call in reply.tool_calls):
        return Score(value=0.0, tier="malformed-call")
    text = reply.content.strip()
    if (called := only_called(prompt, reply)) is not None:
        return called
    if not text:
        return Score(value=0.0, tier="empty")
    if len(text) > LONGEST:
        return Score(value=0.0, tier="too-long")
    if not _KINDS[settings.kind](text, settings):
        return Score(value=0.0, tier="other-structure")
    return Score(value=1.0, exact=True, tier="kept")


def _is_json(text: str, settings: Settings) -> bool:
    try:
        value = read(text)
    except NotJsonError:
        return False
    wanted = {"object": dict, "array": list, "any": object}[settings.json_type]
    return isinstance(value, wanted)


def _is_fenced(text: str, settings: Settings) -> bool:
    """One block, opened and closed; a fence inside of it would end it early."""
    fences = [match.start() for match in _FENCES.finditer(text)]
    if len(fences) != 2:
        return False
    opening, newline, _ = text[fences[0] :].partition("\n")
    said = opening[3:].strip()
    closing = text[fences[1] :].partition("\n")[0].strip()
    if not newline or closing != "```" or "`" in said:
        return False
    if settings.language and said.lower() != settings.language.lower():
        return False
    return settings.text_around or (fences[0] == 0 and text.endswith("```"))


def _matches(text: str, settings: Settings) -> bool:
    return compiled(settings.pattern or "").fullmatch(text) is not None


def _is_tagged(text: str, settings: Settings) -> bool:
    at = 0
    for tag in settings.tags:
        opening, closing = f"<{tag}>", f"</{tag}>"
        if text.count(opening) != 1 or text.count(closing) != 1:
            return False
        start, end = text.find(opening), text.find(closing)
        between = text[at:start].strip()
        if start < at or end < start or (between and not settings.text_around):
            return False
        at = end + len(closing)
    return settings.text_around or not text[at:].strip()


_KINDS: dict[str, Callable[[str, Settings], bool]] = {
    "json": _is_json,
    "fenced": _is_fenced,
    "pattern": _matches,
    "tags": _is_tagged,
}

_ANY = Prompt((), (), None)
_SQL = {"kind": "fenced", "language": "sql"}
_TAGGED = {"kind": "tags", "tags": ("think", "answer")}
CASES = (
    Case(_ANY, Reply(content='{"total": 12}'), 1.0),
    Case(_ANY, Reply(content='Here you are: {"total": 12}'), 0.0),
    Case(_ANY, Reply(content='```json\n{"total": 12}\n```'), 0.0),
    Case(_ANY, Reply(content='{"total": 12, "total": 13}'), 0.0),
    Case(_ANY, Reply(content="[12]"), 0.0),
    Case(_ANY, Reply(content=""), 0.0),
    Case(_ANY, Reply(tool_calls=(ToolCall(name="", raw_arguments='{"total": '),)), 0.0),
    Case(_ANY, Reply(tool_calls=(ToolCall(name="get_invoice"),)), None),
    Case(_ANY, Reply(content="```sql\nselect 1\n```"), 1.0, _SQL),
    Case(_ANY, Reply(content="Here: ```sql\nselect 1\n```"), 0.0, _SQL),
    Case(_ANY, Reply(content="K12"), 1.0, {"kind": "pattern", "pattern": r"[A-Z]\d+"}),
    Case(_ANY, Reply(content="K12 it is"), 0.0, {"kind": "pattern", "pattern": r"[A-Z]\d+"}),
    Case(_ANY, Reply(content="<think>2 + 2</think><answer>4</answer>"), 1.0, _TAGGED),
    Case(_ANY, Reply(content="<answer>4</answer>"), 0.0, _TAGGED),
)
