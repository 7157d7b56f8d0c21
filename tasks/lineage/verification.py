"""Holds everything that a model's origin rests on against what was written down of it.

    verify(workspace, "models:/agent@champion")
    -> [Check("logs", "file:///…/a.json.gz", True, "41,212 bytes as they were read"), …]

Each check is of one thing that somebody could have changed: a raw log, a part of the dataset, the
rows of the evaluation, a verdict, a run in MLflow, the weights, the reward, an alias, the ledger of
releases. A check that cannot be made, because what it needs is gone, has failed.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from tasks.core import parts
from tasks.core.errors import RatchetError, SourceError
from tasks.core.job import Job
from tasks.core.records import Record
from tasks.evidence import confirm
from tasks.learning import learned
from tasks.lineage import release_ledger
from tasks.lineage.audit import Trail, dataset, trail
from tasks.lineage.model_registry import Registry, Run
from tasks.logs import sources
from tasks.logs.prefixes import Digest

_ROWS = ("train", "validation", "test", "unlabelled")
"""Labels of the parts that hold examples."""
_NUMBERS = 1e-9
"""Two figures are one where they differ by less; MLflow's database keeps doubles."""


class Check(Record, frozen=True, kw_only=True):
    """One thing that was looked at."""

    what: str
    """`logs`, `dataset`, `gate`, `canary`, `weights`, `reward`, `run`, `alias` or `ledger`."""
    subject: str
    passed: bool
    detail: str


def verify(folder: Path, uri: str) -> list[Check]:
    """Check a model's whole origin; the first check is the lineage itself, and without it no other.

    `folder` is the workspace, `uri` as for `audit.trail`.
    """
    try:
        found = trail(folder, uri)
    except RatchetError as error:
        return [Check(what="lineage", subject=uri, passed=False, detail=str(error))]
    checks = [Check(what="lineage", subject=uri, passed=True, detail=f"version {found.version}")]
    model = f"models:/{found.model}/{found.version}"
    checks.append(_of("weights", model, lambda: _weights(model)))
    checks += _ledger(folder, found)
    if not found.run:
        return checks
    run = folder / ".ratchet" / "runs" / found.run
    checks += [
        *_logs(folder, found),
        _of("dataset", found.dataset, lambda: _dataset(folder, found)),
        _of("reward", found.reward, lambda: _reward(folder, found)),
    ]
    checks += [_of(step, found.run, partial(_verdict, step, run, found)) for step in found.verdicts]
    checks += [
        _of("run", f"{found.run}, {step}", partial(_run, folder, run, step, found))
        for step in _recorded(run)
    ]
    return checks


def _of(what: str, subject: str, look: Callable[[], str]) -> Check:
    """A check by what `look` says, or by the error that it ends with."""
    try:
        return Check(what=what, subject=subject, passed=True, detail=look())
    except RatchetError as error:
        return Check(what=what, subject=subject, passed=False, detail=str(error))


def _logs(folder: Path, found: Trail) -> Iterator[Check]:
    """Each log object that the model learnt from: there, and beginning with the bytes read."""
    wanted = {source.uri for source in found.sources}
    manifest = parts.read_manifest(folder / "data" / "ingested")
    read = (
        {part.info["uri"]: part.info for part in manifest.parts if "uri" in part.info}
        if (manifest)
        else {}
    )
    for uri in sorted(wanted):
        yield _of("logs", uri, partial(_log, _place(folder, uri), read.get(uri)))


def _place(folder: Path, uri: str) -> str:
    """Where the object is: a path without a scheme starts at the workspace."""
    return uri if "://" in uri else str(folder / uri)


def _log(place: str, info: dict[str, Any] | None) -> str:
    if info is None:
        raise RatchetError(
            "data/ingested does not know this object any more: what was read from it cannot be "
            "compared; bring the object back and run `ratchet curate`"
        )
    size = int(info["size"])
    try:
        found = next(iter(sources.objects_below(place)), None)
    except SourceError:
        found = None
    if found is None or found.fault:
        raise RatchetError("the log is gone: bring it back from where logs are archived")
    digest = Digest([size])
    for chunk in sources.stored(found):
        digest.update(chunk)
    if digest.prefixes.get(size) != info["sha256"]:
        raise RatchetError(
            f"the log's first {size:,} bytes are not those that were read "
            f"(sha256 {info['sha256'][:12]}…): it was replaced, rewritten or cut"
        )
    return f"{size:,} bytes as they were read"


