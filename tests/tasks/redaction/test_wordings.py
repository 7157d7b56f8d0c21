"""Wordings that logs have: each value goes, and what tells about a secret stays."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.redaction.worded import FIRST, HELD_OUT, LAST, Row
from benchmarks.redaction.wordings import STAY
from tasks.core.curation_settings import RedactSettings
from tasks.redaction.decode import Walker
from tasks.redaction.fields import Fields
from tasks.redaction.finders import Finders
from tasks.redaction.second_pass import Redactor
from tasks.redaction.surrogates import Surrogates

SETTINGS = RedactSettings(
    min_confidence=0.35, person_keys=("user_id", "customer_id", "email", "user_email")
)
FINDERS = Finders(SETTINGS)
PROBES = Path(__file__).parents[3] / "../shared/data/wild/logs/redaction_probes.jsonl"


def shown(text: str) -> str:
    """The text by itself, without what a session would know."""
    redactor = Redactor(FINDERS, Surrogates(bytes(32)))
    return Walker(Fields(SETTINGS.person_keys), redactor).text(text, ())


@pytest.mark.parametrize("row", (*FIRST, *HELD_OUT, *LAST), ids=lambda row: row[1][:40])
def test_the_value_goes(row: Row) -> None:
    _, text, value = row
    assert value not in shown(text.replace("{}", value))


@pytest.mark.parametrize("text", STAY)
def test_what_only_tells_about_a_value_stays(text: str) -> None:
    assert shown(text) == text


def probes() -> Iterator[tuple[str, str]]:
    """Name and text of each probe."""
    for line in PROBES.read_text().splitlines():
        request = json.loads(line)["request"]
        name, place = request["metadata"]["probe"].rsplit("|", 1)
        if place == "user":
            yield name, request["messages"][0]["content"]


@pytest.mark.skipif(not PROBES.is_file(), reason="../shared/data is not on this machine")
def test_probes_from_the_wild_change_where_they_hold_a_value_and_stay_where_not() -> None:
    wrong = [
        (name, text) for name, text in probes() if (shown(text) == text) != name.startswith("fp-")
    ]
    assert wrong == []
