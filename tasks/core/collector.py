"""Pauses Python's cycle collector while many records are held.

Records have no cycles, so the collector frees nothing of them; but it walks all that are held,
again and again: decoding 10,000 invocations into a list takes 0.20 s without it and 0.53 s with it.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No collection of cycles inside; as it was before, after."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
