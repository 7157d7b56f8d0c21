from typing import Any

from tasks.core.facts import Facts
from tasks.core.grouping import group, largest


def row(session: str, cluster: str = "", persons: tuple[str, ...] = (), **fields: Any) -> Facts:
    return Facts(
        id=session,
        session=session,
        cluster=cluster,
        persons=persons,
        behaviour="answer",
        truth_source="none",
        confidence=1.0,
        messages=1,
        context_chars=1,
        turns=1,
        **fields,
    )


def test_rows_are_tied_by_session_cluster_and_person() -> None:
    rows = [
        row("s-4"),
        row("s-3", persons=("p-1", "p-2")),
        row("s-1", cluster="c-1", persons=("p-1",)),
        row("s-2", cluster="c-1"),
        row("s-5", persons=("p-2",)),
    ]
    found = group(rows)
    assert found.of_row == ("s-4", "s-1", "s-1", "s-1", "s-1")
    assert found.of_session == {
        "s-1": "s-1",
        "s-2": "s-1",
        "s-3": "s-1",
        "s-4": "s-4",
        "s-5": "s-1",
    }


def test_a_person_and_a_cluster_of_one_name_tie_nothing() -> None:
    assert group([row("s-1", cluster="x"), row("s-2", persons=("x",))]).of_row == ("s-1", "s-2")


def test_rows_without_ties_stay_alone() -> None:
    assert group([row("s-2"), row("s-1")]).of_row == ("s-2", "s-1")
    assert group([]) == ((), {})


def test_the_largest_group_is_told_with_what_ties_it() -> None:
    rows = [row("s-1", persons=("p",)), row("s-2", persons=("p",)), row("s-3", cluster="c")]
    assert largest(rows, group(rows)) == (
        "the largest of 2 groups holds 2 of 3 sessions, 2 of them through person p"
    )
