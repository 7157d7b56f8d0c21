"""Puts log lines into gzip files by the hour, as Bedrock delivers them, and damages some.

    AWSLogs/123456789012/BedrockModelInvocationLogs/us-east-1/2026/11/16/09/
        2026111609T0000000Z_3cc90d6b.json.gz

The files carry neither time nor name inside, so the same lines give the same bytes.
"""

import gzip
import hashlib
import random
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tasks.demo.invocation_log import ACCOUNT, REGION


class LogFiles:
    """Lines by the hour they were logged in, and second files of the same hours."""

    def __init__(self) -> None:
        self.lines: dict[datetime, list[tuple[datetime, str]]] = {}
        self.second: dict[datetime, list[str]] = {}

    def add(self, at: datetime, line: str) -> None:
        """Put a line into the file of its hour."""
        hour = at.replace(minute=0, second=0)
        self.lines.setdefault(hour, []).append((at, line))

    def redeliver(self, rng: random.Random, share: float) -> int:
        """Copy some lines, byte for byte, into a second file of their hour."""
        for hour in sorted(self.lines):
            twice = [line for _, line in sorted(self.lines[hour]) if rng.random() < share]
            if twice:
                self.second[hour] = twice
        return sum(len(lines) for lines in self.second.values())

    def tear(self, rng: random.Random, count: int) -> int:
        """Put the first part of some lines before them, as an interrupted writer leaves it."""
        whole = [
            (hour, at, line) for hour in sorted(self.lines) for at, line in sorted(self.lines[hour])
        ]
        for hour, at, line in rng.sample(whole, count):
            self.lines[hour].append((at, line[: rng.randint(20, len(line) - 20)]))
        return count

    def write(self, out: Path) -> int:
        """Write all files under `out`, lines by time; returns how many files."""
        for hour, timed in sorted(self.lines.items()):
            _write(out, hour, 1, [line for _, line in sorted(timed)])
        for hour, again in sorted(self.second.items()):
            _write(out, hour, 2, again)
        return len(self.lines) + len(self.second)

    def count(self) -> int:
        """Lines in all files."""
        first = sum(len(timed) for timed in self.lines.values())
        return first + sum(len(again) for again in self.second.values())


def _write(out: Path, hour: datetime, delivery: int, lines: Sequence[str]) -> None:
    """One log object, named by its content and delivery: two may hold the same lines."""
    body = "".join(f"{text}\n" for text in lines).encode()
    folder = out / f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{REGION}" / f"{hour:%Y/%m/%d/%H}"
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(b"%d\n" % delivery + body).hexdigest()
    name = f"{hour:%Y%m%d%H}T0000000Z_{digest[:8]}.json.gz"
    (folder / name).write_bytes(gzip.compress(body, mtime=0))
