"""Finders that take seconds to import: Presidio's recognisers and a spaCy pipeline."""

import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core.errors import StageError
from tasks.core.redaction.finders import Finders
from tasks.core.redaction.kinds import Kind
from tasks.core.settings import RedactSettings

SETTINGS = RedactSettings(min_confidence=0.35, person_keys=("user_id",))
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("my passport is C01234567, thanks", "C01234567", "presidio-UsPassport"),
        ("NHS number: 401-023-2137.", "401-023-2137", "presidio-Nhs"),
        ("national insurance AA 12 34 56 B", "AA 12 34 56 B", "presidio-UkNino"),
        ("bank account 945456787654", "945456787654", "presidio-UsBank"),
        ("PESEL 11111111116", "11111111116", "presidio-PlPesel"),
        ("driver's license H12234567", "H12234567", "presidio-UsLicense"),
    ],
)
def test_numbers_of_a_state_are_found_behind_their_name(text: str, value: str, rule: str) -> None:
    spans = Finders(SETTINGS).find(text)
    assert [(text[s.start : s.end], s.kind, s.rule) for s in spans] == [
        (value, Kind.NATIONAL_ID, rule)
    ]


def test_a_higher_confidence_asks_presidio_for_more() -> None:
    strict = Finders(RedactSettings(min_confidence=0.9, person_keys=()))
    assert strict.find("bank account 945456787654") == ()


def test_the_six_formats_find_what_presidio_finds() -> None:
    """Own validators against Presidio's recognisers, used directly, on strings of each format."""
    from presidio_analyzer import predefined_recognizers as presidio

    texts = {
        presidio.CreditCardRecognizer(): [
            "4012888888881881",
            "3714-4963-5398-431",
            "4012888888881",
        ],
        presidio.IbanRecognizer(): ["AT61 1904 3002 3457 3201", "BE68539007547034 is", "XX00 1234"],
        presidio.IpRecognizer(): ["192.168.0.1", "684D:1111:222:3333:4444:5555:6:77", "my 192.168"],
        presidio.UsSsnRecognizer(): ["078-05-1126", "078.05.1123", "000-12-3456", "693-09.4444"],
        presidio.PhoneRecognizer(): ["(425) 882 9090", "+1 (425) 882-9090", "+44 20 7946 0958"],
    }
    find = Finders(SETTINGS).find
    differ = [
        (text, type(recogniser).__name__)
        for recogniser, several in texts.items()
        for text in several
        if any(r.score >= 0.35 for r in recogniser.analyze(text, recogniser.supported_entities))
        != bool(find(text))
    ]
    assert differ == []


def test_ordinary_text_imports_neither_presidio_nor_spacy() -> None:
    code = (
        "import sys\n"
        "from tasks.core.redaction.finders import Finders\n"
        "from tasks.core.settings import RedactSettings\n"
        "find = Finders(RedactSettings(min_confidence=0.35, person_keys=())).find\n"
        "assert find('mail mia@example.com, 4111 1111 1111 1111, call +49 30 901820')\n"
        "print(sorted({'presidio_analyzer', 'spacy', 'torch', 'prefect'} & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout == "[]\n"


def test_a_local_model_finds_names_that_nothing_else_gives_away(tmp_path: Path) -> None:
    import spacy

    model = spacy.blank("en")
    ruler = model.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": "PERSON", "pattern": "Quillon Marsh"},
            {"label": "GPE", "pattern": "Oslo"},
        ]
    )
    model.to_disk(tmp_path / "model")
    settings = RedactSettings(
        min_confidence=0.35, person_keys=(), ner_model=str(tmp_path / "model")
    )
    text = "I met Quillon Marsh in Oslo."
    assert [(text[s.start : s.end], s.kind, s.rule) for s in Finders(settings).find(text)] == [
        ("Quillon Marsh", Kind.NAME, "model")
    ]
    assert Finders(SETTINGS).find(text) == ()


@pytest.mark.parametrize("path", ["en_core_web_sm", "/nowhere/model"])
def test_a_model_that_is_not_there_is_never_fetched(path: str) -> None:
    with pytest.raises(StageError, match="is no folder of a spaCy model"):
        Finders(RedactSettings(min_confidence=0.35, person_keys=(), ner_model=path))
