import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
import yaml

from tasks.core import parts
from tasks.core.closure import PROJECT
from tasks.core.curation_settings import PARAMS_FILE, DedupSettings
from tasks.core.errors import StageError
from tasks.core.parts import Counts
from tasks.core.records import (
    Call,
    Example,
    Feedback,
    Invocation,
    Message,
    Reference,
    Rejected,
    Reply,
    ToolCall,
)
from tasks.core.settings import load
from tasks.dedup import dedup
from tests.tasks.curation_logs import (
    WORDS,
    calls,
    content,
    edit,
    outcome,
    redacted,
    says,
    session,
    stamps,
)

SETTINGS = DedupSettings(similarity=0.8)
ORDER = ("Where is order 7731?", calls("get_order", order_id="7731"), "> on its way")


def run(
    folder: Path, loads: Sequence[Sequence[Invocation]], feedback: Sequence[Feedback] = ()
) -> tuple[Counts, dict[str, Example]]:
    """Counts, and the examples by id."""
    manifest = dedup(SETTINGS, redacted(folder / "in", loads, feedback), folder / "out")
    found = {example.id: example for example in parts.read_parts(folder / "out", Example)}
    return manifest.counts, found


def test_every_invocation_of_a_session_is_a_decision(tmp_path: Path) -> None:
    load = session("s-1", *ORDER, says("It is on its way."))
    counts, found = run(tmp_path, [load])
    assert counts == Counts(read=2, accepted=2)
    first, last = (found[row.id] for row in load)
    assert (first.reply, first.behaviour, first.tags.turns) == (load[0].response, "execute", 1)
    assert (last.messages, last.behaviour, last.tags.turns) == (load[1].messages, "answer", 2)
    assert first.cluster == last.cluster == load[0].id
    assert first.invocations == (load[0].id,)
    assert (first.reference, first.truth_source, first.outcome) == (None, "tool_result", None)
    assert (last.reference, last.truth_source, last.outcome) == (None, "incumbent", None)


def test_a_redelivered_record_counts_once_and_keeps_both_places(tmp_path: Path) -> None:
    first = session("s-1", *ORDER, uri="b.jsonl")
    again = [
        msgspec.structs.replace(
            row, source=msgspec.structs.replace(row.source, uri="a.jsonl", line=9)
        )
        for row in first
    ]
    counts, found = run(tmp_path, [first, again])
    assert counts == Counts(read=2, accepted=1, duplicate=1, reasons={"redelivered": 1})
    (example,) = found.values()
    assert [(place.uri, place.line) for place in example.sources] == [
        ("a.jsonl", 9),
        ("b.jsonl", 1),
    ]
    assert example.invocations == (first[0].id,)


def test_a_retried_call_is_one_decision(tmp_path: Path) -> None:
    first = session("s-1", *ORDER, uri="a.jsonl")
    retry = Reply(tool_calls=(ToolCall(name="get_order", arguments={"order_id": "7731"}, id="c2"),))
    later = session("s-1", ORDER[0], retry, uri="b.jsonl", day=2)
    answered = outcome("", request_id=later[0].request_id)
    counts, found = run(tmp_path, [later, first], [answered])
    assert counts == Counts(read=2, accepted=1, duplicate=1, reasons={"retried": 1})
    (example,) = found.values()
    assert example.id == first[0].id
    assert example.invocations == (first[0].id, later[0].id)
    assert example.truth_source == "outcome"


def test_one_request_that_says_two_things_is_used_in_neither_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = session("s-1", *ORDER, says("It is on its way."), uri="a.jsonl")
    other = session("s-2", "Where is order 9?", says("It is lost."), uri="b.jsonl")
    clash = [msgspec.structs.replace(other[0], request_id=one[0].request_id)]
    nameless = [
        msgspec.structs.replace(row, request_id="")
        for n in (3, 4)
        for row in session(f"s-{n}", f"Where is order {n}?", says("It is lost."))
    ]
    elsewhere = msgspec.structs.replace(clash[0].source, uri="z.jsonl")
    again = [msgspec.structs.replace(clash[0], source=elsewhere)]
    counts, found = run(tmp_path, [one, clash, nameless, again], [outcome("s-1")])
    assert (counts.read, counts.accepted, counts.rejected, counts.duplicate) == (6, 3, 2, 1)
    assert counts.reasons == {"conflicting-request": 2, "redelivered": 1}
    assert found.keys() == {one[1].id, *(row.id for row in nameless)}
    gone = [Rejected(**r) for r in map(json.loads, (tmp_path / "out/rejected.jsonl").open())]
    assert {(row.id, row.reason) for row in gone} == {
        (one[0].id, "conflicting-request"),
        (clash[0].id, "conflicting-request"),
    }
    assert "ratchet dedup: warning: 2 records have the request id of another" in (
        capsys.readouterr().err
    )
    # Two tools that tell one call each in its own way contradict nobody.
    told = [
        msgspec.structs.replace(
            clash[0], source=msgspec.structs.replace(clash[0].source, format="another")
        )
    ]
    assert run(tmp_path / "formats", [one, told])[0] == Counts(read=3, accepted=3)


