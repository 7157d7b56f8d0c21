"""Gives calls to the calls of a reference, one to one, and says what they earn together.

    wanted   get_rate(1), get_rate(2)
    replied  get_rate(2), get_rate(3)     exact 1: get_rate(3) is no step beyond get_rate(2)
    replied  get_rate(2), get_rate(2)     exact 1: the second answers nothing that was asked
    replied  get_rate(3), get_rate(4)     exact 0, progress 0.2: the best of both

Exact calls count each, as many as can be given a wanted call of their own. Of the other calls of a
tool only the best earns anything, and only by what it has right beyond the exact ones. That is the
most that can be paid if two things are to hold at once: a call that is said again earns nothing,
and putting one argument right never costs anything, even where two calls become the same by it.
The order of calls decides nothing, unless it was asked for: then the exact calls that count are
those of the longest common sequence.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tasks.core.records import Call, ToolCall

Table = list[list[float]]
"""Worth of each call (rows) as each wanted call (columns), in [0, 1]; 1 is exact."""


class Matched(NamedTuple):
    exact: int
    """Wanted calls that were made without a fault (and, where it was asked for, in their order)."""
    misplaced: int
    """Wanted calls that were made without a fault, but out of order."""
    progress: float
    """Sum over tools: worth of the best other call, less what the exact ones are worth there."""
    nearest: float
    """The greatest worth of any call; 0 where none is of a wanted tool."""
    named: bool
    """A wanted tool was called."""
    extra: tuple[ToolCall, ...]
    """Calls beyond those that were asked for of each tool."""


def match(
    calls: Sequence[ToolCall],
    wanted: Sequence[Call],
    worth: Callable[[ToolCall, Call], float],
    *,
    ordered: bool = False,
) -> Matched:
    """Match calls with wanted calls of the same tool; see the module for what counts."""
    table = [[worth(c, w) if c.name == w.name else 0.0 for w in wanted] for c in calls]
    if len(calls) == len(wanted) == 1 and calls[0].name == wanted[0].name:
        alone = worth(calls[0], wanted[0])
        return Matched(int(alone >= 1), 0, alone if alone < 1 else 0.0, alone, True, ())
    extra: list[ToolCall] = []
    exact, gained, named = 0, [], False
    for name in dict.fromkeys(call.name for call in calls):
        rows = [i for i, call in enumerate(calls) if call.name == name]
        columns = [j for j, w in enumerate(wanted) if w.name == name]
        extra += [calls[i] for i in rows[len(columns) :]]
        if columns:
            named = True
            found = [[table[i][j] for j in columns] for i in rows]
            exact += _most_pairs(found)
            gained.append(_progress(found))
    placed = _longest_sequence(table) if ordered else exact
    nearest = max((value for row in table for value in row), default=0.0)
    return Matched(placed, exact - placed, math.fsum(gained), nearest, named, tuple(extra))


def _progress(table: Table) -> float:
    """What the best call that is not exact adds for a wanted call that nothing answers exactly."""
    exact = [row for row in table if max(row) >= 1]
    others = [row for row in table if max(row) < 1]
    if not others:
        return 0.0
    best = 0.0
    for column in range(len(table[0])):
        known = max((row[column] for row in exact), default=0.0)
        if known < 1:
            best = max(best, max(row[column] for row in others) - known)
    return best


def _most_pairs(table: Table) -> int:
    """How many columns can be given an exact row of their own (augmenting paths: Kuhn 1955)."""
    taken: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for column, value in enumerate(table[row]):
            if value >= 1 and column not in tried:
                tried.add(column)
                if column not in taken or place(taken[column], tried):
                    taken[column] = row
                    return True
        return False

    for row in range(len(table)):
        if len(taken) == len(table[0]):
            break
        place(row, set())
    return len(taken)


def _longest_sequence(table: Table) -> int:
    """Length of the longest common sequence of calls and wanted calls that are exact."""
    before = [0] * (len(table[0]) + 1) if table else [0]
    for row in table:
        here = [0]
        for column, value in enumerate(row):
            longest = max(before[column + 1], here[column])
            here.append(max(longest, before[column] + 1) if value >= 1 else longest)
        before = here
    return before[-1]
