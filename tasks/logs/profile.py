"""Notes which fields the records of a log object have, so that a changed schema is seen.

    Profile(looked=5, always={"modelId string", "input.inputBodyJson.messages[].role string", …},
            some={…, "output.outputBodyJson.output.message.content[].toolUse object"})

Names and types, never values: the first records of each object are looked at and then every
hundredth, which is enough for a change of software and costs next to nothing. What hangs below the
names of `OPEN` is data (a tool's arguments, a schema) and not looked into; of a list the first and
the last item are. In a manifest an object's profile is two bit masks over its format's list of
fields.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from tasks.core.parts import Part
from tasks.logs.sources import Line

FIRST, EVERY = 4, 100
DEEPEST = 9
WIDEST = 40
"""Names in one object from which on they are taken for data: `user_ids.*`."""
MOST = 400
"""Fields of one object."""
OPEN = frozenset(("arguments", "inputSchema", "input_schema", "json", "parameters", "properties"))
FIELDS = "fields"

Tables = dict[str, list[str]]
"""Format to its fields, sorted; a mask's lowest bit is the first of them."""


class Profile(NamedTuple):
    looked: int = 0
    """Records that were looked at."""
    always: frozenset[str] = frozenset()
    """Fields that each of these has."""
    some: frozenset[str] = frozenset()

    def __or__(self, other: "Profile") -> "Profile":
        if not self.looked or not other.looked:
            return self if self.looked else other
        looked, always = self.looked + other.looked, self.always & other.always
        return Profile(looked, always, self.some | other.some)


class Watch:
    """Looks at some of the lines that pass."""

    def __init__(self) -> None:
        self.profile = Profile()

    def passing(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The lines as they are."""
        for number, line in enumerate(lines):
            if number < FIRST or not number % EVERY:
                self._look(line.content)
            yield line

    def info(self) -> dict[str, Any]:
        """What a part says of it, until `packed` makes masks of that."""
        looked, always, some = self.profile
        return {"looked": looked, "always": sorted(always), "some": sorted(some)}

    def _look(self, line: bytes) -> None:
        try:
            record = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return  # a reject, which says so itself
        if isinstance(record, dict):
            found: set[str] = set()
            _walk(record, "", DEEPEST, found)
            self.profile |= Profile(1, frozenset(found), frozenset(found))


def packed(made: Sequence[Part], known: Tables) -> tuple[list[Part], Tables]:
    """The parts with masks for their profiles, and the fields that the masks are over.

    `known` are the fields that masks of kept parts are over.
    """
    used: dict[str, int] = defaultdict(int)
    fresh: dict[str, set[str]] = defaultdict(set)
    for part in made:
        given = part.info.get(FIELDS)
        if given and isinstance(given["some"], str):
            used[part.info["format"]] |= int(given["some"], 16)
        elif given:
            fresh[part.info["format"]].update(given["some"])
    tables = {
        name: sorted(fresh[name] | _named(used[name], known.get(name, [])))
        for name in sorted({*used, *fresh})
    }
    same = {name for name, table in tables.items() if known.get(name) == table}
    places = {name: {f: n for n, f in enumerate(table)} for name, table in tables.items()}

    def pack(part: Part) -> Part:
        given, name = part.info.get(FIELDS), part.info["format"]
        if not given or (isinstance(given["some"], str) and name in same):
            return part
        profile = read(part, known)
        masks = {
            kind: f"{sum(1 << places[name][field] for field in fields):x}"
            for kind, fields in (("always", profile.always), ("some", profile.some))
        }
        info = part.info | {FIELDS: {"looked": profile.looked, **masks}}
        return msgspec.structs.replace(part, info=info)

    return [pack(part) for part in made], tables


def read(part: Part, tables: Tables) -> Profile:
    """The profile of a part's object; an empty one where the part has none."""
    given = part.info.get(FIELDS)
    if not given:
        return Profile()
    if not isinstance(given["some"], str):
        return Profile(given["looked"], frozenset(given["always"]), frozenset(given["some"]))
    table = tables.get(part.info["format"], [])
    always, some = (_named(int(given[kind], 16), table) for kind in ("always", "some"))
    return Profile(given["looked"], frozenset(always), frozenset(some))


def _named(mask: int, table: Sequence[str]) -> set[str]:
    return {field for number, field in enumerate(table) if mask >> number & 1}


def _walk(value: Any, place: str, left: int, found: set[str]) -> None:
    kind = _KINDS.get(type(value), "")
    if not kind or len(found) >= MOST:
        return  # null is as good as nothing
    if place:
        found.add(f"{place} {kind}")
    if kind == "list" and value:
        for item in value[:1] + value[1:][-1:]:
            _walk(item, f"{place}[]", left, found)
    elif kind == "object" and left:
        wide, call = len(value) > WIDEST, "toolUseId" in value or value.get("type") == "tool_use"
        for name, child in value.items():
            shown = name if not wide and _NAME.fullmatch(name) else "*"
            under = f"{place}.{shown}" if place else shown
            data = name in OPEN or (call and name == "input")
            if data and type(child) in _NESTED:
                found.add(f"{under} {_KINDS[type(child)]}")
            else:
                _walk(child, under, left - 1, found)


_decoder = msgspec.json.Decoder()
_NAME = re.compile(r"[A-Za-z_$][\w.:/$-]{0,63}")
_NESTED = (dict, list)
_KINDS: dict[type, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    dict: "object",
    list: "list",
}