def test_two_formats_that_tell_one_call_with_other_arguments_are_used_in_neither_way(
    tmp_path: Path,
) -> None:
    def told(form: str, reply: Reply, number: int = 0) -> list[Invocation]:
        asked = f"Where is order 7731, which I sent {number} days ago?"
        (row,) = session(f"s-{form}-{number}", asked, reply, uri=f"{form}-{number}.jsonl")
        source = msgspec.structs.replace(row.source, format=form)
        return [msgspec.structs.replace(row, request_id=f"r-{number}", source=source)]

    def counts(name: str, *loads: list[Invocation]) -> Counts:
        return run(tmp_path / name, list(loads))[0]

    order, other = (calls("get_order", order_id=name) for name in ("7731", "9120"))
    cut = Reply(tool_calls=(ToolCall(name="get_order", raw_arguments='{"order_id": "77'),))
    bystander = told("one", order, 5)
    for name, reply in (("same", order), ("cut", cut), ("text", says("One moment."))):
        found = counts(name, told("one", order), told("two", reply), bystander)
        assert found.rejected == 0
    both = counts(
        "both", told("one", order), told("two", other), told("three", says("One moment."))
    )
    assert (both.read, both.accepted) == (3, 0)
    assert both.reasons == {"conflicting-request": 3}
    later = counts(
        "later", told("one", order), told("two", other, 4), told("two", other), bystander
    )
    assert (later.accepted, later.reasons) == (2, {"conflicting-request": 2})


def test_two_replies_to_one_context_are_two_decisions(tmp_path: Path) -> None:
    one = session("s-1", ORDER[0], says("On its way."), uri="a.jsonl")
    other = session("s-1", ORDER[0], says("It is lost."), uri="b.jsonl")
    counts, _ = run(tmp_path, [one, other])
    assert counts == Counts(read=2, accepted=2)


def test_a_system_prompt_with_the_time_tears_no_session(tmp_path: Path) -> None:
    load = session("s-1", *ORDER, says("It is on its way."))
    clock = Message(role="system", content="It is 08:01.")
    load[1] = msgspec.structs.replace(load[1], messages=(clock, *load[1].messages[1:]))
    failed = session("s-2", *ORDER[:2], "> Error: no such order", says("I found nothing."))
    counts, found = run(tmp_path, [load, failed], [outcome("s-1"), outcome("s-2")])
    assert counts.accepted == 4
    assert found[load[0].id].reference is not None
    # Its answer in the next call was an error, whatever became of the session.
    assert found[failed[0].id].reference is None
    assert found[failed[0].id].truth_source == "none"


def test_the_same_session_told_twice_stays_once_with_the_best_proof(tmp_path: Path) -> None:
    told = session("s-1", f"Hello, {WORDS}", says(f"Understood, {WORDS}"))
    again = session("s-2", f"Hi, {WORDS}", says(f"Understood, {WORDS}"), day=2)
    counts, found = run(tmp_path, [told, again], [outcome("s-2")])
    assert counts == Counts(read=2, accepted=1, duplicate=1, reasons={"near-duplicate": 1})
    assert list(found) == [again[0].id]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{WORDS} 7731", f"{WORDS} 9120"),
        (f"{WORDS} for Oslo", f"{WORDS} for Bergen"),
        (f"{WORDS} you can", f"{WORDS} you can't"),
    ],
)
def test_alike_sessions_with_other_values_stay_and_share_a_cluster(
    tmp_path: Path, one: str, other: str
) -> None:
    first = session("s-1", one, says(f"Understood, {WORDS}"))
    second = session("s-2", other, says(f"Understood, {WORDS}"), day=2)
    counts, found = run(tmp_path, [first, second])
    assert counts == Counts(read=2, accepted=2)
    assert {example.cluster for example in found.values()} == {first[0].id}


def test_alike_sessions_with_other_calls_stay(tmp_path: Path) -> None:
    loads = [
        session(f"s-{n}", f"{WORDS}", calls(name, order_id="7"), f"> {WORDS}", says(WORDS))
        for n, name in enumerate(("get_order", "cancel_order"))
    ]
    counts, found = run(tmp_path, loads)
    assert counts.accepted == 4
    assert len({example.cluster for example in found.values()}) == 1


