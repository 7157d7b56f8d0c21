"""Writes Bedrock invocation logs as production has them, any number, always the same for a seed.

    python -m benchmarks invocation_logs --records 20000 --out corpus

24 agents talk with made-up people in sessions of 1 to 6 calls, each of which repeats all turns
before it. Of the records 4 % are delivered twice and 4 % are retried under a new request id; of
the sessions 12 % are near-duplicates of an earlier one (1 to 8 words changed) and 8 % are siblings,
which keep about 60 % of the sentences but ask for something else and have to stay. Personal data
and secrets stand in the texts, beside numbers that only look like them. `truth.jsonl` says what is
what. The text is drawn word by word, so near-duplicates are easier to find than in real prose.
"""

import argparse
import gzip
import heapq
import json
import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.made import people, stories
from benchmarks.made.people import Planted
from benchmarks.made.stories import Story

FILE_RECORDS = 1000
START = datetime(2026, 11, 1, tzinfo=UTC)
REMEMBERED = 500
"""Earlier sessions that a duplicate or sibling may be of."""
ROOT = "AWSLogs/123456789012/BedrockModelInvocationLogs/us-east-1"


class Written(NamedTuple):
    """One log line and what it is."""

    line: bytes
    request_id: str
    session_id: str
    kind: str
    """`original`, `near`, `sibling`, `redelivered` or `retried`."""
    of: str
    """The session (or for the last two the request) that it is like."""
    planted: tuple[Planted, ...]
    outcome: bytes
    """A line of feedback, with the last call of a session."""


def records(seed: int = 0) -> Iterator[Written]:
    """Log records in the order in which they were written, without end."""
    rng = random.Random(f"corpus/{seed}")
    waiting: list[tuple[datetime, int, Written]] = []
    known: list[tuple[str, Story]] = []
    clock, number, sessions = START, 0, 0
    while True:
        clock += timedelta(seconds=rng.expovariate(1 / 3))
        while waiting and waiting[0][0] < clock:
            yield heapq.heappop(waiting)[2]
        session_id = str(uuid.UUID(int=rng.getrandbits(128)))
        kind, of, story = next_story(rng, known, sessions)
        sessions += 1
        known.append((session_id, story))
        del known[:-REMEMBERED]
        for moment, written in _session(rng, clock, session_id, story=story, kind=kind, of=of):
            number += 1
            heapq.heappush(waiting, (moment, number, written))


def write(folder: Path, found: Iterable[Written], name: str = "a") -> int:
    """Write log files of 1,000 records, their feedback and what is true of them; returns records.

    `name` tells the files of one call from those of another.
    """
    truth, outcomes = folder / f"truth-{name}.jsonl", folder / "feedback" / f"{name}.jsonl"
    outcomes.parent.mkdir(parents=True, exist_ok=True)
    found, total, number = iter(found), 0, 0
    with truth.open("wb") as told, outcomes.open("wb") as after:
        while batch := list(islice(found, FILE_RECORDS)):
            moment = START + timedelta(hours=number)
            path = folder / "landing" / ROOT / moment.strftime("%Y/%m/%d/%H")
            path.mkdir(parents=True, exist_ok=True)
            lines = b"".join(one.line for one in batch)
            # Without a time in its header the same records are the same file.
            packed = gzip.compress(lines, compresslevel=6, mtime=0)
            (path / f"{moment:%Y%m%dT%H}0000000Z_{name}{number:05}.json.gz").write_bytes(packed)
            after.write(b"".join(one.outcome for one in batch))
            told.write(b"".join(_truth(one) for one in batch))
            total, number = total + len(batch), number + 1
    return total


def next_story(
    rng: random.Random, known: list[tuple[str, Story]], sessions: int
) -> tuple[str, str, Story]:
    """What the next session is about: its kind, the session that it is like, the story."""
    drawn = rng.random()
    if not known or drawn > 0.20:
        return "original", "", stories.draw(rng, sessions)
    of, story = rng.choice(known)
    if drawn < 0.12:
        return "near", of, stories.edited(rng, story)
    return "sibling", of, stories.sibling(rng, story)


def _session(
    rng: random.Random, clock: datetime, session_id: str, *, story: Story, kind: str, of: str
) -> Iterator[tuple[datetime, Written]]:
    """The records of a session, each with the moment at which it is written."""
    messages = list(stories.messages(rng, story))
    calls = [at for at, message in enumerate(messages) if message["role"] == "assistant"]
    for at in calls:
        clock += timedelta(seconds=rng.uniform(4, 20))
        outcome = _outcome(rng, session_id, clock) if at == calls[-1] else b""
        told = (session_id, messages[: at + 1], story)
        line, request_id = _line(rng, clock, *told)
        first = Written(line, request_id, session_id, kind, of, story.planted, outcome)
        yield clock, first
        again = clock + timedelta(seconds=rng.uniform(1, 600))
        drawn = rng.random()
        if drawn < 0.04:
            yield again, first._replace(kind="redelivered", of=request_id, outcome=b"")
        elif drawn < 0.08:
            line, other = _line(rng, again, *told)
            yield (
                again,
                first._replace(
                    line=line, request_id=other, kind="retried", of=request_id, outcome=b""
                ),
            )


def _line(
    rng: random.Random,
    clock: datetime,
    session_id: str,
    messages: list[dict[str, Any]],
    story: Story,
) -> tuple[bytes, str]:
    request_id = str(uuid.UUID(int=rng.getrandbits(128)))
    *before, reply = messages
    agent = stories.agent(story.agent)
    called = "toolUse" in reply["content"][0]
    record = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": clock.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "accountId": "123456789012",
        "region": "us-east-1",
        "requestId": request_id,
        "operation": "Converse",
        "modelId": "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "requestMetadata": {
            "session_id": session_id,
            "user_id": people.person(story.person).user_id,
            "domain": f"agent-{story.agent}",
        },
        "input": {
            "inputContentType": "application/json",
            "inputBodyJson": {
                "messages": before,
                "system": [{"text": agent.system}],
                "toolConfig": {"tools": agent.tools},
            },
            "inputTokenCount": 800,
        },
        "output": {
            "outputContentType": "application/json",
            "outputBodyJson": {
                "output": {"message": reply},
                "stopReason": "tool_use" if called else "end_turn",
                "metrics": {"latencyMs": rng.randint(300, 3000)},
                "usage": {"inputTokens": 800, "outputTokens": 60, "totalTokens": 860},
            },
            "outputTokenCount": 60,
        },
    }
    return json.dumps(record, separators=(",", ":")).encode() + b"\n", request_id


def _outcome(rng: random.Random, session_id: str, clock: datetime) -> bytes:
    feedback = {
        "session_id": session_id,
        "metric": "task_success",
        "value": 1.0 if rng.random() < 0.8 else 0.0,
        "source": "outcome",
        "timestamp": clock.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return json.dumps(feedback).encode() + b"\n"


def _truth(one: Written) -> bytes:
    told = {
        "request_id": one.request_id,
        "session_id": one.session_id,
        "kind": one.kind,
        "of": one.of,
        "planted": [[planted.kind, planted.value] for planted in one.planted],
    }
    return json.dumps(told).encode() + b"\n"


def main() -> None:
    """Write a corpus from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    print(write(given.out, islice(records(given.seed), given.records)), "records in", given.out)


if __name__ == "__main__":
    main()
