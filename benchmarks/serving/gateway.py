"""Measures what the gateway adds to a request, beside nginx and LiteLLM's proxy in one run.

    python -m benchmarks gateway --rate 200 --seconds 10 --litellm PYTHON

A model server that answers at once stands behind each of them. Requests come at a steady rate,
whole and streamed in ten pieces; what a way adds is its latency less that of asking the server
itself. Each way has core 0 for itself; the server and the load have core 1. Ways alternate, and
medians over the rounds are shown. `--litellm` names an interpreter that has `litellm[proxy]`; nginx
is used where it is installed. Milliseconds of CPU are those of the process in between.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
import msgspec
from aiohttp import web

from tasks.core.closure import PROJECT
from tasks.serving import listeners, targets
from tasks.serving.targets import Target, Targets

PIECES = 10
BODY = {"model": "agent", "messages": [{"role": "user", "content": "Weather in Oslo? " * 20}]}
WHOLE = msgspec.json.encode(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "agent",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Rain. " * 20},
            }
        ],
        "usage": {"prompt_tokens": 90, "completion_tokens": 40, "total_tokens": 130},
    }
)
_PIECE = {"choices": [{"index": 0, "delta": {"content": "Rain. "}, "finish_reason": None}]}
EVENT = b"data: " + msgspec.json.encode({"id": "1", "object": "chat.completion.chunk", **_PIECE})


class Way(NamedTuple):
    """A server between load and model."""

    name: str
    url: str
    pid: int
    key: str = ""


class Cost(NamedTuple):
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    failed: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=200, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--litellm", default="", help="an interpreter that has litellm[proxy]")
    parser.add_argument("--model", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.model:
        web.run_app(_model(), host=listeners.HOST, port=asked.model, print=None, access_log=None)
        return
    os.sched_setaffinity(0, {1})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        direct = stack.enter_context(_started(_model_command, "model", 1))
        ways = [direct, stack.enter_context(_started(_gateway(folder, direct.url), "ours", 0))]
        if shutil.which("nginx"):
            ways.append(stack.enter_context(_started(_nginx(folder, direct.url), "nginx", 0)))
        if asked.litellm:
            command = _litellm(folder, direct.url, asked.litellm)
            ways.append(stack.enter_context(_started(command, "LiteLLM's proxy", 0)))
        print(f"{asked.rate:g} requests a second, {asked.rounds} rounds of {asked.seconds:g} s\n")
        print("| | added p50, ms | added p99, ms | CPU ms a request | failed |")
        print("|---|--:|--:|--:|--:|")
        for stream in (False, True):
            costs: dict[str, list[Cost]] = {way.name: [] for way in ways}
            for _ in range(asked.rounds):
                for way in ways:
                    costs[way.name].append(
                        asyncio.run(_ask(way, asked.rate, asked.seconds, stream=stream))
                    )
            _rows(ways, costs, "streamed" if stream else "whole")


def _rows(ways: list[Way], costs: dict[str, list[Cost]], kind: str) -> None:
    own = costs[ways[0].name]
    for way in ways[1:]:
        mine = costs[way.name]
        p50 = statistics.median(a.p50_ms - b.p50_ms for a, b in zip(mine, own, strict=True))
        p99 = statistics.median(a.p99_ms - b.p99_ms for a, b in zip(mine, own, strict=True))
        cpu = statistics.median(cost.cpu_ms for cost in mine)
        failed = sum(cost.failed for cost in mine)
        print(f"| {way.name}, {kind} | {p50:.2f} | {p99:.2f} | {cpu:.2f} | {failed} |", flush=True)


async def _ask(way: Way, rate: float, seconds: float, *, stream: bool) -> Cost:
    body = msgspec.json.encode({**BODY, "stream": stream})
    latencies: list[float] = []
    failed = 0
    headers = {"content-type": "application/json"}
    if way.key:
        headers["authorization"] = f"Bearer {way.key}"
    before = _cpu_s(way.pid)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:

        async def one(number: int) -> None:
            nonlocal failed
            started = time.perf_counter()
            asking = client.post(
                f"{way.url}/v1/chat/completions",
                data=body,
                headers={**headers, "x-session-id": f"s{number % 500}"},
            )
            async with asking as answer:
                content = await answer.read()
            failed += answer.status != 200 or not content
            latencies.append(time.perf_counter() - started)

        begun = time.perf_counter()
        tasks = []
        for number in range(int(rate * seconds)):
            wait = begun + number / rate - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            tasks.append(asyncio.create_task(one(number)))
        await asyncio.gather(*tasks)
    spent = _cpu_s(way.pid) - before
    kept = sorted(latencies[len(latencies) // 10 :])  # the first requests open connections
    return Cost(
        1000 * kept[len(kept) // 2],
        1000 * kept[int(0.99 * len(kept))],
        1000 * spent / len(latencies),
        failed,
    )


def _model() -> web.Application:
    async def complete(request: web.Request) -> web.StreamResponse:
        if b'"stream":true' not in await request.read():
            return web.Response(body=WHOLE, content_type="application/json")
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for _ in range(PIECES):
            await response.write(EVENT + b"\n\n")
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "agent"}]})

    application = web.Application()
    application.router.add_post("/v1/chat/completions", complete)
    application.router.add_get("/v1/models", models)
    return application


def _model_command(port: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.serving.gateway", "--model", str(port)]


def _gateway(folder: Path, url: str) -> Callable[[int], list[str]]:
    targets.write(folder / "targets.json", Targets(champion=Target(url=url, model="agent")))
    files = [f"--{name}={folder / file}" for name, file in _FILES.items()]
    return lambda port: [
        *(sys.executable, "-m", "tasks.serving.gateway", "--port", str(port)),
        *files,
    ]


_FILES = {
    "targets": "targets.json",
    "flags": "flags.json",
    "log": "log/sessions.jsonl",
    "params": "none.yaml",
}


def _nginx(folder: Path, url: str) -> Callable[[int], list[str]]:
    def command(port: int) -> list[str]:
        path = folder / "nginx.conf"
        path.write_text(
            f"daemon off; master_process off; pid {folder}/nginx.pid; error_log /dev/null;\n"
            "events {} http { access_log off; "
            f"client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; "
            f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; "
            f"upstream model {{ server {url.removeprefix('http://')}; keepalive 64; }} "
            f"server {{ listen {listeners.HOST}:{port}; location / {{ proxy_pass http://model; "
            'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } } }\n'
        )
        return ["nginx", "-c", str(path)]

    return command


def _litellm(folder: Path, url: str, python: str) -> Callable[[int], list[str]]:
    path = folder / "litellm.yaml"
    path.write_text(
        "model_list:\n- model_name: agent\n  litellm_params: "
        f"{{model: openai/agent, api_base: {url}/v1, api_key: none}}\n"
    )
    return lambda port: [
        str(Path(python).with_name("litellm")),
        *("--config", str(path), "--port", str(port), "--host", listeners.HOST),
    ]


@contextmanager
def _started(command: Callable[[int], list[str]], name: str, core: int) -> Iterator[Way]:
    port = listeners.free_port()
    process = subprocess.Popen(
        ["taskset", "-c", str(core), *command(port)],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        asyncio.run(_answers(f"http://{listeners.HOST}:{port}", process))
        yield Way(name, f"http://{listeners.HOST}:{port}", process.pid)
    finally:
        process.terminate()
        process.wait(10)


async def _answers(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    async with aiohttp.ClientSession() as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                async with client.post(f"{url}/v1/chat/completions", json=BODY) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)
    raise SystemExit(f"{url} did not answer in two minutes")


def _cpu_s(pid: int) -> float:
    """User and system time of a process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