def test_outcome_beats_an_edit_and_an_edit_saves_a_failed_session(tmp_path: Path) -> None:
    right = calls("cancel_order", order_id="7731")
    loads = [session(name, *ORDER[:2], uri=f"{name}.jsonl") for name in ("s-1", "s-2", "s-3")]
    loads[1] = session("s-2", "Where is order 12?", calls("get_order", order_id="12"))
    loads[2] = session("s-3", "Where is order 13?", calls("get_order", order_id="13"))
    feedback = [outcome("s-1"), edit("s-1", right), outcome("s-2", 0), edit("s-2", right)]
    _, found = run(tmp_path, loads, [*feedback, outcome("s-3", 0.4)])
    first, second, third = (found[load[0].id] for load in loads)
    logged = Call(name="get_order", arguments={"order_id": "7731"})
    assert first.reference == Reference(behaviour="execute", calls=(logged,))
    assert first.truth_source == "outcome"
    mended = Call(name="cancel_order", arguments={"order_id": "7731"})
    assert second.reference == Reference(behaviour="execute", calls=(mended,))
    assert (second.truth_source, second.outcome) == ("human_edit", 0.0)
    assert second.tags.tools == ("cancel_order",)
    assert (third.reference, third.truth_source, third.outcome) == (None, "none", 0.4)


def test_an_edit_of_a_session_is_about_its_last_decision(tmp_path: Path) -> None:
    load = session("s-1", *ORDER, says("I do not know."))
    _, found = run(tmp_path, [load], [edit("s-1", says("It is on its way."))])
    assert found[load[0].id].reference is None
    last = found[load[1].id].reference
    assert last == Reference(behaviour="answer", text="It is on its way.")


def test_arguments_that_are_no_json_never_become_a_reference(tmp_path: Path) -> None:
    broken = Reply(tool_calls=(ToolCall(name="get_order", raw_arguments="{order"),))
    load = session("s-1", "Where is order 7731?", broken)
    _, found = run(tmp_path, [load], [outcome("s-1")])
    assert found[load[0].id].reference is None


