import asyncio
import json

import pytest
from pydantic import ValidationError
from starlette.responses import JSONResponse

from tasks.core.errors import SettingsError
from tasks.core.records import Message, Reference, Reply, Score, Tool, ToolCall
from tasks.rewards import NOT_APPLICABLE, Prompt, judge
from tasks.rewards.judge import Settings
from tests.tasks.rewards.graders import Graders, completion

PROMPT = Prompt(
    (
        Message(role="system", content="Be brief."),
        Message(role="user", content="How long do refunds take?"),
    ),
    (Tool(name="get_policy", description="Reads a policy."),),
    Reference(behaviour="answer", text="Refunds take 5 days"),
)
GOOD = Reply(content="Refunds take 5 days")


def scored(reply: Reply = GOOD, prompt: Prompt = PROMPT, **options: object) -> Score:
    settings = Settings(**{"wait_s": 0.01, **options})
    return asyncio.run(judge.score(prompt, reply, settings))


def says(content: object, **more: object):
    return lambda request: completion(content, request, **more)


@pytest.mark.parametrize(
    ("text", "value"),
    [("Refunds take 5 days", 1.0), ("Refunds take long now", 0.5), ("Bananas are blue", 0.0)],
)
def test_a_score_is_spread_over_zero_to_one(graders: Graders, text: str, value: float):
    found = scored(Reply(content=text))
    assert (found.value, found.exact) == (value, value == 1)
    assert found.tier == f"score-{1 + round(4 * value)}"


def test_the_scale_is_the_specs(graders: Graders):
    graders.script = [says({"reason": "", "score": 7})]
    assert scored(low=0, high=10).value == 0.7
    with pytest.raises(ValidationError, match="expected low < high"):
        Settings(low=5, high=5)


def test_the_request_is_pinned_and_asks_for_a_schema(graders: Graders):
    scored(model="judge-2026-01-01", seed=3, max_tokens=99, rubric="Short is good, long is bad.")
    sent = graders.asked[0]
    assert (sent["model"], sent["temperature"], sent["seed"], sent["max_tokens"]) == (
        "judge-2026-01-01",
        0,
        3,
        99,
    )
    wanted = sent["response_format"]["json_schema"]
    assert wanted["strict"]
    assert wanted["schema"]["properties"]["score"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 5,
    }
    assert "Short is good, long is bad." in sent["messages"][0]["content"]
    assert "refunds" not in sent["messages"][0]["content"].lower()


def test_a_server_without_response_format_is_told_the_schema_alone(graders: Graders):
    assert scored(enforce="prompt").value == 1.0
    assert scored(enforce="json_object").value == 1.0
    plain, loose = graders.asked
    assert "response_format" not in plain
    assert loose["response_format"] == {"type": "json_object"}
    schema = json.loads(plain["messages"][0]["content"].rpartition("nothing else: ")[2])
    assert schema["properties"]["score"]["maximum"] == 5
    graders.script = [says("5 of 5")]
    assert scored(enforce="prompt").reason == "judge-verdict-unreadable"


def test_the_same_question_is_the_same_bytes(graders: Graders):
    for _ in range(2):
        scored()
    assert graders.asked[0] == graders.asked[1]


def test_the_judge_sees_conversation_tools_reference_and_answer(graders: Graders):
    scored(Reply(content="One moment.", tool_calls=(ToolCall(name="get_policy"),)))
    user = graders.asked[0]["messages"][1]["content"]
    data = json.loads(user.splitlines()[1])
    assert [m["role"] for m in data["conversation"]] == ["system", "user"]
    assert data["tools"] == [{"name": "get_policy", "description": "Reads a policy."}]
    assert data["reference"] == {"behaviour": "answer", "text": "Refunds take 5 days"}
    assert data["answer"]["content"] == "One moment."
    assert data["answer"]["tool_calls"][0]["function"]["name"] == "get_policy"


