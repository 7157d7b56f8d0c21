import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import ValidationError

from tasks.core.errors import SettingsError
from tasks.core.records import Call, Message, Reference, Reply, Score, Tool, ToolCall
from tasks.rewards import Prompt, lambda_function
from tasks.rewards.graders import lambda_answer
from tasks.rewards.reading import lambda_rows, references
from tasks.rewards.reading.rows import BadRowError

PROMPT = Prompt(
    (Message(role="user", content="The weather in Oslo?"),),
    (Tool(name="get_weather", parameters={"type": "object"}),),
    Reference(behaviour="execute", calls=(Call(name="get_weather", arguments={"city": "Oslo"}),)),
    {"tenant": "blue"},
)
CALLED = Reference(behaviour="execute", calls=(Call(name="f"),))
RIGHT = Reply(
    content="One moment.", tool_calls=(ToolCall(name="get_weather", arguments={"city": "Oslo"}),)
)
# As AWS's own samples for Nova are: the reference at the root, and an envelope.
NOVA = """
import json
import re

def score(answer, wanted):
    return 1.0 if wanted in answer else 0.0

def lambda_handler(event, context):
    results = []
    for row in event:
        answer = row["messages"][-1]["content"]
        value = score(answer, json.loads(row["reference_answer"])[0]["arguments"]["city"])
        results.append({
            "id": row["id"],
            "aggregate_reward_score": value,
            "metrics_list": [{"name": "city", "value": value, "type": "Reward"}],
        })
    return {"statusCode": 200, "headers": {}, "body": json.dumps(results)}
"""
BEDROCK = """
def handle(event, context):
    found = [row["metadata"]["tenant"] == "blue" for row in event]
    return [
        {"id": row["id"], "aggregate_reward_score": float(ok)} for row, ok in zip(event, found)
    ]
"""


@pytest.mark.parametrize("form", ["bedrock", "sagemaker"])
def test_a_row_that_was_written_reads_as_it_was(form: lambda_rows.Form):
    found = lambda_rows.read(lambda_rows.write("7", PROMPT, RIGHT, form))
    assert (found.id, found.reply) == ("7", RIGHT)
    assert found.prompt[:3] == PROMPT[:3]
    assert found.prompt.item["tenant"] == "blue"


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("Oslo", Reference(behaviour="answer", text="Oslo")),
        ("[1, 2]", Reference(behaviour="answer", text="[1, 2]")),
        ("", None),
        (None, None),
        ('[{"name": "f", "arguments": {}}]', CALLED),
        ({"name": "f"}, CALLED),
        ([{"function": {"name": "f"}}], CALLED),
        ({"behaviour": "refuse", "text": "No."}, Reference(behaviour="refuse", text="No.")),
        ({"b": 1, "a": 2}, Reference(behaviour="answer", text='{"a": 2, "b": 1}')),
    ],
)  # fmt: skip
def test_what_a_reference_answer_says(answer: object, reference: Reference | None):
    assert references.of_row({"reference_answer": answer}) == reference


def test_a_nova_row_with_blocks_and_calls_in_its_text_is_read():
    given = {
        "id": "1",
        "messages": [
            {"role": "user", "content": [{"text": "Weather?"}]},
            {
                "role": "nova_assistant",
                "content": [{"text": '<tool_call>{"name": "f", "arguments": {}}</tool_call>'}],
            },
        ],
        "reference_answer": "x",
    }
    found = lambda_rows.read(given)
    assert found.prompt.messages == (Message(role="user", content="Weather?"),)
    assert found.reply == Reply(tool_calls=(ToolCall(name="f"),))


@pytest.mark.parametrize(
    "given",
    [1, {}, {"id": "1", "messages": []}, {"id": "1", "messages": [{"role": "user"}]}],
)
def test_a_row_that_is_none_is_refused(given: object):
    with pytest.raises(BadRowError):
        lambda_rows.read(given)


LIST = [{"id": "1", "aggregate_reward_score": 0.5, "metrics_list": []}]


@pytest.mark.parametrize(
    "answer",
    [
        LIST,
        json.dumps(LIST),
        {"statusCode": 200, "headers": {}, "body": json.dumps(LIST)},
        {"statusCode": 200, "body": LIST},
        {**LIST[0], "reward_components": {"a": 0.5}},
    ],
)
def test_all_forms_of_an_answer_are_read(answer: object):
    assert lambda_answer.scores(answer) == {"1": 0.5}
    assert lambda_answer.score_of(answer, "1") == 0.5


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": 500, "body": json.dumps(LIST)},
        None,
        [{"id": "1"}],
        [{"id": "1", "aggregate_reward_score": "0.5"}],
        [{"id": "1", "aggregate_reward_score": True}],
        "no json",
    ],
)
def test_what_is_no_answer_is_an_error_and_never_zero(answer: object):
    with pytest.raises(ValueError):
        lambda_answer.scores(answer)


