"""Why each point was lost."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.__main__ import app
from tasks.core.errors import SourceError
from tasks.core.records import Reply, ToolCall
from tasks.rewards.attacks.situations import SITUATIONS
from tasks.rewards.specification.explained import explain
from tasks.rewards.specification.scored_file import row_of
from tasks.rewards.specification.spec import load_spec

SPEC = load_spec("specs/tool_calls.yaml")
BY_NAME = {situation.name: situation for situation in SITUATIONS}


def why(name: str, reply: Reply) -> list[str]:
    _, parts = explain(SPEC, BY_NAME[name].prompt, reply)
    return [sentence for part in parts for sentence in part.why]


def called(name: str, /, **arguments: object) -> Reply:
    return Reply(tool_calls=(ToolCall(name=name, arguments=arguments),))


@pytest.mark.parametrize(
    ("name", "reply", "sentence"),
    [
        ("read", called("find_rooms", day="2026-03-05", seats=6),
         "find_rooms: day is '2026-03-05', right is '2026-03-04'"),
        ("read", called("find_rooms", day="2026-03-04"),
         "find_rooms: seats is left out, right is 6"),
        ("read", called("find_rooms", day="2026-03-04"),
         "find_rooms: breaks its schema at $: required"),
        ("read", called("book_room", room="Birch", day="x"),
         "book_room: not asked for; it changes something"),
        ("read", called("rm_rf"), "rm_rf: no tool of that name was offered"),
        ("parallel", called("find_person", name="Ada Lind"),
         "find_person({'name': 'Bo Ek'}): asked for and not called"),
        ("refuse", Reply(content="I cannot do that. It has been ordered."),
         "it tells a deed or a figure that comes from nowhere: 'it has been ordered'"),
        ("refuse", Reply(content="I cannot do that. Rain falls."),
         "no rule knows what this does beside it: 'rain falls'"),
        ("clarify", Reply(content="Which room would you like?"),
         "it asks for room; missing is day"),
        ("answer", Reply(content="It is shut. [kb-7]"), "beside the reference's text it is other"),
    ],
)  # fmt: skip
def test_a_lost_point_has_its_reason(name: str, reply: Reply, sentence: str):
    sentences = why(name, reply)
    assert any(one.startswith(sentence) for one in sentences), sentences


def test_what_is_right_needs_no_reason():
    for situation in SITUATIONS:
        assert why(situation.name, situation.right) == []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    row = {
        "id": "r7",
        "messages": [{"role": "user", "content": "Order pizza."}],
        "reference": {"behaviour": "refuse", "text": "I cannot do that."},
        "completion": "I cannot do that. It has been ordered.",
    }
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    return path


def test_the_command_says_it(file: Path):
    done = CliRunner().invoke(
        app, ["reward", "explain", "specs/tool_calls.yaml", f"{file}#r7", "--json"]
    )
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    decision = next(part for part in answer["components"] if part["name"] == "decision")
    assert (answer["score"], decision["tier"]) == (-0.2, "claims")
    assert decision["why"][-1].endswith("'it has been ordered'")


def test_a_row_that_is_not_there_is_named_with_those_that_are(file: Path):
    with pytest.raises(SourceError, match="no row 'r8'; its ids are r7"):
        row_of(f"{file}#r8")