def test_of_a_long_conversation_the_last_messages_are_shown(graders: Graders):
    long = PROMPT._replace(
        messages=(*(Message(role="user", content="x" * 900) for _ in range(9)), PROMPT.messages[1])
    )
    scored(prompt=long, context_characters=2000)
    data = json.loads(graders.asked[0]["messages"][1]["content"].splitlines()[1])
    assert (len(data["conversation"]), data["earlier_messages_left_out"]) == (3, 7)
    assert data["conversation"][-1]["content"] == "How long do refunds take?"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("I would give it a 4.", "judge-verdict-unreadable"),
        ('{"reason": "", "score": 4} I hope this helps', "judge-verdict-unreadable"),
        ('{"reason": "", "score": 4, "score": 5}', "judge-verdict-unreadable"),
        ("", "judge-verdict-unreadable"),
        ("5", "judge-verdict-not-by-schema"),
        ({"score": 5}, "judge-verdict-not-by-schema"),
        ({"reason": "", "score": 6}, "judge-verdict-not-by-schema"),
        ({"reason": "", "score": 4.5}, "judge-verdict-not-by-schema"),
        ({"reason": "", "score": "5"}, "judge-verdict-not-by-schema"),
        ({"reason": "", "score": True}, "judge-verdict-not-by-schema"),
        ({"reason": "", "score": 5, "bonus": 1}, "judge-verdict-not-by-schema"),
    ],
)
def test_a_verdict_that_cannot_be_read_is_unscored(graders: Graders, content: object, reason: str):
    graders.script = [says(content)]
    found = scored()
    assert (found.value, found.reason) == (None, reason)
    # Asking until something can be read would favour what judges stumble over.
    assert len(graders.asked) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"error": "x"}, "judge-answer-no-completion"),
        ({"choices": []}, "judge-answer-no-completion"),
        ([], "judge-answer-no-completion"),
        ({"choices": [{"message": None}]}, "judge-answer-no-completion"),
    ],
)
def test_an_answer_that_is_no_completion_is_unscored(graders: Graders, answer, reason: str):
    graders.script = [lambda _: answer]
    assert (scored().value, graders.asked[0]["seed"]) == (None, 0)
    graders.script = [lambda _: answer]
    assert scored().reason == reason


def test_a_refusal_a_cut_and_another_model_are_unscored(graders: Graders):
    good = {"reason": "", "score": 5}
    cut = [{"finish_reason": "length", "message": {"content": json.dumps(good)}}]
    refused = [{"finish_reason": "stop", "message": {"content": None, "refusal": "I will not."}}]
    graders.script = [
        says(good, choices=cut),
        says(good, choices=refused),
        says(good, model="judge-newer"),
    ]
    assert [scored().reason for _ in range(3)] == [
        "judge-verdict-cut-off",
        "judge-refused",
        "judge-is-another-model",
    ]


def test_a_judge_in_trouble_is_asked_again_and_then_unscored(graders: Graders):
    broken = lambda _: JSONResponse({}, status_code=503)  # noqa: E731
    graders.script = [broken, broken]
    assert scored().value == 1.0
    graders.script = [broken] * 3
    assert scored().reason == "judge-status-503"


def test_what_was_spent_is_counted(graders: Graders, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(judge, "_purse", judge.Purse())
    scored(usd_per_million=(2.0, 8.0))
    graders.script = [says({"reason": "", "score": 5}, usage=None), says("no")]
    scored()
    scored()
    found = judge.spent()
    assert (found["calls"], found["guessed_usage"], found["failed_judge-verdict-unreadable"]) == (
        3,
        1,
        1,
    )
    assert found["cost_usd"] == pytest.approx((100 * 2 + 10 * 8) / 1e6)
    assert found["prompt_tokens"] > 200
    assert found["completion_tokens"] > 20


def test_a_spent_budget_stops_the_asking(graders: Graders, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(judge, "_purse", judge.Purse())
    assert [scored(budget_tokens=200).value for _ in range(2)] == [1.0, 1.0]
    assert scored(budget_tokens=200).reason == "judge-budget-spent"
    assert len(graders.asked) == 2


@pytest.mark.parametrize(
    "text", ["", " ", ":", "...", "Thought process:", "**Solution**", "解", "\u200b"]
)
def test_what_says_nothing_is_worth_nothing_and_not_asked_about(graders: Graders, text: str):
    assert (scored(Reply(content=text)).value, graders.asked) == (0.0, [])


def test_a_flood_is_worth_nothing_and_not_asked_about(graders: Graders):
    assert scored(Reply(content="x " * 500_000)).tier == "too-long"
    assert graders.asked == []


def test_calls_are_judged_where_told_to(graders: Graders):
    call = Reply(tool_calls=(ToolCall(name="get_policy", arguments={"of": "refunds"}),))
    assert (scored(call).value, scored(call).tier) == (0.0, "only-called")
    act = PROMPT._replace(reference=Reference(behaviour="execute"))
    assert scored(call, act).reason == NOT_APPLICABLE
    assert graders.asked == []
    assert scored(call, act, calls=True).tier == "score-1"


def test_what_a_score_depends_on_is_told():
    first = judge.facts(Settings())
    assert first["judge_model"] == "openai/gpt-oss-120b"
    assert len(first["judge_prompt_sha256"]) == 64
    other = judge.facts(Settings(rubric="Another rubric altogether."))
    assert other["judge_prompt_sha256"] != first["judge_prompt_sha256"]
    assert judge.facts(Settings(high=7)) != first


def test_without_an_address_nothing_is_scored(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("RATCHET_JUDGE_URL", raising=False)
    with pytest.raises(SettingsError, match="RATCHET_JUDGE_URL is not set"):
        scored()
