"""Reads Presidio's own tests of its recognisers from a checkout, and asks both sides for the same.

    python -m benchmarks recall --only strings --presidio-tests ~/presidio

    @pytest.mark.parametrize("text, expected_len, expected_positions",
        [("my email is mia@example.com", 1, ((12, 27),)), ("my email is mia@example.", 0, ())])

Its tests are no part of its package, and nothing of them is part of this one: files are parsed,
never run. A place in a text where a finding is expected is a string to be found, alone (as the
test has it) and by itself in sentences of ours; a text in which none is expected is to be left.
Where rows differ by an option of a recogniser, such as `leniency`, what any of them expects counts.
Addresses that are nobody's (`::1`, `0.0.0.0`, `2001:db8::/32`) stand in a row of their own, as
ours leaves these on purpose: they tell of no one, and a task that has them needs them.
"""

import ast
import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.redaction.presidio import Engine
from benchmarks.redaction.strings import KINDS, SENTENCES
from tasks.redaction.finders import Finders
from tasks.redaction.kinds import Kind

FILES = {
    "test_credit_card_recognizer.py": ("CREDIT_CARD", Kind.CARD),
    "test_email_recognizer.py": ("EMAIL_ADDRESS", Kind.EMAIL),
    "test_iban_recognizer.py": ("IBAN_CODE", Kind.IBAN),
    "test_ip_recognizer.py": ("IP_ADDRESS", Kind.IP),
    "test_phone_recognizer.py": ("PHONE_NUMBER", Kind.PHONE),
    "test_us_ssn_recognizer.py": ("US_SSN", Kind.SSN),
}
NOBODYS = "IP_ADDRESS, nobody's"
_BELOW = (".", "presidio-analyzer/tests", "tests")
_TEXT = ("text", "iban")
_COUNT = ("expected_len",)
_PLACES = ("expected_positions", "expected_res")


class Expected(NamedTuple):
    """A string that a test has found, or a whole text in which it has nothing found."""

    file: str
    text: str
    value: str
    """Part of the text; empty where nothing is to be found."""

    @property
    def entity(self) -> str:
        """As Presidio calls it."""
        return FILES[self.file][0]

    @property
    def row(self) -> str:
        """In the table."""
        return NOBODYS if self.entity == "IP_ADDRESS" and _is_nobodys(self.value) else self.entity


