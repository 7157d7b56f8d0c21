"""Presidio's recognisers as a user plugs them in, each behind a gate.

    redact.recognizers: [PhoneRecognizer, acme.presidio.StaffNumberRecognizer]

Own patterns find what Presidio's six useful ones find, faster and in more forms, so none is plugged
in by default. A recogniser is called directly and once for each distinct text that opens its gate:
`AnalyzerEngine` sets flags on patterns that make some miss (one IBAN in eight, measured). One that
breaks on a text or does not answer (`redact.timeout_s`) makes the record a counted reject.
"""

from collections.abc import Iterable
from functools import partial
from importlib import import_module
from typing import Any

from tasks.core.errors import StageError
from tasks.redaction.apart import Apart, Find
from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import FAULTS, FinderFailed, Rule

GATES = {
    "CreditCardRecognizer": r"\p{Nd}{4}[- ]?\p{Nd}{3}",
    "EmailRecognizer": "@",
    "IbanRecognizer": "(?i)[A-Z]{2}[0-9]{2}",
    "IpRecognizer": r"[0-9]\.[0-9]{1,3}\.|:[0-9A-Fa-f]{0,4}:",
    "PhoneRecognizer": r"(?s)\p{Nd}.*\p{Nd}.*\p{Nd}.*\p{Nd}",
    "UsSsnRecognizer": r"[0-9]{3}[- .]?[0-9]{2}",
}
"""The six that are useful on agent logs: what a text has in which one of them finds something."""

_KINDS = {
    "EMAIL_ADDRESS": Kind.EMAIL,
    "PHONE_NUMBER": Kind.PHONE,
    "CREDIT_CARD": Kind.CARD,
    "IBAN_CODE": Kind.IBAN,
    "IP_ADDRESS": Kind.IP,
    "US_SSN": Kind.SSN,
    "PERSON": Kind.NAME,
    "LOCATION": Kind.ADDRESS,
}
"""Presidio's entity to the kind that decides the surrogate's shape; others: NATIONAL_ID."""


def rules(names: Iterable[str], min_confidence: float, apart: Apart | None = None) -> list[Rule]:
    """A rule for each recogniser: a class of Presidio's by name, or one of yours by dotted path.

    Args:
        names: as in `redact.recognizers`.
        min_confidence: score below which a finding is ignored.
        apart: where they are asked; None: here, with nothing to end one that hangs.

    Raises:
        StageError: no such class, or it cannot be made without arguments.
    """
    return [_rule(name, min_confidence, apart) for name in names]


def _rule(name: str, min_confidence: float, apart: Apart | None) -> Rule:
    gate = GATES.get(name, "(?s).")
    find: Find = partial(_ask, recogniser(name), min_confidence)
    asked = find if apart is None else apart.add(find)
    # The whole text is one match: a recogniser places its findings itself.
    whole = rf"(?s)\A.*(?:{gate}).*\z"
    expand = partial(_expanded, asked)
    return Rule(f"presidio-{name}", Kind.NATIONAL_ID, whole, expand=expand, gate=gate)


def recogniser(name: str) -> Any:
    """The recogniser of that name, kept from the network."""
    import tldextract
    from tldextract import tldextract as extractor

    # Presidio's recogniser of e-mails asks for the list of public suffixes otherwise.
    extractor.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    module, _, kind = name.rpartition(".")
    try:
        made = getattr(import_module(module or "presidio_analyzer.predefined_recognizers"), kind)()
    except (ImportError, AttributeError, TypeError) as error:
        raise StageError(
            f"redact.recognizers: {name!r} is no recogniser of Presidio's and no dotted path to a "
            f"class that is made without arguments ({error})"
        ) from error
    return made


def _expanded(find: Find, text: str, start: int, end: int) -> list[Span]:
    return find(text)


def _ask(recogniser: Any, min_confidence: float, text: str) -> list[Span]:
    try:
        results = recogniser.analyze(text, recogniser.supported_entities, None) or ()
    except FAULTS as error:
        raise FinderFailed(type(recogniser).__name__) from error
    rule = f"presidio-{type(recogniser).__name__}"
    return [
        Span(found.start, found.end, _KINDS.get(found.entity_type, Kind.NATIONAL_ID), rule)
        for found in results
        if found.score >= min_confidence
    ]
