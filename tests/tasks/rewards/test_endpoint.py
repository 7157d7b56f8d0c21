import asyncio
import time

import pytest
from pydantic import ValidationError
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from tasks.core.errors import SettingsError
from tasks.rewards.judge import Settings as JudgeSettings
from tasks.rewards.remote.endpoint import (
    LARGEST,
    Address,
    Failure,
    Patience,
    Purse,
    Reply,
    address,
    post,
)
from tests.tasks.rewards.graders import Graders

QUICK = Patience(wait_s=0.01, attempt_s=60)


def asked(body: object = None, patience: Patience = QUICK, purse: Purse | None = None, **where):
    place = address("RATCHET_GRADER_URL", "RATCHET_GRADER_KEY")._replace(**where)
    row = {"reference": {"text": "a"}, "completion": {"content": "a"}}
    return asyncio.run(post(place, "", body or row, patience, purse or Purse()))


def status(code: int, **headers: str):
    return lambda _: JSONResponse({"error": {}}, status_code=code, headers=headers)


def test_an_answer_comes_back_as_it_is(graders: Graders):
    purse = Purse()
    assert asked(purse=purse) == Reply({"score": 1.0, "seconds": 0.1})
    assert (purse.calls, purse.retries, purse.failures.total()) == (1, 0, 0)


@pytest.mark.parametrize("code", [408, 409, 429, 500, 502, 503])
def test_a_server_in_trouble_is_asked_again(graders: Graders, code: int):
    purse = Purse()
    graders.script = [status(code), status(code)]
    assert asked(purse=purse) == Reply({"score": 1.0, "seconds": 0.1})
    assert (purse.calls, purse.retries, len(graders.asked)) == (3, 2, 3)
    graders.script = [status(code)] * 3
    assert asked(purse=purse) == Failure(f"status-{code}")
    assert dict(purse.failures) == {f"status-{code}": 1}


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422])
def test_a_refusal_is_not_asked_again(graders: Graders, code: int):
    graders.script = [status(code)]
    assert asked() == Failure(f"status-{code}")
    assert len(graders.asked) == 1


def test_tries_again_are_bounded_over_all_requests(graders: Graders):
    purse, patience = Purse(), QUICK.model_copy(update={"retry_share": 0.1, "wait_s": 0.0})
    graders.script = [status(503)] * 200
    for _ in range(40):
        asked(patience=patience, purse=purse)
    # 40 requests would make 80 tries again; ten are free, and a tenth of all.
    assert purse.calls == 40 + purse.retries
    assert purse.retries == pytest.approx(10 + 0.1 * purse.calls, abs=1)


def test_the_server_may_say_how_long_to_wait(graders: Graders):
    graders.script = [status(429, **{"retry-after": "1"})]
    started = time.monotonic()
    assert isinstance(asked(), Reply)
    assert time.monotonic() - started >= 1


def test_one_attempt_ends_when_its_time_is_over(graders: Graders):
    graders.script = [lambda _: 5.0]
    patience = Patience(attempts=1, attempt_s=0.2)
    assert asked(patience=patience) == Failure("timeout")


def test_an_answer_that_drips_is_not_waited_for(graders: Graders):
    async def drops():
        for _ in range(100):
            yield b" "
            await asyncio.sleep(0.1)

    graders.script = [lambda _: StreamingResponse(drops())]
    patience = Patience(attempts=1, attempt_s=0.5)
    assert asked(patience=patience) == Failure("timeout")


def test_a_server_that_is_not_there_is_unreachable(graders: Graders):
    patience = QUICK.model_copy(update={"attempts": 2})
    assert asked(patience=patience, url="http://127.0.0.1:9") == Failure("unreachable")


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Response("<html>"), "answer-no-json"),
        (Response("[" * 5000), "answer-no-json"),
        (Response(b'"\xff"'), "answer-no-json"),
        (Response(b"1" * (LARGEST + 1)), "answer-too-large"),
        (RedirectResponse("http://127.0.0.1:9/elsewhere"), "status-307"),
    ],
)
def test_what_is_no_answer_is_none(graders: Graders, response: Response, reason: str):
    graders.script = [lambda _: response]
    assert asked() == Failure(reason)
    assert len(graders.asked) == 1


def test_the_key_is_sent_and_comes_from_the_environment(
    graders: Graders, monkeypatch: pytest.MonkeyPatch
):
    asked()
    monkeypatch.setenv("RATCHET_GRADER_KEY", "k-1")
    asked()
    assert graders.keys == ["", "Bearer k-1"]


def test_an_address_that_is_missing_or_none_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("RATCHET_JUDGE_URL", raising=False)
    with pytest.raises(SettingsError, match="RATCHET_JUDGE_URL is not set"):
        address("RATCHET_JUDGE_URL", "RATCHET_JUDGE_KEY")
    monkeypatch.setenv("RATCHET_JUDGE_URL", "judge.example.com")
    with pytest.raises(SettingsError, match="expected an address with http"):
        address("RATCHET_JUDGE_URL", "RATCHET_JUDGE_KEY")
    monkeypatch.setenv("RATCHET_JUDGE_URL", "https://judge.example.com/v1/")
    assert address("RATCHET_JUDGE_URL", "X") == Address("https://judge.example.com/v1", "")


def test_a_spec_cannot_name_the_secrets_of_others():
    with pytest.raises(ValidationError, match="should match pattern"):
        JudgeSettings(key_from="AWS_SECRET_ACCESS_KEY")
