import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tasks.core import parts
from tasks.core.curation_settings import ValidateSettings
from tasks.core.errors import StageError
from tasks.core.parts import Counts, Manifest
from tasks.core.records import Call, Example, Message, Reference, Reply, Source, Tool, ToolCall
from tasks.dataset import aggregates, expectations
from tasks.dataset.facts import Checked, Facts, facts
from tasks.dataset.tables import LABEL, Table, gather
from tasks.validate import PAGE, RESULT, validate
from tests.tasks.curation_logs import content, recast, stamps, table, tool

SETTINGS = ValidateSettings(min_examples=3, max_rejected=0.5, max_context_chars=1000)
TOOLS = (
    Tool(
        name="book",
        parameters={
            "type": "object",
            "properties": {"seats": {"type": "integer", "minimum": 1}, "to": {"type": "string"}},
            "required": ["to"],
        },
    ),
    tool("cancel", "trip"),
)


def example(number: int, **fields: Any) -> Example:
    call = Call(name="book", arguments={"to": "Oslo", "seats": number + 1})
    made = Example(
        id=f"id-{number}",
        messages=(Message(role="user", content=f"Book {number + 1} seats to Oslo"),),
        tools=TOOLS,
        reply=Reply(tool_calls=(ToolCall(name="book", arguments=call.arguments),)),
        reference=Reference(behaviour="execute", calls=(call,)),
        truth_source="outcome",
        outcome=1.0,
        behaviour="execute",
        session_id=f"s-{number}",
        cluster=f"id-{number}",
        invocations=(f"id-{number}",),
        sources=(Source(uri="a.jsonl", line=number + 1, format="made"),),
    )
    return msgspec.structs.replace(made, **fields)


def deduped(folder: Path, *loads: Sequence[Example]) -> Path:
    made = tuple(parts.write_part(folder, load) for load in loads)
    rows = sum(part.rows for part in made)
    manifest = Manifest(stage="dedup", parts=made, counts=Counts(read=rows, accepted=rows))
    parts.commit(folder, manifest)
    return folder


def good(count: int, start: int = 0) -> list[Example]:
    return [example(start + number) for number in range(count)]


def wants(*calls: Call, **fields: Any) -> dict[str, Any]:
    return {"reference": Reference(behaviour="execute", calls=calls, **fields)}


FAULTS: dict[str, Callable[[], dict[str, Any]]] = {
    "empty-context": lambda: {"messages": ()},
    "last-role": lambda: {"messages": (Message(role="assistant", content="Yes?"),)},
    "context-too-long": lambda: {"messages": (Message(role="user", content="x" * 1001),)},
    "duplicate-tool-names": lambda: {"tools": (*TOOLS, TOOLS[0])},
    "empty-reference": lambda: {"reference": Reference(behaviour="refuse", text=" ")},
    "reference-unknown-tool": lambda: wants(Call(name="refund")),
    "reference-arguments": lambda: wants(Call(name="book", arguments={"to": 7})),
    "broken-tool-schema": lambda: {
        **wants(Call(name="odd")),
        "tools": (Tool(name="odd", parameters={"properties": {"a": {"type": "colour"}}}),),
    },
}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Path]:
    folder = tmp_path_factory.mktemp("faulty")
    bad = [example(100 + n, **make()) for n, make in enumerate(FAULTS.values())]
    source = deduped(folder / "in", [*good(5), *bad], good(5, start=20))
    return validate(SETTINGS, source, folder / "out"), folder / "out"


def test_each_fault_is_a_counted_reject(faulty: tuple[Manifest, Path]) -> None:
    manifest, folder = faulty
    assert manifest.counts == Counts(
        read=18, accepted=10, rejected=8, reasons=dict.fromkeys(sorted(FAULTS), 1)
    )
    found = [json.loads(line) for line in (folder / "rejected.jsonl").read_text().splitlines()]
    assert [reject["reason"] for reject in found] == list(FAULTS)
    assert found[0]["source"] == {"format": "made", "line": 101, "uri": "a.jsonl"}


def test_a_reject_says_what_was_expected_and_quotes_nothing(faulty: tuple[Manifest, Path]) -> None:
    manifest, _ = faulty
    details = {reject.reason: reject.detail for part in manifest.parts for reject in part.rejects}
    assert details["reference-arguments"] == "reference.calls[0].arguments $.to: type string"
    assert details["context-too-long"] == "1001 characters, at most 1000"
    assert details["broken-tool-schema"] == "odd: $.properties.a.type of its parameters"


