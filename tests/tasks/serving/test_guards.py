"""Keys, limits, rules and kept logs of the gateway, over HTTP."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tasks.core.errors import SettingsError
from tasks.core.records import Source
from tasks.formats import openai_chat
from tasks.serving import access
from tests.tasks.serving.house import EVENTS, House

SOURCE = Source(uri="traces", line=1, format="openai_chat")
HELLO = {"messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def start(tmp_path, serving, models):
    """A gateway with these settings."""
    with ExitStack() as stack:
        yield lambda **settings: House(tmp_path, serving, stack, models, **settings)


def kept(house, kind):
    deadline = time.monotonic() + 10
    while not (files := list((house.folder / "traces").glob(f"{kind}-*.jsonl"))):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.2)
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def test_with_keys_only_who_has_one_is_answered(start, tmp_path):
    key = access.new_key(tmp_path / "keys", "support-bot")
    house = start()
    url = f"{house.url}/v1/chat/completions"
    refused = house.client.post(url, json=HELLO)
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "invalid_api_key"
    wrong = house.client.post(url, json=HELLO, headers={"authorization": f"Bearer {key}x"})
    assert wrong.status_code == 401
    right = house.client.post(url, json=HELLO, headers={"authorization": f"Bearer {key}"})
    assert right.status_code == 200
    for path in ("/v1/models", "/feedback"):
        method = house.client.get if path == "/v1/models" else house.client.post
        assert method(f"{house.url}{path}").status_code == 401


def test_a_key_is_kept_as_its_hash_for_its_owner_alone(tmp_path):
    key = access.new_key(tmp_path / "keys", "support-bot")
    assert key not in (tmp_path / "keys").read_text()
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    with pytest.raises(SettingsError, match="has a key of support-bot"):
        access.new_key(tmp_path / "keys", "support-bot")
    (tmp_path / "keys").chmod(0o644)
    with pytest.raises(SettingsError, match="may be read by others"):
        access.keys(tmp_path / "keys")


def test_a_line_that_is_no_key_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(access.KEYS, "bot secret")
    with pytest.raises(SettingsError, match="RATCHET_GATEWAY_KEYS:1 is no caller's key"):
        access.keys(tmp_path / "keys")


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "::", "agent.example.com"])
def test_an_address_for_others_needs_keys(tmp_path, host):
    nobody = access.keys(tmp_path / "keys")
    with pytest.raises(SettingsError, match="ratchet serve --new-key"):
        access.refuse_open_address(host, nobody)
    for local in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        access.refuse_open_address(local, nobody)


def test_a_body_that_is_too_large_is_refused_with_and_without_a_length(start):
    house = start(max_body_bytes=1000)
    url = f"{house.url}/v1/chat/completions"
    large = json.dumps({**HELLO, "user": "u" * 1000}).encode()
    pieces = (large[at : at + 100] for at in range(0, len(large), 100))
    for content in (large, pieces):
        refused = house.client.post(url, content=content)
        assert refused.status_code == 413
        assert refused.json()["error"]["code"] == "request_too_large"
    assert house.ask("s0").status_code == 200


def test_a_caller_that_asks_too_often_is_told_when_to_come_back(start):
    house = start(requests_per_minute=3)
    answers = [house.ask("s0") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["error"]["code"] == "rate_limit_exceeded"
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20


def test_more_requests_at_once_than_allowed_are_refused(start):
    house = start(max_concurrent=2)
    house.champion.behaviour = house.challenger.behaviour = "is slow"
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(house.ask, [f"s{number}" for number in range(6)]))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429, 429, 429]
    house.champion.behaviour = house.challenger.behaviour = "answers"
    assert house.ask("s0").status_code == 200


PLANT = {"reward": "policy", "options": {"patterns": {"vow": "(?i)guarantee"}}}


def test_a_rule_that_only_watches_counts_and_lets_pass(start):
    house = start(checks=(PLANT,))
    house.champion.says = house.challenger.says = "I guarantee it."
    answer = house.ask("s0")
    assert answer.json()["choices"][0]["message"]["content"] == "I guarantee it."
    counts = house.client.get(f"{house.url}/metrics").text
    assert 'ratchet_checks_total{outcome="broken",reward="policy"} 1.0' in counts


@pytest.mark.parametrize("stream", [False, True])
def test_a_rule_that_blocks_sends_a_refusal_in_the_place_of_the_reply(start, stream):
    house = start(checks=({**PLANT, "mode": "block"},))
    assert "I am the" in house.ask("s0").text
    house.champion.says = house.challenger.says = "I guarantee it."
    whole = house.ask("s0").json()["choices"][0]
    assert (whole["finish_reason"], whole["message"]["content"]) == (
        "content_filter",
        "I cannot answer that.",
    )
    streamed = start(
        checks=(
            {"reward": "policy", "mode": "block", "options": {"patterns": {"greets": "Hello"}}},
        )
    )
    answer = streamed.ask("s0", stream=True).content
    assert b"Hel" not in answer
    assert b"I cannot answer that." in answer
    assert answer.endswith(b"data: [DONE]\n\n")
    free = start(checks=({**PLANT, "mode": "block"},))
    assert free.ask("s0", stream=True).content == EVENTS


def test_rules_with_options_that_cannot_be_are_refused(start):
    with pytest.raises(SettingsError, match=r"serve\.checks, policy"):
        start(checks=({"reward": "policy", "options": {"patterns": {"vow": "("}}},))


@pytest.mark.parametrize("stream", [False, True])
def test_kept_sessions_are_logs_that_ingest_reads(start, stream):
    house = start(trace_share=1.0)
    assert house.ask("s0", stream=stream, user="u-1").status_code == 200
    assert house.tell("s0", True).json() == {"recorded": True}
    [line] = kept(house, "chat")
    [record] = openai_chat.parse(json.dumps(line).encode(), SOURCE, "session_id")
    said = record.open()
    assert said.session_id == "s0"
    assert said.metadata["user_id"] == "u-1"
    model = line["response"]["model"]
    assert said.response.content == ("Hello." if stream else f"I am the {model}.")
    [outcome] = kept(house, "feedback")
    assert (outcome["session_id"], outcome["value"], outcome["source"]) == ("s0", 1.0, "outcome")
    for path in (house.folder / "traces").iterdir():
        assert path.stat().st_mode & 0o077 == 0


def test_a_share_of_sessions_is_kept_whole(start):
    house = start(trace_share=0.5)
    for number in range(40):
        house.ask(f"s{number}")
        house.ask(f"s{number}")
    sessions = [line["request"]["metadata"]["session_id"] for line in kept(house, "chat")]
    assert 8 <= len(set(sessions)) <= 32
    assert all(sessions.count(name) == 2 for name in sessions)


def test_what_does_not_fit_the_queue_is_dropped_and_counted(tmp_path):
    from tasks.serving.traces import Traces

    traces = Traces(tmp_path / "traces", 1.0, longest=1)
    (tmp_path / "traces").chmod(0o700)
    for _ in range(2000):
        traces.outcome("s0", 1.0)
    traces.close()
    assert traces.kept + traces.dropped == 2000
    assert traces.kept == len(kept_lines(tmp_path))


def kept_lines(folder):
    texts = [path.read_text() for path in (folder / "traces").iterdir()]
    return [line for text in texts for line in text.splitlines()]
