"""Deals examples to train, validation and a sealed test: whole groups, and whole tools held out.

    data/validated   examples, facts
    data/split       parts by label: train, validation, test, unlabelled, assignments

Held-out tools are taken out of the lists that train and validation offer; every group that calls
one is test. Examples without a reference are `unlabelled`: looked at, never trained on. Places are
kept (`assignments`) and hold for all later versions, so this folder is part of the dataset and
must not be deleted between runs. The stage fails where anything crosses, naming it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tasks.core import assignments, collector, grouping, holdout, parts, proof, step
from tasks.core.assignments import Assignment, Places
from tasks.core.errors import StageError
from tasks.core.facts import LABEL, Facts
from tasks.core.grouping import Groups
from tasks.core.parts import Manifest, Part
from tasks.core.piles import LABELS, UNLABELLED, Piles, Ruling
from tasks.core.records import Example, Partition
from tasks.core.settings import SplitSettings

ASSIGNMENTS = "assignments"
CODE = (
    "tasks/split.py",
    "tasks/core/assignments.py",
    "tasks/core/grouping.py",
    "tasks/core/holdout.py",
    "tasks/core/parts.py",
    "tasks/core/piles.py",
    "tasks/core/proof.py",
    "tasks/core/records.py",
)


class Plan(NamedTuple):
    """The split as it is to be."""

    rulings: list[Ruling]
    """One a row."""
    held_out: tuple[str, ...]
    places: Places


def split(settings: SplitSettings, source: Path, target: Path) -> Manifest:
    """Read examples from `source`, commit the split to `target`.

    Raises:
        StageError: too few groups, no tool that can be held out, or something that crosses.
    """
    manifest = parts.require_manifest(source)
    pairs = zip(manifest.labelled(""), manifest.labelled(LABEL), strict=True)
    ordered = sorted(pairs, key=lambda pair: pair[0].sha256)
    inputs, tables = [pair[0] for pair in ordered], [pair[1] for pair in ordered]
    key = step.fingerprint(_code(), settings, *(part.sha256 for part in (*inputs, *tables)))
    before = parts.read_manifest(target)
    if before and before.info.get("key") == key and _intact(target, before.parts):
        return before
    with collector.paused():
        rows = [row for part in tables for row in parts.read_part(source, part, Facts)]
        groups = grouping.group(rows)
        plan = _plan(settings, rows, groups, target)
        made = list(_write(inputs, source, target, plan))
    _nothing_crosses(made, plan, rows)
    asked = msgspec.to_builtins(settings.held_out_tools)
    info = {**_info(made, plan), "held_out_asked": asked, "key": key}
    _nothing_lacks(info, settings, rows, groups)
    kept = _keep(plan, target)
    manifest = Manifest(stage="split", parts=(*made, kept), counts=step.total(made), info=info)
    parts.commit(target, manifest)
    return manifest


def _plan(settings: SplitSettings, rows: Sequence[Facts], groups: Groups, target: Path) -> Plan:
    before = parts.read_manifest(target)
    had: dict[str, Partition] = {}
    if before:
        for part in before.labelled(ASSIGNMENTS):
            had |= {a.session: a.partition for a in parts.read_part(target, part, Assignment)}
    held_out = _held_out(settings, rows, groups, before)
    forced = holdout.uses(rows, groups.of_row).touched(held_out)
    places = assignments.assign(rows, groups, forced, had, settings)
    rulings = [
        _rule(row, group, places, held_out) for row, group in zip(rows, groups.of_row, strict=True)
    ]
    return Plan(rulings, held_out, places)


def _held_out(
    settings: SplitSettings, rows: Sequence[Facts], groups: Groups, before: Manifest | None
) -> tuple[str, ...]:
    """As before, for as long as the settings ask for the same."""
    asked = msgspec.to_builtins(settings.held_out_tools)
    if before and isinstance(asked, int) and before.info.get("held_out_asked") == asked:
        return tuple(before.info["held_out_tools"])
    had = before.info["held_out_tools"] if before else ()
    return holdout.choose(rows, groups.of_row, settings, had)


def _rule(row: Facts, group: str, places: Places, held_out: Sequence[str]) -> Ruling:
    place = places.of_group[group]
    if places.of_session[row.session] != place:
        return Ruling(label=places.of_session[row.session], group=group, tied=place)
    if not row.referenced:
        return Ruling(label=UNLABELLED, group=group)
    about = place == "test" and holdout.is_about(row, held_out)
    return Ruling(label=place, group=group, held_out=about)


def _write(inputs: Sequence[Part], source: Path, target: Path, plan: Plan) -> Iterator[Part]:
    """Up to four parts for each that was read; those with the same rulings as before are kept."""
    before = parts.read_manifest(target)
    known = before.by_key() if before else {}
    start = 0
    with step.progress("splitting", len(inputs)) as advance:
        for part in inputs:
            mine = plan.rulings[start : start + part.rows]
            start += part.rows
            keys = {label: _key(part, label, mine, plan) for label in _labels(mine)}
            kept = [known[key] for key in keys.values() if key in known]
            if len(kept) == len(keys) and _intact(target, kept):
                yield from kept
            else:
                rows = parts.read_part(source, part, Example)
                piles = Piles(keys)
                for example, ruling in zip(rows, mine, strict=True):
                    piles.add(example, ruling, plan.held_out)
                for label, key in keys.items():
                    yield piles.write(target, label, key, plan.held_out)
            advance(1)


def _nothing_crosses(made: Sequence[Part], plan: Plan, rows: Sequence[Facts]) -> None:
    found = proof.crossings(made, plan.held_out)
    if not found:
        return
    names: dict[int | str, str] = {proof.hashed(name): name for name in _names(rows, plan)}
    told = "; ".join(
        f"{crossing.kind} {', '.join(names.get(x, str(x)) for x in crossing.found[:5])}"
        f" ({len(crossing.found)} in all) in {' and '.join(crossing.between)}"
        for crossing in found
    )
    raise StageError(
        f"the split leaks: {told}. Expected each group in one partition and held-out tools in the "
        "test alone; this is a fault of the stage or of parts changed by hand, so delete the "
        "parts of data/split and run it again; nothing was committed"
    )


def _names(rows: Sequence[Facts], plan: Plan) -> Iterator[str]:
    for row, ruling in zip(rows, plan.rulings, strict=True):
        yield from (ruling.group, row.session, row.cluster, *row.persons)


def _nothing_lacks(
    info: Mapping[str, Any], settings: SplitSettings, rows: Sequence[Facts], groups: Groups
) -> None:
    wanted: list[str] = list(proof.PARTITIONS)
    if settings.held_out_tools:
        wanted.append("held_out")
    lacking = [name for name in wanted if not info[name]]
    if lacking:
        labelled = len({g for r, g in zip(rows, groups.of_row, strict=True) if r.referenced})
        raise StageError(
            f"nothing for {', '.join(lacking)}: expected examples in each of "
            f"{', '.join(wanted)}, but {sum(row.referenced for row in rows)} examples with a "
            f"reference form {labelled} groups ({grouping.largest(rows, groups)}). Bring feedback "
            "for more sessions, hold out other tools (split.held_out_tools) or take ties away "
            "that are none (redact.person_keys, dedup.similarity); nothing was committed"
        )


def _info(made: Sequence[Part], plan: Plan) -> dict[str, Any]:
    behaviours: dict[str, Counter[str]] = {label: Counter() for label in LABELS}
    for part in made:
        if part.label in behaviours:
            behaviours[part.label].update(part.info["behaviours"])
    return {
        **{label: sum(p.rows for p in made if p.label == label) for label in LABELS},
        "held_out": sum(part.info["held_out"] for part in made),
        "held_out_tools": list(plan.held_out),
        "behaviours": {label: dict(sorted(found.items())) for label, found in behaviours.items()},
        **proof.summary(made),
    }


def _keep(plan: Plan, target: Path) -> Part:
    """The places of all sessions ever seen, as a part."""
    return parts.write_part(
        target,
        (
            Assignment(session=session, partition=place)
            for session, place in sorted(plan.places.of_session.items())
        ),
        label=ASSIGNMENTS,
    )


def _intact(target: Path, made: Sequence[Part]) -> bool:
    return all(parts.part_path(target, part).is_file() for part in made)


def _labels(rulings: Sequence[Ruling]) -> list[str]:
    found = {ruling.label for ruling in rulings}
    return [label for label in LABELS if label in found]


def _key(part: Part, label: str, rulings: Sequence[Ruling], plan: Plan) -> str:
    mine = [ruling if ruling.label == label else None for ruling in rulings]
    decided = sha256(msgspec.json.encode(mine, order="sorted")).hexdigest()
    return step.fingerprint(_code(), part.sha256, label, decided, ",".join(plan.held_out))


@cache
def _code() -> str:
    return step.code_sha(*CODE)


if __name__ == "__main__":
    step.main(
        "split",
        lambda params, data: split(params.split, data / "validated", data / "split"),
    )
