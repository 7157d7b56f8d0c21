"""Presidio as it ships, for comparison: its default registry, and the six recognisers of use.

    Engine.default().search("write to mia@example.com")      17 recognisers, no name model
    Engine.six().search(…)                                   cards, mail, IBANs, IPs, phones, SSNs

Both run without a language model (`NoOpNlpEngine`), as no model can be had offline; so context
words raise no score, and everything from 0.35 counts, at which phone numbers are still found.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from benchmarks.redaction.planted import Case
from tasks.core.records import Invocation, Record, encode
from tasks.redaction import recognizers
from tasks.redaction.rules import RuleSet

THRESHOLD = 0.35
NOT_PERSONAL = frozenset(("DATE_TIME", "UUID", "URL"))
"""What the default engine calls personal and is none where secrets and people are looked for.

A URL with a key in it would otherwise count as the key found.
"""


class Engine:
    """An engine, and what it finds."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    @classmethod
    def default(cls) -> "Engine":
        """`AnalyzerEngine()` with its default registry."""
        return cls(_engine(None))

    @classmethod
    def six(cls) -> "Engine":
        """An engine with six recognisers."""
        return cls(_engine([recognizers.recogniser(name) for name in recognizers.GATES]))

    def search(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and entity of each finding."""
        found = self._engine.analyze(text=text, language="en", score_threshold=THRESHOLD)
        return [(one.start, one.end, one.entity_type) for one in found]

    def covers(self, text: str, value: str, only: frozenset[str] | None = None) -> bool:
        """Whether nine tenths of the value in the text lie in findings."""
        start = text.find(value)
        if start < 0:
            return False
        end = start + len(value)
        hit: set[int] = set()
        for first, last, entity in self.search(text):
            if entity in only if only else entity not in NOT_PERSONAL:
                hit.update(range(max(first, start), min(last, end)))
        return len(hit) >= 0.9 * len(value)


def _engine(recognisers: list[Any] | None) -> Any:
    logging.disable(logging.WARNING)
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    recognizers.recogniser("EmailRecognizer")  # keeps tldextract from the network
    nlp = NoOpNlpEngine([{"lang_code": "en", "model_name": "none"}])
    nlp.load()
    if recognisers is None:
        return AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
    registry = RecognizerRegistry(recognizers=recognisers, supported_languages=["en"])
    return AnalyzerEngine(nlp_engine=nlp, registry=registry, supported_languages=["en"])


def recall(planted: Iterable[Case]) -> Counter[tuple[str, str, str]]:
    """How many of the cases the default engine covers, by group, kind and encoding."""
    engine = Engine.default()
    found: Counter[tuple[str, str, str]] = Counter()
    for case in planted:
        # Encoded, the value is the text: in the others it stands as it is, or with escapes.
        value = case.text if case.encoding == "base64" else case.value
        if value in case.text:
            found[case.group, case.kind, case.encoding] += engine.covers(case.text, value)
    return found


def fields(record: Record) -> Iterator[str]:
    """Every string of a record that redaction answers for, one by one."""
    import json

    told = json.loads(encode(record))
    if isinstance(record, Invocation):
        for name in ("messages", "response", "metadata", "tools"):
            yield from _strings(told.get(name))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def behind_gates(texts: Iterable[str]) -> tuple[int, int, int, tuple[float, float]]:
    """The six recognisers on every text, and as `redact.recognizers` calls them.

    Returns:
        Findings without gates, findings behind gates, texts in which they differ, and the CPU
        seconds of either.
    """
    every = list(texts)
    alone = [recognizers.recogniser(name) for name in recognizers.GATES]
    behind = RuleSet(recognizers.rules(recognizers.GATES, THRESHOLD))

    def plain(text: str) -> list[tuple[int, int]]:
        return sorted(
            (found.start, found.end)
            for one in alone
            for found in one.analyze(text, one.supported_entities, None) or ()
            if found.score >= THRESHOLD
        )

    def gated(text: str) -> list[tuple[int, int]]:
        return sorted((span.start, span.end) for span in behind.find(text))

    first, took = _timed(plain, every)
    second, less = _timed(gated, every)
    differ = sum(a != b for a, b in zip(first, second, strict=True))
    return sum(map(len, first)), sum(map(len, second)), differ, (took, less)


def _timed(
    search: Callable[[str], list[tuple[int, int]]], texts: list[str]
) -> tuple[list[list[tuple[int, int]]], float]:
    started = time.process_time()
    return [search(text) for text in texts], time.process_time() - started
