"""An exported Lambda is run as AWS runs it: a clean interpreter that has nothing but its folder."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks import rewards
from tasks.core import closure
from tasks.core.errors import SettingsError
from tasks.core.records import Message, Reference, Reply
from tasks.rewards import Prompt, lambda_function
from tasks.rewards.exchange import bundle, lambda_export
from tasks.rewards.reading import lambda_rows
from tasks.rewards.specification.spec import load_spec

CLEAN = [sys.executable, "-I", "-S", "-c"]
INVOKE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from lambda_function import lambda_handler
print(json.dumps(lambda_handler(json.loads(sys.stdin.read()), None)))
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
SERVE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from http.server import BaseHTTPRequestHandler, HTTPServer
from lambda_function import lambda_handler

class Invoke(BaseHTTPRequestHandler):
    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body = json.dumps(lambda_handler(event, None)).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass

server = HTTPServer(("127.0.0.1", 0), Invoke)
print(server.server_port, flush=True)
server.serve_forever()
"""


def sample() -> tuple[list[Prompt], list[Reply]]:
    """The rows that the rewards themselves show, so that every behaviour is among them."""
    cases = [case for name in ("tool_call", "decision") for case in rewards.load(name).CASES]
    prompts = [
        case.prompt._replace(messages=case.prompt.messages or (Message(role="user", content="?"),))
        for case in cases
    ]
    # A call's id, and the text of a malformed call, are not carried by the text of a reply.
    pairs = [(p, c.reply) for p, c in zip(prompts, cases, strict=True) if _is_plain(c.reply)]
    return [prompt for prompt, _ in pairs], [reply for _, reply in pairs]


def _is_plain(reply: Reply) -> bool:
    stripped = reply.content == reply.content.strip()
    return stripped and not any(call.raw_arguments or call.id for call in reply.tool_calls)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("lambda") / "function"
    lambda_export.export(load_spec("specs/tool_calls.yaml"), target, unscored="null")
    return target


def invoke(folder: Path, event: Any) -> Any:
    done = subprocess.run(
        [*CLEAN, INVOKE, str(folder)],
        input=json.dumps(event),
        capture_output=True,
        text=True,
        check=False,
        env={},
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), set(json.loads(done.stderr))


@pytest.mark.parametrize("form", ["bedrock", "sagemaker"])
def test_it_scores_as_the_spec_does_with_nothing_heavy_loaded(
    exported: Path, form: lambda_rows.Form
):  # fmt: skip
    prompts, replies = sample()
    rows = [
        lambda_rows.write(str(i), prompt, reply, form)
        for i, (prompt, reply) in enumerate(zip(prompts, replies, strict=True))
    ]
    answers, modules = invoke(exported, rows)
    wanted = load_spec("specs/tool_calls.yaml").batch(prompts, replies)
    assert len(wanted) > 20
    assert [a["aggregate_reward_score"] for a in answers] == [score.value for score in wanted]
    assert [a["id"] for a in answers] == [row["id"] for row in rows]
    for answer, score in zip(answers, wanted, strict=True):
        if score.value is None:
            assert answer["error"] == score.reason
            continue
        assert answer["reward_components"] == score.components
        assert {metric["type"] for metric in answer["metrics_list"]} == {"Reward", "Metric"}
    heavy = {"torch", "numpy", "scipy", "transformers", "trl", "mlflow", "prefect", "dvc", "rich"}
    assert modules & heavy == set()


