"""Shows how a dataset's examples divide by what users want and by difficulty, a table each.

    intent               train   validation   test   unlabelled
    update_reservation…    106            9     40          646

Counts of the split's manifest, the held-out test's too. Where there are more intents than a reader
takes in, those of one verb stand in one line (`cancel …`); the tags keep them apart.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from tasks.core.records import CLOSING, OTHER
from tasks.dataset.datapage import note, table, text
from tasks.labelling import side_effects

MOST = 40
"""Intents with a line each."""
LEVELS = ("easy", "medium", "hard")

Counts = Mapping[str, Mapping[str, int]]
"""Split to tag to examples."""


def section(intents: Counts, difficulties: Counts, partitions: Sequence[str]) -> str:
    """Both tables."""
    names = {name for counts in intents.values() for name in counts}
    grouped = intents if len(names) <= MOST else _by_verb(intents)
    total: Counter[str] = Counter()
    for counts in grouped.values():
        total.update(counts)
    order = sorted(total, key=lambda name: (name in (CLOSING, OTHER), -total[name], name))
    hidden = sum(total[name] for name in order[MOST:])
    more = f"{len(order) - MOST} more with {hidden:,} examples." if hidden else ""
    told = "" if grouped is intents else f"The {len(names):,} intents are grouped by verb. "
    return (
        text(
            "What the user wants, as the tool that it comes to; by what the session does and by "
            "the user's words. Closing is a leave-taking, other what no tool was found for."
        )
        + _table("intent", grouped, order[:MOST], partitions)
        + (note(told + more) if told or more else "")
        + text("How hard the decision is, by rules that are the same for all data:")
        + _table("difficulty", difficulties, LEVELS, partitions)
    )


def _table(title: str, counts: Counts, names: Sequence[str], partitions: Sequence[str]) -> str:
    rows: list[tuple[str | int, ...]] = [
        (name or "none", *(counts.get(partition, {}).get(name, 0) for partition in partitions))
        for name in names
    ]
    return table((title, *partitions), rows)


def _by_verb(counts: Counts) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for partition, of in counts.items():
        sums: dict[str, int] = defaultdict(int)
        for name, count in of.items():
            verb = side_effects.verb(name)
            sums[name if name in (CLOSING, OTHER) or not verb else f"{verb} …"] += count
        found[partition] = dict(sums)
    return found
