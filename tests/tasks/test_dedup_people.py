"""What people decide: labels of decisions that the rules are not sure of, persons to be erased."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tasks.core import parts
from tasks.core.curation_settings import DedupSettings
from tasks.core.errors import SettingsError, StageError
from tasks.core.parts import Manifest
from tasks.core.records import Example, Feedback, Invocation, Reference, Reply, ToolCall
from tasks.dedup import dedup
from tasks.labelling import annotations
from tasks.labelling.annotations import Erased, Registers
from tests.tasks.curation_logs import WORDS, calls, content, outcome, redacted, says, session

SETTINGS = DedupSettings(similarity=0.8)
DUTCH = says("Voor welke bestelling wilt u dat weten?")
KEY = "5b0e3c91a7d2"


def run(folder: Path, loads: Sequence[Sequence[Invocation]], *feedback: Feedback) -> Manifest:
    """Dedup with the registers that stand in the folder."""
    source = redacted(folder / "in", loads, feedback)
    manifest = parts.require_manifest(source)
    parts.commit(source, msgspec.structs.replace(manifest, info={"key_id": KEY}))
    return dedup(SETTINGS, source, folder / "out", annotations.read(folder / "annotations"))


def examples(folder: Path) -> dict[str, Example]:
    return {row.id: row for row in parts.read_parts(folder / "out", Example)}


def told(folder: Path, *lines: dict[str, Any], name: str = "reviewed.jsonl") -> None:
    (folder / "annotations").mkdir(exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "annotations" / name).write_text(text)


def test_what_is_not_sure_goes_to_the_review_file_and_proves_nothing(tmp_path: Path) -> None:
    unsure = session("s-1", "Waar is mijn bestelling?", DUTCH)
    sure = session("s-2", "Where is my order?", says("Which order do you mean?"))
    made = run(tmp_path, [unsure, sure], outcome("s-1"), outcome("s-2"))
    assert (made.info["to_review"], made.info["reviewed"], made.counts.accepted) == (1, 0, 2)
    (line,) = (tmp_path / "out" / "review.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "id": unsure[0].id,
        "label": "",
        "guess": "clarify",
        "confidence": 0.5,
        "reply": {"content": DUTCH.content},
        "context": [{"role": "user", "content": "Waar is mijn bestelling?"}],
        "offered": ["cancel_order", "get_order"],
        "source": {"uri": "s-1.jsonl", "line": 1, "format": "made"},
    }
    rows = examples(tmp_path)
    assert (rows[unsure[0].id].reference, rows[unsure[0].id].truth_source) == (None, "outcome")
    assert rows[sure[0].id].reference is not None


def test_a_filled_in_line_is_read_by_the_next_run_and_wins(tmp_path: Path) -> None:
    load = session("s-1", "Waar is mijn bestelling?", DUTCH)
    other = session("s-2", "Where is my order?", says("Which order do you mean?"))
    run(tmp_path, [load, other], outcome("s-1"), outcome("s-2"))
    line = json.loads((tmp_path / "out" / "review.jsonl").read_text())
    # The whole line, as it was copied; and a label that overrules a sure rule.
    told(
        tmp_path,
        line | {"label": "clarify", "missing": ["order_id"]},
        {"id": other[0].id, "label": ""},
    )
    told(tmp_path, {"id": other[0].id, "label": "answer"}, name="second.jsonl")
    made = run(tmp_path, [load, other], outcome("s-1"), outcome("s-2"))
    assert (made.info["to_review"], made.info["reviewed"]) == (0, 2)
    assert (tmp_path / "out" / "review.jsonl").read_bytes() == b""
    rows = examples(tmp_path)
    assert (rows[load[0].id].behaviour, rows[load[0].id].confidence) == ("clarify", 1.0)
    assert rows[load[0].id].reference == Reference(
        behaviour="clarify", missing=("order_id",), text=DUTCH.content
    )
    assert rows[other[0].id].behaviour == "answer"


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        (
            {"id": "none", "label": "clarify"},
            StageError,
            "labels none, which none of the 2 records",
        ),
        (
            {"id": "ID", "label": "ask"},
            SettingsError,
            r"reviewed.jsonl:1 label = 'ask': expected one",
        ),
        ({"id": "ID"}, SettingsError, "reviewed.jsonl:1 is no line of this register"),
        ({"id": "ID", "label": "execute"}, StageError, "execute, but its reply calls no tool"),
    ],
)
def test_a_line_that_cannot_be_is_a_clear_error(
    tmp_path: Path, line: dict[str, str], kind: type[Exception], message: str
) -> None:
    load = session("s-1", *("Where?", calls("get_order", order_id="7"), "> here", says("Here.")))
    told(tmp_path, line | {"id": line["id"].replace("ID", load[1].id)})
    with pytest.raises(kind, match=message):
        run(tmp_path, [load])
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_two_labels_of_one_decision_are_refused(tmp_path: Path) -> None:
    told(tmp_path, {"id": "a", "label": "answer"}, {"id": "a", "label": "answer"})
    assert annotations.read(tmp_path / "annotations").labels["a"].behaviour == "answer"
    told(tmp_path, {"id": "a", "label": "refuse"}, name="z.jsonl")
    with pytest.raises(
        SettingsError, match=r"z.jsonl:1 labels a refuse, .*reviewed.jsonl:1 labels"
    ):
        annotations.read(tmp_path / "annotations")


def test_labels_rewrite_only_the_part_they_are_about(tmp_path: Path) -> None:
    loads = [session(f"s-{n}", f"Wo ist Bestellung {n}?", DUTCH) for n in range(4)]
    before = run(tmp_path, loads)
    told(tmp_path, {"id": loads[2][0].id, "label": "clarify"})
    after = run(tmp_path, loads)
    changed = {part.sha256 for part in after.labelled("")} - {p.sha256 for p in before.parts}
    assert len(changed) == 1
    dedup(SETTINGS, tmp_path / "in", tmp_path / "anew", annotations.read(tmp_path / "annotations"))
    assert content(tmp_path / "out") == content(tmp_path / "anew")


def test_a_broken_call_is_to_be_reviewed_and_can_only_be_a_call(tmp_path: Path) -> None:
    broken = Reply(tool_calls=(ToolCall(name="get_order", raw_arguments="{order"),))
    load = session("s-1", "Where is order 7731?", broken)
    assert run(tmp_path, [load]).info["to_review"] == 1
    told(tmp_path, {"id": load[0].id, "label": "refuse"})
    with pytest.raises(StageError, match="refuse, but its reply calls a tool"):
        run(tmp_path, [load])


def test_an_erased_person_leaves_with_all_their_sessions(tmp_path: Path) -> None:
    turns = (f"Hello, {WORDS}", says(f"Understood, {WORDS}"))
    theirs = session("s-1", *turns, persons=("p-1",))
    # Only the first call names them; the session is theirs all the same.
    more = session("s-2", "Where is 7?", says("Which?"), "7", says("There."), persons=("p-1",))
    more[1] = msgspec.structs.replace(more[1], persons=())
    # Told twice: without s-1 this one has to stay.
    twin = session("s-3", *turns, day=2, persons=("p-2",))
    assert run(tmp_path, [theirs, more, twin]).counts.reasons == {"near-duplicate": 1}
    found = Erased(person="p-1", key_id=KEY, at="2026-11-25")
    annotations.erase(tmp_path / "annotations", [found])
    annotations.erase(tmp_path / "annotations", [found])
    assert annotations.read(tmp_path / "annotations") == Registers({}, (found,))
    made = run(tmp_path, [theirs, more, twin])
    counts = made.counts
    assert (counts.read, counts.accepted, counts.rejected, counts.duplicate) == (4, 1, 3, 0)
    assert counts.reasons == {"erased": 3}
    assert list(examples(tmp_path)) == [twin[0].id]
    gone = [json.loads(line) for line in (tmp_path / "out/rejected.jsonl").read_text().splitlines()]
    assert {(row["id"], row["reason"]) for row in gone} == {
        (row.id, "erased") for row in (*theirs, *more)
    }
    dedup(SETTINGS, tmp_path / "in", tmp_path / "anew", annotations.read(tmp_path / "annotations"))
    assert content(tmp_path / "out") == content(tmp_path / "anew")


def test_after_a_change_of_key_nothing_runs_until_the_erasure_is_renewed(tmp_path: Path) -> None:
    annotations.erase(
        tmp_path / "annotations", [Erased(person="p-1", key_id="old", at="2026-11-25")]
    )
    with pytest.raises(StageError, match=r"1 of 1 persons .* were erased under key old, the data"):
        run(tmp_path, [session("s-1", "Hello", says("Hello."))])
