"""Scores a file of rows, one answer a row in the order of the rows, and says how it went.

    {"id": "r1", "score": 1.0, "components": {"tool_call": 1.0}, "tier": "exact", "exact": true,
     "behaviour": "execute", "error": null}
    {"id": "r2", "score": null, ..., "error": {"type": "sample_parse_error", "reason": "bad-row",
     "message": "line 2: $.completion: wrong-type: Expected `str | object | null`, got `int`"}}

Read = scored + unscored: a row that cannot be read is answered with its error, never dropped.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tasks.core.errors import SourceError, StageError
from tasks.core.records import Score
from tasks.core.step import progress
from tasks.rewards.reading import openai_errors
from tasks.rewards.reading.rows import BadRowError, Row, read
from tasks.rewards.specification.spec import Spec

CHUNK = 1024
SHOWN = 20
"""Bad rows that are named one by one; all of them stand in the file."""


class Line(NamedTuple):
    """A row, or what is wrong with the line."""

    number: int
    """Counted from 1."""
    found: Row | BadRowError


class Summary:
    """Counts over a file."""

    def __init__(self) -> None:
        self.rows = 0
        self.reasons: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.details: dict[str, str] = {}
        self.bad: list[str] = []
        self.tiers: Counter[str] = Counter()
        self._sum = 0.0
        self._exact = 0

    def add(self, number: int, score: Score, error: dict[str, str] | None) -> None:
        self.rows += 1
        if error is None:
            self._sum += score.value or 0.0
            self._exact += score.exact
            self.tiers[score.tier] += 1
            return
        self.reasons[error["reason"]] += 1
        self.errors[error["type"]] += 1
        self.details.setdefault(error["type"], error["message"])
        if error["reason"] == BAD_ROW and len(self.bad) < SHOWN:
            self.bad.append(error["message"])

    @property
    def unscored(self) -> int:
        return self.reasons.total()

    def as_dict(self) -> dict[str, Any]:
        scored = self.rows - self.unscored
        return {
            "rows": self.rows,
            "scored": scored,
            "unscored": self.unscored,
            "unscored_by_reason": dict(sorted(self.reasons.items())),
            "bad_rows": self.bad,
            "reward": self._sum / scored if scored else None,
            "exact": self._exact / scored if scored else None,
            "tiers": dict(sorted(self.tiers.items())),
            "errors": openai_errors.flags(self.errors, self.details),
            "error_counts": dict(sorted(self.errors.items())),
        }


BAD_ROW = "bad-row"


def row_of(place: str) -> Row:
    """The row that `rows.jsonl#r7` names: by its id, else the only one of the file.

    Raises:
        SourceError: no such file, no such row, or a row that cannot be read.
    """
    name, _, row_id = place.partition("#")
    path = Path(name)
    if not path.is_file():
        raise SourceError(f"{name}: no such file; expected JSON lines, as rows.jsonl#r7")
    ids = []
    with path.open("rb") as file:
        for number, line in enumerate(filter(bytes.strip, file), start=1):
            try:
                row = read(line.rstrip(b"\r\n"))
            except BadRowError as error:
                if str(error.row_id) == row_id or not row_id:
                    raise SourceError(f"{name} line {number}: {error}") from error
                continue
            if str(row.id) == row_id or not row_id:
                return row
            ids.append(str(row.id))
    known = ", ".join(ids[:SHOWN]) or "none"
    raise SourceError(f"{name} has no row {row_id!r}; its ids are {known}")


def score_file(spec: Spec, rows: Path, out: Path) -> Summary:
    """Score each row of `rows` into `out`, which is replaced as a whole.

    Raises:
        SourceError: no such file, or no row in it.
    """
    if not rows.is_file():
        raise SourceError(f"no rows: {rows} is no file; expected JSON lines, one row a line")
    total = sum(1 for _ in _lines(rows))
    if total == 0:
        raise SourceError(f"{rows} has no row; expected JSON lines, one row a line")
    out.parent.mkdir(parents=True, exist_ok=True)
    half = out.with_name(f".{out.name}.half")
    summary = Summary()
    with progress("score", total) as advance, half.open("wb") as file:
        for chunk in _chunks(spec, rows):
            for line, score, error in _scored(spec, chunk):
                summary.add(line.number, score, error)
                file.write(_answer(line, score, error))
            advance(len(chunk))
        file.flush()
        os.fsync(file.fileno())
    half.replace(out)
    return summary


def refuse_too_many_unscored(summary: Summary, most: float, out: Path) -> None:
    """Stop where more than the share `most` is unscored; the file stands by then.

    Raises:
        StageError: says how many, and why.
    """
    share = summary.unscored / summary.rows
    if share > most:
        why = ", ".join(f"{name} {count:,}" for name, count in summary.reasons.most_common())
        raise StageError(
            f"{summary.unscored:,} of {summary.rows:,} rows ({share:.1%}) could not be scored, "
            f"more than {most:.1%} ({why}): no mean over the rest can be trusted. {out} names each "
            "under `error`; mend them, or raise --max-unscored"
        )


def _chunks(spec: Spec, rows: Path) -> Iterator[list[Line]]:
    """All rows at once where a reward ranks replies against each other: groups may lie apart."""
    lines = iter(map(_read, _lines(rows)))
    size = None if any(one.grouped for one in spec.scorers) else CHUNK
    while chunk := list(islice(lines, size)):
        yield chunk


def _lines(rows: Path) -> Iterator[tuple[int, bytes]]:
    with rows.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line.rstrip(b"\r\n")


def _read(line: tuple[int, bytes]) -> Line:
    number, content = line
    try:
        return Line(number, read(content))
    except BadRowError as error:
        return Line(number, error)


def _scored(
    spec: Spec, chunk: Iterable[Line]
) -> Iterator[tuple[Line, Score, dict[str, str] | None]]:
    chunk = list(chunk)
    good = [line.found for line in chunk if isinstance(line.found, Row)]
    scores = iter(spec.batch([row.prompt for row in good], [row.reply for row in good]))
    for line in chunk:
        if isinstance(line.found, BadRowError):
            said = f"line {line.number}: {line.found}"
            error = {"type": line.found.key, "reason": BAD_ROW, "message": said}
            yield line, Score.unscored(BAD_ROW), error
            continue
        score = next(scores)
        if score.value is not None:
            yield line, score, None
            continue
        said = f"line {line.number}: {score.reason}"
        key = openai_errors.key_of(score.reason)
        yield line, score, {"type": key, "reason": score.reason, "message": said}


def _answer(line: Line, score: Score, error: dict[str, str] | None) -> bytes:
    found = line.found
    answer = {
        "id": found.id if isinstance(found, Row) else found.row_id,
        "score": score.value,
        "components": score.components,
        "tier": score.tier,
        "exact": score.exact,
        "behaviour": score.behaviour,
        "error": error,
    }
    return msgspec.json.encode(answer) + b"\n"
