"""Says which earlier calls of a session a later one takes back: they are no reference.

    get_order({"id": "77"})   -> "no order 77 exists"    REPEATED, once
    get_order({"id": "771"})  -> {"id": "771", …}            this one is called

    book_flight({"flight": "F1"})  -> {"booking": "B9"}  UNDONE, once
    cancel_booking({"booking": "B9"})                        this one is called

    update_order({"id": "7", "size": "M"})               UNDONE, once
    update_order({"id": "7", "size": "L"})                   this one is called

A session's outcome speaks of where it ended. A call that had to be made again with other arguments,
or whose effect was taken away again, did not lead there. It may have been right when it was made
(a user may change their mind); nothing in a log tells, so nothing is proved.

A call is repeated where the same tool is called later with other arguments and its own result was a
complaint; what a search found nothing for is none. It is undone where a later tool has the opposite
verb, is about the same thing, and names a value that the call named or got back; or where the same
tool sets the same fields of the same thing to something else.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from tasks.core.records import ToolCall
from tasks.labelling import side_effects

REPEATED, UNDONE = 1, 2
"""Bits of a turn's mark."""
_SHORT = 600
"""Characters of a result that may be a complaint; what is longer tells something."""
_COMPLAINT = re.compile(
    r"\b(?:not found|no such|does(?:n't| not) exist|no \w+(?: \S+){0,3} (?:exists?|matche[sd])"
    r"|invalid|unknown|fail(?:ed|ure|s)?|could(?:n't| not)|unable|cannot|can't|denied|forbidden"
    r"|unauthori[sz]ed|exception|timed? ?out|traceback|bad request|missing|required|rejected"
    r"|not (?:allowed|permitted|valid|possible)|must (?:be|have|not)|expected|wrong)\b"
    r"|\b(?:status|code)\W{1,4}[45]\d\d\b",
    re.IGNORECASE,
)
_SEARCHES = frozenset(["find", "filter", "list", "look", "lookup", "query", "scan", "search"])
_OPPOSITES = {
    "cancel": "book buy create make open order place purchase rebook register reserve schedule"
    " submit subscribe start",
    "delete": "add append attach copy create insert make publish save upload write",
    "remove": "add append assign attach create insert save share",
    "erase": "add create write",
    "refund": "buy charge order pay purchase",
    "return": "buy order purchase",
    "void": "charge issue pay",
    "unsubscribe": "subscribe",
    "block": "unblock",
    "unblock": "block",
    "lock": "unlock",
    "unlock": "lock",
    "enable": "disable",
    "disable": "enable",
    "activate": "deactivate",
    "deactivate": "activate",
    "open": "close",
    "reopen": "close",
    "close": "create open",
    "decline": "accept approve",
    "reject": "accept approve",
    "accept": "decline reject",
    "approve": "reject decline",
    "withdraw": "submit",
    "revoke": "approve grant share",
    "grant": "revoke",
    "restore": "delete remove",
    "start": "stop",
    "stop": "start",
    "install": "uninstall",
    "uninstall": "install",
    "unassign": "assign",
    "release": "hold reserve",
    "suspend": "resume",
    "resume": "suspend",
    "undo": "*",
    "revert": "*",
    "rollback": "*",
}
_SETS = frozenset(["change", "edit", "modify", "move", "rename", "replace", "reschedule", "set",
                   "update", "assign"])  # fmt: skip
_NAMES_ONE = re.compile(r"(?:^|_)(?:id|ids|number|no|code|key|ref|reference|name|email|uuid)$|Id$")


def mark(
    marks: list[int],
    calls: Sequence[tuple[ToolCall, ...]],
    results: Sequence[Sequence[str]],
    later: tuple[ToolCall, ...],
) -> None:
    """Mark, in place, the turns that one more turn takes back.

    Args:
        marks: of each earlier turn.
        calls: what each of them called.
        results: what tools answered to each of them.
        later: what the turn behind them calls.
    """
    for turn, earlier in enumerate(calls):
        for old in earlier:
            for new in later:
                marks[turn] |= _taken_back(old, results[turn], new)


def _taken_back(old: ToolCall, results: Sequence[str], new: ToolCall) -> int:
    if old.name == new.name:
        if old.arguments == new.arguments:
            return 0
        if _complains(old.name, results):
            return REPEATED
        return UNDONE if _is_set_anew(old, new) else 0
    if not _is_opposite(old.name, new.name):
        return 0
    named = [value for value in map(_as_name, new.arguments.values()) if len(value) > 1]
    # What the call got back names its effect, whatever the later tool calls it.
    if any(value in text for text in results for value in named):
        return UNDONE
    about_it = not named or not set(named).isdisjoint(map(_as_name, old.arguments.values()))
    return UNDONE if about_it and _share_a_noun(old.name, new.name) else 0


def _complains(name: str, results: Sequence[str]) -> bool:
    if side_effects.verb(name) in _SEARCHES:
        return False
    return any(len(text) <= _SHORT and _COMPLAINT.search(text) for text in results)


def _is_set_anew(old: ToolCall, new: ToolCall) -> bool:
    if side_effects.verb(old.name) not in _SETS or old.arguments.keys() != new.arguments.keys():
        return False
    same = [name for name, value in old.arguments.items() if value == new.arguments[name]]
    return any(_NAMES_ONE.search(name) for name in same)


@lru_cache(maxsize=4096)
def _is_opposite(earlier: str, later: str) -> bool:
    """Whether the verb of the later tool takes back what the earlier one does."""
    if not side_effects.changes_something(earlier):
        return False
    undone = _OPPOSITES.get(_parts(later)[0], "").split()
    return _parts(earlier)[0] in undone or "*" in undone


@lru_cache(maxsize=4096)
def _share_a_noun(one: str, other: str) -> bool:
    """Whether two tools are about the same thing by their names, or one of them names nothing."""
    nouns, others = _parts(one)[1], _parts(other)[1]
    return not nouns or not others or bool(nouns & others)


def _parts(name: str) -> tuple[str, frozenset[str]]:
    """The verb that says what a tool does, and its other words."""
    words = side_effects.words(name)
    verb = next((word for word in words if word in _OPPOSITES), side_effects.verb(name))
    return verb, frozenset(word.removesuffix("s") for word in words if word != verb)


def _as_name(value: Any) -> str:
    """A name or a number as text; nothing for what is no name of a thing."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)
