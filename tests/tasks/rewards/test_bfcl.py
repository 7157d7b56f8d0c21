"""Our verdict on the items of the Berkeley Function Calling Leaderboard."""

from pathlib import Path

import pytest

from benchmarks.rewards import bfcl
from benchmarks.rewards.bfcl import Item

DATA = (Path(__file__).parents[3] / "../shared/data/bfcl").resolve()


@pytest.fixture(scope="module")
def items() -> dict[str, list[Item]]:
    if not DATA.exists():
        pytest.skip(f"{DATA} is not here: it holds items of the leaderboard")
    return {category: list(bfcl.read(DATA, category)) for category in bfcl.CATEGORIES}


@pytest.mark.parametrize("category", bfcl.CATEGORIES)
def test_exact_is_right_on_right_and_wrong_completions(items: dict[str, list[Item]], category: str):
    found = bfcl.judge(items[category])
    assert found.failures == []
    assert min(found.kinds) >= 10
    assert found.right >= 2 * len(items[category])


def test_the_option_is_the_leaderboards_rule(items: dict[str, list[Item]]):
    some = [item for category in items.values() for item in category[::3]]
    rows, known, unknown = bfcl.differences(some)
    assert unknown == []
    assert known.total() <= 0.01 * sum(counts["items"] for counts in rows.values())
    capitals = rows["writes text in capitals"]
    assert capitals["strict"] == 0 < capitals["rule"]