def _dataset(folder: Path, found: Trail) -> str:
    manifest, rows = dataset(folder, found.dataset, found.dataset_md5)
    labelled = [part for part in manifest.parts if part.label in _ROWS]
    count = sum(1 for part in labelled for _ in rows(part))
    return f"{count:,} rows in {len(labelled)} parts, each as its name says"


def _weights(model: str) -> str:
    path = learned.download(model)
    return f"the files in {path} are those that were registered"


def _reward(folder: Path, found: Trail) -> str:
    sha = Registry(folder).model(found.reward).tags.get("sha", "")
    if sha != found.reward_sha:
        raise RatchetError(
            f"{found.reward} is sha {sha[:12] or 'missing'}, the model was trained on "
            f"{found.reward_sha[:12]}…: the registered reward was changed"
        )
    return f"sha {sha[:12]}…"


def _verdict(step: str, run: Path, found: Trail) -> str:
    report = confirm.gate(run) if step == "gate" else confirm.canary(run)
    if report.verdict != found.verdicts[step]:
        raise RatchetError(
            f"its report says {report.verdict}, the registry says {found.verdicts[step]}"
        )
    if report.weights_sha256 != found.weights_sha256:
        raise RatchetError(
            f"it judged weights {report.weights_sha256[:12]}…, the model has "
            f"{found.weights_sha256[:12]}…"
        )
    return f"{report.verdict}, and follows from its rows"


def _recorded(run: Path) -> list[str]:
    """Steps of the run that MLflow has a run of."""
    return sorted(path.name.removesuffix(".mlflow-run") for path in run.glob("*.mlflow-run"))


def _run(folder: Path, run: Path, step: str, found: Trail) -> str:
    """Params, tags and figures of a run in MLflow against the job and the files that it left."""
    recorded = Registry(folder).run((run / f"{step}.mlflow-run").read_text())
    job = Job.model_validate_json((run / "job.json").read_bytes())
    differing = list(_differing(recorded, job, run, step, found))
    if differing:
        raise RatchetError(f"MLflow's run does not say what the files say: {'; '.join(differing)}")
    return f"MLflow run {recorded.run_id[:8]}… agrees with the files"


def _differing(recorded: Run, job: Job, run: Path, step: str, found: Trail) -> Iterator[str]:
    params, tags, metrics = recorded.params, recorded.tags, recorded.metrics
    for name, wanted in job.tracking.tags.items():
        if tags.get(name) != wanted:
            yield f"tag {name} is {tags.get(name)!r}, the job says {wanted!r}"
    section = {"train": job.params.train, "evaluate": job.params.evaluate}.get(step)
    for name, value in (section.model_dump() if section else {}).items():
        if name in params and params[name] != str(value):
            yield f"param {name} is {params[name]}, the job says {value}"
    if "reward_sha" in params and params["reward_sha"] != found.reward_sha:
        yield f"param reward_sha is {params['reward_sha'][:12]}…"
    if step in ("gate", "canary"):
        report = msgspec.json.decode((run / f"{step}.json").read_bytes())
        for name in ("verdict", "rows_sha256", "uri"):
            if name in tags and tags[name] != report[name]:
                yield f"tag {name} is {tags[name]!r}, the report says {report[name]!r}"
    if step == "train":
        yield from _curve(metrics, run / "train" / "curve.jsonl")


def _curve(metrics: dict[str, float], path: Path) -> Iterator[str]:
    """The last figures of the learning curve; MLflow shows those."""
    rows = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    last = {name: value for row in rows for name, value in row.items() if name != "step"}
    for name in sorted(set(last) & set(metrics)):
        if abs(metrics[name] - last[name]) > _NUMBERS * max(1.0, abs(last[name])):
            yield f"metric {name} is {metrics[name]:.6g}, the curve says {last[name]:.6g}"


def _ledger(folder: Path, found: Trail) -> Iterable[Check]:
    """The chain of releases, and the alias against the last of them."""

    def chain() -> str:
        rows = release_ledger.verified(folder)
        return f"{len(rows)} changes, each naming the one before"

    def alias() -> str:
        rows = release_ledger.history(folder, found.model)
        champion = Registry(folder).aliases(found.model).get(learned.CHAMPION, "")
        if rows and champion != rows[-1].version:
            raise RatchetError(
                f"champion is version {champion or 'none'}, the ledger says {rows[-1].version} "
                f"({rows[-1].action} by {rows[-1].who} at {rows[-1].at}): the alias was moved by "
                "other means"
            )
        return f"champion is version {champion}" + ("" if rows else ", from the beginning")

    yield _of("ledger", str(release_ledger.LEDGER), chain)
    yield _of("alias", f"{found.model}@{learned.CHAMPION}", alias)