def many(count: int, seed: int = 0) -> tuple[list[list[Invocation]], list[Feedback]]:
    """Loads with every kind of duplicate, and feedback on most sessions."""
    chance = random.Random(seed)
    words = WORDS.split()
    loads: list[list[Invocation]] = [[] for _ in range(6)]
    feedback = []
    before: list[str] = []
    for n in range(count):
        name = f"s-{seed}-{n}"
        texts = [" ".join(chance.choices(words, k=30)) for _ in range(3)]
        if n % 5 == 4:
            texts = before
        before = list(texts)
        order = calls("get_order", order_id=str(n // 5))
        row = session(
            name, texts[0], order, f"> {texts[1]}", says(texts[2]), uri=f"{seed}-{n}.jsonl"
        )
        loads[n % 6] += row
        if n % 7 == 0:
            loads[(n + 1) % 6] += [
                msgspec.structs.replace(
                    row[0], source=msgspec.structs.replace(row[0].source, uri=f"again-{n}")
                )
            ]
        if n % 3:
            feedback.append(outcome(name, float(n % 2)))
    return loads, feedback


def test_the_order_of_arrival_changes_no_byte(tmp_path: Path) -> None:
    loads, feedback = many(60)
    made = dedup(SETTINGS, redacted(tmp_path / "in", loads, feedback), tmp_path / "out")
    assert made.counts.reasons == {"near-duplicate": 24, "redelivered": 9}
    shuffled = redacted(tmp_path / "in2", loads[::-1], feedback)
    dedup(SETTINGS, shuffled, tmp_path / "out2")
    assert content(tmp_path / "out") == content(tmp_path / "out2")


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    loads, feedback = many(20)
    dedup(SETTINGS, redacted(tmp_path / "in", loads, feedback), tmp_path / "out")
    before = stamps(tmp_path / "out")
    dedup(SETTINGS, tmp_path / "in", tmp_path / "out")
    assert stamps(tmp_path / "out") == before


def test_what_is_added_gives_the_bytes_of_a_rebuild(tmp_path: Path) -> None:
    loads, feedback = many(60)
    for upto in (2, 4, 6):
        dedup(SETTINGS, redacted(tmp_path / "in", loads[:upto], feedback), tmp_path / "out")
    dedup(SETTINGS, tmp_path / "in", tmp_path / "anew")
    assert content(tmp_path / "out") == content(tmp_path / "anew")


def test_feedback_rewrites_only_the_part_it_is_about(tmp_path: Path) -> None:
    loads = [
        session(f"s-{n}", f"Where is order {n}?", calls("get_order", order_id=str(n)))
        for n in range(4)
    ]
    source = redacted(tmp_path / "in", loads, [outcome("s-1")])
    before = dedup(SETTINGS, source, tmp_path / "out")
    source = redacted(tmp_path / "in", loads, [outcome("s-1"), outcome("s-3")])
    after = dedup(SETTINGS, source, tmp_path / "out")
    assert len({p.sha256 for p in after.parts} - {p.sha256 for p in before.parts}) == 1


def test_a_call_is_verified_where_it_ran_and_fits_its_schema(tmp_path: Path) -> None:
    loads = [
        session("s-1", *ORDER, says("It is on its way.")),
        session("s-2", "Where is 12?", calls("get_order", order_id=12), "> found", says("Here.")),
        session("s-3", "Where is 13?", calls("find_order", order_id="13"), "> found", says("So.")),
        session("s-4", "Where is 14?", calls("get_order", order_id="14"), "thanks", says("What?")),
        session("s-5", "Where is 15?", calls("get_order", order_id="15"), "> Error: no", says("?")),
    ]
    trusting = DedupSettings(similarity=0.8, trust="tool_result")
    dedup(trusting, redacted(tmp_path / "in", loads), tmp_path / "out")
    rows = {row.id: row for row in parts.read_parts(tmp_path / "out", Example)}
    first = [rows[load[0].id] for load in loads]
    # Not where an argument is of another type, the tool unknown, no result there, or an error.
    assert [row.truth_source for row in first] == ["tool_result"] + ["incumbent"] * 3 + ["none"]
    assert [row.reference is not None for row in first] == [True] + [False] * 4


def test_feedback_that_comes_later_makes_another_version_and_leaves_the_old_one(
    tmp_path: Path,
) -> None:
    loads = [session("s-1", *ORDER), session("s-2", "Where is 12?", says("Which order is it?"))]
    source = redacted(tmp_path / "in", loads, [outcome("s-1")])
    old = dedup(SETTINGS, source, tmp_path / "out")
    kept = {p.sha256: parts.part_path(tmp_path / "out", p).read_bytes() for p in old.parts}
    redacted(tmp_path / "in", loads, [outcome("s-1"), outcome("s-2")])
    new = dedup(SETTINGS, source, tmp_path / "out")
    rows = {row.session_id: row for row in parts.read_parts(tmp_path / "out", Example)}
    assert {name: row.truth_source for name, row in rows.items()} == {
        "s-1": "outcome",
        "s-2": "outcome",
    }
    # The part of s-2 is another one, named by its new bytes; what the old name meant is unchanged.
    changed = {p.sha256 for p in old.parts} - {p.sha256 for p in new.parts}
    assert len(changed) == 1
    assert all(hashlib.sha256(content).hexdigest() == name for name, content in kept.items())


def test_nothing_read_is_nothing_written(tmp_path: Path) -> None:
    manifest = dedup(SETTINGS, redacted(tmp_path / "in", []), tmp_path / "out")
    assert (manifest.counts, manifest.parts) == (Counts(), ())
    assert (tmp_path / "out" / "review.jsonl").read_bytes() == b""


def test_a_changed_part_stops_the_stage(tmp_path: Path) -> None:
    source = redacted(tmp_path / "in", [session("s-1", *ORDER)])
    (part,) = parts.require_manifest(source).parts
    path = parts.part_path(source, part)
    path.write_bytes(path.read_bytes().replace(b"7731", b"7732"))
    with pytest.raises(
        StageError, match="was changed after it was written: bring it back with `dvc"
    ):
        dedup(SETTINGS, source, tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_killed_at_any_time_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    loads, feedback = many(1200)
    (tmp_path / PARAMS_FILE).write_text(yaml.safe_dump(_params()))
    redacted(tmp_path / "data" / "redacted", loads, feedback)
    folder = tmp_path / "data" / "deduped"
    for enough in (1, 4, 9):
        started = _stage(tmp_path)
        while started.poll() is None and len(list(folder.glob("parts/*.jsonl"))) < enough:
            time.sleep(0.002)
        os.kill(started.pid, signal.SIGKILL)
        if started.wait() == 0:
            # A busy machine looked too late: as if it had been killed before its last step.
            (folder / "manifest.json").unlink()
        assert not (folder / "manifest.json").exists()
    assert _stage(tmp_path).wait() == 0
    settings = load(tmp_path / PARAMS_FILE).dedup
    dedup(settings, tmp_path / "data" / "redacted", tmp_path / "whole")
    assert content(folder) == content(tmp_path / "whole")


def _stage(workspace: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tasks.dedup"],
        cwd=workspace,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.DEVNULL,
    )


def _params() -> object:
    return yaml.safe_load((PROJECT / PARAMS_FILE).read_text())
