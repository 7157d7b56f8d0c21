"""The gate's judge against an HTTP server that answers as each test says."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tasks.core.errors import EvidenceError
from tasks.core.records import Behaviour, Example, Message, Reference, Reply, Tags, ToolCall
from tasks.core.settings import EndpointSettings, GateSettings
from tasks.evidence import text_judge
from tasks.evidence.judged import Judged
from tasks.evidence.metrics import Measured
from tasks.evidence.text_judge import CONTROLS, TextJudge
from tasks.evidence.verdict import verdict
from tests.tasks.evidence.test_verdict import GAIN, rows

Answer = Callable[[str], str]
SETTINGS = GateSettings(
    alpha=0.05, slice_alpha=0.1, slice_floor=0.08, slice_min=40, over_refusal_margin=0.05
)


@contextmanager
def judge(answer: Answer) -> Iterator[TextJudge]:
    """A judge whose server answers what `answer` makes of the second reply."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            data = body["messages"][1]["content"]
            mark = data.split(" ", 1)[0]
            second = data.split(f"{mark} second\n", 1)[1].rsplit(f"\n{mark} end", 1)[0]
            message = {"role": "assistant", "content": answer(second)}
            content = json.dumps({"choices": [{"message": message}]}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        yield TextJudge(EndpointSettings(url=url, model="judge"))
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


TRUTH = {pair.reply: same for pair, same in CONTROLS}


def knows(second: str) -> str:
    return json.dumps({"same": TRUTH[second]})


def example(behaviour: Behaviour) -> Example:
    return Example(
        id=behaviour,
        messages=(Message(role="user", content="Please help."),),
        tools=(),
        reply=Reply(),
        reference=Reference(behaviour=behaviour, text="I cannot do that."),
        truth_source="outcome",
        session_id="s",
        invocations=(),
        sources=(),
    )


def row(behaviour: Behaviour, reply: Reply, *, exact: bool) -> Judged:
    return Judged(
        arm="tuned",
        mode="greedy",
        reward=1.0,
        tokens=1,
        tags=Tags(),
        measured=Measured(
            example=behaviour,
            group="g",
            expected=behaviour,
            did=behaviour,
            exact=exact,
            invented=False,
            malformed=False,
            acted_instead=False,
            over_refusal=False,
        ),
        reply=reply,
    )


def test_a_judge_that_knows_the_controls_may_judge():
    asked: list[str] = []

    def answer(second: str) -> str:
        asked.append(second)
        return knows(second)

    with judge(answer) as one:
        one.check()
    assert set(asked) == set(TRUTH), "it was asked every control"


@pytest.mark.parametrize("answer", ['{"same": true}', '{"same": false}', "yes", "{}"])
def test_a_judge_that_gets_a_control_wrong_is_refused(answer: str):
    with judge(lambda _: answer) as one, pytest.raises(EvidenceError, match="it cannot judge"):
        one.check()


def test_texts_are_exact_by_the_judge_and_calls_by_nobody_else():
    refused, called = Reply(content="No way."), Reply(tool_calls=(ToolCall(name="f"),))
    asked = [
        row("refuse", refused, exact=False),
        row("refuse", called, exact=True),
        row("execute", called, exact=True),
    ]
    with judge(lambda _: '{"same": true}') as one:
        read = one.judge(asked, [example("refuse"), example("execute")])
    assert [(r.measured.exact, r.measured.by_judge) for r in read] == [
        (True, True),
        (False, True),
        (True, False),
    ]


def test_what_the_judge_does_not_answer_in_form_stays_with_the_rules():
    with judge(lambda _: "certainly!") as one:
        (read,) = one.judge([row("refuse", Reply(content="No."), exact=True)], [example("refuse")])
    assert (read.measured.exact, read.measured.by_judge) == (True, False)


def test_a_judge_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(text_judge, "TRIES", 1)
    nobody = TextJudge(EndpointSettings(url="http://127.0.0.1:9", model="judge"))
    with pytest.raises(EvidenceError, match="does not answer"):
        nobody.check()


def test_a_key_that_is_not_set_is_named():
    with pytest.raises(EvidenceError, match="NO_SUCH_KEY is not set"):
        TextJudge(EndpointSettings(url="http://127.0.0.1:9", key_variable="NO_SUCH_KEY"))


def test_the_verdict_says_which_texts_a_judge_read():
    from msgspec.structs import replace

    def read(one: Judged) -> Judged:
        return replace(one, measured=replace(one.measured, by_judge=True))

    plain = rows(GAIN)
    judged = [read(one) if one.measured.expected == "clarify" else one for one in plain]
    found = verdict(judged, SETTINGS, 1)
    assert (found.proved, found.by_judge, found.by_rules) == (("execute",), ("clarify",), ())
    assert found.reasons[-1].endswith("; clarify read by the judge of gate.judge")
    first = next(i for i, one in enumerate(plain) if one.measured.expected == "clarify")
    mixed = verdict([*judged[:first], plain[first], *judged[first + 1 :]], SETTINGS, 1)
    assert (mixed.by_judge, mixed.by_rules) == ((), ("clarify",))
