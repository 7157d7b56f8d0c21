"""Deals examples to train, validation and a held-out test: whole groups, and whole tools held out.

    data/validated   examples, facts
    data/split       parts by label: train, validation, test, unlabelled, neighbours, assignments

Held-out tools are taken out of the lists that train and validation offer; every group that calls
one is test. Examples without a reference are `unlabelled`: looked at, never trained on. Places are
kept (`assignments`) and hold for all later versions, so this folder is part of the dataset and
must not be deleted between runs. The stage fails where anything crosses, naming it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from tasks.core import closure, collector, parts, step
from tasks.core.curation_settings import SplitSettings
from tasks.core.errors import StageError
from tasks.core.parts import Manifest, Part
from tasks.core.records import Split
from tasks.dataset import assignments, grouping, holdout, proof, similar_sessions
from tasks.dataset.assignments import Assignment, Places
from tasks.dataset.grouping import Groups
from tasks.dataset.proof import Crossing
from tasks.dataset.split_parts import LABELS, NOT_TIED, UNLABELLED, Piles, Rulings
from tasks.dataset.tables import LABEL, Frame, Table, gather
from tasks.labelling.raw_records import RawExample

ASSIGNMENTS = "assignments"
DEFAULT_SIMILARITY = 0.7
"""Where the examples do not say at which similarity they were held to be near-duplicates."""


class Plan(NamedTuple):
    """The split as it is to be."""

    rulings: Rulings
    """Of all rows."""
    held_out: tuple[str, ...]
    kept: dict[str, Split]
    """The place of every session ever seen."""


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
        frame = gather([table for part in tables for table in parts.read_part(source, part, Table)])
        groups = grouping.group(frame)
        plan = _plan(settings, frame, groups, target)
        made = list(_write(inputs, source, target, plan))
        near = list(similar_sessions.gather(made, target, _code()))
        similarity = manifest.info.get("similarity", DEFAULT_SIMILARITY)
        found = proof.crossings(made, plan.held_out)
        _nothing_crosses(found or similar_sessions.crossings(near, target, similarity), frame)
        asked = msgspec.to_builtins(settings.held_out_tools)
        info = {**_info(made, plan), "held_out_asked": asked, "key": key}
        _nothing_lacks(info, settings, frame, groups)
        kept = _keep(plan, target)
    manifest = Manifest(
        stage="split", parts=(*made, *near, kept), counts=step.total(made), info=info
    )
    parts.commit(target, manifest)
    return manifest


def _plan(settings: SplitSettings, frame: Frame, groups: Groups, target: Path) -> Plan:
    before = parts.read_manifest(target)
    had: dict[str, Split] = {}
    if before:
        for part in before.labelled(ASSIGNMENTS):
            had |= {a.session: a.partition for a in parts.read_part(target, part, Assignment)}
    held_out = _held_out(settings, frame, groups, before)
    forced = holdout.Uses(frame, groups).touched(held_out)
    places = assignments.assign(frame, groups, forced, had, settings)
    return Plan(_rulings(frame, groups, places, held_out), held_out, places.kept)


def _held_out(
    settings: SplitSettings, frame: Frame, groups: Groups, before: Manifest | None
) -> tuple[str, ...]:
    """As before, for as long as the settings ask for the same."""
    asked = msgspec.to_builtins(settings.held_out_tools)
    if before and isinstance(asked, int) and before.info.get("held_out_asked") == asked:
        return tuple(before.info["held_out_tools"])
    had = before.info["held_out_tools"] if before else ()
    return holdout.choose(frame, groups, settings, had)


def _rulings(frame: Frame, groups: Groups, places: Places, held_out: Sequence[str]) -> Rulings:
    place, own = places.of_group[groups.of_row], places.of_session[frame.session]
    torn = place != own
    label = np.where(torn, own, np.where(frame.referenced, place, LABELS.index(UNLABELLED)))
    test = ~torn & frame.referenced & (place == LABELS.index("test"))
    marks = np.array([proof.hashed(name) for name in frame.sessions], np.uint64)
    return Rulings(
        label=label,
        tied=np.where(torn, place, NOT_TIED),
        held_out=test & holdout.about(frame, held_out),
        group=[frame.sessions[number] for number in groups.of_row.tolist()],
        mark=marks[groups.of_row],
    )


def _write(inputs: Sequence[Part], source: Path, target: Path, plan: Plan) -> Iterator[Part]:
    """Up to four parts for each that was read; those with the same rulings as before are kept."""
    before = parts.read_manifest(target)
    known = before.by_key() if before else {}
    start = 0
    with step.progress("splitting", len(inputs)) as advance:
        for part in inputs:
            mine = plan.rulings.of(slice(start, start + part.rows))
            start += part.rows
            keys = {LABELS[code]: _key(part, code, mine, plan) for code in _codes(mine)}
            kept = {label: known[key] for label, key in keys.items() if key in known}
            kept = {label: part for label, part in kept.items() if _intact(target, [part])}
            piles = Piles(keys.keys() - kept.keys(), plan.held_out)
            if len(kept) < len(keys):
                piles.add(parts.read_part(source, part, RawExample), mine)
            for label, key in keys.items():
                yield kept.get(label) or piles.write(target, label, key)
            advance(1)


def _nothing_crosses(found: Sequence[Crossing], frame: Frame) -> None:
    if not found:
        return
    names: dict[int | str, str] = {proof.hashed(name): name for name in _names(frame)}
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


def _names(frame: Frame) -> Iterator[str]:
    yield from frame.sessions
    yield from frame.clusters
    yield from frame.persons


def _nothing_lacks(
    info: Mapping[str, Any], settings: SplitSettings, frame: Frame, groups: Groups
) -> None:
    wanted: list[str] = list(proof.PARTITIONS)
    if settings.held_out_tools:
        wanted.append("held_out")
    lacking = [name for name in wanted if not info[name]]
    if lacking:
        labelled = len(set(groups.of_row[frame.referenced].tolist()))
        raise StageError(
            f"nothing for {', '.join(lacking)}: expected examples in each of "
            f"{', '.join(wanted)}, but {int(frame.referenced.sum())} examples with a "
            f"reference form {labelled} groups ({grouping.largest(frame, groups)}). Bring feedback "
            "for more sessions, hold out other tools (split.held_out_tools) or take ties away "
            "that are none (redact.person_keys, dedup.similarity); nothing was committed"
        )


def _info(made: Sequence[Part], plan: Plan) -> dict[str, Any]:
    return {
        **{label: sum(p.rows for p in made if p.label == label) for label in LABELS},
        "held_out": sum(part.info["held_out"] for part in made),
        "held_out_tools": list(plan.held_out),
        "behaviours": _counted(made, "behaviours"),
        "difficulties": _counted(made, "difficulties"),
        "intents": _counted(made, "intents"),
        **proof.summary(made),
    }


def _counted(made: Sequence[Part], name: str) -> dict[str, dict[str, int]]:
    """A count of each part's info, summed by label."""
    found: dict[str, Counter[str]] = {label: Counter() for label in LABELS}
    for part in made:
        if part.label in found:
            found[part.label].update(part.info[name])
    return {label: dict(sorted(counter.items())) for label, counter in found.items()}


def _keep(plan: Plan, target: Path) -> Part:
    """The places of all sessions ever seen, as a part."""
    return parts.write_part(
        target,
        (
            Assignment(session=session, partition=place)
            for session, place in sorted(plan.kept.items())
        ),
        label=ASSIGNMENTS,
    )


def _intact(target: Path, made: Sequence[Part]) -> bool:
    return all(parts.part_path(target, part).is_file() for part in made)


def _codes(rulings: Rulings) -> list[int]:
    return np.flatnonzero(np.bincount(rulings.label, minlength=len(LABELS))).tolist()


def _key(part: Part, code: int, rulings: Rulings, plan: Plan) -> str:
    decided = rulings.digest(code)
    return step.fingerprint(_code(), part.sha256, LABELS[code], decided, ",".join(plan.held_out))


@cache
def _code() -> str:
    return closure.sha("tasks.split")


if __name__ == "__main__":
    step.main(
        "split",
        lambda params, data: split(params.split, data / "validated", data / "split"),
    )
