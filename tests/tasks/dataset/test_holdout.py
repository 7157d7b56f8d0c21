from typing import Any

import pytest

from tasks.core.curation_settings import SplitSettings
from tasks.core.errors import StageError
from tasks.core.records import TruthSource
from tasks.dataset.facts import Facts
from tasks.dataset.grouping import Groups, group
from tasks.dataset.holdout import Uses, about, choose
from tasks.dataset.tables import Frame, gather, tabulate

ALL = ("a", "b", "c")


def row(
    called: tuple[str, ...] = (), offered: tuple[str, ...] = ALL, referenced: bool = True
) -> Facts:
    truth: TruthSource = "outcome" if referenced else "none"
    return Facts("x", "x", "", referenced=referenced, truth_source=truth, called=called,
                 offered=offered)  # fmt: skip


def told(rows: list[Facts], names: list[str]) -> tuple[Frame, Groups]:
    """The rows, each of a session that is its own group."""
    frame = gather([tabulate(r._replace(session=n) for r, n in zip(rows, names, strict=True))])
    return frame, group(frame)


def settings(held_out: int | tuple[str, ...], **fields: Any) -> SplitSettings:
    return SplitSettings(
        **{"held_out_tools": held_out, "validation": 0.1, "test": 0.15, "seed": 0, **fields}
    )


def corpus(**groups: int) -> tuple[list[Facts], list[str]]:
    """Twenty groups; each named tool is called once in its number of them, six times in all."""
    rows, names = [], []
    for tool, count in groups.items():
        for n in range(max(count, 6)):
            rows.append(row((tool,)))
            names.append(f"g-{n % count}")
    rows += [row() for _ in range(20)]
    return rows, names + [f"g-{n}" for n in range(20)]


def test_a_tool_that_most_groups_call_is_never_chosen() -> None:
    rows, names = corpus(a=20, b=4)
    assert choose(*told(rows, names), settings(1), ()) == ("b",)


def test_as_many_are_chosen_as_can_be_spared() -> None:
    # A quarter of the groups may be tied by chosen tools: (.35 - .15) / (1 - .15) of 20 are 4.7.
    rows, names = corpus(a=20, b=4, c=3)
    assert choose(*told(rows, names), settings(3), ()) == ("b", "c")
    rows, names = corpus(a=20, b=6)
    with pytest.raises(
        StageError, match="asks for 1 tools and none can be held out: each of the 2"
    ):
        choose(*told(rows, names), settings(1), ())


def test_a_tool_with_few_proved_calls_is_no_candidate() -> None:
    rows = [row(("a",)) for _ in range(4)] + [row(("b",), referenced=False) for _ in range(9)]
    names = [f"g-{n}" for n in range(13)]
    with pytest.raises(StageError, match="each of the 0 with 5 proved calls"):
        choose(*told(rows, names), settings(1), ())


def test_what_was_held_out_before_stays() -> None:
    rows, names = corpus(a=4, b=4)
    (first,) = choose(*told(rows, names), settings(1), ())
    (other,) = {"a", "b"} - {first}
    assert choose(*told(rows, names), settings(1), (other,)) == (other,)


def test_the_seed_decides_among_equals() -> None:
    rows, names = corpus(a=4, b=4, c=4)
    chosen = {choose(*told(rows, names), settings(1, seed=seed), ()) for seed in range(20)}
    assert chosen == {("a",), ("b",), ("c",)}


def test_names_and_patterns_are_taken_as_they_are() -> None:
    rows = [row(("get_invoice", "get_order")), row(offered=("send_invoice",))]
    names = ["g-1", "g-2"]
    chosen = choose(*told(rows, names), settings(("*_invoice", "*_loan")), ())
    assert chosen == ("get_invoice", "send_invoice")
    with pytest.raises(StageError, match=r"names refund, which none of the 6 tools"):
        choose(*told(rows, names), settings(("refund",)), ())


def test_groups_are_touched_by_calls_and_by_offers_of_nothing_else() -> None:
    rows = [row(("a",)), row(offered=("a",)), row(offered=("a", "b")), row(offered=())]
    frame, groups = told(rows, ["g-1", "g-2", "g-3", "g-4"])
    found = Uses(frame, groups)
    assert found.touched({"a"}).tolist() == [True, True, False, False]
    assert found.touched({"a", "b", "unheard of"}).tolist() == [True, True, True, False]
    assert not found.touched(()).any()


def test_a_row_is_about_a_tool_that_it_calls_or_has_to_do_without() -> None:
    rows = [
        row(("a", "b")),
        row(offered=("a",)),
        row(("b",), offered=("a", "b")),
        row(offered=("a", "b")),
        row(offered=()),
    ]
    frame, _ = told(rows, ["g"] * 5)
    assert about(frame, {"a"}).tolist() == [True, True, False, False, False]
