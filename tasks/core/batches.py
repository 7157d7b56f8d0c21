"""Gathers lines that are written together: one call for many small ones, each large one alone."""

from collections.abc import Iterable, Iterator

RECORDS = 64
BYTES = 1 << 20
"""From which on what was gathered is written, so that large records do not add up in memory."""


def batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines in their order, in lists of at most `RECORDS`."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if size >= BYTES or len(batch) == RECORDS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
