"""Who labels: the rules, a module of the user's own, a judge behind a real endpoint."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tasks.core import parts
from tasks.core.curation_settings import DedupSettings
from tasks.core.errors import SettingsError, StageError
from tasks.core.records import Example, Reply
from tasks.dedup import dedup
from tasks.labelling import judged_labels, labellers
from tests.tasks.curation_logs import outcome, redacted, says, session

DUTCH = "Uw tafel voor vier personen is gereserveerd."
MODULE = """
from tasks.labelling.behaviour import Label

VERSION = "{version}"


def classify(reply, tools, around=""):
    return Label("{behaviour}", 0.9, (), "acme", 0, "nl")
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, for modules of a user's own."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def labelled(folder: Path, labeller: str) -> tuple[dict[str, Any], Example]:
    load = session("s-1", "Een tafel, graag.", says(DUTCH))
    settings = DedupSettings(similarity=0.8, labeller=labeller)
    manifest = dedup(settings, redacted(folder / "in", [load], [outcome("s-1")]), folder / "out")
    (row,) = parts.read_parts(folder / "out", Example)
    return manifest.info, row


def test_a_module_of_ones_own_labels_and_its_version_is_in_the_dataset(acme: Path) -> None:
    (acme / "acme_one.py").write_text(MODULE.format(version="acme-7", behaviour="answer"))
    (acme / "package").mkdir()
    (acme / "package" / "__init__.py").write_text("")
    (acme / "package" / "own.py").write_text(MODULE.format(version="acme-7", behaviour="refuse"))
    info, row = labelled(acme / "data", "package.own")
    assert (info["labeller"], row.behaviour, row.confidence) == ("acme-7", "refuse", 0.9)
    assert row.reference is not None
    assert info["not_understood"] == {}
    by_rules, same = labelled(acme / "data", "rules")
    assert (by_rules["labeller"], same.confidence) == (labellers.load("rules").VERSION, 0.0)
    assert same.reference is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rule", "unknown labeller 'rule'; expected one of rules, judge"),
        ("acme.nowhere", "cannot be imported"),
        ("json.decoder", "has no `VERSION`"),
    ],
)
def test_a_labeller_that_cannot_be_is_a_clear_error(name: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        labellers.load(name)


class Judge(BaseHTTPRequestHandler):
    """Says of each reply what the server was started with."""

    said = ""
    asked: list[Any]

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        body = json.dumps({"choices": [{"message": {"content": self.said}}]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Judge]]:
    judge = type("Asked", (Judge,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), judge)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(judged_labels.URL, f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv(judged_labels.MODEL, "labels-2")
    judged_labels._asked.cache_clear()
    yield judge
    server.shutdown()
    server.server_close()


def test_a_judge_labels_what_the_rules_are_not_sure_of(judge: type[Judge], tmp_path: Path) -> None:
    judge.said = 'Sure: {"behaviour": "answer", "confidence": 0.97}'
    info, row = labelled(tmp_path, "judge")
    assert (row.behaviour, row.confidence) == ("answer", 0.97)
    assert row.reference is not None
    assert info["labeller"].startswith("judge-1/")
    assert [DUTCH in asked["messages"][1]["content"] for asked in judge.asked] == [True]
    judged_labels.classify(Reply(content="Which order do you mean?"), ())
    assert len(judge.asked) == 1


@pytest.mark.parametrize("said", ["I would say answer.", "{}", '{"behaviour": "sing"}', ""])
def test_a_verdict_that_cannot_be_read_leaves_the_label_to_a_person(
    judge: type[Judge], said: str
) -> None:
    judge.said = said
    assert judged_labels.classify(Reply(content=DUTCH), ()).confidence == 0.0


def test_an_endpoint_that_is_not_there_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    judged_labels._asked.cache_clear()
    monkeypatch.delenv(judged_labels.URL, raising=False)
    with pytest.raises(SettingsError, match="judge needs RATCHET_LABELLER_URL"):
        judged_labels.classify(Reply(content=DUTCH), ())
    monkeypatch.setenv(judged_labels.URL, "http://127.0.0.1:9/v1")
    monkeypatch.setenv(judged_labels.MODEL, "labels-2")
    with pytest.raises(StageError, match="did not answer"):
        judged_labels.classify(Reply(content=DUTCH), ())
