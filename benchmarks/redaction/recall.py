"""Measures redaction: what it finds, what it leaves alone, how fast, and Presidio beside it.

    python -m benchmarks recall --records 20000 --each 40
    python -m benchmarks recall --only quality

Quality runs the stage itself, from ingested parts to redacted ones, over texts with one value each
(`benchmarks/redaction/planted.py`) and asks whether the value can still be read in what was
written, once that is decoded. Presidio's default engine gets the same texts. Speed is CPU time of
the whole stage (read, search, replace, check, audit, write), against the time that Presidio takes
only to search the same records field by field; rows alternate in one process, medians are shown.
"""

import argparse
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median

from benchmarks.made import invocation_logs as corpus
from benchmarks.redaction import presidio, profiles, recogniser_tests, strings
from benchmarks.redaction.planted import ENCODINGS, Case, cases, opened
from tasks import ingest, redact
from tasks.core import parts
from tasks.core.curation_settings import IngestSettings, RedactSettings
from tasks.core.parts import Counts, Manifest
from tasks.core.records import Invocation, Message, Reply, Source
from tasks.formats import bedrock_invocation
from tasks.redaction.finders import Finders

KEY = bytes(range(32))
SETTINGS = RedactSettings(
    min_confidence=0.35, person_keys=("user_id", "customer_id", "email", "user_email")
)
AIRLINE = Path(__file__).parents[2] / "../shared/data/airline/openai/chat-completions.jsonl.gz"
_Tally = Counter[tuple[str, str, str]]
"""By group, kind and encoding."""
SECTIONS = ("quality", "strings", "names", "gate", "speed")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=40, help="values of each kind")
    parser.add_argument("--records", type=int, default=20_000, help="for speed")
    parser.add_argument("--beside", type=int, default=150, help="records that Presidio searches")
    parser.add_argument("--seed", type=int, default=0, help="of the planted values")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=SECTIONS, choices=SECTIONS)
    parser.add_argument(
        "--presidio-tests", type=Path, metavar="FOLDER", help="checkout of Presidio, for `strings`"
    )
    given = parser.parse_args()
    rows: dict[str, Callable[[], Iterable[str]]] = {
        "quality": lambda: quality(list(cases(given.seed, given.each))),
        "strings": lambda: strings_table(given.presidio_tests),
        "names": names,
        "gate": lambda: gate(given.beside * 10),
        "speed": lambda: speed(given.records, given.beside, given.runs),
    }
    for name in given.only:
        print(f"\n### {name}\n")
        for line in rows[name]():
            print(line, flush=True)


def quality(planted: Sequence[Case]) -> Iterator[str]:
    """Recall by kind and encoding, benign tokens changed, and surrogates by value."""
    gone: _Tally = Counter()
    around: _Tally = Counter()
    total: _Tally = Counter()
    surrogates: dict[tuple[str, str], set[str]] = defaultdict(set)
    for encoding in ENCODINGS:
        # Each in a run of its own: what one encoding shows must not help to find it in another.
        some = [case for case in planted if case.encoding == encoding]
        for case, text in zip(some, redacted(case.text for case in some), strict=True):
            place = (case.group, case.kind, case.encoding)
            shown = opened(case, text)
            total[place] += 1
            gone[place] += case.value not in shown and case.value not in text
            around[place] += shown.startswith(case.before) and shown.endswith(case.after)
            slot = shown.removeprefix(case.before).removesuffix(case.after)
            surrogates[case.kind, case.value].add(slot)
    beside = presidio.recall([c for c in planted if c.group != "benign"])
    yield "Share of values replaced, by encoding; `exact`: nothing around the value changed.\n"
    yield "| kind | " + " | ".join(ENCODINGS) + " | all | exact | Presidio, plain | Presidio, all |"
    yield "|---|" + "--:|" * (len(ENCODINGS) + 4)
    for group in ("secret", "personal", "benign"):
        kinds = list(dict.fromkeys(c.kind for c in planted if c.group == group))
        for kind in [*kinds, ""]:
            yield _row((group, kind), gone, around, beside, total)
    several = sum(len(found) > 1 for found in surrogates.values())
    yield ""
    yield f"One value, one surrogate: {len(surrogates) - several:,} of {len(surrogates):,} values."


def _row(of: tuple[str, str], gone: _Tally, around: _Tally, beside: _Tally, total: _Tally) -> str:
    group, kind = of

    def share(found: _Tally, encoding: str = "") -> str:
        mine = [p for p in total if p[0] == group and kind in (p[1], "") and encoding in (p[2], "")]
        return f"{sum(found[p] for p in mine) / sum(total[p] for p in mine):.1%}"

    mine = [*(share(gone, encoding) for encoding in ENCODINGS), share(gone), share(around)]
    other = ["", ""] if group == "benign" else [share(beside, "plain"), share(beside)]
    name = kind or f"**all {group}**" + (" (should stay)" if group == "benign" else "")
    return f"| {name} | " + " | ".join([*mine, *other]) + " |"


