"""Tells where the time of a data stage goes: the functions by their own time, and whose they are.

    | own s | share | µs a record | calls | function |
    |--:|--:|--:|--:|---|
    | 0.41 | 31% | 21 | 20,400 | msgspec: decode_lines |

The stage runs under cProfile on one core. That makes each call dearer, so Python's own functions
look larger than they are beside long calls into C; the table says by how much it slowed the stage.
"""

import pstats
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.curation import stage_runs
from tasks.core.closure import PROJECT

SHOWN = 12
PACKAGES = "site-packages/"


class Spot(NamedTuple):
    """A function and the time spent in it, without what it calls."""

    owner: str
    """A file of ours, a library, or `start`: all that an import runs."""
    name: str
    calls: int
    seconds: float


def table(stage: str, folder: Path, records: int, plain_s: float) -> Iterator[str]:
    """Run the stage once, profiled, and lay out what it found.

    Args:
        stage: its name.
        folder: a workspace in which the stages before it have run.
        records: log records that the time is put on.
        plain_s: CPU seconds of the same run without a profile.
    """
    file = folder / f"{stage}.prof"
    cost = stage_runs.run(stage, folder, python=["-m", "cProfile", "-o", str(file)])
    spots = found(file)
    total = sum(spot.seconds for spot in spots)
    yield f"\n#### {stage}: {plain_s:.2f} CPU s, {cost.cpu_s:.2f} with the profile\n"
    yield "| own s | share | µs a record | calls | function |"
    yield "|--:|--:|--:|--:|---|"
    for spot in sorted(spots, key=lambda spot: -spot.seconds)[:SHOWN]:
        yield (
            f"| {spot.seconds:.2f} | {spot.seconds / total:.0%} | "
            f"{spot.seconds / total * plain_s / records * 1e6:.1f} | {spot.calls:,} | "
            f"{spot.owner}: `{spot.name}` |"
        )
    owners: Counter[str] = Counter()
    for spot in spots:
        owners[spot.owner] += spot.seconds  # type: ignore[assignment]
    told = ", ".join(f"{owner} {seconds / total:.0%}" for owner, seconds in owners.most_common(8))
    yield f"\nBy whose it is: {told}."


def found(file: Path) -> list[Spot]:
    """All functions of a profile."""
    stats: dict[tuple[str, int, str], Any] = pstats.Stats(str(file)).stats  # type: ignore[attr-defined]
    return [
        Spot(_owner(*place), _name(place[2]), calls, own)
        for place, (_, calls, own, _, _) in stats.items()
    ]


def _owner(path: str, line: int, name: str) -> str:
    if path.startswith("<frozen importlib") or name in {"<module>", "__build_class__"}:
        return "start"
    if path == "~":
        return _of_builtin(name)
    if PACKAGES in path:
        return path.partition(PACKAGES)[2].partition("/")[0]
    if path.startswith(str(PROJECT)):
        return Path(path).relative_to(PROJECT).as_posix()
    return Path(path).stem


def _of_builtin(name: str) -> str:
    for word, owner in _BUILTINS.items():
        if word in name:
            return owner
    return "built in"


def _name(name: str) -> str:
    return name.removeprefix("<").removesuffix(">").replace("|", "¦")


_BUILTINS = {
    "msgspec": "msgspec",
    "_hashlib": "hashlib",
    "_blake2": "hashlib",
    "_hmac": "hashlib",
    "xxh": "xxhash",
    "re.Pattern": "re",
    "re.Match": "re",
    "re2": "re2",
    "numpy": "numpy",
    "ufunc": "numpy",
    "fsync": "disk",
    "_io.": "disk",
    "marshal": "start",
    "_imp.": "start",
    "pydantic_core": "pydantic_core",
}
"""Words in the names of functions in C, and whose those are."""
