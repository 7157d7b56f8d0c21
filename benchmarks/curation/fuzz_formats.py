"""Fuzzes every log format with atheris, each in a process of its own, and prints Markdown.

    python -m benchmarks fuzz_formats --minutes 10 --parallel 2

An input is read three ways: as a line of its own, spliced into one of the format's samples, and as
edits of that sample's JSON (a value replaced by another, a key renamed, an item gone or doubled),
so that most lines get past the first decoding. A line must give records that can be written, or
`Malformed` with a reason; any other exception ends the run with the input that caused it. Coverage
is of the Python code of the formats. Needs `pip install atheris`; it is no part of the tests.
"""

import argparse
import importlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from tasks import formats
from tasks.core.records import Source, encode

SOURCE = Source(uri="logs/a.jsonl", line=1, format="any")
NESTED = 150
"""Levels of a depth bomb: more than is accepted, fewer than Python's stack."""


class Outcome(NamedTuple):
    """Of one format."""

    name: str
    seconds: int
    executions: int
    covered: int
    """Edges of the instrumented code that were seen."""
    crash: str
    """The exception that ended the run; empty where none did."""


def main() -> None:
    """Fuzz and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--formats", nargs="+", default=formats.available())
    parser.add_argument("--target", help=argparse.SUPPRESS)
    given, rest = parser.parse_known_args()
    if given.target:
        _fuzz(given.target, rest)
        return
    with ThreadPoolExecutor(given.parallel) as pool:
        found = list(pool.map(lambda name: _run(name, round(given.minutes * 60)), given.formats))
    print("| format | minutes | executions | edges | crash |\n|---|--:|--:|--:|---|")
    for one in found:
        print(
            f"| {one.name} | {one.seconds / 60:.1f} | {one.executions:,} | {one.covered:,} | "
            f"{one.crash or 'none'} |"
        )
    if any(one.crash for one in found):
        raise SystemExit(1)


def _run(name: str, seconds: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="ratchet-fuzz-") as folder:
        for mode, content in enumerate((formats.load(name).SAMPLE, bytes(64), bytes(range(256)))):
            # Numbers are drawn from the end of an input, the mode first.
            Path(folder, str(mode)).write_bytes(content + bytes([mode]))
        command = [sys.executable, "-m", "benchmarks.curation.fuzz_formats", "--target", name]
        limits = [f"-max_total_time={seconds}", "-max_len=8192", "-rss_limit_mb=1024"]
        ended = subprocess.run(
            [*command, *limits, f"-artifact_prefix={folder}/", folder],
            check=False,
            capture_output=True,
            text=True,
        )
    done = re.search(r"Done (\d+) runs in (\d+) second", ended.stderr)
    seen = re.findall(r"#(\d+)\s.*?cov: (\d+)", ended.stderr)
    crash = re.search(r"=== Uncaught Python exception: ===\n(.*(?:\n.*){0,12})", ended.stderr)
    failed = "" if ended.returncode == 0 else ended.stderr[-400:]
    return Outcome(
        name=name,
        seconds=int(done[2]) if done else 0,
        executions=int(done[1] if done else seen[-1][0] if seen else 0),
        covered=int(seen[-1][1]) if seen else 0,
        crash=" ".join((crash[1] if crash else failed).split()),
    )


def _fuzz(name: str, arguments: Sequence[str]) -> None:
    import atheris

    # What is instrumented must be imported anew.
    for module in [m for m in sys.modules if m.startswith("tasks.")]:
        del sys.modules[module]
    with atheris.instrument_imports(include=["tasks.formats", "tasks.logs.json_lines"]):
        instrumented = importlib.import_module("tasks.formats")
        module = instrumented.load(name)
        samples = getattr(module, "SAMPLES", (module.SAMPLE,))
        sealed = importlib.import_module("tasks.logs.sealed").Sealed

    def one_input(data: bytes) -> None:
        provider = atheris.FuzzedDataProvider(data)
        for line in _lines(provider, samples):
            try:
                found = module.parse(line, SOURCE, "session_id")
            except instrumented.Malformed as error:
                assert error.reason
                continue
            for item in found:
                if isinstance(item, instrumented.Malformed):
                    assert item.reason
                elif isinstance(item, sealed):
                    item.open()  # reads back what was written without a check
                else:
                    encode(item)

    atheris.Setup([sys.argv[0], *arguments], one_input)
    atheris.Fuzz()


def _lines(provider: Any, samples: Sequence[bytes]) -> Iterator[bytes]:
    text = samples[provider.ConsumeIntInRange(0, len(samples) - 1)]
    mode = provider.ConsumeIntInRange(0, 2)
    if mode == 0:
        yield provider.ConsumeBytes(8192)
    elif mode == 1:
        start = provider.ConsumeIntInRange(0, len(text))
        end = min(len(text), start + provider.ConsumeIntInRange(0, 64))
        yield text[:start] + provider.ConsumeBytes(256) + text[end:]
    else:
        record = json.loads(text)
        for _ in range(provider.ConsumeIntInRange(1, 6)):
            _edit(provider, record)
        yield json.dumps(record).encode()


def _edit(provider: Any, record: Any) -> None:
    """One change somewhere in the record; also inside a text that holds JSON."""
    places = list(_places(record))
    if not places:
        return
    holder, key = places[provider.ConsumeIntInRange(0, len(places) - 1)]
    kind = provider.ConsumeIntInRange(0, 4)
    value = holder[key]
    if kind == 0:
        holder[key] = _value(provider)
    elif kind == 1:
        del holder[key]
    elif kind == 2 and isinstance(holder, list):
        holder.insert(key, value)
    elif kind == 2:
        holder[provider.ConsumeUnicodeNoSurrogates(12)] = holder.pop(key)
    elif kind == 3 and isinstance(value, str) and value[:1] in ("{", "["):
        inner = _read(value)
        _edit(provider, inner)
        holder[key] = json.dumps(inner)
    else:
        other, name = places[provider.ConsumeIntInRange(0, len(places) - 1)]
        holder[key] = json.loads(json.dumps(other[name]))


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return []


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        for key in list(value):
            yield value, key
            yield from _places(value[key])
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield value, number
            yield from _places(item)


def _value(provider: Any) -> Any:
    deep: Any = 0
    kind = provider.ConsumeIntInRange(0, 10)
    if kind == 9:
        for _ in range(NESTED):
            deep = [deep]
    return (
        None,
        True,
        provider.ConsumeInt(8),
        2**70,
        -1.5e300,
        provider.ConsumeUnicodeNoSurrogates(40),
        "",
        {},
        [],
        deep,
        {provider.ConsumeUnicodeNoSurrogates(8): [provider.ConsumeUnicodeNoSurrogates(8)]},
    )[kind]


if __name__ == "__main__":
    main()
