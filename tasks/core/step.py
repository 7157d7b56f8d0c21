"""How every data stage runs: settings in, one folder read, one folder written, counts out.

A stage is `python -m tasks.<step>` in a workspace (the folder that holds params.yaml and data/).
It works only on input parts that its last manifest does not already answer for, so the cost of a
run grows with what is new, and what it writes equals a full rebuild byte for byte.
"""

import gc
import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.core import disk_space, os_errors, parts, stages, workers
from tasks.core.curation_settings import CurationParams, load
from tasks.core.errors import RatchetError
from tasks.core.parts import Counts, Manifest, Part
from tasks.core.section import Section

FOLDERS = stages.FOLDERS
"""Data stage to the folder in data/ that it writes; each reads the one before."""

LOOK = "RATCHET_LOOK"
"""Set in the environment where a stage runs to see whether there is anything to do: a run that
follows says its counts, or the command that found nothing."""

COMMAND = "RATCHET_COMMAND"
"""Set in the environment where a command of `ratchet` runs the stage: it says what Ctrl-C does."""


def main(stage: str, work: Callable[[CurationParams, Path], Manifest]) -> None:
    """Run a stage in the current folder and leave with the exit code of what went wrong.

    `work` is given the params and the folder `data`, and returns the manifest it committed. The
    stage uses the processor cores that this process may run on (`taskset -c 0` leaves it one).
    """
    data = Path("data")
    folders = dict(zip(list(FOLDERS)[1:], FOLDERS.values(), strict=False))
    try:
        params = load()
        disk_space.writable(data / FOLDERS[stage])
        with parts.single_writer(data / FOLDERS[stage]), workers.use(workers.cores()):
            if stage in folders:
                disk_space.between(stage, data / folders[stage], data / FOLDERS[stage])
            manifest = work(params, data)
            # A run that finds nothing new commits nothing, and the one before may have been killed.
            parts.collect(data / FOLDERS[stage], manifest)
    except RatchetError as error:
        raise SystemExit(_fail(stage, str(error), error.exit_code)) from error
    except KeyboardInterrupt as interrupt:
        if COMMAND in os.environ:
            raise SystemExit(130) from interrupt
        raise SystemExit(
            _fail(stage, "interrupted; nothing was committed, run it again", 130)
        ) from interrupt
    except OSError as error:
        told = os_errors.explained(error, "data")
        if not told:
            raise
        raise SystemExit(_fail(stage, told, 4)) from error
    if LOOK not in os.environ:
        print(f"{stage}: {summary(manifest.counts)}")
    # The interpreter looks for garbage once more before it ends: among modules, there is none.
    gc.freeze()


def summary(counts: Counts) -> str:
    """One line a person reads: `read 10 = 7 accepted + 1 rejected + 2 duplicate (torn 1)`."""
    reasons = ", ".join(f"{name} {count}" for name, count in sorted(counts.reasons.items()))
    return (
        f"read {counts.read} = {counts.accepted} accepted + {counts.rejected} rejected + "
        f"{counts.duplicate} duplicate" + (f" ({reasons})" if reasons else "")
    )


def each_part(
    inputs: Iterable[Part],
    target: Path,
    key: Callable[[Part], str],
    work: Callable[[Part, str], Part],
    description: str,
    *,
    meanwhile: Callable[[], object] | None = None,
) -> Iterator[Part]:
    """Yield each input part's output part; `work(part, key)` runs only where `key` is new.

    Work on several parts may run in processes of its own (`workers`), `meanwhile` beside it.
    """
    before = parts.read_manifest(target)
    known = before.by_key() if before else {}
    wanted = [(part, key(part)) for part in inputs]
    kept = {name: known[name] for _, name in wanted if name in known}
    kept = {name: part for name, part in kept.items() if _intact(target, part)}
    missing = [pair for pair in wanted if pair[1] not in kept]
    made = workers.each(lambda pair: work(*pair), missing, meanwhile=meanwhile)
    with progress(description, len(wanted)) as advance:
        for _, name in wanted:
            yield kept[name] if name in kept else next(made)
            advance(1)


def fingerprint(*values: str | Section) -> str:
    """sha256 over settings and texts: what a part was made from."""
    digest = hashlib.sha256()
    for value in values:
        text = value if isinstance(value, str) else value.model_dump_json()
        digest.update(f"{len(text)}:{text}".encode())
    return digest.hexdigest()


def warn(stage: str, lines: Iterable[str]) -> None:
    """Say on standard error what a person should look at; the stage goes on."""
    for line in lines:
        print(f"ratchet {stage}: warning: {line}", file=sys.stderr)


@contextmanager
def progress(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal's standard error; silent elsewhere. Yields `advance(n)`."""
    if not sys.stderr.isatty() or total == 0:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=total)
        yield lambda n: bar.advance(task, n)


def total(found: Iterable[Part]) -> Counts:
    """Sum of the counts of parts."""
    counts = Counts()
    for part in found:
        counts = counts + part.counts
    return counts


def _intact(folder: Path, part: Part) -> bool:
    return parts.part_path(folder, part).is_file()


def _fail(stage: str, message: str, code: int) -> int:
    print(f"ratchet {stage}: {message}", file=sys.stderr)
    return code