def strings_table(checkout: Path | None) -> Iterator[str]:
    """Strings of the six formats as tests of recognisers have them, alone and in sentences.

    Args:
        checkout: of Presidio's repository, whose own strings are asked too.
    """
    engine = presidio.Engine.default()
    yield "| strings | | ours, alone | in three sentences | Presidio's default, alone | in three |"
    yield "|---|--:|--:|--:|--:|--:|"
    for name, group in (("to be found", strings.POSITIVE), ("to be left", strings.NEGATIVE)):
        ours, theirs = [], []
        for sentence in ("{}", *strings.SENTENCES):
            texts = [sentence.replace("{}", text) for _, text in group]
            shown = redacted(texts)
            ours.append([text not in out for (_, text), out in zip(group, shown, strict=True)])
            theirs.append(
                [
                    engine.covers(full, text, strings.KINDS)
                    for (_, text), full in zip(group, texts, strict=True)
                ]
            )
        # What is to be left must be left everywhere.
        every = all if name == "to be found" else any
        counts = [
            count
            for found in (ours, theirs)
            for count in (sum(found[0]), sum(map(every, zip(*found[1:], strict=True))))
        ]
        yield (
            f"| {name} | {len(group)} | "
            + " | ".join(f"{count} ({count / len(group):.1%})" for count in counts)
            + " |"
        )
    if checkout is None:
        yield "\nPresidio's own tests: not asked, as --presidio-tests names no checkout."
        return
    yield ""
    yield from recogniser_tests.table(checkout, Finders(SETTINGS), redacted)


def names() -> Iterator[str]:
    """Of what a profile or result of a session gives away, how much is left in the session."""
    if not AIRLINE.is_file():
        yield "not measured: ../shared/data/airline is not on this machine"
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "ingested"
        wanted = {"sources": [{"uri": str(AIRLINE.resolve())}], "max_rejected": 0.05}
        ingest.ingest(IngestSettings.model_validate(wanted), source)
        _redact(source)
        pairs = zip(
            parts.read_parts(source, Invocation),
            parts.read_parts(source.parent / "redacted", Invocation),
            strict=True,
        )
        yield from profiles.table(pairs)


def gate(records: int) -> Iterator[str]:
    """Whether Presidio's six recognisers behind their gates find what they find without."""
    texts = {text for one in islice(_ingested(), records) for text in presidio.fields(one)}
    direct, gated, differ, seconds = presidio.behind_gates(texts)
    yield f"{len(texts):,} distinct fields of {records:,} records, six recognisers of Presidio:"
    yield f"{direct:,} findings without gates ({seconds[0]:.1f} s), {gated:,} behind their gates "
    yield f"({seconds[1]:.1f} s); {differ} fields differ."


def speed(records: int, beside: int, runs: int) -> Iterator[str]:
    """Records a CPU second, and how many times Presidio's."""
    engines = {
        "Presidio, default registry": presidio.Engine.default(),
        "Presidio, six recognisers": presidio.Engine.six(),
    }
    taken: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "ingested"
        _write(source, islice(_ingested(), records))
        some = list(islice(parts.read_parts(source, Invocation), beside))
        for _ in range(runs):
            started = time.process_time()
            _redact(source, again=True)
            taken["ours, the whole stage"].append(records / (time.process_time() - started))
            for name, engine in engines.items():
                started = time.process_time()
                for one in some:
                    for text in presidio.fields(one):
                        engine.search(text)
                taken[name].append(len(some) / (time.process_time() - started))
    rate = {name: median(found) for name, found in taken.items()}
    ours = rate["ours, the whole stage"]
    yield "| | records/s | ours is |"
    yield "|---|--:|--:|"
    for name, value in rate.items():
        yield f"| {name} | {value:,.0f} | {ours / value:.1f} times |"


def redacted(texts: Iterable[str], part_records: int = 10_000) -> list[str]:
    """Each text as the user's message of a session of its own, after the stage.

    With one record a part, what one text shows does not help to find it in another.
    """
    made = (
        Invocation(
            id=f"{number:064}",
            source=Source(uri="made", line=number + 1, format="openai_chat"),
            timestamp="2026-11-03T14:20:29Z",
            session_id=f"s-{number}",
            request_id=f"r-{number}",
            model="agent",
            messages=(Message(role="user", content=text),),
            response=Reply(content="Done."),
        )
        for number, text in enumerate(texts)
    )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "ingested"
        _write(source, made, part_records)
        _redact(source)
        found = parts.read_parts(source.parent / "redacted", Invocation)
        return [one.messages[0].content for one in found]


def _ingested() -> Iterator[Invocation]:
    """Generated logs as `ingest` reads them."""
    for number, written in enumerate(corpus.records(), 1):
        source = Source(uri="corpus", line=number, format="bedrock_invocation")
        for sealed in bedrock_invocation.parse(written.line, source, "session_id"):
            yield sealed.open()


def _write(folder: Path, records: Iterable[Invocation], part_records: int = 10_000) -> None:
    made, found = [], iter(records)
    while batch := list(islice(found, part_records)):
        made.append(parts.write_part(folder, batch))
    rows = sum(part.rows for part in made)
    counts = Counts(read=rows, accepted=rows)
    parts.commit(folder, Manifest(stage="ingest", parts=tuple(made), counts=counts))


def _redact(source: Path, again: bool = False) -> Manifest:
    target, private = source.parent / "redacted", source.parent / "private"
    if again:
        shutil.rmtree(target, ignore_errors=True)
        shutil.rmtree(private, ignore_errors=True)
    return redact.redact(SETTINGS, source, target, key=KEY, private=private)


if __name__ == "__main__":
    main()
