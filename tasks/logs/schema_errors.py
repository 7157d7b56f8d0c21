"""Tells which records do not fit their format, one line for each way in which they do not.

Broken(source="s3://logs", format="bedrock_invocation", reason="wrong-type", path="modelId",
       expected="str", seen="object", count=30, first="s3://logs/b.gz:1")
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from tasks.core.errors import StageError
from tasks.core.parts import Part
from tasks.core.records import Record

BREAKING = "breaking"
LISTED = 12
_REASONS = frozenset(
    (
        "missing-field",
        "wrong-type",
        "wrong-value",
        "unknown-role",
        "unknown-schema-type",
        "unknown-schema-version",
        "unsupported-body",
        "unsupported-content",
        "unsupported-operation",
    )
)
_MISSING = ("missing-field", "null")


class Broken(Record, frozen=True, kw_only=True):
    """Records of a source that do not fit their format in one and the same way."""

    source: str
    format: str
    reason: str
    path: str
    expected: str
    seen: str
    count: int
    first: str


def broken(now: Iterable[Part], roots: Collection[str]) -> tuple[Broken, ...]:
    """The schema-diff report: one line for each way in which records do not fit."""
    count: Counter[tuple[str, ...]] = Counter()
    first: dict[tuple[str, ...], str] = {}
    for part in now:
        for reject in part.rejects:
            if reject.reason in _REASONS and reject.source:
                place = reject.source
                said = (reject.reason, *_said(reject.detail))
                key = (root_of(place.uri, roots), place.format, *said)
                count[key] += 1
                first.setdefault(key, f"{place.uri}:{place.line}")
    return tuple(
        Broken(**dict(zip(_NAMES, key, strict=True)), count=n, first=first[key])
        for key, n in sorted(count.items(), key=lambda item: (-item[1], item[0]))
    )


def check(
    found: Sequence[Broken], now: Iterable[Part], roots: Collection[str], most: float
) -> None:
    """Stop where too many records of a source lack a field that their format needs.

    One record alone is an accident, whatever its share.

    Raises:
        StageError: with the schema-diff report.
    """
    read: Counter[str] = Counter()
    for part in now:
        read[root_of(part.info["uri"], roots)] += part.counts.read
    lacking: Counter[str] = Counter()
    for one in found:
        lacking[one.source] += one.count * bool({one.reason, one.seen} & {*_MISSING})
    for source, count in sorted(lacking.items()):
        if count > 1 and count > most * read[source]:
            raise StageError(
                f"{count} of {read[source]} records of {source} lack a field that they need, at "
                f"most {most:.1%} may (ingest.max_missing): {report(found, source)}. Correct what "
                "writes these logs, name their format in `ingest.sources`, or raise "
                "ingest.max_missing to go on without these records; nothing was committed"
            )


def report(found: Sequence[Broken], source: str = "") -> str:
    """The schema-diff report in one line, of one source or of all."""
    mine = [one for one in found if not source or one.source == source]
    told = "; ".join(
        f"{one.format or 'unknown format'} {one.path}: expected {one.expected}, "
        f"{one.seen or 'something else'} in {one.count} ({one.reason}, first at {one.first})"
        for one in mine[:LISTED]
    )
    return told + (f"; and {len(mine) - LISTED} more kinds" if len(mine) > LISTED else "")


def root_of(uri: str, roots: Collection[str]) -> str:
    """The source that an object belongs to: the nearest uri above it."""
    above = [root for root in roots if uri == root or uri.startswith(f"{root}/")]
    return max(above, key=len, default=uri)


def _said(detail: str) -> tuple[str, str, str]:
    """Path, what was expected and what was seen, as a reject's detail tells them."""
    body, _, at = detail.partition(" - at `$")
    where, colon, rest = body.rpartition(": ")
    lacks, wrong = _LACKS.search(body), _WRONG.search(body)
    path = (where.removeprefix("$.") if colon else "") + at.rstrip("`")
    if lacks:
        path, expected, seen = f"{path}.{lacks[1]}", "a value", "nothing"
    elif wrong:
        expected, seen = wrong[1], wrong[2]
    else:
        expected, seen = rest.removeprefix("expected "), ""
    return _NUMBER.sub("[]", path.strip(".")) or "the record", expected, seen


_NAMES = ("source", "format", "reason", "path", "expected", "seen")
_NUMBER = re.compile(r"\[\d+\]")
_LACKS = re.compile(r"missing required field `([^`]*)`")
_WRONG = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