def test_accepted_examples_are_as_they_were(faulty: tuple[Manifest, Path]) -> None:
    _, folder = faulty
    rows = {row.id: row for row in parts.read_parts(folder, Example)}
    assert rows == {row.id: row for row in (*good(5), *good(5, start=20))}


def test_facts_stand_beside_the_examples(faulty: tuple[Manifest, Path]) -> None:
    _, folder = faulty
    found = gather(list(parts.read_parts(folder, Table, LABEL)))
    assert (
        gather([table(parts.read_parts(folder, Example))])._asdict().keys()
        == found._asdict().keys()
    )
    assert len(found.id) == 10 and found.sessions[0] == "s-0"
    assert facts(recast(good(1), Checked)[0], 20) == Facts(
        id="id-0",
        session="s-0",
        cluster="id-0",
        behaviour="execute",
        referenced=True,
        truth_source="outcome",
        outcome=1.0,
        confidence=1.0,
        last_role="user",
        messages=1,
        context_chars=20,
        turns=1,
        called=("book",),
        offered=("book", "cancel"),
    )


def test_the_result_holds_figures_and_no_value(faulty: tuple[Manifest, Path]) -> None:
    _, folder = faulty
    result = json.loads((folder / RESULT).read_text())
    assert (result["met"], result["parts"]) == (True, 2)
    assert result["rows"] == {"examples": 10, "read": 18, "references": 10}
    checks = {(check["column"], check["expectation"]): check for check in result["checks"]}
    assert checks["rejected_share", "column_mean_to_be_between"]["observed"] == "0.444444"
    # One behaviour alone is told, and stops nothing.
    share = checks["share_execute", "column_mean_to_be_between"]
    assert (share["severity"], share["met"], share["observed"]) == ("warning", False, "1")
    page = (folder / PAGE).read_text()
    assert "1 not met" in page and "http" not in page and "id-0" not in page


def test_a_second_run_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = deduped(tmp_path / "in", good(5))
    made = validate(SETTINGS, source, tmp_path / "out")
    before = stamps(tmp_path / "out")
    # Nothing is new, so that the suite is not even loaded.
    monkeypatch.delattr(expectations, "evaluate")
    assert validate(SETTINGS, source, tmp_path / "out") == made
    assert stamps(tmp_path / "out") == before


def test_what_is_added_gives_the_bytes_of_a_rebuild(tmp_path: Path) -> None:
    validate(SETTINGS, deduped(tmp_path / "in", good(5)), tmp_path / "out")
    source = deduped(tmp_path / "in", good(5), [*good(4, start=20), example(60, messages=())])
    validate(SETTINGS, source, tmp_path / "out")
    validate(SETTINGS, source, tmp_path / "anew")
    grown, anew = content(tmp_path / "out"), content(tmp_path / "anew")
    # The report tells drift against the version before, which a rebuild has none of.
    for name in (RESULT, PAGE):
        assert b"drift_tools" in grown.pop(name) and b"drift_tools" not in anew.pop(name)
    assert grown == anew


def test_too_few_references_are_refused_with_what_is_missing(tmp_path: Path) -> None:
    unproved = {"reference": None, "truth_source": "none"}
    rows = [
        *good(2),
        example(2, **unproved, outcome=None),
        example(3, **unproved, outcome=None),
        example(4, **unproved, outcome=0.0),
        example(5, **unproved, outcome=1.0),
    ]
    with pytest.raises(StageError) as refusal:
        validate(SETTINGS, deduped(tmp_path / "in", rows), tmp_path / "out")
    assert str(refusal.value).startswith(
        "2 of 6 examples have a reference, validate.min_examples asks for 3: 2 more lack "
        "feedback, 1 are of failed sessions without a human edit, 1 were a call that failed"
    )
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_too_many_rejects_break_the_contract(tmp_path: Path) -> None:
    rows = [*good(3), *(example(50 + n, messages=()) for n in range(4))]
    with pytest.raises(StageError) as refusal:
        validate(SETTINGS, deduped(tmp_path / "in", rows), tmp_path / "out")
    assert (
        "dataset.rejected_share column_mean_to_be_between expected max 0.5, observed 0.571429"
        in str(refusal.value)
    )
    assert "4 of 7 rejected: empty-context 4" in str(refusal.value)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_broken_contract_leaves_the_last_good_state(tmp_path: Path) -> None:
    validate(SETTINGS, deduped(tmp_path / "in", good(4)), tmp_path / "out")
    before = content(tmp_path / "out")
    twice = [*good(4), example(9, id="id-0")]
    with pytest.raises(
        StageError, match=r"dataset\.repeated_ids column_mean_to_be_between expected max 0"
    ):
        validate(SETTINGS, deduped(tmp_path / "in", twice), tmp_path / "out")
    after = content(tmp_path / "out")
    assert {name: after[name] for name in before} == before


