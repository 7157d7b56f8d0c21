"""Gives each example its place: train, validation, or the sealed test that sees tools first.

    data/split/parts   labels train, validation, test; `unlabelled` rows that nothing proves, kept
                       for the report card; `assignments`, one line a session, which later versions
                       hold to; `row` sketches, so that only new parts are read whole

Whole groups are placed (session, near-duplicate cluster, person). Groups that call a held-out tool
are test; train and validation are not even offered one. Where new data ties a test group to rows
that were trained on, those rows are dropped and counted. Nothing is committed unless the proof
holds: no group, no held-out tool and no near-duplicate cluster on two sides.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tasks.core import grouping, parts, placement, step
from tasks.core.errors import StageError
from tasks.core.grouping import Row
from tasks.core.parts import Counts, Manifest, Part
from tasks.core.placement import ASSIGNMENTS, TIED, UNLABELLED, Assignment, Plan, label_of
from tasks.core.records import Example, Partition, Rejected
from tasks.core.settings import SplitSettings

CODE = (
    "tasks/split.py",
    "tasks/core/grouping.py",
    "tasks/core/placement.py",
    "tasks/core/records.py",
)
PARTITIONS: tuple[Partition, ...] = ("train", "validation", "test")
LABELS = (*PARTITIONS, UNLABELLED)


def split(settings: SplitSettings, source: Path, target: Path) -> Manifest:
    """Place the examples of `source` and commit them to `target`.

    Raises:
        StageError: a partition would be empty, too few tools can be held out, or a leak was found.
    """
    inputs = sorted(parts.require_manifest(source).labelled(""), key=lambda part: part.sha256)
    sketched = list(_sketches(inputs, source, target))
    rows = [list(parts.read_part(target, part, Row)) for part in sketched]
    before = parts.read_manifest(target)
    plan = placement.plan(settings, [row for part in rows for row in part], before, target)
    written = [
        part
        for given, mine in zip(inputs, rows, strict=True)
        for part in _written(given, mine, plan, source=source, target=target, old=before)
    ]
    manifest = _manifest(settings, plan, rows, written=written, sketched=sketched, target=target)
    parts.commit(target, manifest)
    return manifest


def _sketches(inputs: Sequence[Part], source: Path, target: Path) -> Iterator[Part]:
    def work(part: Part, key: str) -> Part:
        rows = (_row(example) for example in parts.read_part(source, part, Example))
        return parts.write_part(target, rows, key=key, label="row")

    code = step.code_sha(*CODE)
    return step.each_part(
        inputs, target, lambda p: step.fingerprint("row", p.sha256, code), work, "looking at rows"
    )


def _row(example: Example) -> Row:
    reference = example.reference
    target = [call.name for call in reference.calls] if reference else []
    context = [call.name for message in example.messages for call in message.tool_calls]
    logged = [call.name for call in example.reply.tool_calls]
    return Row(
        id=example.id,
        session=example.session_id,
        cluster=example.cluster,
        persons=example.persons,
        behaviour=reference.behaviour if reference else "",
        called=tuple(sorted({*target, *context, *logged})),
        target=tuple(sorted(set(target))),
        offered=tuple(sorted(tool.name for tool in example.tools)),
    )


def _written(
    given: Part,
    rows: Sequence[Row],
    plan: Plan,
    *,
    source: Path,
    target: Path,
    old: Manifest | None,
) -> list[Part]:
    """One input part's output parts; those that the last version already has are kept."""
    labels = [label_of(row, plan) for row in rows]
    wanted = [label for label in LABELS if label in labels or (label == "train" and rows)]
    keys = {label: _key(label, given, rows, labels, plan) for label in wanted}
    known = old.by_key() if old else {}
    made = {label: known[key] for label, key in keys.items() if key in known}
    made = {k: p for k, p in made.items() if parts.part_path(target, p).is_file()}
    if len(made) == len(wanted):
        return list(made.values())
    held: dict[str, list[Example]] = defaultdict(list)
    for example, row, label in zip(
        parts.read_part(source, given, Example), rows, labels, strict=True
    ):
        held[label].append(_placed(example, row, label, plan))
    for label in wanted:
        if label not in made:
            made[label] = _write(
                target, label, key=keys[label], examples=held[label], rows=rows, labels=labels
            )
    return [made[label] for label in wanted]


def _key(label: str, given: Part, rows: Sequence[Row], labels: Sequence[str], plan: Plan) -> str:
    decided = [(found, plan.group[row.session]) for row, found in zip(rows, labels, strict=True)]
    text = msgspec.json.encode([decided, plan.tools]).decode()
    return step.fingerprint(label, given.sha256, step.code_sha(*CODE), text)


