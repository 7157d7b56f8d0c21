"""Each dialect on its set of good and subtly broken replies: all of the one, none of the other.

The sets lie beside this file, one a dialect, written by hand from the families' own chat templates
and documents, with an independent idea of what each reply says. Broken means: a call that a strict
reader does not carry out, and that is not taken for plain text either.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks import dialects
from tasks.core.records import Reply, Tool, ToolCall

FOLDER = Path(__file__).parent / "conformance"
TYPES = {
    "get_weather": {"city": "string", "days": "integer"},
    "note": {"text": "string", "deep": "object", "tags": "array"},
    "transfer_funds": {"amount": "number", "to": "string"},
    "list_invoices": {},
}
TOOLS = tuple(
    Tool(
        name=name,
        parameters={
            "type": "object",
            "properties": {key: {"type": of} for key, of in keys.items()},
        },
    )
    for name, keys in TYPES.items()
)


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(name, case, id=f"{name}-{case['label']}")
        for name in dialects.available()
        for case in json.loads((FOLDER / f"{name}.json").read_text())[kind]
    ]


@pytest.mark.parametrize("name", dialects.available())
def test_every_dialect_has_eight_of_each(name: str) -> None:
    sets = json.loads((FOLDER / f"{name}.json").read_text())
    assert min(len(sets["good"]), len(sets["broken"])) >= 8


@pytest.mark.parametrize(("name", "case"), cases("good"))
def test_good_replies_are_read(name: str, case: dict[str, Any]) -> None:
    parsed = dialects.load(name).parse(case["text"], tools=TOOLS)
    calls = tuple(ToolCall(**call) for call in case["calls"])
    assert (parsed.content, parsed.thought, parsed.tool_calls, parsed.problem) == (
        case["content"],
        case["thought"],
        calls,
        "",
    )


@pytest.mark.parametrize(("name", "case"), cases("broken"))
def test_broken_replies_earn_no_call_and_are_no_plain_text(name: str, case: dict[str, Any]) -> None:
    parsed = dialects.load(name).parse(case["text"], tools=TOOLS)
    assert [call for call in parsed.tool_calls if dialects.is_sound(call)] == []
    assert parsed.problem or parsed.tool_calls


IDS = {"kimi_k2", "mistral_list", "nova"}
"""Dialects in which a call has an id or number of its own that says nothing."""


@pytest.mark.parametrize("name", dialects.available())
def test_one_character_lost_or_doubled_is_never_plain_text_nor_the_same_call(name: str) -> None:
    dialect = dialects.load(name)
    call = ToolCall(name="get_weather", arguments={"city": "Oslo", "days": 3})
    text = dialect.write(Reply(tool_calls=(call,)))
    assert dialect.parse(text, tools=TOOLS).tool_calls == (call,)
    for place, letter in enumerate(text):
        if letter.isspace():
            continue
        for changed in (text[:place] + text[place + 1 :], text[:place] + letter + text[place:]):
            parsed = dialect.parse(changed, tools=TOOLS, opened=False)
            assert parsed.tool_calls or parsed.problem, changed
            same = parsed.tool_calls == (call,) and not parsed.content
            assert not same or name in IDS, changed
