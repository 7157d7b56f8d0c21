import asyncio

import pytest
from pydantic import ValidationError
from starlette.responses import JSONResponse

from tasks.core.records import Message, Reference, Reply, Score, Tool, ToolCall
from tasks.rewards import NOT_APPLICABLE, Prompt, cosine, http
from tests.tasks.rewards.graders import Graders

PROMPT = Prompt(
    (Message(role="user", content="How long do refunds take?"),),
    (Tool(name="get_policy", parameters={"type": "object"}),),
    Reference(behaviour="answer", text="Refunds take 5 days"),
)
CALL = ToolCall(name="get_policy", arguments={"b": 2, "a": 1}, id="c1")


def scored(content: str = "Refunds take", **options: object) -> Score:
    settings = http.Settings(**{"wait_s": 0.01, **options})
    return asyncio.run(http.score(PROMPT, Reply(content=content, tool_calls=(CALL,)), settings))


def test_the_graders_number_is_the_score(graders: Graders):
    assert (scored().value, scored("Refunds take 5 days").exact) == (0.5, True)


def test_the_request_is_a_row_as_others_write_them(graders: Graders):
    scored()
    assert graders.asked[0] == {
        "messages": [{"role": "user", "content": "How long do refunds take?"}],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "get_policy",
                    "description": "",
                    "parameters": {"type": "object"},
                },
            }
        ],
        "reference": {"behaviour": "answer", "text": "Refunds take 5 days"},
        "completion": {
            "content": "Refunds take",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "get_policy", "arguments": '{"a":1,"b":2}'},
                }
            ],
        },
    }


def test_azures_form_has_its_keys_and_its_range(graders: Graders):
    options = {"form": "azure", "range": (0, 10)}
    assert scored(**options).value == 0.5
    scored(**options)
    first, second = graders.asked
    assert first == second
    assert set(first) == {"sample", "item", "trace_id"}
    assert first["sample"]["output_text"] == "Refunds take"
    assert first["sample"]["output_tools"][0]["function"]["name"] == "get_policy"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"score": None}, "grader-said-unscored"),
        ({}, "grader-answer-not-by-schema"),
        ([], "grader-answer-not-by-schema"),
        ({"score": "1"}, "grader-answer-not-by-schema"),
        ({"score": True}, "grader-answer-not-by-schema"),
        ({"score": 1.01}, "grader-score-out-of-range"),
        ({"score": -0.01}, "grader-score-out-of-range"),
    ],
)
def test_an_answer_that_is_no_score_is_unscored(graders: Graders, answer: object, reason: str):
    graders.script = [lambda _: answer]
    found = scored()
    assert (found.value, found.reason) == (None, reason)


def test_a_grader_in_trouble_is_unscored_with_the_reason(graders: Graders):
    graders.script = [lambda _: JSONResponse({}, status_code=500)] * 3
    assert scored().reason == "grader-status-500"
    graders.script = [lambda _: 2.0]
    assert scored(attempts=1, attempt_s=0.1).reason == "grader-timeout"


@pytest.mark.parametrize("wrong", [(1, 1), (2, 1), (0, float("inf"))])
def test_a_range_that_is_none_is_refused(wrong: tuple[float, float]):
    with pytest.raises(ValidationError, match="expected low < high, both finite"):
        http.Settings(range=wrong)


def alike(content: str, prompt: Prompt = PROMPT, **options: object) -> Score:
    return asyncio.run(cosine.score(prompt, Reply(content=content), cosine.Settings(**options)))


def test_the_cosine_of_two_embeddings_is_the_score(graders: Graders):
    # Two words in common, of two and four.
    assert alike("Refunds take").value == pytest.approx(2 / (2**0.5 * 4**0.5))
    assert alike("bananas").value == 0.0
    assert graders.asked[0]["input"] == ["Refunds take", "Refunds take 5 days"]


def test_what_lies_below_the_floor_is_worth_nothing(graders: Graders):
    assert alike("Refunds take", floor=0.5).value == pytest.approx(2 * 2**-0.5 - 1)
    assert alike("Refunds take", floor=0.8).value == 0.0


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"data": []}, "embeddings-answer-not-by-schema"),
        (
            {"data": [{"index": 0, "embedding": [0.0]}, {"index": 1, "embedding": [1.0]}]},
            "embeddings-answer-not-by-schema",
        ),
        (
            {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2]}]},
            "embeddings-answer-not-by-schema",
        ),
        (
            {
                "model": "another",
                "data": [{"index": i, "embedding": [1.0]} for i in range(2)],
            },
            "embeddings-by-another-model",
        ),
    ],
)
def test_what_is_no_pair_of_embeddings_is_unscored(graders: Graders, answer, reason: str):
    graders.script = [lambda _: answer]
    assert alike("Refunds").reason == reason


def test_cosine_needs_a_text_to_compare_with(graders: Graders):
    act = PROMPT._replace(reference=Reference(behaviour="execute"))
    assert alike("x", prompt=act).reason == NOT_APPLICABLE
    assert alike("x " * 20_000).tier == "too-long"
    assert graders.asked == []
