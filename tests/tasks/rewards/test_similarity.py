import math
import time
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.core.records import Reference, Reply
from tasks.rewards import NOT_APPLICABLE, Prompt
from tasks.rewards.similarity import Metric, Settings, score, similarity

METRICS = get_args(Metric)
LETTERS = st.sampled_from("abcd")
WANTED = "Your invoice of May is 12 euros."
GIVEN = "The invoice is 12 euros."
PROMPT = Prompt((), (), Reference(behaviour="answer", text=WANTED))


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        # Lengths 32 and 24; 14 letters to take out or put in.
        ("fuzzy_match", 1 - 14 / 56),
        # 4 of 5 and 7 words in common.
        ("rouge_1", 2 * 4 / (5 + 7)),
        # "is 12" and "12 euros" of 4 and 6 pairs.
        ("rouge_2", 2 * 2 / (4 + 6)),
        # "is 12 euros" of 3 and 5.
        ("rouge_3", 2 * 1 / (3 + 5)),
        ("rouge_4", 0.0),
        ("rouge_5", 0.0),
        ("rouge_l", 2 * 4 / (5 + 7)),
        # With the stop, of n-grams 1 to 4: 5 + 3 + 2 + 1 of 8 + 7 + 6 + 5, the longer text's.
        ("gleu", 11 / 26),
        # 5, 3, 2, 1 of 6, 5, 4, 3 n-grams, and 2 words too few of 8.
        (
            "bleu",
            math.exp(1 - 8 / 6) * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25,
        ),
        # 5 matches in 2 chunks: F of 5/6 and 5/8 with recall nine times, less 0.5 (2/5)^3.
        ("meteor", (5 / 6 * 5 / 8) / (0.9 * 5 / 6 + 0.1 * 5 / 8) * (1 - 0.5 * (2 / 5) ** 3)),
    ],
)
def test_a_metric_is_what_its_formula_says(metric: Metric, expected: float):
    assert similarity(GIVEN, WANTED, metric, ignore_case=True) == pytest.approx(expected)


@pytest.mark.parametrize("metric", METRICS)
def test_the_same_text_is_one_and_another_is_less(metric: Metric):
    options = Settings(metric=metric)
    same = score(PROMPT, Reply(content=f" {WANTED.upper()} "), options)
    assert (same.value, same.exact) == (1.0, True)
    near, far = (score(PROMPT, Reply(content=text), options).value for text in (GIVEN, "Zzz"))
    assert far <= near < 1.0
    assert far < 0.2


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40), st.text(min_size=1, max_size=40))
def test_values_lie_between_zero_and_one(given_text: str, wanted: str):
    for metric in METRICS:
        assert 0 <= similarity(given_text, wanted, metric, ignore_case=False) <= 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), min_size=1)
)
def test_rouge_l_is_that_of_the_package(first: list[str], second: list[str]):
    from rouge_score.rouge_scorer import RougeScorer

    given_text, wanted = " ".join(first), " ".join(second)
    known = RougeScorer(["rougeL"]).score(wanted, given_text)["rougeL"].fmeasure
    assert similarity(given_text, wanted, "rouge_l", ignore_case=True) == pytest.approx(known)


def test_a_long_text_takes_no_long_time_by_any_metric():
    wanted = " ".join(f"word{i % 700}" for i in range(2000))
    started = time.process_time()
    for metric in METRICS:
        assert 0 < similarity(wanted[7:] + " end", wanted, metric, ignore_case=True) <= 1
    # A table of 4 million cells filled in by Python takes longer than all of them.
    assert time.process_time() - started < 60


def test_letters_outside_of_ascii_count():
    assert similarity("Größe ist 5", "Größe ist 6", "rouge_1", ignore_case=True) == pytest.approx(
        2 / 3
    )


def test_case_counts_where_it_is_told_to():
    options = Settings(metric="rouge_1", ignore_case=False)
    assert score(PROMPT, Reply(content=WANTED.upper()), options).value < 0.5


def test_from_the_pass_mark_on_it_is_exact():
    assert score(PROMPT, Reply(content=GIVEN), Settings(pass_from=0.7)).exact
    assert not score(PROMPT, Reply(content=GIVEN), Settings(pass_from=0.8)).exact


def test_a_reference_too_long_to_compare_is_unscored():
    row = Prompt((), (), Reference(behaviour="answer", text="x " * 20_000))
    assert score(row, Reply(content="x"), Settings()).reason == "reference-too-long"


def test_a_flood_is_worth_nothing():
    found = score(PROMPT, Reply(content=WANTED + " x" * 500_000), Settings())
    assert (found.value, found.tier) == (0.0, "too-long")


def test_cosine_is_refused_with_where_to_find_it():
    with pytest.raises(ValidationError, match="use the reward `cosine`"):
        Settings.model_validate({"metric": "cosine"})


def test_a_reference_without_text_has_nothing_to_compare_with():
    act = Prompt((), (), Reference(behaviour="execute"))
    assert score(act, Reply(content="Done."), Settings()).reason == NOT_APPLICABLE
    bare = Prompt((), (), Reference(behaviour="answer"))
    assert score(bare, Reply(content="Done."), Settings()).reason == "reference-without-text"
