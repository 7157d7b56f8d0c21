"""Holds a spec, or one judge in it, against labels that people gave, and sees when it drifts.

    {"id": "r1", "messages": [...], "completion": {...}, "label": 1.0}     a row as a person sees it

The labelled rows are those of `ratchet reward score` with a `label` more: a number in [0, 1], or
true and false. Labels and values are put into classes evenly spread over [0, 1] (two: below half
and not; five: as a scale of five points), a value below 0 into the lowest, and Cohen's kappa says
how far they agree beyond chance. Its size hangs on the mix of rows, so only reports on the same
labelled file are compared: keep the file as it is, 150 rows and more, about as many of each class.
"""

import hashlib
from collections import Counter
from pathlib import Path

import msgspec

from tasks.core.errors import EvidenceError, SourceError
from tasks.core.records import Record, Score
from tasks.evidence.agreement import Kappa, Weights, cohens_kappa, has_fallen
from tasks.rewards import NOT_APPLICABLE
from tasks.rewards.reading.rows import BadRowError, Row, read
from tasks.rewards.specification.spec import Spec

ENOUGH = 150
"""Labelled rows from which an interval is narrow enough to see a fall of 0.1 in most cases."""


class Report(Record, frozen=True, kw_only=True):
    """What one measurement found; the next one is held against it."""

    spec: str
    version: str
    sha: str
    component: str
    """Empty: the spec's own value."""
    labelled_sha256: str
    kappa: Kappa
    weights: Weights
    rows: int
    """Read = compared + unscored."""
    unscored: dict[str, int]
    """By reason, rows included that a component has nothing to say about; left out of kappa."""
    facts: dict[str, str] = {}
    """What the rewards were made with: models and prompts."""


class _Label(msgspec.Struct):
    label: float | bool


def measure(
    spec: Spec,
    labelled: Path,
    *,
    component: str = "",
    classes: int = 2,
    weights: Weights = "none",
    max_unscored: float = 0.01,
) -> Report:
    """Score the labelled rows and compare.

    Raises:
        SourceError: the file is missing, or a line of it is no row with a label.
        EvidenceError: no such component, too many rows unscored, or labels of one class only.
    """
    known = [one.name for one in spec.scorers]
    if component and component not in known:
        raise EvidenceError(f"{spec.name} has no component {component!r}; it has {known}")
    content = _content(labelled)
    rows, labels = _read(labelled, content)
    scores = spec.batch([row.prompt for row in rows], [row.reply for row in rows])
    values = [_value(score, component) for score in scores]
    pairs = [(v, said) for v, said in zip(values, labels, strict=True) if not isinstance(v, str)]
    silent = Counter(value for value in values if isinstance(value, str))
    lost = Counter({reason: n for reason, n in silent.items() if reason != NOT_APPLICABLE})
    if lost.total() > max_unscored * len(rows):
        why = ", ".join(f"{name} {count}" for name, count in lost.most_common())
        raise EvidenceError(
            f"{lost.total()} of {len(rows)} labelled rows could not be scored ({why}): agreement "
            "on the others says nothing; mend what failed"
        )
    if not pairs:
        raise EvidenceError(f"{component or spec.name} has nothing to say about any labelled row")
    first, second = ([_class(x, classes) for x in column] for column in zip(*pairs, strict=True))
    return Report(
        spec=spec.name,
        version=spec.version,
        sha=spec.sha,
        component=component,
        labelled_sha256=hashlib.sha256(content).hexdigest(),
        kappa=cohens_kappa(first, second, classes, weights=weights),
        weights=weights,
        rows=len(rows),
        unscored=dict(sorted(silent.items())),
        facts=_facts(spec),
    )


def alarms(now: Report, before: Report | None, least: float) -> list[str]:
    """What is wrong with the agreement; nothing where it may go on.

    Raises:
        EvidenceError: the two reports are of different rows or different classes.
    """
    found = []
    kappa = now.kappa
    if kappa.value < least:
        found.append(f"kappa {kappa.value:.2f} is below {least:g}: the labels are not what it pays")
    if before is not None:
        _comparable(now, before)
        if has_fallen(kappa, before.kappa.value):
            found.append(
                f"kappa fell from {before.kappa.value:.2f} to {kappa.value:.2f} "
                f"[{kappa.low:.2f}, {kappa.high:.2f}]: {_changed(now, before)}"
            )
    return found


def save(report: Report, path: Path) -> None:
    """Write the report where a later one finds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report, order="sorted")) + b"\n")


def load(path: Path) -> Report:
    """Read a report.

    Raises:
        SourceError: there is none.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except (OSError, msgspec.MsgspecError) as error:
        raise SourceError(
            f"{path} is no report of `ratchet reward agreement` ({error}); make one with --out"
        ) from error


def _comparable(now: Report, before: Report) -> None:
    for name in ("spec", "component", "labelled_sha256", "weights"):
        if getattr(now, name) != getattr(before, name):
            raise EvidenceError(
                f"the earlier report has {name} {getattr(before, name)!r}, this one "
                f"{getattr(now, name)!r}: kappa hangs on the rows and the classes, so only equal "
                "ones can be compared; begin a new series without --before"
            )
    if len(now.kappa.classes) != len(before.kappa.classes):
        raise EvidenceError("the earlier report has other --classes; begin a new series")


def _changed(now: Report, before: Report) -> str:
    if now.facts != before.facts:
        return f"was {before.facts}, is {now.facts}"
    if now.sha != before.sha:
        return f"the spec changed from {before.version} to {now.version}"
    return "spec, model and prompt are the same, so what answers changed behind its name"


def _content(labelled: Path) -> bytes:
    try:
        return labelled.read_bytes()
    except OSError as error:
        raise SourceError(f"no labelled rows: {labelled}: {error.strerror}") from error


def _read(path: Path, content: bytes) -> tuple[list[Row], list[float]]:
    rows, labels = [], []
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            rows.append(read(line))
            label = float(_labels.decode(line).label)
        except (BadRowError, msgspec.MsgspecError) as error:
            raise SourceError(f"{path}:{number}: {error}") from error
        if not 0 <= label <= 1:
            raise SourceError(f"{path}:{number}: label {label:g}: expected a number in [0, 1]")
        labels.append(label)
    if not rows:
        raise SourceError(f"{path} has no row; expected JSON lines, one labelled row a line")
    return rows, labels


def _value(score: Score, component: str) -> float | str:
    """The value to compare, or why there is none."""
    if not component:
        return score.reason if score.value is None else score.value
    return score.components.get(component, score.reason or NOT_APPLICABLE)


def _class(value: float, classes: int) -> int:
    """The nearest of `classes` points spread evenly over [0, 1]; half way goes up."""
    return int(min(1.0, max(0.0, value)) * (classes - 1) + 0.5)


def _facts(spec: Spec) -> dict[str, str]:
    from tasks import rewards

    found: dict[str, str] = {}
    for one in spec.scorers:
        told = getattr(rewards.load(one.reward), "facts", None)
        if told is not None:
            found |= {f"{one.name}.{name}": value for name, value in told(one.settings).items()}
    return found


_labels = msgspec.json.Decoder(_Label)
