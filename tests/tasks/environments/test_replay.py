"""Sessions whose calls are made again in a shop that really keeps orders."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tasks import environments
from tasks.core import parts
from tasks.core.curation_settings import DedupSettings
from tasks.core.errors import SettingsError
from tasks.core.records import Example, Feedback, Invocation, Tool
from tasks.dedup import dedup
from tasks.environments import Result, replay
from tests.tasks.curation_logs import TOOLS, calls, outcome, redacted, says, session

WAITING = '{"id": "7", "state": "waiting"}'
CANCELLED = '{"id": "7", "state": "cancelled"}'


class Shop:
    """Two orders, which can be looked at and cancelled."""

    def reset(self, task: str) -> None:
        self.orders = {"7": "waiting", "9": "waiting"}

    def tools(self) -> tuple[Tool, ...]:
        return TOOLS

    def call(self, name: str, arguments: dict[str, Any]) -> Result:
        order = arguments.get("order_id", "")
        if order not in self.orders:
            return Result("Error: no such order", True)
        if name == "cancel_order":
            self.orders[order] = "cancelled"
        return Result(json.dumps({"id": order, "state": self.orders[order]}))

    def state(self) -> Any:
        return self.orders


def told(load: list[Invocation]) -> list[tuple[int, str, float]]:
    """Row, metric and value of each line of feedback."""
    rows = {row.request_id: number for number, row in enumerate(load)}
    return [
        (rows[line.request_id], line.metric, line.value)
        for line in replay.feedback(load, Shop())
        if not isinstance(line.value, Feedback)
    ]


def cancelling(name: str = "s-1", result: str = CANCELLED) -> list[Invocation]:
    return session(
        name,
        "Cancel order 7, please.",
        calls("get_order", order_id="7"),
        f"> {WAITING}",
        calls("cancel_order", order_id="7"),
        f"> {result}",
        says("It is cancelled."),
    )


def test_equal_results_are_told_and_the_call_behind_which_the_session_ended() -> None:
    assert told(cancelling()) == [
        (0, "replayed_result", 1.0),
        (1, "replayed_result", 1.0),
        (1, "reaches_end_state", 1.0),
    ]


def test_results_are_compared_as_values() -> None:
    other_order = '{"state":"cancelled",   "id":"7"}'
    assert (1, "replayed_result", 1.0) in told(cancelling(result=other_order))


def test_another_result_proves_nothing() -> None:
    lines = told(cancelling(result='{"id": "7", "state": "sent"}'))
    assert lines == [(0, "replayed_result", 1.0), (1, "replayed_result", 0.0)]


def test_a_session_that_changes_nothing_has_no_call_that_reaches_its_end() -> None:
    load = session(
        "s-1", "Where is 7?", calls("get_order", order_id="7"), f"> {WAITING}", says(".")
    )
    assert told(load) == [(0, "replayed_result", 1.0)]


def test_a_failure_that_comes_again_is_an_equal_result() -> None:
    error = "> Error: no such order"
    load = session("s-1", "Where is 8?", calls("get_order", order_id="8"), error, says("No."))
    assert told(load) == [(0, "replayed_result", 1.0)]


def test_of_several_changes_only_the_last_reaches_the_end() -> None:
    load = session(
        "s-1",
        "Cancel both.",
        calls("cancel_order", order_id="7"),
        f"> {CANCELLED}",
        calls("cancel_order", order_id="9"),
        '> {"id": "9", "state": "cancelled"}',
        says("Both are cancelled."),
    )
    assert [row for row, metric, _ in told(load) if metric == "reaches_end_state"] == [1]


def references(folder: Path, load: list[Invocation], *more: Feedback) -> list[bool]:
    lines = [*replay.feedback(load, Shop()), *more]
    settings = DedupSettings(similarity=0.8)
    manifest = dedup(settings, redacted(folder / "in", [load], lines), folder / "out")
    assert manifest.info["replayed"] == {"calls": 2, "equal": 2}
    rows = {row.id: row for row in parts.read_parts(folder / "out", Example)}
    return [rows[row.id].reference is not None for row in load]


def test_the_call_that_reaches_the_end_is_a_reference_without_an_outcome(tmp_path: Path) -> None:
    assert references(tmp_path, cancelling()) == [False, True, False]


def test_in_a_session_that_failed_it_is_none(tmp_path: Path) -> None:
    assert references(tmp_path, cancelling(), outcome("s-1", 0.0)) == [False, False, False]


def test_the_command_writes_feedback_and_tells_the_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = ModuleType("acme_shop.orders")
    module.make = Shop  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "acme_shop", ModuleType("acme_shop"))
    monkeypatch.setitem(sys.modules, "acme_shop.orders", module)
    source, out = redacted(tmp_path / "in", [cancelling()]), tmp_path / "replayed.jsonl"
    monkeypatch.setattr(sys, "argv", ["replay", "acme_shop.orders", str(source), "--out", str(out)])
    assert replay.main() == 0
    assert capsys.readouterr().out == (
        "2 of 2 results came again; 1 calls reach their session's end\n"
    )
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["metric"] for line in lines].count("reaches_end_state") == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nosuch", "unknown environment 'nosuch'"),
        ("acme.nowhere", "cannot be imported"),
        ("json.decoder", "has no `make"),
    ],
)
def test_an_environment_that_cannot_be_is_a_clear_error(name: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        environments.load(name)
