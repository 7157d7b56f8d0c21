"""The default spec on answers of others: the right behaviour has to win over the other three."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.core.records import Behaviour, Call, Reference, Reply, Tool, ToolCall
from tasks.rewards import Prompt
from tasks.rewards.spec import load_spec

DATA = (Path(__file__).parents[3] / "../shared/data/when2call.jsonl").resolve()
BEHAVIOURS: dict[str, Behaviour] = {
    "tool_call": "execute",
    "request_for_info": "clarify",
    "cannot_answer": "refuse",
}


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    if not DATA.exists():
        pytest.skip(f"{DATA} is not here: it holds items of the When2Call test set")
    return [json.loads(line) for line in DATA.read_text().splitlines()]


def reply_of(item: dict[str, Any], kind: str) -> Reply:
    text = item["answers"][kind]
    if kind != "tool_call":
        return Reply(content=text)
    call = json.loads(text)
    return Reply(tool_calls=(ToolCall(name=call["name"], arguments=call["arguments"]),))


def prompt_of(item: dict[str, Any]) -> Prompt:
    kind = item["correct_answer"]
    right = reply_of(item, kind)
    calls = tuple(Call(name=call.name, arguments=call.arguments) for call in right.tool_calls)
    reference = Reference(behaviour=BEHAVIOURS[kind], calls=calls, text=right.content)
    tools = [json.loads(text) for text in item["tools"]]
    offered = tuple(Tool(name=tool["name"], parameters=tool["parameters"]) for tool in tools)
    return Prompt((), offered, reference)


def test_the_right_behaviour_earns_the_most(items: list[dict[str, Any]]):
    spec = load_spec("specs/tool_calls.yaml")
    won = 0
    for item in items:
        kinds = {kind for kind in item["answers"] if kind in BEHAVIOURS or kind == "direct"}
        values = {k: spec.score(prompt_of(item), reply_of(item, k)).value or 0.0 for k in kinds}
        right = values.pop(item["correct_answer"])
        won += right == 1.0 and right > max(values.values())
    assert (won, len(items)) == (149, 150)
