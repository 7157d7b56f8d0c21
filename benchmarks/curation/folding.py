"""Folds sessions that replay themselves, beside a near-duplicate tool that keeps what came first.

    python -m benchmarks folding --records 20000 --peers ~/peers/bin/python

Each call of a session of 8 turns repeats all turns before it, and the calls lie shuffled over the
files. In one session of ten the last reply was made twice, in other words (both transcripts are
complete and have to stay apart); 4 % of the calls are delivered twice and 4 % are retried under a
new id, and are to be told once. Kept and dropped are transcripts: that each turn of one is a
decision of its own is another matter. CPU seconds go from files to transcripts, on one core:
reading, parsing, chains, leaves; shingles, which finding near-duplicates needs, are told beside it.
The peer is given texts in memory. It runs in an environment of its own (`pip install rensa`).
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import msgspec

from benchmarks.curation.neardup import PEERS_HELP, peer
from benchmarks.made import stories
from tasks.core import collector, parts
from tasks.core.parts import Manifest, Part
from tasks.core.records import Invocation, Message, Reply, Source, Tool, ToolCall
from tasks.labelling import folding, log_index, part_index

TURNS = 8
FILE_RECORDS = 1000
SIMILARITY = 0.7


class Logged(NamedTuple):
    """A call, and what is true of it."""

    invocation: Invocation
    transcript: str
    """Of which complete transcript it is the last call; "" for a prefix."""
    kind: str
    """`call`, `branch`, `redelivered` or `retried`."""


class Folded(NamedTuple):
    """What was kept, and the cost."""

    rows: list[int]
    seconds: float
    shingling: float = 0.0


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", default="", help=PEERS_HELP)
    given = parser.parse_args()
    logged: list[Logged] = []
    for one in calls():
        if len(logged) >= given.records and one.kind == "call" and not _turn(one):
            break  # at the end of a session
        logged.append(one)
    random.Random("folding").shuffle(logged)
    print(_described(logged))
    print("| | CPU s | records/s | complete kept | prefixes dropped | branches apart | told once |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory(prefix="ratchet-folding-") as name:
        made = _write(Path(name), logged)
        runs = [_ours(Path(name), made) for _ in range(given.runs)]
        ours = runs[0]._replace(
            seconds=median(run.seconds for run in runs),
            shingling=median(run.shingling for run in runs),
        )
        print(_row("ratchet", logged, ours))
        if given.peers:
            path = Path(name) / "texts.jsonl"
            path.write_bytes(b"".join(_text(one.invocation) + b"\n" for one in logged))
            found = peer(given.peers, "rensa", path)
            if found:
                rows = sorted(set(range(len(logged))) - set(found.gone))
                print(_row("rensa, keep-first", logged, Folded(rows, found.seconds)))
    print(f"\nShingles of the leaves of each file: {ours.shingling:.2f} CPU s more.")


def calls(seed: int = 0) -> Iterator[Logged]:
    """Calls in the order of their sessions, without end."""
    rng = random.Random(f"folding/{seed}")
    number = 0
    while True:
        number += 1
        session, said = f"s-{number:06}", list[Message]()
        agent = rng.randrange(stories.AGENTS)
        while sum(message.role == "assistant" for message in said) < TURNS:
            said += _messages(rng, stories.draw(rng, number))
        system = Message(role="system", content=stories.agent(agent).system)
        replies = [at for at, message in enumerate(said) if message.role == "assistant"][:TURNS]
        for turn, at in enumerate(replies):
            last = turn == TURNS - 1
            known = (system, *said[:at])
            one = _logged(session, f"{session}-{turn}", known, said[at], session if last else "")
            yield one
            drawn = rng.random()
            if drawn < 0.04:
                yield one._replace(kind="redelivered")
            elif drawn < 0.08:
                again = f"{session}-{turn}-again"
                yield _logged(session, again, known, said[at], one.transcript)._replace(
                    kind="retried"
                )
            if last and number % 10 == 0:
                other = msgspec.structs.replace(said[at], content="Let me say that in other words.")
                branch = _logged(session, f"{session}-{turn}-b", known, other, f"{session}-b")
                yield branch._replace(kind="branch")


def _turn(one: Logged) -> int:
    return sum(message.role == "assistant" for message in one.invocation.messages)


def _messages(rng: random.Random, story: stories.Story) -> list[Message]:
    """What is said in a story, as ingestion would read it."""
    found = []
    for message in stories.messages(rng, story):
        for block in message["content"]:
            role, used = message["role"], block.get("toolUse")
            if used:
                call = ToolCall(name=used["name"], arguments=used["input"], id=used["toolUseId"])
                found.append(Message(role=role, tool_calls=(call,)))
            elif "toolResult" in block:
                result = block["toolResult"]
                answer = msgspec.json.encode(result["content"][0]["json"]).decode()
                found.append(Message(role="tool", content=answer, tool_call_id=result["toolUseId"]))
            else:
                found.append(Message(role=role, content=block["text"]))
    return found


def _logged(
    session: str, name: str, known: tuple[Message, ...], reply: Message, transcript: str
) -> Logged:
    agent = Tool(name="create_order", description="Creates an order.")
    return Logged(
        Invocation(
            id=name,
            source=Source(uri="log.jsonl", line=1, format="bedrock_invocation"),
            timestamp="2026-11-03T14:20:29Z",
            session_id=session,
            request_id=name,
            model="agent",
            messages=known,
            tools=(agent,),
            response=Reply(content=reply.content, tool_calls=reply.tool_calls),
        ),
        transcript,
        "call",
    )


def _write(folder: Path, logged: Sequence[Logged]) -> list[Part]:
    made = []
    for at in range(0, len(logged), FILE_RECORDS):
        rows = [
            msgspec.structs.replace(
                one.invocation, source=Source(uri=f"{at}.jsonl", line=line, format="bedrock")
            )
            for line, one in enumerate(logged[at : at + FILE_RECORDS], 1)
        ]
        made.append(parts.write_part(folder, rows))
    parts.commit(folder, Manifest(stage="redact", parts=tuple(made)))
    return made


def _ours(folder: Path, made: Sequence[Part]) -> Folded:
    """From files to transcripts, as `dedup` does it."""
    shingled, shingling = part_index.shingled, 0.0

    def timed(texts: Sequence[Sequence[str]]) -> Any:
        nonlocal shingling
        before = time.process_time()
        found = shingled(texts)
        shingling += time.process_time() - before
        return found

    setattr(part_index, "shingled", timed)  # noqa: B010 - to tell its time apart
    started = time.process_time()
    with collector.paused():
        joined = log_index.gather([part_index.make(folder, part) for part in made])
        rows = folding.transcripts(joined)
    seconds = time.process_time() - started - shingling
    setattr(part_index, "shingled", shingled)  # noqa: B010
    return Folded(rows.tolist(), seconds, shingling)


def _text(row: Invocation) -> bytes:
    said = [*row.messages, Message(role="assistant", **msgspec.structs.asdict(row.response))]
    texts = [text for message in said if message.role != "system" for text in _said(message)]
    return msgspec.json.encode("\n".join(texts))


def _said(message: Message) -> list[str]:
    calls = [msgspec.json.encode([c.name, c.arguments]).decode() for c in message.tool_calls]
    return [text for text in (message.content, *calls) if text]


def _described(logged: Sequence[Logged]) -> str:
    whole = {one.transcript for one in logged if one.transcript}
    branches = sum(one.kind == "branch" for one in logged)
    size = sum(len(msgspec.json.encode(one.invocation)) for one in logged) / len(logged)
    return (
        f"{len(logged):,} records of {size / 1000:.1f} kB, {len(whole):,} complete transcripts, "
        f"{branches} of them branches\n"
    )


def _row(name: str, logged: Sequence[Logged], found: Folded) -> str:
    whole = {one.transcript for one in logged if one.transcript}
    kept = [logged[row].transcript for row in found.rows]
    told = {transcript for transcript in kept if transcript}
    prefixes = sum(not one.transcript for one in logged)
    stays = sum(not transcript for transcript in kept)
    branched = {one.transcript for one in logged if one.kind == "branch"}
    apart = sum(b in told and b.removesuffix("-b") in told for b in branched)
    times = Counter(kept)
    once = sum(times[transcript] == 1 for transcript in told)
    return (
        f"| {name} | {found.seconds:.2f} | {len(logged) / found.seconds:,.0f} | "
        f"{len(told):,} of {len(whole):,} | {1 - stays / prefixes:.2%} | "
        f"{apart} of {len(branched)} | {once:,} of {len(told):,} |"
    )


if __name__ == "__main__":
    main()
