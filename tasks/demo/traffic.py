"""Lets the tiny base model work as the deployed agent, and keeps its logs and what became of them.

    AWSLogs/123456789012/BedrockModelInvocationLogs/us-east-1/2026/11/16/09/*.json.gz
    feedback.jsonl
        {"session_id": "…", "metric": "task_success", "value": 0, "source": "outcome",
         "timestamp": "2026-11-16T15:40:02Z"}
        {"session_id": "…", "metric": "reply", "value": {"content": "No tool can do this."},
         "source": "human_edit", "timestamp": "2026-11-16T15:52:31Z"}

The replies are the model's own. The logs have what real ones have: callers' personal data, lines
delivered twice, calls tried again, torn lines, a record of a version nobody knows yet.
"""

import json
import random
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from tasks import dialects
from tasks.core.errors import SettingsError
from tasks.core.records import Message, Reply, Tool, encode
from tasks.demo import callers, invocation_log, lexicon, world
from tasks.demo.callers import Person
from tasks.demo.invocation_log import Answered
from tasks.demo.log_files import LogFiles
from tasks.demo.world import Task
from tasks.learning import sampling

START = datetime(2026, 11, 16, tzinfo=UTC)
DAYS = 3
UNSEEN_SHARE = 1 / 3
REDELIVERED = 0.04
RETRIED = 0.04
EDITED = 0.85
"""Of failed sessions, those for which a person wrote the right reply."""
SESSIONS_PER_CALLER = 1.4
MAX_NEW_TOKENS = 48
FEEDBACK = "feedback.jsonl"


class TrafficReport(NamedTuple):
    """What was written; `lines` counts every line in the log files."""

    sessions: int
    lines: int
    redelivered: int
    """Lines that stand in a second file too, byte for byte."""
    retried: int
    """Calls made again: the same content under a new request id."""
    torn: int
    unknown_version: int
    files: int
    succeeded: int
    edits: int


class Visitor(NamedTuple):
    """One simulated user who asks for one thing."""

    session_id: str
    task: Task

    @property
    def messages(self) -> tuple[Message, ...]:
        return self.task.messages

    @property
    def tools(self) -> tuple[Tool, ...]:
        return self.task.tools

    def satisfied(self, reply: Reply) -> bool:
        """The user's own verdict; no reward code has a part in it."""
        return world.satisfied(self.task, reply)


def visitors(seed: int, *, unseen_share: float = UNSEEN_SHARE) -> Iterator[Visitor]:
    """Endless users of the agent, with the logs' mix of catalogues; the same for the same seed."""
    rng = random.Random(f"visitors/{seed}")
    known = world.tasks("production", seed=rng.getrandbits(32))
    unseen = world.tasks("unseen", seed=rng.getrandbits(32))
    while True:
        task = next(unseen if rng.random() < unseen_share else known)
        yield Visitor(_uuid(rng), task)


