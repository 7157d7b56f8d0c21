from typing import Any

import pytest

from tasks.core.errors import StageError
from tasks.core.facts import Facts
from tasks.core.holdout import choose, is_about, uses
from tasks.core.settings import SplitSettings

ALL = ("a", "b", "c")


def row(
    called: tuple[str, ...] = (), offered: tuple[str, ...] = ALL, referenced: bool = True
) -> Facts:
    return Facts(
        id="x",
        session="x",
        cluster="x",
        behaviour="answer",
        referenced=referenced,
        truth_source="outcome" if referenced else "none",
        confidence=1.0,
        messages=1,
        context_chars=1,
        turns=1,
        called=called,
        offered=offered,
    )


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
    assert choose(rows, names, settings(1), ()) == ("b",)


def test_as_many_are_chosen_as_can_be_spared() -> None:
    # A quarter of the groups may be tied by chosen tools: (.35 - .15) / (1 - .15) of 20 are 4.7.
    rows, names = corpus(a=20, b=4, c=3)
    assert choose(rows, names, settings(3), ()) == ("b", "c")
    rows, names = corpus(a=20, b=6)
    with pytest.raises(
        StageError, match="asks for 1 tools and none can be held out: each of the 2"
    ):
        choose(rows, names, settings(1), ())


def test_a_tool_with_few_proved_calls_is_no_candidate() -> None:
    rows = [row(("a",)) for _ in range(4)] + [row(("b",), referenced=False) for _ in range(9)]
    names = [f"g-{n}" for n in range(13)]
    with pytest.raises(StageError, match="each of the 0 with 5 proved calls"):
        choose(rows, names, settings(1), ())


def test_what_was_held_out_before_stays() -> None:
    rows, names = corpus(a=4, b=4)
    (first,) = choose(rows, names, settings(1), ())
    (other,) = {"a", "b"} - {first}
    assert choose(rows, names, settings(1), (other,)) == (other,)


def test_the_seed_decides_among_equals() -> None:
    rows, names = corpus(a=4, b=4, c=4)
    chosen = {choose(rows, names, settings(1, seed=seed), ()) for seed in range(20)}
    assert chosen == {("a",), ("b",), ("c",)}


def test_names_and_patterns_are_taken_as_they_are() -> None:
    rows = [row(("get_invoice", "get_order")), row(offered=("send_invoice",))]
    names = ["g-1", "g-2"]
    chosen = choose(rows, names, settings(("*_invoice", "*_loan")), ())
    assert chosen == ("get_invoice", "send_invoice")
    with pytest.raises(StageError, match=r"names refund, which none of the 6 tools"):
        choose(rows, names, settings(("refund",)), ())


def test_groups_are_touched_by_calls_and_by_offers_of_nothing_else() -> None:
    rows = [row(("a",)), row(offered=("a",)), row(offered=("a", "b")), row(offered=())]
    found = uses(rows, ["g-1", "g-2", "g-3", "g-4"])
    assert found.touched({"a"}) == {"g-1", "g-2"}
    assert found.touched({"a", "b"}) == {"g-1", "g-2", "g-3"}
    assert found.touched(()) == set()


def test_a_row_is_about_a_tool_that_it_calls_or_has_to_do_without() -> None:
    assert is_about(row(("a", "b")), {"a"})
    assert is_about(row(offered=("a",)), {"a"})
    assert not is_about(row(("b",), offered=("a", "b")), {"a"})
    assert not is_about(row(offered=("a", "b")), {"a"})
    assert not is_about(row(offered=()), {"a"})