def test_an_expectation_that_cannot_be_computed_is_broken_and_quotes_nothing() -> None:
    frame = gather([table(good(3))])
    found = aggregates.aggregate(frame, [], Counts(read=3, accepted=3), SETTINGS, None)
    odd = found._replace(dataset=found.dataset | {"rejected_share": "ann@shop.example"})  # type: ignore[dict-item]
    outcome = expectations.evaluate(odd, SETTINGS)
    assert outcome.met is False
    (check,) = [c for c in outcome.checks if c.column == "rejected_share"]
    assert (check.met, check.error) == (False, "column.mean")
    assert "could not be computed" in expectations.explain(outcome)
    assert "ann@shop" not in msgspec.json.encode(outcome).decode() + expectations.page(outcome)


PLANTED = "mia.li@shop.test"


def test_great_expectations_copies_values_that_break_it_and_ours_has_none_to_copy(
    tmp_path: Path,
) -> None:
    import great_expectations as gx
    import pandas as pd

    frame = pd.DataFrame({"said": [PLANTED, "fine"]})
    source = gx.get_context(mode="ephemeral").data_sources.add_pandas("planted")
    batch = source.add_dataframe_asset("a").add_batch_definition_whole_dataframe("all")
    expected = gx.expectations.ExpectColumnValuesToBeInSet(column="said", value_set=["fine"])
    for form in ("BASIC", "SUMMARY"):
        told = batch.get_batch({"dataframe": frame}).validate(expected, result_format=form)
        assert PLANTED in str(told.to_json_dict())
    said = (Message(role="user", content=f"Write to {PLANTED}"),)
    other = (Message(role="user", content=f"Or to x{PLANTED}"),)
    rows = [*good(3), example(7, messages=said), example(8, messages=other)]
    with pytest.raises(StageError) as refusal:
        validate(SETTINGS, deduped(tmp_path / "in", rows), tmp_path / "out")
    assert "dataset.leaks column_mean_to_be_between expected max 1" in str(refusal.value)
    assert "EMAIL 2; the first in a.jsonl:8" in str(refusal.value)
    assert PLANTED not in str(refusal.value)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_one_example_with_something_left_goes_and_the_others_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = (Message(role="user", content=f"Write to {PLANTED}"),)
    source = deduped(tmp_path / "in", [*good(3), example(7, messages=said)])
    manifest = validate(SETTINGS, source, tmp_path / "out")
    assert manifest.counts == Counts(read=4, accepted=3, rejected=1, reasons={"leak-left": 1})
    assert [r.detail for p in manifest.labelled("") for r in p.rejects] == ["EMAIL"]
    assert all(
        PLANTED.encode() not in part.read_bytes()
        for part in (tmp_path / "out" / "parts").glob("*.jsonl")
    )
    assert "1 examples are left out (personal data is left" in capsys.readouterr().err


def test_drift_against_the_version_before_is_told_and_warns(tmp_path: Path) -> None:
    validate(SETTINGS, deduped(tmp_path / "in", good(4)), tmp_path / "out")
    refused = {"reference": Reference(behaviour="refuse", text="No.")}
    more = [example(20 + n, **refused) for n in range(12)]
    validate(SETTINGS, deduped(tmp_path / "in", good(4), more), tmp_path / "out")
    checks = {c["column"]: c for c in json.loads((tmp_path / "out" / RESULT).read_text())["checks"]}
    drift = checks["drift_behaviour"]
    # From execute alone to a quarter of it.
    assert (drift["observed"], drift["met"], drift["severity"]) == ("0.75", False, "warning")
    assert checks["drift_tools"]["observed"] == "0"


def test_a_suite_that_does_not_answer_fails_the_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expectations, "_of_parts", lambda *_: [])
    with pytest.raises(StageError, match="answered 0 of 0 expectations on parts"):
        validate(SETTINGS, deduped(tmp_path / "in", good(4)), tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.json").exists()
