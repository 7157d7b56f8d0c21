import random
from pathlib import Path

import msgspec
import numpy as np

from tasks.core.parts import Part, write_part
from tasks.core.records import Invocation
from tasks.labelling import folding, log_index, part_index
from tasks.labelling.chains import hashed
from tasks.labelling.folding import KEPT, NEAR_DUPLICATE, REDELIVERED, RETRIED, Folded
from tests.tasks.curation_logs import WORDS, calls, says, session


def part(folder: Path, rows: list[Invocation]) -> Part:
    return write_part(folder, rows)


def fold(
    folder: Path, *loads: list[Invocation], truth: dict[str, int] | None = None
) -> tuple[Folded, list[str]]:
    """What became of the rows, and their ids, in the order of the loads."""
    made = [part_index.make(folder, part(folder, load)) for load in loads]
    ranked = {hashed(name): rank for name, rank in (truth or {}).items()}
    return folding.fold(log_index.gather(made), 0.8, ranked), [i for s in made for i in s.ids]


def test_prefixes_of_a_transcript_stay_as_decisions(tmp_path: Path) -> None:
    load = session("s-1", "one", says("two"), "three", says("four"), "five", says("six"))
    found, _ = fold(tmp_path, load)
    assert found.fate.tolist() == [KEPT] * 3
    assert found.cluster.tolist() == [0, 0, 0]
    assert found.last.tolist() == [False, False, True]


def test_a_transcript_is_whole_across_parts(tmp_path: Path) -> None:
    load = session("s-1", f"{WORDS} a", says(f"{WORDS} b"), f"{WORDS} c", says(f"{WORDS} d"))
    # The second part continues what the first one alone would take for a transcript.
    found, _ = fold(tmp_path, [load[0]], [load[1]])
    assert found.fate.tolist() == [KEPT, KEPT]
    assert found.cluster.tolist() == [0, 0]


def test_every_complete_transcript_stays_and_no_prefix_in_whatever_order(tmp_path: Path) -> None:
    turns = [turn for n in range(8) for turn in (f"question {n}", says(f"answer {n}"))]
    rows = [row for n in range(20) for row in session(f"s-{n}", *turns, uri=f"{n}.jsonl")]
    branch = session("s-0", *turns[:-1], says("Other words."), uri="b.jsonl")[-1]
    whole = {row.id for row in rows if len(row.messages) == 16} | {branch.id}
    rows += [branch, *rows[7:40:5]]  # some are delivered twice
    random.Random(1).shuffle(rows)
    loads = [rows[at : at + 50] for at in range(0, len(rows), 50)]
    made = [part_index.make(tmp_path, part(tmp_path, load)) for load in loads]
    found = folding.transcripts(log_index.gather(made)).tolist()
    assert len(rows) == 168 and len(whole) == 21
    assert sorted(rows[row].id for row in found) == sorted(whole)


def test_a_session_told_twice_goes_with_all_its_decisions(tmp_path: Path) -> None:
    turns = (f"{WORDS} a", calls("get_order", order_id="1"), f"> {WORDS}", says(f"{WORDS} d"))
    found, _ = fold(tmp_path, session("s-1", *turns, day=2), session("s-2", *turns, day=1))
    assert found.fate.tolist() == [NEAR_DUPLICATE, NEAR_DUPLICATE, KEPT, KEPT]
    assert found.cluster.tolist() == [-1, -1, 2, 2]


def test_the_better_proof_outweighs_the_earlier_date(tmp_path: Path) -> None:
    turns = (f"{WORDS} a", says(f"{WORDS} d"))
    loads = session("s-1", *turns, day=1), session("s-2", *turns, day=2)
    found, _ = fold(tmp_path, *loads, truth={"s-2": 0, "s-1": 4})
    assert found.fate.tolist() == [NEAR_DUPLICATE, KEPT]


def test_a_branch_of_a_dropped_session_stays(tmp_path: Path) -> None:
    shared = (f"{WORDS} a", says(f"{WORDS} b"))
    kept = session("s-1", *shared, f"{WORDS} c", says(f"{WORDS} d"))
    again = session("s-2", *shared, f"{WORDS} c", says(f"{WORDS} d"), day=2)
    branch = session("s-2", *shared, "7731 and 7732", says("Ok."), day=2, uri="b.jsonl")[1:]
    found, _ = fold(tmp_path, kept, again, branch)
    # The first decision of s-2 leads to the branch too, which nothing else tells.
    assert found.fate.tolist() == [KEPT, KEPT, KEPT, NEAR_DUPLICATE, KEPT]


def test_redelivered_and_retried_rows_name_the_row_that_stands_for_them(tmp_path: Path) -> None:
    first = session("s-1", "one", says("two"), uri="a.jsonl")
    again = [msgspec.structs.replace(first[0], source=first[0].source, model="other")]
    retried = session("s-1", "one", says("two"), uri="b.jsonl", day=2)
    found, _ = fold(tmp_path, first, again, retried)
    assert found.fate.tolist() == [KEPT, REDELIVERED, RETRIED]
    assert found.into.tolist() == [0, 0, 0]


def test_a_tool_error_marks_the_call_before_it(tmp_path: Path) -> None:
    order = calls("get_order", order_id="1")
    load = session("s-1", "one", order, "> Error: gone", order, "> found", says("There."))
    found, _ = fold(tmp_path, load)
    assert found.failed.tolist() == [True, False, False]


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    chance = random.Random(1)
    rows = [
        row
        for n in range(30)
        for row in session(
            f"s-{n}",
            f"{WORDS} {'abc'[n % 3]}",
            calls("get_order", order_id=str(n % 5)),
            f"> {WORDS}",
            says(f"{WORDS} done"),
            day=1 + n % 9,
        )
    ]
    fates = []
    for _ in range(3):
        chance.shuffle(rows)
        found, ids = fold(tmp_path, rows[:17], rows[17:])
        clusters = [ids[row] if row >= 0 else "" for row in found.cluster]
        fates.append(sorted(zip(ids, found.fate.tolist(), clusters, strict=True)))
    assert fates[0] == fates[1] == fates[2]
    assert np.unique([fate for _, fate, _ in fates[0]]).tolist() == [KEPT, NEAR_DUPLICATE]


def test_nothing_folds_to_nothing() -> None:
    found = folding.fold(log_index.gather([]), 0.8, {})
    assert [len(column) for column in found] == [0] * len(found)
