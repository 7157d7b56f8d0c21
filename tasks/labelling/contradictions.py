"""Finds records that say different things of one and the same request.

Within a format two distinct records under one request id contradict each other, as a service logs
a call once. Of two formats each may tell a call in its own way: one cuts long texts, another leaves
reasoning out. What was called is told by all of them alike, so there only different calls (names
and arguments) are a contradiction, and then all that is said of the request is doubtful.
"""

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from tasks.core.records import Reply
from tasks.labelling.chains import hashed
from tasks.labelling.shingles import I64, U64
from tasks.labelling.similarity import among

NO_CALLS = 0
_NAMELESS = hashed("")


def called(reply: Reply, calls: bytes) -> int:
    """Hash of a reply's calls, given by their `meaning`; `NO_CALLS` without any that are whole."""
    if not calls or any(call.raw_arguments for call in reply.tool_calls):
        return NO_CALLS
    return xxh3_64_intdigest(calls)


def contradictory(request: U64, kind: I64, made: U64) -> I64:
    """Rows that contradict another one of the same request.

    Args:
        request: hash of each row's request id; a row without an id claims none.
        kind: a number for each row's format.
        made: what each row's reply called, as `called` gives it.
    """
    order = np.lexsort((kind, request))
    same = _next_is_equal(request[order]) & _next_is_equal(kind[order])
    clash = np.zeros(len(request), np.bool_)
    clash[order] = same | np.roll(same, 1)
    calling = np.flatnonzero(made != NO_CALLS)
    calling = calling[np.lexsort((made[calling], request[calling]))]
    differ = _next_is_equal(request[calling]) & ~_next_is_equal(made[calling])
    clash |= among(request, request[calling[differ]])
    return np.flatnonzero(clash & (request != _NAMELESS))


def _next_is_equal(values: U64 | I64) -> NDArray[np.bool_]:
    """Whether the value behind each is the same; False for the last."""
    return np.append(values[1:] == values[:-1], False)[: len(values)]
