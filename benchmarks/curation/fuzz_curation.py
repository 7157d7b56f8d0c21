"""Sends made sessions full of odd values through redact, dedup and validate until time is over.

    python -m benchmarks fuzz_curation --minutes 10 --seed 0

Texts are runs of planted values, ordinary words and JSON under keys that tell something, put into
one another's encodings up to twice, in messages, arguments, results, metadata and edits. Anything
raised that is no refusal ends the run. Counted:

stopped    runs that the leak scan of `redact` or the contract of `validate` stopped
left       records in which a planted value of a form of its own still stands
refused    records that could not be searched and went
"""

import argparse
import base64
import json
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from benchmarks.redaction import planted
from tasks import dedup, redact, validate
from tasks.core import parts
from tasks.core.closure import PROJECT
from tasks.core.errors import StageError
from tasks.core.parts import Counts, Manifest
from tasks.core.records import Feedback, Invocation, Message, Reply, Source, Tool, ToolCall, encode
from tasks.core.settings import load

SESSIONS = 12
"""In one run of the stages."""
OF_THEIR_OWN = ("e-mail", "SSN", "GitHub token", "AWS key id", "Google API key", "npm token")
"""Kinds that are told by their form wherever they stand."""
KEYS = (
    *("user_id", "first_name", "last_name", "name", "email", "phone", "ssn", "card_number", "cvv"),
    *("dob", "iban", "passport", "password", "api_key", "zip", "city", "street", "address"),
    *("account_number", "note", "body", "url", "date", "amount", "order"),
)
WORDS = ("HAT003", "N/A", "May", "Österreich", "李明", "O'Brien", "12", "", "\n", "😀", "null", "(")
TOOL = Tool(name="look_up", description="Looks something up.", parameters={"type": "object"})
TIME = "2026-11-03T14:20:29Z"


class Writer:
    """Makes what is said, and knows which values it planted."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.planted: set[str] = set()

    def value(self) -> str:
        """A planted value, or an ordinary word."""
        rng = self.rng
        if rng.random() < 0.5:
            return rng.choice(WORDS)
        kinds = {**planted.SECRETS, **planted.PERSONAL}
        kind = rng.choice(list(kinds))
        make, carriers = kinds[kind]
        made = make(rng)
        if kind in OF_THEIR_OWN:
            self.planted.add(made)
        return rng.choice((made, rng.choice(carriers).replace("{}", made)))

    def text(self) -> str:
        """A few of them, encoded up to twice."""
        rng = self.rng
        said = rng.choice((" ", "\n", ", ")).join(self.value() for _ in range(rng.randrange(4)))
        if rng.random() < 0.3:
            said = json.dumps(self.json(), ensure_ascii=rng.random() < 0.5)
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
            said = rng.choice(_WAYS)(said)
        return said

    def json(self, depth: int = 0) -> Any:
        """A value of any shape."""
        rng = self.rng
        shape = rng.random()
        if depth > 2 or shape < 0.45:
            number = rng.choice((0, -7, 88213, 5125550147, 1.5, 88213.0, 1e20, True, None))
            return rng.choice((self.value(), self.text() if depth < 2 else "", number))
        if shape < 0.8:
            return {rng.choice(KEYS): self.json(depth + 1) for _ in range(rng.randrange(4))}
        return [self.json(depth + 1) for _ in range(rng.randrange(3))]

    def call(self) -> ToolCall:
        found = {self.rng.choice(KEYS): self.json(1) for _ in range(3)}
        return ToolCall(name="look_up", arguments=found, id="call_1")

    def session(self, name: str) -> list[Invocation]:
        """Calls that repeat each other's messages, as an agent's do."""
        messages: list[Message] = []
        made = []
        for number in range(self.rng.randint(1, 3)):
            messages.append(Message(role="user", content=self.text()))
            reply = Reply(content=self.text(), tool_calls=(self.call(),))
            made.append(
                Invocation(
                    id=f"{name}-{number}".encode().hex().ljust(64, "0"),
                    source=Source(uri="fuzz", line=number + 1, format="openai_chat"),
                    timestamp=TIME,
                    session_id=name,
                    request_id=f"{name}-{number}",
                    model="agent",
                    tools=(TOOL,),
                    messages=tuple(messages),
                    response=reply,
                    metadata={self.rng.choice(KEYS): self.text()},
                )
            )
            messages.append(Message(role="assistant", **_fields(reply)))
            messages.append(
                Message(role="tool", content=json.dumps(self.json()), tool_call_id="call_1")
            )
        return made


def _fields(reply: Reply) -> dict[str, Any]:
    return {"content": reply.content, "tool_calls": reply.tool_calls}


_WAYS = (
    json.dumps,
    lambda said: json.dumps(said)[1:-1],
    lambda said: quote(said, safe=""),
    lambda said: base64.b64encode(said.encode()).decode(),
    lambda said: f"<note>{said}</note>",
)


def run(writer: Writer, folder: Path, found: Counter[str]) -> None:
    """One set of sessions through the stages."""
    sessions = [writer.session(f"s{number}") for number in range(SESSIONS)]
    told = [
        Feedback(
            session_id=one[0].session_id,
            metric="resolved",
            value=1.0,
            source="outcome",
            timestamp=TIME,
        )
        for one in sessions
    ]
    for one in told[::3]:
        edit = Reply(content=writer.text(), tool_calls=(writer.call(),))
        changes = {"metric": "edit", "value": edit, "source": "human_edit"}
        told.append(msgspec.structs.replace(one, **changes))
    source = folder / "ingested"
    records = [record for one in sessions for record in one]
    made = (parts.write_part(source, records), parts.write_part(source, told, label="feedback"))
    counts = Counts(read=len(records), accepted=len(records))
    parts.commit(source, Manifest(stage="ingest", parts=made, counts=counts))
    found.update(runs=1, records=len(records))
    params = load(PROJECT / "params.yaml")
    lenient = params.validate_.model_copy(update={"min_examples": 1, "max_rejected": 1.0})
    try:
        manifest = redact.redact(
            params.redact, source, folder / "redacted", key=bytes(32), private=folder / "private"
        )
        found["refused"] += manifest.counts.rejected
        for record in parts.read_parts(folder / "redacted", Invocation):
            said = encode(record).decode()
            found["left"] += any(value in said for value in writer.planted)
        dedup.dedup(params.dedup, folder / "redacted", folder / "deduped")
        validate.validate(lenient, folder / "deduped", folder / "validated")
    except StageError as error:
        found["stopped"] += 1
        print(f"stopped: {error}")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    writer, found = Writer(given.seed), Counter[str]()
    end = time.monotonic() + 60 * given.minutes
    while time.monotonic() < end:
        writer.planted.clear()
        with tempfile.TemporaryDirectory(prefix="ratchet-fuzz-") as name:
            run(writer, Path(name), found)
    told = (f"{found[name]:,} {name}" for name in ("stopped", "left", "refused"))
    print(f"{found['records']:,} records in {found['runs']:,} runs: {', '.join(told)}")


if __name__ == "__main__":
    main()
