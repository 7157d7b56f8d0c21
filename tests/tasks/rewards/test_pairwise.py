import asyncio
import itertools
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.records import Call, Message, Reference, Reply, Score, ToolCall
from tasks.rewards import NOT_APPLICABLE, Prompt, pairwise
from tasks.rewards.pairwise import Settings, _tau
from tasks.rewards.specification import scoring
from tests.tasks.rewards.graders import Graders, between, completion

PROMPT = Prompt(
    (Message(role="user", content="How long do refunds take to arrive?"),),
    (),
    Reference(behaviour="answer", text="Refunds are handled."),
)
BEST, MIDDLE, WORST = (
    Reply(content="Refunds take 5 days to arrive."),
    Reply(content="Refunds take days."),
    Reply(content="Bananas are blue."),
)


def ranked(*replies: Reply, prompt: Prompt = PROMPT, **options: object) -> list[Score]:
    found = pairwise.score_group([prompt] * len(replies), replies, Settings(**options))
    return asyncio.run(found)


def values(*replies: Reply, **options: object) -> list[float | None]:
    return [score.value for score in ranked(*replies, **options)]


def order(request) -> list[str]:
    """Letters as they stand in the data."""
    mark = re.search(r"the mark ([0-9a-f]{32})", request["messages"][0]["content"])[1]
    return list(json.loads(between(request["messages"][1]["content"], mark))["candidates"])


def test_replies_are_ranked_against_each_other_and_the_logged_one(graders: Graders):
    assert values(WORST, BEST, MIDDLE) == [0.0, 1.0, pytest.approx(2 / 3)]
    assert len(graders.asked) == 2


def test_the_logged_reply_can_be_left_out(graders: Graders):
    assert values(WORST, BEST, MIDDLE, logged=False) == [0.0, 1.0, 0.5]


def test_the_order_of_the_group_changes_nothing(graders: Graders):
    wanted = {BEST: 1.0, MIDDLE: pytest.approx(2 / 3), WORST: 0.0}
    sent = set()
    for group in itertools.permutations(wanted):
        graders.asked.clear()
        assert values(*group) == [wanted[reply] for reply in group]
        sent.add(json.dumps(graders.asked))
    assert len(sent) == 1


def test_equal_replies_are_shown_once_and_worth_the_same(graders: Graders):
    assert values(BEST, BEST, WORST) == [1.0, 1.0, 0.0]
    assert len(order(graders.asked[0])) == 3


def test_both_orders_are_asked_for(graders: Graders):
    ranked(BEST, MIDDLE, WORST)
    shown = []
    for request in graders.asked:
        user = request["messages"][1]["content"].splitlines()[1]
        found = json.loads(user)["candidates"]
        shown.append([found[letter]["content"] for letter in sorted(found)])
    assert shown[0] == shown[1][::-1]


def test_a_judge_that_goes_by_place_scores_nothing(graders: Graders):
    in_order = lambda r: completion({"reason": "", "ranking": order(r)}, r)  # noqa: E731
    graders.script = [in_order, in_order]
    found = ranked(BEST, MIDDLE, WORST)
    assert {(score.value, score.reason) for score in found} == {(None, "judge-goes-by-place")}


def test_of_two_that_take_turns_neither_is_better(graders: Graders):
    in_order = lambda r: completion({"reason": "", "ranking": order(r)}, r)  # noqa: E731
    graders.script = [in_order, in_order]
    assert values(BEST) == [0.5]


def test_a_judge_of_two_minds_is_taken_in_the_middle(graders: Graders):
    def swapped(request):
        user = request["messages"][1]["content"].splitlines()[1]
        found = json.loads(user)["candidates"]
        letters = {found[letter]["content"]: letter for letter in found}
        replies = (MIDDLE, BEST, WORST)
        ranking = [letters[reply.content] for reply in replies]
        return completion({"reason": "", "ranking": ranking}, request)

    def straight(request):
        answer = swapped(request)
        ranking = json.loads(answer["choices"][0]["message"]["content"])["ranking"]
        ranking[0], ranking[1] = ranking[1], ranking[0]
        return completion({"reason": "", "ranking": ranking}, request)

    graders.script = [straight, swapped]
    assert values(BEST, MIDDLE, WORST, logged=False) == [0.75, 0.75, 0.0]


@pytest.mark.parametrize(
    ("ranking", "reason"),
    [
        (["A", "B"], "judge-verdict-not-by-schema"),
        (["A", "A", "B", "C"], "judge-verdict-not-a-ranking"),
        (["A", "B", "C", "Z"], "judge-verdict-not-by-schema"),
        ("ABCD", "judge-verdict-not-by-schema"),
    ],
)
def test_a_ranking_that_is_none_is_unscored(graders: Graders, ranking: object, reason: str):
    graders.script = [lambda request: completion({"reason": "", "ranking": ranking}, request)]
    found = ranked(BEST, MIDDLE, WORST)
    assert {score.reason for score in found} == {reason}


def test_a_reply_that_says_nothing_is_worth_nothing_and_not_shown(graders: Graders):
    silent = Reply(content=" ... ")
    assert values(silent, BEST, Reply(content="x" * 30_000)) == [0.0, 1.0, 0.0]
    assert len(order(graders.asked[0])) == 2


def test_with_nothing_to_compare_with_there_is_no_rank(graders: Graders):
    bare = PROMPT._replace(reference=None)
    assert ranked(BEST, prompt=bare)[0].reason == NOT_APPLICABLE
    same = Reply(content="Refunds are handled.")
    assert ranked(same)[0].reason == NOT_APPLICABLE
    assert graders.asked == []


def test_logged_calls_are_a_candidate_too(graders: Graders):
    act = PROMPT._replace(
        reference=Reference(behaviour="execute", calls=(Call(name="f", arguments={"a": 1}),))
    )
    same = Reply(tool_calls=(ToolCall(name="f", arguments={"a": 1}),))
    assert ranked(same, prompt=act)[0].reason == NOT_APPLICABLE
    assert values(BEST, prompt=act) == [1.0]


def test_the_right_answer_is_not_shown_as_one(graders: Graders):
    ranked(BEST)
    assert "reference" not in json.loads(graders.asked[0]["messages"][1]["content"].splitlines()[1])


def test_a_batch_is_ranked_group_by_group(graders: Graders):
    other = PROMPT._replace(messages=(Message(role="user", content="What is blue?"),))
    prompts = [PROMPT, other, PROMPT, other]
    replies = [BEST, WORST, WORST, MIDDLE]
    scorer = scoring.alone("pairwise", {"logged": False})
    found = scoring.column(scorer, prompts, replies)
    assert [score.value for score in found] == [1.0, 1.0, 0.0, 0.0]


def test_a_group_larger_than_the_alphabet_is_unscored(graders: Graders):
    replies = [Reply(content=f"answer {i}") for i in range(27)]
    assert {s.reason for s in ranked(*replies)} == {"group-too-large-to-rank"}


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(6)))
def test_tau_is_one_for_the_same_and_minus_one_for_the_reverse(ranks: list[int]):
    from scipy.stats import kendalltau

    assert _tau(ranks, ranks) == 1
    assert _tau(ranks, [5 - rank for rank in ranks]) == -1
    assert _tau(ranks, range(6)) == pytest.approx(kendalltau(ranks, range(6)).statistic)
