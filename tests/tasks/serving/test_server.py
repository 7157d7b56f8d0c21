"""The server with the stored tiny model behind it, over HTTP."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import httpx
import pytest

from tasks.core.closure import PROJECT
from tasks.core.errors import StageError
from tasks.core.records import Reply
from tasks.demo import traffic
from tasks.serving import chat, listeners, server

BASE = Path(PROJECT) / "tasks" / "demo" / "base"


@pytest.fixture(scope="module")
def served():
    return server.Served(str(BASE), "models:/agent/1", 16)


@pytest.fixture(scope="module")
def client(served, serving):
    with (
        serving(server.application(served)) as url,
        httpx.Client(base_url=url, timeout=60, trust_env=False) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def visitors():
    return list(islice(traffic.visitors(0), 24))


def body(visitor, **fields):
    return {
        "model": "whatever",
        "messages": [chat.message(message) for message in visitor.messages],
        "tools": [
            {
                "type": "function",
                "function": {"name": tool.name, "parameters": tool.parameters},
            }
            for tool in visitor.tools
        ],
        "temperature": 0,
        "max_tokens": 40,
        "user": "ignored",
        **fields,
    }


def ask(client, visitor, **fields):
    answer = client.post("/v1/chat/completions", json=body(visitor, **fields))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_it_answers_in_openai_s_form(client, visitors):
    found = ask(client, visitors[0])
    assert found["object"] == "chat.completion"
    assert found["model"] == "models:/agent/1"
    usage = found["usage"]
    assert usage["prompt_tokens"] > 10
    assert 1 <= usage["completion_tokens"] <= 40
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    choice = found["choices"][0]
    wanted = "tool_calls" if choice["message"].get("tool_calls") else "stop"
    assert choice["finish_reason"] == wanted


def test_half_of_the_visitors_are_satisfied_by_the_base(client, visitors):
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda visitor: ask(client, visitor), visitors))
    replies = [chat.reply_of(one["choices"][0]["message"]) for one in found]
    satisfied = sum(v.satisfied(reply) for v, reply in zip(visitors, replies, strict=True))
    assert 6 <= satisfied <= 20


def test_requests_that_come_together_are_answered_in_few_batches(served, client, visitors):
    sizes = []
    generate = served.batches._generate
    served.batches._generate = lambda batch: sizes.append(len(batch)) or generate(batch)
    try:
        with ThreadPoolExecutor(24) as pool:
            list(pool.map(lambda visitor: ask(client, visitor), visitors))
    finally:
        served.batches._generate = generate
    assert sum(sizes) == 24
    assert len(sizes) <= 12
    assert max(sizes) <= 16


def test_a_seed_repeats_and_none_does_not(client, visitors):
    def said(**fields):
        found = ask(client, visitors[1], temperature=1.5, max_tokens=12, **fields)
        reply = chat.reply_of(found["choices"][0]["message"])
        return reply.content, str(reply.tool_calls)

    assert len({said(seed=7) for _ in range(3)}) == 1
    assert len({said() for _ in range(5)}) > 1


def test_a_limit_cuts_and_says_so(client, visitors):
    found = ask(client, visitors[0], max_tokens=2)
    assert found["usage"]["completion_tokens"] == 2
    assert found["choices"][0]["finish_reason"] == "length"


def test_a_stream_says_the_same_in_events(client, visitors):
    whole = ask(client, visitors[0])["choices"][0]
    answer = client.post("/v1/chat/completions", json=body(visitors[0], stream=True))
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = re.findall(r"data: (.*)\n\n", answer.text)
    assert events[-1] == "[DONE]"
    pieces = [json.loads(event)["choices"][0] for event in events[:-1]]
    assert chat.reply_of(pieces[0]["delta"]) == chat.reply_of(whole["message"])
    assert pieces[-1]["finish_reason"] == whole["finish_reason"]


@pytest.mark.parametrize("fields", [{"n": 3}, {"messages": []}, {"tools": [{"type": "x"}]}])
def test_what_cannot_be_done_is_a_400_with_a_reason(client, visitors, fields):
    answer = client.post("/v1/chat/completions", json=body(visitors[0], **fields))
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_prompt_that_leaves_no_room_is_refused(client, visitors):
    long = [{"role": "user", "content": "weather " * 20_000}]
    answer = client.post("/v1/chat/completions", json=body(visitors[0], messages=long))
    assert answer.status_code == 400
    assert "tokens; this model reads" in answer.json()["error"]["message"]


def test_it_says_what_it_serves(client):
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/v1/models").json()["data"][0]["id"] == "models:/agent/1"


def test_a_reply_without_words_is_empty_text():
    assert chat.reply_of({"role": "assistant", "content": None}) == Reply()


def test_a_server_that_dies_shows_its_last_words(tmp_path):
    with listeners.listening(listeners.HOST, 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        log = tmp_path / "server.log"
        with (
            listeners.Server("tasks.serving.server", ["--model", "x"], log=log, port=port) as one,
            pytest.raises(StageError, match=r"tasks\.serving\.server ended with code 2: ratchet"),
        ):
            one.ready(60)
    assert log.read_text().splitlines() == [
        f"ratchet server: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "name another with --port"
    ]