def _is_nobodys(value: str) -> bool:
    """Loopback, any, multicast, a mask, or the network of documentation as such."""
    try:
        address = ipaddress.ip_address(value.partition("/")[0].partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    one = mapped or address
    mask = isinstance(one, ipaddress.IPv4Address) and one.is_reserved and mapped is None
    whole = address == ipaddress.ip_address("2001:db8::")
    return one.is_loopback or one.is_unspecified or one.is_multicast or mask or whole


class NotUnderstood(ValueError):
    """A file that is not there, or not written as these tests are."""


def read(checkout: Path) -> list[Expected]:
    """What the six files expect, each once, in their order.

    Args:
        checkout: a checkout of Presidio's repository, or the folder of its analyzer's tests.

    Raises:
        NotUnderstood: a file is missing, has no parametrized test, or a row of other form.
    """
    found: dict[Expected, None] = {}
    for name in FILES:
        paths = [checkout / below / name for below in _BELOW]
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            raise NotUnderstood(f"{checkout} has no {name}, neither there nor in {_BELOW[1]}")
        before = len(found)
        found |= dict.fromkeys(_expected(path))
        if len(found) == before:
            raise NotUnderstood(f"{path} has no parametrized test; these are read of no other form")
    return list(found)


def _expected(path: Path) -> Iterator[Expected]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr != "parametrize":
            continue
        given, rows = (_value(path, arg) for arg in node.args[:2])
        names = [n.strip() for n in given.split(",")] if isinstance(given, str) else list(given)
        text, count, places = (_column(path, node, names, of) for of in (_TEXT, _COUNT, _PLACES))
        for row in rows:
            if len(row) != len(names):
                raise NotUnderstood(f"{path}:{node.lineno}: {row} has not one value for {names}")
            for value in _values(path, row[text], row[count], row[places]):
                yield Expected(path.name, row[text], value)


def _column(path: Path, node: ast.Call, names: Sequence[str], of: Sequence[str]) -> int:
    for name in of:
        if name in names:
            return names.index(name)
    raise NotUnderstood(f"{path}:{node.lineno}: none of {', '.join(of)} among {', '.join(names)}")


def _value(path: Path, node: ast.expr) -> Any:
    """As `ast.literal_eval`, which refuses an f-string even where nothing is put into it."""
    for one in ast.walk(node):
        for name, field in ast.iter_fields(one):
            if isinstance(field, list):
                setattr(one, name, [_plain(item) for item in field])
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise NotUnderstood(f"{path}:{node.lineno}: no literal ({error})") from error


def _plain(node: Any) -> Any:
    if isinstance(node, ast.JoinedStr) and all(isinstance(p, ast.Constant) for p in node.values):
        made = ast.Constant("".join(p.value for p in node.values))  # type: ignore[attr-defined]
        return ast.copy_location(made, node)
    return node


def _values(path: Path, text: str, count: int, places: Sequence[tuple[int, int]]) -> list[str]:
    if not count:
        return [""]
    if count == 1 and not places:
        return [text]  # a test that leaves out the place where all of the text is one
    if len(places) != count:
        raise NotUnderstood(f"{path}: {text!r} has {count} findings but {len(places)} places")
    return [text[start:end] for start, end in places]


def table(
    checkout: Path, finders: Finders, redacted: Callable[[list[str]], list[str]]
) -> Iterator[str]:
    """Recall and false findings of both as Markdown, then every string that ours missed.

    Args:
        checkout: see `read`.
        finders: ours, asked for false findings by kind, as a text to be left for one kind may
            hold something of another.
        redacted: texts to what the stage makes of them; a string is found if it is gone.
    """
    every = read(checkout)
    engine = Engine.default()
    wanted = [one for one in every if one.value]
    hits: dict[tuple[str, str, str], list[bool]] = defaultdict(list)
    missed: dict[str, None] = {}
    ways: dict[str, list[str | None]] = {
        "as the test has it": [None],
        "in three sentences": [*SENTENCES],
    }
    for way, sentences in ways.items():
        shown = []
        for sentence in sentences:
            texts = [w.text if sentence is None else sentence.format(w.value) for w in wanted]
            shown.append(list(zip(texts, redacted(texts), strict=True)))
        for at, one in enumerate(wanted):
            pairs = [of[at] for of in shown]
            ours = all(one.value not in out for _, out in pairs)
            theirs = all(engine.covers(text, one.value, KINDS) for text, _ in pairs)
            hits[one.row, way, "ours"].append(ours)
            hits[one.row, way, "theirs"].append(theirs)
            if not ours:
                missed[f"{one.value!r} of {one.text!r}"] = None
    for one in every:
        if not one.value:
            kind = FILES[one.file][1]
            found = any(span.kind is kind for span in finders.find(one.text))
            hits[one.row, "left", "ours"].append(found)
            found = any(entity == one.entity for _, _, entity in engine.search(one.text))
            hits[one.row, "left", "theirs"].append(found)
    yield from _rows(hits, list(ways))
    yield f"\nOurs leaves {len(missed)} of {len(wanted)}: " + "; ".join(missed)


def _rows(hits: dict[tuple[str, str, str], list[bool]], ways: Sequence[str]) -> Iterator[str]:
    columns = [(way, who) for way in ways for who in ("ours", "theirs")]
    yield (
        "| Presidio's tests of | strings | "
        + " | ".join(f"{who}, {way}" for way, who in columns)
        + " | texts to leave | wrongly found, ours | theirs |"
    )
    yield "|---|" + "--:|" * (len(columns) + 4)
    every = list(dict.fromkeys(row for row, _, _ in hits))
    somebodys = [row for row in every if row != NOBODYS]
    titles = {row: [row] for row in [*somebodys, NOBODYS]}
    titles |= {"**all but nobody's**": somebodys, "**all**": every}
    for title, rows in titles.items():

        def of(way: str, who: str, rows: Sequence[str] = rows) -> list[bool]:
            return [hit for row in rows for hit in hits.get((row, way, who), [])]

        counts = [of(way, who) for way, who in columns]
        cells = [f"{sum(c)} ({sum(c) / len(c):.1%})" for c in counts]
        left = [str(sum(of("left", who))) for who in ("ours", "theirs")]
        yield (
            f"| {title} | {len(counts[0])} | {' | '.join(cells)} | "
            f"{len(of('left', 'ours'))} | {' | '.join(left)} |"
        )
