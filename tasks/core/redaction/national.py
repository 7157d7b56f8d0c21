"""Passports, tax and health numbers and the like, by Presidio's recognisers of each country.

Most of these are bare digits and letters that only a word in front of them tells from an order
number, and Presidio takes ten seconds to import. So both stand behind a gate: a text is given to a
recogniser only where the word for its document stands within forty characters of a number.

Recognisers are used directly, as `AnalyzerEngine` sets flags on their patterns that make some of
them miss, and none of those used here reaches the network (`EmailRecognizer` would: tldextract).
"""

import re
from functools import lru_cache
from typing import Any

from tasks.core.redaction.kinds import Kind, Span

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
GATE = rf"(?i)\b(?:{'|'.join(_RECOGNISERS)})\b[^\n]{{0,40}}?\d{{3}}"
"""RE2 pattern of a text that is worth Presidio's while."""

_REACH = 80
"""Characters behind the word that are searched."""


class National:
    """Asks Presidio. `min_confidence` is compared with its score, context word counted in."""

    def __init__(self, min_confidence: float) -> None:
        import re2

        self._gate = re2.compile(GATE)
        self._min = min_confidence

    def find(self, text: str) -> list[Span]:
        if not self._gate.search(text):
            return []
        return [span for cue, names in _cues() for span in self._behind(text, cue, names.split())]

    def _behind(self, text: str, cue: re.Pattern[str], names: list[str]) -> list[Span]:
        found: list[Span] = []
        for word in cue.finditer(text):
            window = text[word.end() : word.end() + _REACH]
            for name in names:
                recogniser = _recogniser(name)
                for result in recogniser.analyze(window, recogniser.supported_entities):
                    score = max(min(result.score + _CONTEXT_BOOST, 1.0), _CONTEXT_LEAST)
                    value = window[result.start : result.end]
                    if score >= self._min and sum(c.isdigit() for c in value) >= 3:
                        start = word.end() + result.start
                        end = word.end() + result.end
                        rule = f"presidio-{name}"
                        found.append(Span(start, end, Kind.NATIONAL_ID, rule))
        return found


@lru_cache(maxsize=1)
def _cues() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(rf"\b(?:{cue})\b", re.I), names) for cue, names in _RECOGNISERS.items()
    )


@lru_cache(maxsize=None)
def _recogniser(name: str) -> Any:
    from presidio_analyzer import predefined_recognizers

    return getattr(predefined_recognizers, f"{name}Recognizer")()
