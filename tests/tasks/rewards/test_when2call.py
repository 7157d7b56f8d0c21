"""Written answers of others: what the labeller takes them for, and what the default spec pays."""

from collections import defaultdict
from pathlib import Path

import pytest

from benchmarks.labelling import when2call
from benchmarks.labelling.when2call import Item
from tasks.rewards.specification.spec import load_spec

DATA = (Path(__file__).parents[3] / when2call.DATA).resolve()


def read(*, with_text: bool) -> list[Item]:
    if not DATA.is_file():
        pytest.skip(f"{DATA} is not here: it holds items of the When2Call test set")
    return when2call.items(DATA, with_text=with_text)


def test_written_answers_are_told_apart():
    shares = when2call.accuracy(list(when2call.labelled(read(with_text=False))))
    assert min(shares.values()) >= 0.90
    assert sum(shares.values()) / len(shares) >= 0.95


@pytest.mark.parametrize("with_text", [False, True])
def test_the_right_answer_earns_more_than_each_wrong_one(with_text: bool):
    spec = load_spec("specs/tool_calls.yaml")
    won = defaultdict(list)
    for pair in when2call.pairs(read(with_text=with_text), spec):
        won[pair.right].append(pair.paid > pair.paid_wrong)
    shares = {right: sum(found) / len(found) for right, found in won.items()}
    assert set(shares) == {"tool_call", "request_for_info", "cannot_answer"}
    assert min(shares.values()) >= 0.95
