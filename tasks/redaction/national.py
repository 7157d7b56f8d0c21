"""Passports, tax and health numbers and the like, by Presidio's recognisers of each country.

Most of these are bare digits and letters that only a word in front of them tells from an order
number, and Presidio takes ten seconds to import. So both stand behind a gate: a text is given to a
recogniser only where the word for its document stands within forty characters of a number.

Recognisers are used directly, as `AnalyzerEngine` sets flags on their patterns that make some of
them miss, and none of those used here reaches the network (`EmailRecognizer` would: tldextract).
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache, partial
from typing import Any

from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import Rule

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
GATE = rf"(?i)\b(?:{'|'.join(_RECOGNISERS)})\b[^\n]{{0,40}}?\d[A-Z]?[ -]?\d[A-Z]?[ -]?\d"
"""RE2 pattern of a text that is worth Presidio's while."""
_CUES = rf"(?i){'|'.join(_RECOGNISERS)}"

_REACH = 80
"""Characters behind the word that are searched."""
_LEAST_DIGITS = 3


def rule(min_confidence: float) -> Rule:
    """The gate as a rule that asks Presidio, whose score is given its due for the word in front."""
    return Rule(
        "presidio", Kind.NATIONAL_ID, GATE, expand=partial(_ask, min_confidence), gate=_CUES
    )


def _ask(min_confidence: float, text: str, start: int, end: int) -> Iterator[Span]:
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
