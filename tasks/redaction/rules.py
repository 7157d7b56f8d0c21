"""A pattern, what it finds, and what decides whether a match is one.

Patterns are RE2 (github.com/google/re2): time linear in the text, whatever the text. A set of all
of them would be an automaton that never stops growing (measured: 69 µs for a new text of 240
characters), so each has a gate, a short pattern without which it cannot match: `@` for an address
of mail. The gates are matched at once, in 2 µs, and only patterns whose gate is open are placed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from tasks.redaction.kinds import Kind, Span, usual

Decide = Callable[[str, int, int], tuple[int, int] | None]
"""Text, start and end of a match to the range that is a finding, or None."""
Expand = Callable[[str, int, int], Iterable[Span]]
"""Text, start and end of a match to the findings that it leads to."""

_SET_MEMORY = 256 << 20
"""Bytes. A set whose automaton does not fit would answer "no match", which must not happen."""


FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What somebody else's recogniser or model may raise on a text that it does not bear."""


class FinderFailed(ValueError):
    """A recogniser or a model broke on a text: its record cannot be searched and is refused."""


class FinderTimedOut(FinderFailed):
    """It had not answered when its time was over; it was ended, and will be asked other texts."""


class Rule(NamedTuple):
    name: str
    kind: Kind
    pattern: str
    group: int = 0
    """What of the match is the value."""
    decide: Decide | None = None
    score: float = 1.0
    """Confidence in a finding, on Presidio's scale."""
    expand: Expand | None = None
    """For a match that only leads to findings: what they are. `decide` and `group` are not used."""
    gate: str = ""
    """A pattern that matches every text in which `pattern` does; empty: `pattern` itself."""
    unquoted: bool = False
    """No match holds a quote, so that `expand` can be asked about a message as a whole."""


def cue_rule(name: str, kind: Kind, cues: str, find: Expand) -> Rule:
    """A rule for what stands around a word that announces it.

    Args:
        name: of the rule.
        kind: of what is found.
        cues: RE2 of words; only a whole word is a cue, or the end of one (`DB_PASSWORD`).
        find: given the text, start and end of a cue.
    """

    def expand(text: str, start: int, end: int) -> Iterable[Span]:
        if is_whole_word(text, start, end):
            yield from find(text, start, end)

    return Rule(name, kind, f"(?i){cues}", expand=expand, gate=f"(?i){cues}")


def is_whole_word(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit runs on beside it; of `dbPassword` the end is a word too."""
    before, behind = text[start - 1 : start], text[end : end + 1]
    if behind and (runs_on(text[end - 1], behind) or behind == "_"):
        return False
    camel = before.islower() and text[start].isupper() and text[start + 1 : start + 2].islower()
    # As in `PGPASSWORD=…`.
    variable = before.isupper() and behind in ("=", ":") and text[start:end].isupper()
    return not before or camel or variable or not runs_on(before, text[start])


def runs_on(one: str, other: str) -> bool:
    """Whether two neighbouring characters are of one word: letters or digits of one script."""
    return one.isalnum() and other.isalnum() and not (is_joined(one) or is_joined(other))


def is_joined(char: str) -> bool:
    """Whether the character is of a script that puts no space between words, as Thai."""
    code = ord(char)
    return (0x2E80 <= code <= 0xD7FF and not 0xA000 <= code <= 0xABFF) or (
        0x0E00 <= code <= 0x0EFF or 0xF900 <= code <= 0xFAFF or code >= 0x20000
    )


class Gates:
    """Short patterns that are matched at once.

    Args:
        patterns: RE2, of literals and few repetitions, or the automaton grows.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        # Counting digits multiplies with every other state, so what counts has a set of its own.
        counting = [n for n, pattern in enumerate(patterns) if "{" in pattern or "\\d" in pattern]
        literal = [n for n in range(len(patterns)) if n not in counting]
        self._sets = [
            (_together(tuple(patterns[n] for n in some)), some)
            for some in (literal, counting)
            if some
        ]

    def open(self, text: str | bytes) -> list[int]:
        """Numbers of the patterns that match somewhere in the text."""
        found: list[int] = []
        for together, numbers in self._sets:
            hits = together.Match(text)
            if hits:
                found += [numbers[hit] for hit in hits]
        return found


class RuleSet:
    """Rules that are searched together; each is compiled when its gate first opens."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._gates = Gates([rule.gate or rule.pattern for rule in rules])

    def find(self, text: str) -> Iterator[Span]:
        """Every finding, rule by rule; they may overlap."""
        text = usual(text)
        # Offsets into ASCII are the same in bytes, which need not be converted for each match.
        data: str | bytes = text.encode() if text.isascii() else text
        for number in sorted(self._gates.open(data)):
            rule = self._rules[number]
            yield from _place(rule, _compiled(rule.pattern).finditer(data), text)


class Doubts:
    """The same rules for a message as a whole: can anything be found in any text of it?

    Args:
        rules: those of the texts.
        marks: more patterns that are looked for, by the names that `marks_in` gives back.
    """

    def __init__(self, rules: Sequence[Rule], marks: Mapping[str, str]) -> None:
        self._rules = tuple(rules)
        self._marks = tuple(marks)
        self._gates = Gates([*(rule.gate or rule.pattern for rule in rules), *marks.values()])

    def about(self, data: bytes) -> Iterator[str]:
        """Names of rules that find something, and of marks, in UTF-8 text.

        Of texts one after the other there must be a double quote between two, as JSON has it.
        """
        if not data.isascii():  # most are
            data = usual(data.decode()).encode()
        for number in self._gates.open(data):
            if number >= len(self._rules):
                yield self._marks[number - len(self._rules)]
                continue
            rule = self._rules[number]
            text = data.decode()
            matches = _compiled(rule.pattern).finditer(data if text.isascii() else text)
            # A match with a cue may reach over a quote, and hide one that does not: no deciding.
            decided = rule.unquoted or (rule.group == 0 and rule.decide is not None)
            if any(_place(rule, matches, text) if decided else matches):
                yield rule.name


def _options() -> Any:
    import re2

    options = re2.Options()
    options.max_mem = _SET_MEMORY
    return options


@lru_cache(maxsize=16)
def _together(patterns: tuple[str, ...]) -> Any:
    import re2

    together = re2.Set.SearchSet(_options())
    for pattern in patterns:
        together.Add(pattern)
    together.Compile()
    return together


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    import re2

    return re2.compile(pattern, _options())


def _place(rule: Rule, matches: Iterable[Any], text: str) -> Iterator[Span]:
    for match in matches:
        if rule.expand is not None:
            yield from rule.expand(text, *match.span())
            continue
        start, end = match.span(rule.group)
        if start < 0:
            continue
        decided = (start, end) if rule.decide is None else rule.decide(text, start, end)
        if decided is not None and decided[0] < decided[1]:
            yield Span(decided[0], decided[1], rule.kind, rule.name)
