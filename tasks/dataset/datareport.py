"""Draws the dataset's report: what each stage made of the logs, as one page of its own.

    data/report/v1.3.html

Numbers and tool names only, no record's content. The held-out test is described by the manifest of
`split` alone; its rows are not opened. The same dataset gives the same bytes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from tasks.core import parts, step
from tasks.core.parts import Manifest
from tasks.core.records import Behaviour
from tasks.dataset import datacharts, dataview, drifted, proved, sliced
from tasks.dataset.datacharts import ACCENT, ALARM, PLAIN, Bar, Spread, Stack
from tasks.dataset.datapage import first, key, note, number, page, section, table, text, tiles
from tasks.dataset.dataview import View
from tasks.logs.naming import SESSIONS
from tasks.redaction.people import PERSONS

MOST_TOOLS = 30
PARTITIONS = {
    "train": "learnt from",
    "validation": "chooses between models",
    "test": "sealed, read by evaluate alone",
    "unlabelled": "what was right is not known",
}
TRUTH = {
    "outcome": "the session ended well",
    "human_edit": "a person wrote the right reply",
    "tool_result": "the tool ran without an error",
    "incumbent": "what production answered, unproved",
    "none": "nothing proves what was right",
}
PROOF = {
    "groups": "groups of what belongs together",
    "sessions": "sessions",
    "clusters": "near-duplicate clusters",
    "persons": "persons",
    "held_out_tools": "held-out tools seen in train or validation",
    "near_neighbours": "near-duplicate transcripts, looked for in what was written",
}


def write_report(data: Path, out: Path) -> None:
    """Write the page about the stages' folders in `data` to `out`, whole or not at all.

    Raises:
        StageError: a stage has not run, or an open part of data/split is missing or was changed.
    """
    stages = {name: parts.require_manifest(data / f) for name, f in step.FOLDERS.items()}
    split = stages["split"]
    view = dataview.look(data / step.FOLDERS["split"], split)
    body = [
        _head(stages),
        section("What each stage kept", _stages(stages)),
        section("What changed in the logs", drifted.section(data)),
        section("Partitions", _partitions(split)),
        section("Tools", _tools(split, view)),
        section("What users want, and how hard it is", _slices(split)),
        section("What proves the right answer", _truth(view) + proved.section(stages["dedup"])),
        section("Lengths", _lengths(view)),
        section("Who the calls are about", _identities(stages)),
        section("Personal data taken out", _redacted(stages["redact"])),
        section("Proof that nothing leaks", _proof(split)),
    ]
    parts.replace(out, page("Dataset report", "\n".join(body)).encode())


def _head(stages: Mapping[str, Manifest]) -> str:
    sizes = _sizes(stages["split"])
    total = sum(sizes.values())
    counts = [manifest.counts for manifest in stages.values()]
    read, rejected = counts[0].read, sum(count.rejected for count in counts)
    duplicate = sum(count.duplicate for count in counts)
    feedback = stages["ingest"].info.get("feedback", {}).get("accepted")
    lost = (
        f"{number(duplicate, 'duplicate')} and {number(rejected, 'reject')} are left out, each "
        "counted below with its reason."
    )
    beside = f" {number(feedback, 'line')} of feedback came beside the calls." if feedback else ""
    return (
        f"<h1>{number(total, 'example')} from {number(read, 'logged call')}</h1>"
        + text(lost + beside)
        + tiles([(name, sizes[name], PARTITIONS[name]) for name in PARTITIONS])
    )


def _stages(stages: Mapping[str, Manifest]) -> str:
    counts = {name: manifest.counts for name, manifest in stages.items()}
    rows = [Stack(n, c.accepted, c.duplicate, c.rejected) for n, c in counts.items()]
    cells = [
        (name, c.read, c.accepted, c.duplicate, c.rejected, _reasons(c.reasons))
        for name, c in counts.items()
    ]
    columns = ("stage", "read", "accepted", "duplicate", "rejected", "reasons")
    return (
        text("Every record read is accepted, a duplicate or rejected; none is lost unseen.")
        + key(("accepted", ACCENT), ("duplicate", PLAIN), ("rejected", ALARM))
        + datacharts.stacks("What each stage kept", rows)
        + table(columns, cells)
    )


def _reasons(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(reasons.items())) or "none"


def _sizes(split: Manifest) -> dict[str, int]:
    return {name: sum(part.rows for part in split.labelled(name)) for name in PARTITIONS}


def _partitions(split: Manifest) -> str:
    sizes, groups = _sizes(split), split.info.get("groups", {})
    whole = max(1, sum(sizes.values()))
    notes = {
        name: f"{size / whole:.0%}"
        + (f", {number(groups[name], 'group')}" if name in groups else "")
        for name, size in sizes.items()
    }
    rows = [Bar(name, size, notes[name], marked=name == "train") for name, size in sizes.items()]
    body = text(
        "Whole groups are placed: calls of one session, near-duplicates of each other and calls "
        "about one person stay on one side."
    ) + datacharts.bars("Examples by partition", rows)
    found = split.info.get("behaviours")
    if not found:
        return body + _absent("the behaviours of each partition")
    panels = [
        (name, [Bar(b, found.get(name, {}).get(b, 0)) for b in get_args(Behaviour)])
        for name in PARTITIONS
    ]
    return (
        body
        + text("What the right next action is. Where nothing proves it, what the agent did:")
        + datacharts.multiples("Behaviours by partition", panels)
    )


def _slices(split: Manifest) -> str:
    intents, difficulties = split.info.get("intents"), split.info.get("difficulties")
    if not intents or not difficulties:
        return _absent("the tags of each partition")
    return sliced.section(intents, difficulties, list(PARTITIONS))


def _tools(split: Manifest, view: View) -> str:
    held = list(split.info.get("held_out_tools", []))
    names = sorted({*view.calls, *held}, key=lambda name: (-view.calls[name], name))
    some = {*names[:MOST_TOOLS], *[name for name in names if name in held][:MOST_TOOLS]}
    shown = [name for name in names if name in some]
    rows = [
        Bar(
            n,
            view.calls[n],
            "held out: proved calls are sealed" if n in held else "",
            marked=n in held,
        )
        for n in shown
    ]
    hidden = [view.calls[name] for name in names if name not in shown]
    return (
        text(
            f"Calls that the open examples decide on. {number(len(held), 'tool')} held out"
            + (f" ({first(held, MOST_TOOLS, 'data/split/manifest.json')})" if held else "")
            + ": calls of these go to the held-out test, and train and validation are not even "
            "offered them, so that the test says how a model does on tools it never saw."
        )
        + _scope(view)
        + (datacharts.bars("Calls by tool", rows) if rows else text("No example calls a tool."))
        + (note(f"{len(hidden)} more tools with {sum(hidden):,} calls.") if hidden else "")
    )


def _truth(view: View) -> str:
    names = [name for name in TRUTH if view.truth[name] or name != "incumbent"]
    rows = [Bar(name, view.truth[name], TRUTH[name]) for name in names]
    waiting = (
        note(
            f"{number(view.waiting, 'example')} of these, proved as they are, wait for a person's "
            "label (data/deduped/review.jsonl) and are unlabelled until then."
        )
        if view.waiting
        else ""
    )
    return _scope(view) + datacharts.bars("Truth sources", rows) + waiting


def _lengths(view: View) -> str:
    if not view.turns:
        return text("No example is open, so there is no length to show.")
    panels = (
        Spread("Characters of context", view.characters),
        Spread("Assistant turns, the decision included", view.turns),
    )
    longest = f"Longest context {number(max(view.characters), 'character')}"
    return (
        _scope(view)
        + datacharts.spreads("Lengths", panels)
        + note(f"{longest}; most turns {max(view.turns):,}.")
    )


def _identities(stages: Mapping[str, Manifest]) -> str:
    sessions = stages["ingest"].info.get(SESSIONS)
    persons = stages["redact"].info.get(PERSONS)
    if sessions is None or persons is None:
        return _absent("how many records name a session or a person")
    rows = [
        ("with a session", sessions.get("records", 0) - sessions.get("nameless", 0)),
        ("a session each of their own", sessions.get("nameless", 0)),
        ("that name a person", persons.get("named", 0)),
        *((f"by {name}", count) for name, count in persons["keys"].items()),
    ]
    return text(
        "What an erasure can find: it takes every session in which one record names the person. A "
        "record may name them by several keys."
    ) + table(("records", "count"), rows)


def _redacted(redact: Manifest) -> str:
    if "redacted" not in redact.info:
        return _absent("what was redacted")
    found: dict[str, int] = redact.info["redacted"]
    read = redact.info.get("names", {})
    unread = read["unread"] / read["texts"] if read.get("texts") else 1.0
    names = text(
        f"Texts that no name model looked at: {unread:.1%}. In these, names that no key, "
        "introduction or other message of the session gives away stay."
    )
    if not found:
        return text("Nothing was found that had to be replaced.") + names
    rows = [Bar(n, c) for n, c in sorted(found.items(), key=lambda item: (-item[1], item[0]))]
    count = number(sum(found.values()), "value")
    said = text(
        f"{count} replaced by surrogates before anything else was made of the logs; one value has "
        "one surrogate."
    )
    return said + datacharts.bars("Redacted values by type", rows) + names


def _proof(split: Manifest) -> str:
    proof: dict[str, int] | None = split.info.get("proof")
    if not proof:
        return _absent("a proof")
    cells = [
        (PROOF.get(name, name.replace("_", " ")), str(n) if not n else f"{n}: a leak")
        for name, n in proof.items()
    ]
    kept = not any(proof.values())
    return text(
        "Counted after the split, over every row. None of these stands on two sides."
        if kept
        else "Counted after the split, over every row. Something stands on two sides: do not train."
    ) + table(("what", "on two sides"), cells)


def _scope(view: View) -> str:
    if view.looked == view.rows:
        return note(f"All {number(view.rows, 'open example')}; the held-out test is not opened.")
    return note(
        f"A sample of {view.looked:,} of {number(view.rows, 'open example')}, the first of every "
        "part; the held-out test is not opened."
    )


def _absent(what: str) -> str:
    return text(f"The manifest of this stage does not hold {what}: left out here.")