def test_a_handlers_source_is_scored_in_the_sandbox():
    nova = lambda_function.Settings(source=NOVA)
    assert lambda_function.score(PROMPT, RIGHT, nova) == Score(value=1.0, exact=True, tier="full")
    assert lambda_function.score(PROMPT, Reply(content="Bergen"), nova).value == 0.0
    bedrock = lambda_function.Settings(source=BEDROCK, handler="handle", event="bedrock")
    assert lambda_function.score(PROMPT, RIGHT, bedrock).value == 1.0
    unknown = PROMPT._replace(reference=None)
    found = lambda_function.score_batch([PROMPT, unknown], [RIGHT, RIGHT], nova)
    assert [score.value for score in found] == [1.0, None]
    assert found[1].reason == "python-raised JSONDecodeError in line 12"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "give one of `function_from`, `source` and `file`"),
        ({"source": "x = 1"}, "defines no function lambda_handler"),
        ({"source": "import boto3\ndef lambda_handler(e, c): 1"}, "imports boto3"),
        ({"function_from": "AWS_SECRET_ACCESS_KEY"}, "should match pattern"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, object], said: str):
    with pytest.raises(ValidationError, match=said):
        lambda_function.Settings.model_validate(options)


class _Lambda(BaseHTTPRequestHandler):
    """Speaks Lambda's Invoke API, as AWS's Runtime Interface Emulator does."""

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["content-length"])))
        space: dict[str, object] = {}
        exec(NOVA, space)
        failed = ""
        try:
            answer = space["lambda_handler"](event, None)  # type: ignore[operator]
        except (KeyError, ValueError) as problem:
            failed, answer = "Unhandled", {"errorType": type(problem).__name__}
        body = json.dumps(answer).encode()
        self.send_response(200)
        if failed:
            self.send_header("x-amz-function-error", failed)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.seen.append((self.path, len(event)))  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def served() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Lambda)
    server.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_deployed_function_is_asked_in_batches(
    served: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
):  # fmt: skip
    address = f"http://127.0.0.1:{served.server_port}"
    monkeypatch.setenv("RATCHET_LAMBDA_FUNCTION", f"{address}/2015-03-31/functions/f/invocations")
    settings = lambda_function.Settings(function_from="RATCHET_LAMBDA_FUNCTION", batch_size=4)
    replies = [RIGHT, Reply(content="Bergen")] * 5
    found = lambda_function.score_batch([PROMPT] * 10, replies, settings)
    assert [score.value for score in found] == [1.0, 0.0] * 5
    assert sorted(size for _, size in served.seen) == [2, 4, 4]  # type: ignore[attr-defined]
    lost = lambda_function.score(PROMPT._replace(reference=None), RIGHT, settings)
    assert lost == Score.unscored("lambda-function-error Unhandled")


def test_awss_own_client_reaches_a_function_by_its_name(
    served: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
):  # fmt: skip
    for name, value in {
        "AWS_ENDPOINT_URL_LAMBDA": f"http://127.0.0.1:{served.server_port}",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
        "RATCHET_REWARD": "SageMaker-reward",
    }.items():
        monkeypatch.setenv(name, value)
    settings = lambda_function.Settings(function_from="RATCHET_REWARD")
    assert lambda_function.score(PROMPT, RIGHT, settings).value == 1.0
    assert served.seen == [  # type: ignore[attr-defined]
        ("/2015-03-31/functions/SageMaker-reward/invocations", 1)
    ]


def test_a_function_that_is_not_there_is_unscored(monkeypatch: pytest.MonkeyPatch):
    settings = lambda_function.Settings(function_from="RATCHET_LAMBDA_FUNCTION")
    with pytest.raises(SettingsError, match="RATCHET_LAMBDA_FUNCTION is not set"):
        lambda_function.score(PROMPT, RIGHT, settings)
    monkeypatch.setenv("RATCHET_LAMBDA_FUNCTION", "http://127.0.0.1:9/invocations")
    found = lambda_function.score(PROMPT, RIGHT, settings)
    assert found == Score.unscored("lambda-ConnectError")