def test_each_documented_form_of_event_is_answered_in_its_own(exported: Path):
    row = {
        "id": "7",
        "messages": [
            {"role": "user", "content": "Weather?"},
            {
                "role": "nova_assistant",
                "content": '<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>',
            },
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
        "reference_answer": [{"name": "f", "arguments": {"a": 1}}],
    }
    bedrock = {**row, "metadata": {"reference_answer": json.dumps(row["reference_answer"])}}
    del bedrock["reference_answer"]
    for event in ([row], row, [bedrock]):
        (answer,), _ = invoke(exported, event)
        assert (answer["id"], answer["aggregate_reward_score"]) == ("7", 1.0)
    enveloped, _ = invoke(exported, {"body": json.dumps([row]), "headers": {}})
    assert enveloped["statusCode"] == 200
    assert json.loads(enveloped["body"])[0]["aggregate_reward_score"] == 1.0


@pytest.fixture
def deployed(exported: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [*CLEAN, SERVE, str(exported)], stdout=subprocess.PIPE, text=True, env={}, cwd="/"
    )
    assert process.stdout is not None
    yield f"http://127.0.0.1:{int(process.stdout.readline())}/invocations"
    process.kill()
    process.wait()
    process.stdout.close()


def test_exported_and_imported_again_every_row_scores_the_same(
    deployed: str, monkeypatch: pytest.MonkeyPatch
):  # fmt: skip
    monkeypatch.setenv("RATCHET_LAMBDA_FUNCTION", deployed)
    settings = lambda_function.Settings(function_from="RATCHET_LAMBDA_FUNCTION", batch_size=16)
    prompts, replies = sample()
    found = lambda_function.score_batch(prompts, replies, settings)
    wanted = load_spec("specs/tool_calls.yaml").batch(prompts, replies)
    assert [score.value for score in found] == [score.value for score in wanted]


def test_the_same_spec_gives_the_same_zip(exported: Path, tmp_path: Path):
    made = lambda_export.export(
        load_spec("specs/tool_calls.yaml"), tmp_path / "made.zip", unscored="null"
    )
    unpacked = {
        str(path.relative_to(exported)): path.read_bytes()
        for path in exported.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(made.path) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == unpacked
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist(), key=Path)
    assert {"lambda_function.py", "spec.yaml", "tasks/rewards/tool_call.py"} <= unpacked.keys()
    assert unpacked.keys().isdisjoint({"tasks/train.py", "tasks/rewards/judge.py"})
    with pytest.raises(SettingsError, match="is there already"):
        lambda_export.export(load_spec("specs/tool_calls.yaml"), tmp_path / "made.zip")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spec with a program in a file, exported to fail; the file itself is gone."""
    folder = tmp_path_factory.mktemp("program")
    file = folder / "mine.py"
    file.write_text(
        "def score(completion):\n"
        "    return float(completion['content'] == 'Oslo') if completion['content'] else None\n"
    )
    path = folder / "spec.yaml"
    path.write_text(
        "name: mine\nversion: 1.0.0\ndescription: d\nrisks: [r]\ncomponents:\n"
        f"  - {{reward: python, weight: 1.0, options: {{file: {file}}}}}\n"
    )
    with pytest.raises(SettingsError, match="say --unsafe-without-sandbox"):
        lambda_export.export(load_spec(path), folder / "function")
    lambda_export.export(load_spec(path), folder / "function", unsafe_without_sandbox=True)
    file.unlink()
    return folder / "function"


def said(content: str) -> list[Any]:
    return [{"id": "1", "messages": [{"role": "assistant", "content": content}]}]


def test_a_program_is_taken_along(program: Path):
    (answer,), _ = invoke(program, said("Oslo"))
    assert answer["aggregate_reward_score"] == 1.0


def test_a_row_that_cannot_be_scored_fails_the_invocation_unless_told_otherwise(program: Path):
    with pytest.raises(AssertionError, match="row '1' could not be scored: not-applicable"):
        invoke(program, said(""))


def test_changed_code_is_refused(program: Path):
    changed = program / "tasks" / "rewards" / "python.py"
    before = changed.read_text()
    changed.write_text(before + "# changed\n")
    with pytest.raises(AssertionError, match="was exported as"):
        invoke(program, said("Oslo"))
    changed.write_text(before)


def test_only_what_scores_is_brought_along():
    files = {
        str(file.relative_to(closure.PROJECT)): file
        for file in closure.files("tasks.rewards.specification.spec", "tasks.rewards.tool_call")
    }
    assert {
        "tasks/__init__.py",
        "tasks/core/records.py",
        "tasks/rewards/calls/matching.py",
    } <= set(files)
    assert set(files).isdisjoint(
        {"tasks/train.py", "tasks/rewards/judge.py", "tasks/rewards/specification/card.py"}
    )
    assert "torch" not in bundle.packages(files.values())


def test_rows_of_text_have_a_reference_all_the_same():
    row = {"id": "1", "messages": [{"role": "assistant", "content": "x"}], "reference_answer": "y"}
    assert lambda_rows.read(row).prompt.reference == Reference(behaviour="answer", text="y")