def write_logs(
    out: Path,
    *,
    model: str,
    sessions: int,
    seed: int,
    start: datetime = START,
    progress: sampling.Progress | None = None,
) -> TrafficReport:
    """Write `sessions` sessions of one request each, over three days, and their feedback.

    A session, and a caller with all their sessions, stays with one catalogue of tools, so that
    the unseen one can be held out whole. The same arguments give the same bytes (on one kind of
    processor: the replies come out of `model`).

    Raises:
        SettingsError: there are to be no sessions.
    """
    if sessions < 1:
        raise SettingsError(f"{sessions} sessions leave no logs; ask for at least 1")
    rng = random.Random(f"traffic/{seed}")
    people = visitors(rng.getrandbits(32))
    visits = [_visit(rng, next(people), sessions, start) for _ in range(sessions)]
    answered = _answer(visits, model, rng, progress)
    again = [_retry(rng, call) for call in answered if rng.random() < RETRIED]
    files = LogFiles()
    for call in answered + again:
        files.add(call.at, invocation_log.line(call))
    twice = files.redeliver(rng, REDELIVERED)
    torn = files.tear(rng, max(1, sessions // 400))
    files.add(answered[0].at, _of_unknown_version(invocation_log.line(answered[0])))
    written = files.write(out)
    right = [v.visitor.satisfied(call.reply) for v, call in zip(visits, answered, strict=True)]
    feedback = _feedback(rng, visits, right)
    (out / FEEDBACK).write_bytes(b"".join(line + b"\n" for line in feedback))
    return TrafficReport(
        sessions=sessions,
        lines=files.count(),
        redelivered=twice,
        retried=len(again),
        torn=torn,
        unknown_version=1,
        files=written,
        succeeded=sum(right),
        edits=len(feedback) - sessions,
    )


class _Visit(NamedTuple):
    visitor: Visitor
    caller: Person
    at: datetime
    unseen: bool


def _visit(rng: random.Random, visitor: Visitor, sessions: int, start: datetime) -> _Visit:
    noun = visitor.task.wanted.name.partition("_")[2]
    unseen = noun in lexicon.UNSEEN_NOUNS
    # Even numbers call about known tools, odd ones about unseen ones.
    share = UNSEEN_SHARE if unseen else 1 - UNSEEN_SHARE
    people = max(1, round(sessions * share / SESSIONS_PER_CALLER))
    caller = callers.person(2 * rng.randrange(people) + unseen)
    at = start + timedelta(seconds=rng.randrange(DAYS * 24 * 3600))
    return _Visit(visitor, caller, at, unseen)


def _answer(
    visits: Sequence[_Visit], model: str, rng: random.Random, progress: sampling.Progress | None
) -> list[Answered]:
    """The model's own reply to each visitor, likeliest token by token."""
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(model)
    prompts = [dialects.render(tokenizer, v.visitor.messages, v.visitor.tools) for v in visits]
    completions = sampling.load(model).generate(
        prompts,
        samples=1,
        temperature=0,
        max_new_tokens=MAX_NEW_TOKENS,
        seed=0,
        progress=progress,
    )
    return [
        Answered(
            at=visit.at,
            request_id=_uuid(rng),
            operation="InvokeModel" if rng.random() < 0.2 else "Converse",
            system=_system(visit.caller),
            messages=visit.visitor.messages,
            tools=visit.visitor.tools,
            reply=_storable(found.text),
            prompt_tokens=len(tokenizer(prompt)["input_ids"]),
            reply_tokens=found.tokens,
            latency_ms=rng.randint(80, 400) + 12 * found.tokens,
            metadata=_metadata(visit),
        )
        for visit, prompt, [found] in zip(visits, prompts, completions, strict=True)
    ]


def _storable(text: str) -> Reply:
    """A malformed call stays in the text: a log's tool call has arguments that are an object."""
    reply = dialects.parse(text)
    return Reply(content=text) if any(c.raw_arguments for c in reply.tool_calls) else reply


def _system(caller: Person) -> str:
    """What an agent platform puts in front: who is calling. The user's message names nobody."""
    return (
        "You answer with one call of a tool, ask for what is missing, or say that no tool can do "
        f"it. Caller: {caller.name}, reachable at {caller.email} or {caller.phone}."
    )


def _metadata(visit: _Visit) -> dict[str, str]:
    return {
        "session_id": visit.visitor.session_id,
        "domain": lexicon.domain(visit.visitor.task.wanted.name.partition("_")[2]),
        "caller_name": visit.caller.name,
        "caller_email": visit.caller.email,
        "caller_phone": visit.caller.phone,
    }


def _retry(rng: random.Random, call: Answered) -> Answered:
    """The client heard nothing and asked again."""
    later = call.at + timedelta(seconds=rng.randint(2, 40))
    return call._replace(at=later, request_id=_uuid(rng))


def _of_unknown_version(line: str) -> str:
    return line.replace('"schemaVersion": "1.0"', '"schemaVersion": "2.0"', 1)


def _feedback(rng: random.Random, visits: Sequence[_Visit], right: Sequence[bool]) -> list[bytes]:
    """Outcomes minutes to a day later, and for most failures the reply a person put right."""
    timed: list[tuple[datetime, bytes]] = []
    for visit, success in zip(visits, right, strict=True):
        at = visit.at + timedelta(seconds=rng.randint(300, 86_400))
        session = visit.visitor.session_id
        outcome = {"metric": "task_success", "value": int(success), "source": "outcome"}
        timed.append((at, _feedback_line(session, at, outcome)))
        if not success and rng.random() < EDITED:
            later = at + timedelta(seconds=rng.randint(60, 3600))
            reply = json.loads(encode(world.right_reply(visit.visitor.task)))
            edit = {"metric": "reply", "value": reply, "source": "human_edit"}
            timed.append((later, _feedback_line(session, later, edit)))
    return [line for _, line in sorted(timed)]


def _feedback_line(session: str, at: datetime, fields: dict[str, Any]) -> bytes:
    record = {"session_id": session, **fields, "timestamp": invocation_log.timestamp(at)}
    return json.dumps(record, ensure_ascii=False).encode()


def _uuid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