def _placed(example: Example, row: Row, label: str, plan: Plan) -> Example:
    tools = example.tools
    tags = example.tags
    if label in ("train", "validation"):
        tools = tuple(tool for tool in tools if tool.name not in plan.tools)
    if label == "test":
        tags = msgspec.structs.replace(tags, held_out=grouping.about(row, set(plan.tools)))
    group = plan.group[example.session_id]
    return msgspec.structs.replace(example, tools=tools, tags=tags, group=group)


def _write(
    target: Path,
    label: str,
    *,
    key: str,
    examples: Sequence[Example],
    rows: Sequence[Row],
    labels: Sequence[str],
) -> Part:
    """One output part. The train part accounts for the rows that were dropped, too."""
    rejects = [
        Rejected(id=row.id, reason=found, detail="its group is now on another side")
        for row, found in zip(rows, labels, strict=True)
        if found.startswith(TIED) and label == "train"
    ]
    counts = Counts(
        read=len(examples) + len(rejects),
        accepted=len(examples),
        rejected=len(rejects),
        reasons=dict(sorted(Counter(reject.reason for reject in rejects).items())),
    )
    seen = {tool.name for example in examples for tool in example.tools}
    seen |= {call.name for e in examples for m in e.messages for call in m.tool_calls}
    seen |= {call.name for e in examples if e.reference for call in e.reference.calls}
    info = {
        "tools": sorted(seen),
        "behaviours": dict(sorted(Counter(_behaviour(e) for e in examples).items())),
        "held_out": sum(example.tags.held_out for example in examples),
    }
    return parts.write_part(
        target, examples, key=key, label=label, counts=counts, rejects=tuple(rejects), info=info
    )


def _behaviour(example: Example) -> str:
    return example.reference.behaviour if example.reference else example.behaviour


def _manifest(
    settings: SplitSettings,
    plan: Plan,
    rows: Sequence[Sequence[Row]],
    *,
    written: Sequence[Part],
    sketched: Sequence[Part],
    target: Path,
) -> Manifest:
    assignments = [Assignment(session=s, partition=p) for s, p in sorted(plan.place.items())]
    places = parts.write_part(target, assignments, label=ASSIGNMENTS)
    sizes = {label: sum(p.rows for p in written if p.label == label) for label in LABELS}
    held = sum(part.info["held_out"] for part in written)
    proof = _proof([row for part in rows for row in part], written, plan)
    _check(sizes, held, proof, settings)
    info: dict[str, Any] = {
        **sizes,
        "held_out_examples": held,
        "held_out_tools": list(plan.tools),
        "behaviours": {label: _behaviours(written, label) for label in LABELS},
        "groups": plan.sizes,
        "proof": proof,
        "seed": settings.seed,
    }
    return Manifest(
        stage="split",
        parts=(*written, places, *sketched),
        counts=step.total(written),
        info=info,
    )


def _behaviours(written: Sequence[Part], label: str) -> dict[str, int]:
    mine = (Counter(part.info["behaviours"]) for part in written if part.label == label)
    return dict(sorted(sum(mine, Counter[str]()).items()))


def _proof(rows: Sequence[Row], written: Sequence[Part], plan: Plan) -> dict[str, int]:
    """How many groups, held-out tools and near-duplicate clusters stand on two sides."""
    sides: Mapping[str, dict[str, set[str]]] = {
        kind: defaultdict(set) for kind in ("sessions", "clusters", "persons")
    }
    for row in rows:
        label = label_of(row, plan)
        if label not in PARTITIONS:
            continue
        sides["sessions"][row.session].add(label)
        if row.cluster:
            sides["clusters"][row.cluster].add(label)
        for person in row.persons:
            sides["persons"][person].add(label)
    open_parts = [part for part in written if part.label in ("train", "validation")]
    seen = {tool for part in open_parts for tool in part.info["tools"]}
    crossing = {kind: sum(len(s) > 1 for s in found.values()) for kind, found in sides.items()}
    return {**crossing, "held_out_tools": len(seen.intersection(plan.tools))}


def _check(
    sizes: Mapping[str, int], held: int, proof: Mapping[str, int], settings: SplitSettings
) -> None:
    leaks = [f"{count} {kind}" for kind, count in proof.items() if count]
    if leaks:
        raise StageError(
            f"the split leaks: {', '.join(leaks)} stand on two sides; nothing was committed"
        )
    for label in PARTITIONS:
        if not sizes[label]:
            raise StageError(
                f"{label} would be empty: too few proved examples in separate groups; add logs "
                f"with feedback, or raise split.{label if label != 'train' else 'validation'}"
            )
    if settings.held_out_tools and not held:
        raise StageError(
            "no proved example is about a held-out tool, so nothing would be judged on unseen "
            "tools; hold out other tools, or add logs with feedback that use them"
        )


if __name__ == "__main__":
    step.main(
        "split",
        lambda params, data: split(params.split, data / "validated", data / "split"),
    )
