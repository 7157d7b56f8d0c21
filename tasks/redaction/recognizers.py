"""Presidio's recognisers: those of countries' documents, and those that a user plugs in.

    redact.recognizers: [PhoneRecognizer, acme.presidio.StaffNumberRecognizer]

Own patterns find what Presidio's six useful ones find, faster and in more forms, so none is plugged
in by default. Passports, tax and health numbers and the like are its own: most are bare digits and
letters that only a word in front of them tells from an order number, and Presidio takes ten seconds
to import. So each stands behind a gate: a text is given to a recogniser only where the word for its
document stands within forty characters of a number.

A recogniser is called directly and once for each distinct text that opens its gate:
`AnalyzerEngine` sets flags on patterns that make some miss (one IBAN in eight, measured). None of
those used by default reaches the network (`EmailRecognizer` would: tldextract). One that breaks on
a text or does not answer (`redact.timeout_s`) makes the record a counted reject.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache, partial
from importlib import import_module
from typing import Any

from tasks.core.errors import StageError
from tasks.redaction.isolation import Find, Isolated
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


def rules(
    names: Iterable[str], min_confidence: float, isolated: Isolated | None = None
) -> list[Rule]:
    """A rule for each recogniser: a class of Presidio's by name, or one of yours by dotted path.

    Args:
        names: as in `redact.recognizers`.
        min_confidence: score below which a finding is ignored.
        isolated: where they are asked; None: here, with nothing to end one that hangs.

    Raises:
        StageError: no such class, or it cannot be made without arguments.
    """
    return [_rule(name, min_confidence, isolated) for name in names]


def _rule(name: str, min_confidence: float, isolated: Isolated | None) -> Rule:
    gate = GATES.get(name, "(?s).")
    find: Find = partial(_ask, recogniser(name), min_confidence)
    asked = find if isolated is None else isolated.add(find)
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


_CONTEXT_BOOST = 0.35
_CONTEXT_LEAST = 0.4
"""What Presidio adds for a context word, and the least a finding with one scores."""

_RECOGNISERS = {
    r"passport": "UsPassport UkPassport InPassport ItPassport EsPassport DePassport",
    r"driv(?:er'?s?|ing) licen[cs]e": "UsLicense UkDrivingLicence ItDriverLicense DeFuehrerschein",
    r"national insurance|nino": "UkNino",
    r"nhs": "Nhs",
    r"itin|taxpayer": "UsItin",
    r"tax (?:id|number)|steuer-?id": "DeTaxId AuTfn UsItin",
    r"tax file|tfn": "AuTfn",
    r"bank account|account (?:number|no)": "UsBank",
    r"routing (?:number|no)|aba number": "AbaRouting",
    r"medicare|mbi": "AuMedicare UsMbi",
    r"social insurance": "CaSin",
    r"aadhaar|aadhar": "InAadhaar",
    r"pan (?:card|number)": "InPan",
    r"pesel": "PlPesel",
    r"personnummer": "SePersonnummer",
    r"codice fiscale|fiscal code": "ItFiscalCode",
    r"dni|nif": "EsNif",
    r"nie number": "EsNie",
    r"nric|fin number": "SgFin",
}
DOCUMENT_GATE = rf"(?i)\b(?:{'|'.join(_RECOGNISERS)})\b[^\n]{{0,40}}?\d[A-Z]?[ -]?\d[A-Z]?[ -]?\d"
"""RE2 pattern of a text that is worth Presidio's while."""
_CUES = rf"(?i){'|'.join(_RECOGNISERS)}"

_REACH = 80
"""Characters behind the word that are searched."""
_LEAST_DIGITS = 3


def document_rule(min_confidence: float) -> Rule:
    """The gate as a rule that asks Presidio, whose score is given its due for the word in front."""
    return Rule(
        "presidio",
        Kind.NATIONAL_ID,
        DOCUMENT_GATE,
        expand=partial(_ask_for_document, min_confidence),
        gate=_CUES,
    )


def _ask_for_document(min_confidence: float, text: str, start: int, end: int) -> Iterator[Span]:
    """What Presidio finds behind the word that a match of the gate begins with."""
    for cue, names in _cues():
        word = cue.match(text, start)
        if word is None:
            continue
        window = text[word.end() : word.end() + _REACH]
        for name in names.split():
            recogniser = _recogniser(name)
            for result in recogniser.analyze(window, recogniser.supported_entities):
                score = max(min(result.score + _CONTEXT_BOOST, 1.0), _CONTEXT_LEAST)
                value = window[result.start : result.end]
                if score >= min_confidence and sum(c.isdigit() for c in value) >= _LEAST_DIGITS:
                    place = word.end() + result.start
                    yield Span(place, place + len(value), Kind.NATIONAL_ID, f"presidio-{name}")


@lru_cache(maxsize=1)
def _cues() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(rf"(?:{cue})\b", re.I), names) for cue, names in _RECOGNISERS.items())


@cache
def _recogniser(name: str) -> Any:
    from presidio_analyzer import predefined_recognizers

    return getattr(predefined_recognizers, f"{name}Recognizer")()
