"""Walk from a model in production back to the log lines it learnt from.

    models:/agent@champion
      version 2, weights 3fa1…            registered model
      run 20261122T014105-9f3a            params, curve, completions
      reward models:/reward-tool_calls/1  spec and source
      dataset dataset-v1.0                md5 in dvc.lock, commit
      s3://logs/…/03/14/…json.gz          lines 3, 7, 12

Each link is read from what recorded it (MLflow's registry, git, the dataset's own rows), and a
link that is missing or does not agree is an error, not a gap.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tasks.core import parts, step, workspace
from tasks.core.errors import EvidenceError
from tasks.core.parts import Manifest
from tasks.core.records import Example, Record
from tasks.lineage.model_registry import ModelVersion, Registry


class SourceLines(Record, frozen=True, kw_only=True):
    """The lines of one log object that a model was trained or chosen on."""

    uri: str
    format: str
    lines: tuple[int, ...]


class Trail(Record, frozen=True, kw_only=True):
    """The chain from a model back to its log lines."""

    model: str
    version: str
    aliases: tuple[str, ...]
    weights_sha256: str
    mlflow_run: str
    run: str
    """Of the pipeline, as in `.ratchet/runs/`; empty for a base that was registered from a file."""
    reward: str
    reward_sha: str
    dataset: str
    dataset_md5: str
    commit: str
    verdicts: dict[str, str]
    """`gate` and `canary`, where they ran."""
    examples: dict[str, int]
    """By partition, of the dataset version."""
    sources: tuple[SourceLines, ...]


def trail(folder: Path, uri: str) -> Trail:
    """Follow a model uri (`models:/NAME@ALIAS` or `models:/NAME/VERSION`) back to log lines.

    Raises:
        EvidenceError: no such model, a link is missing, or a digest does not agree.
    """
    version = Registry(folder).model(uri)
    tags = version.tags
    if not tags.get("ratchet.run"):
        return _base(version, tags)
    tag, md5 = _tag(tags, "dataset.version"), _tag(tags, "dvc.md5")
    tagged = {v.tag: v for v in workspace.versions(folder)}
    if tag not in tagged or tagged[tag].md5 != md5:
        raise EvidenceError(
            f"{uri} names {tag} with md5 {md5}, which {folder} does not hold: fetch its tags "
            "(`git fetch --tags`), or name the right workspace with --workspace"
        )
    examples, sources = _sources(folder, tag, md5)
    return Trail(
        model=version.name,
        version=version.version,
        aliases=version.aliases,
        weights_sha256=_tag(tags, "weights_sha256"),
        mlflow_run=version.run_id,
        run=tags["ratchet.run"],
        reward=_tag(tags, "reward_uri"),
        reward_sha=_tag(tags, "reward_sha"),
        dataset=tag,
        dataset_md5=md5,
        commit=workspace.git(folder, "rev-list", "-n", "1", tag).strip(),
        verdicts={name: tags[name] for name in ("gate", "canary") if name in tags},
        examples=examples,
        sources=sources,
    )


def _base(version: ModelVersion, tags: dict[str, str]) -> Trail:
    """A base that came from a file: the chain ends at its weights."""
    return Trail(
        model=version.name,
        version=version.version,
        aliases=version.aliases,
        weights_sha256=_tag(tags, "weights_sha256"),
        mlflow_run="",
        run="",
        reward="",
        reward_sha="",
        dataset="",
        dataset_md5="",
        commit="",
        verdicts={},
        examples={},
        sources=(),
    )


def _tag(tags: dict[str, str], name: str) -> str:
    if not tags.get(name):
        raise EvidenceError(
            f"the model version has no tag {name}: it was not registered by a pipeline run, or "
            "the tag was removed; its origin cannot be proved"
        )
    return tags[name]


def _sources(folder: Path, tag: str, md5: str) -> tuple[dict[str, int], tuple[SourceLines, ...]]:
    """Examples by partition, and the lines behind train and validation."""
    sizes: dict[str, int] = {}
    lines: dict[tuple[str, str], set[int]] = defaultdict(set)
    manifest, rows = dataset(folder, tag, md5)
    for part in manifest.parts:
        if part.label not in ("train", "validation", "test"):
            continue
        sizes[part.label] = sizes.get(part.label, 0) + part.rows
        if part.label == "test":  # nothing was learnt from it, and it stays sealed
            continue
        for example in rows(part):
            for source in example.sources:
                lines[source.uri, source.format].add(source.line)
    found = tuple(
        SourceLines(uri=uri, format=kind, lines=tuple(sorted(numbers)))
        for (uri, kind), numbers in sorted(lines.items())
    )
    return sizes, found


def dataset(folder: Path, tag: str, md5: str) -> tuple[Manifest, Any]:
    """Manifest of the dataset and a reader of its parts: from here, else from DVC's cache."""
    here = folder / "data" / "split"
    if parts.read_manifest(here) is not None and workspace.dataset(folder).md5 == md5:
        return parts.require_manifest(here), lambda part: parts.read_part(here, part, Example)
    from dvc.api import DVCFileSystem

    files = DVCFileSystem(str(folder), rev=tag)
    try:
        manifest = msgspec.json.decode(
            files.read_bytes(f"data/split/{parts.MANIFEST}"), type=Manifest
        )
    except FileNotFoundError as error:
        raise EvidenceError(
            f"{tag} is neither in {here} nor in DVC's cache: run `dvc fetch --all-tags`"
        ) from error

    def rows(part: parts.Part) -> Iterator[Example]:
        decoder = msgspec.json.Decoder(Example)
        for line in files.read_bytes(f"data/split/parts/{part.sha256}.jsonl").splitlines():
            yield decoder.decode(line)

    return manifest, rows


def redacted_under(folder: Path, tag: str) -> str:
    """Id of the key that a dataset version was redacted under."""
    from dvc.api import DVCFileSystem

    path = f"data/{step.FOLDERS['redact']}/{parts.MANIFEST}"
    try:
        data = DVCFileSystem(str(folder), rev=tag).read_bytes(path)
    except FileNotFoundError as error:
        raise EvidenceError(
            f"{path} of {tag}, which names the key of its surrogates, is not in DVC's cache: run "
            "`dvc fetch --all-tags`"
        ) from error
    return str(msgspec.json.decode(data, type=Manifest).info.get("key_id", ""))
