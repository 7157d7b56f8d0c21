from collections.abc import Sequence

from tasks.dataset.facts import Facts
from tasks.dataset.grouping import group, largest
from tasks.dataset.tables import Frame, gather, tabulate


def row(session: str, cluster: str = "", persons: tuple[str, ...] = ()) -> Facts:
    return Facts(id=session, session=session, cluster=cluster, persons=persons)


def framed(*loads: Sequence[Facts]) -> Frame:
    return gather([tabulate(load) for load in loads])


def names(frame: Frame) -> list[str]:
    """The group of each row, by its name."""
    return [frame.sessions[number] for number in group(frame).of_row]


def test_rows_are_tied_by_session_cluster_and_person() -> None:
    rows = [
        row("s-4"),
        row("s-3", persons=("p-1", "p-2")),
        row("s-1", cluster="c-1", persons=("p-1",)),
        row("s-2", cluster="c-1"),
        row("s-5", persons=("p-2",)),
    ]
    frame = framed(rows[:2], rows[2:])
    assert names(frame) == ["s-4", "s-1", "s-1", "s-1", "s-1"]
    assert frame.sessions == ["s-1", "s-2", "s-3", "s-4", "s-5"]
    assert group(frame).of_session.tolist() == [0, 0, 0, 3, 0]


def test_a_person_and_a_cluster_of_one_name_tie_nothing() -> None:
    rows = [row("s-1", cluster="x"), row("s-2", persons=("x",))]
    assert names(framed(rows)) == ["s-1", "s-2"]


def test_rows_without_ties_stay_alone() -> None:
    assert names(framed([row("s-2"), row("s-1")])) == ["s-2", "s-1"]
    assert names(framed([row("s-2")], [row("s-1")])) == ["s-2", "s-1"]
    assert names(framed()) == names(framed([])) == []


def test_the_largest_group_is_told_with_what_ties_it() -> None:
    rows = [row("s-1", persons=("p",)), row("s-2", persons=("p",)), row("s-3", cluster="c")]
    frame = framed(rows)
    assert largest(frame, group(frame)) == (
        "the largest of 2 groups holds 2 of 3 sessions, 2 of them through person p"
    )
