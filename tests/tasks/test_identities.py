"""Keys that name sessions and people: one that no record has does not pass in silence."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks import redact
from tasks.core import parts
from tasks.core.curation_settings import IngestSettings, LogSource, RedactSettings
from tasks.core.errors import SettingsError
from tasks.core.parts import Manifest
from tasks.formats import openai_chat
from tasks.ingest import ingest
from tasks.redaction import people
from tests.tasks import redaction_logs
from tests.tasks.redaction_logs import LOOKED_UP, ROOT, SESSION, invocation, user

SETTINGS = RedactSettings(min_confidence=0.35, person_keys=("user_id", "email", "member nr"))
MEMBER = invocation(3, user("Hello."), session_id="s2", metadata={"memberNr": "M-7711"})
NOBODY = invocation(4, user("What is the weather?"), session_id="s3", metadata={"domain": "w"})


def calls(count: int, **metadata: str) -> bytes:
    """Log lines of distinct calls with this metadata alone."""
    line = json.loads(openai_chat.SAMPLE)
    line["request"]["metadata"] = metadata
    lines = []
    for number in range(count):
        line["response"]["id"] = f"{number}-{sorted(metadata)}"
        lines.append(json.dumps(line).encode() + b"\n")
    return b"".join(lines)


def read(folder: Path, key: str = "conversation", part_records: int = 2) -> Manifest:
    settings = IngestSettings(
        sources=(LogSource(uri=str(folder / "logs"), format="openai_chat"),),
        session_key=key,
        max_rejected=0.05,
        part_records=part_records,
    )
    return ingest(settings, folder / "ingested")


def redacted(folder: Path, *records: Any, settings: RedactSettings = SETTINGS) -> Manifest:
    return redaction_logs.run(redaction_logs.ingested(folder / "ingested", records), settings)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path


def test_the_defaults_are_those_of_params() -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    assert params["redact"]["person_keys"] == list(people.PERSON_KEYS)
    assert params["ingest"]["session_key"] == people.SESSION_KEY
    assert IngestSettings.model_fields["session_key"].default == people.SESSION_KEY


def test_a_session_key_that_no_record_has_is_refused(logs: Path) -> None:
    (logs / "logs/a").write_bytes(calls(5, thread="t", domain="w"))
    with pytest.raises(SettingsError) as error:
        read(logs)
    assert str(error.value) == (
        "ingest.session_key = 'conversation': none of 5 records has it; their metadata has domain, "
        "thread. Correct it in params.yaml; nothing was committed"
    )
    assert parts.read_manifest(logs / "ingested") is None


def test_values_of_metadata_are_never_told(logs: Path) -> None:
    (logs / "logs/a").write_bytes(calls(5, thread="mia@example.com"))
    with pytest.raises(SettingsError) as error:
        read(logs)
    assert "mia@" not in str(error.value)


def test_a_session_key_of_some_records_is_a_warning_with_the_share(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (logs / "logs/a").write_bytes(calls(5, thread="t") + calls(3, conversation="c"))
    read(logs)
    assert capsys.readouterr().err == (
        "ratchet ingest: warning: 5 of 8 records (62.5%) have no 'conversation' "
        "(ingest.session_key): each of these calls counts as a session of its own. Their metadata "
        "has thread\n"
    )


def test_a_session_key_that_all_records_have_says_nothing(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (logs / "logs/a").write_bytes(calls(5, conversation="c"))
    manifest = read(logs)
    assert capsys.readouterr().err == ""
    assert (manifest.info["sessions"]["named"], manifest.info["sessions"]["records"]) == (5, 5)


def test_the_default_session_key_that_matches_nothing_is_a_warning(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (logs / "logs/a").write_bytes(calls(5))
    assert read(logs, people.SESSION_KEY).counts.accepted == 5
    assert "none of 5 records names its session under 'session_id'" in capsys.readouterr().err


def test_what_was_said_of_the_same_logs_is_not_said_again(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (logs / "logs/a").write_bytes(calls(5, thread="t") + calls(3, conversation="c"))
    read(logs)
    assert "5 of 8 records" in capsys.readouterr().err
    read(logs)
    assert capsys.readouterr().err == ""


def test_sessions_are_counted_over_all_objects_whatever_was_read_again(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (logs / "logs/a").write_bytes(calls(5, conversation="c"))
    read(logs)
    (logs / "logs/b").write_bytes(calls(3, thread="t"))
    read(logs)
    assert "3 of 8 records (37.5%)" in capsys.readouterr().err
    kept = (logs / "ingested/manifest.json").read_bytes()
    (logs / "ingested/manifest.json").unlink()
    read(logs)
    assert (logs / "ingested/manifest.json").read_bytes() == kept
    # What is left has the key nowhere: the logs that had it are gone.
    (logs / "logs/a").unlink()
    with pytest.raises(SettingsError, match="none of 3 records has it"):
        read(logs)


def test_a_person_key_that_no_record_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        redacted(tmp_path, *SESSION, NOBODY)
    assert str(error.value) == (
        "redact.person_keys: none of 3 records has 'member nr', neither in metadata nor as a key "
        "of JSON in messages, arguments or results; their metadata has domain. Correct the key in "
        "params.yaml, or take it out until the logs have it: with a wrong one nobody can be "
        "erased; nothing was committed"
    )
    assert parts.read_manifest(tmp_path / "redacted") is None
    # It is told after the first look: no part was rewritten for nothing.
    assert not list((tmp_path / "redacted").glob("parts/*.jsonl"))


def test_a_person_key_of_some_records_is_a_warning_with_the_share(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = redacted(tmp_path, *SESSION, MEMBER, NOBODY)
    # However the logs spell it, it is counted as the settings do.
    assert manifest.info["persons"] == {
        "records": 4,
        "named": 3,
        "keys": {"email": 1, "member nr": 1, "user_id": 2},
        "metadata": ["domain", "memberNr"],
    }
    assert capsys.readouterr().err == (
        "ratchet redact: warning: 3 of 4 records (75.0%) do not have 'member nr' "
        "(redact.person_keys); 3 name a person by one key or another\n"
        f"ratchet redact: warning: {redact.WITHOUT_MODEL}\n"
    )


def test_defaults_that_name_nobody_are_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = RedactSettings(min_confidence=0.35, person_keys=people.PERSON_KEYS)
    manifest = redacted(tmp_path, NOBODY, settings=settings)
    assert manifest.counts.accepted == 1
    told = capsys.readouterr().err
    assert "no record names a person: `ratchet erase` can find nobody" in told
    assert "Their metadata has domain; set redact.person_keys" in told


def test_what_an_example_in_the_system_message_shows_names_nobody(tmp_path: Path) -> None:
    system = LOOKED_UP.__class__(role="system", content='{"memberNr": "M-7711"}')
    with pytest.raises(SettingsError, match="none of 1 records has 'member nr'"):
        redacted(tmp_path, invocation(1, system, user("Hello."), session_id="s1"))
    assert not list((tmp_path / "redacted").glob("parts/*.jsonl"))


def test_a_message_that_cannot_be_read_hides_no_key_of_later_records(tmp_path: Path) -> None:
    deep = "See " + "[" * 20_000 + '"mia@mail.example"' + "]" * 20_000
    broken = invocation(1, LOOKED_UP.__class__(role="system", content=deep), session_id="s2")
    manifest = redacted(tmp_path, broken, *SESSION, MEMBER)
    assert manifest.counts.reasons == {"redaction-failed": 1}
    assert manifest.info["persons"]["keys"]["member nr"] == 1


def test_people_are_counted_over_all_parts_whatever_was_kept(tmp_path: Path) -> None:
    folder = tmp_path / "ingested"
    redaction_logs.run(redaction_logs.ingested(folder, [MEMBER], list(SESSION)), SETTINGS)
    again = redaction_logs.run(
        redaction_logs.ingested(folder, [MEMBER], list(SESSION), [NOBODY]), SETTINGS
    )
    assert (again.info["persons"]["records"], again.info["persons"]["named"]) == (4, 3)
    kept = (tmp_path / "redacted/manifest.json").read_bytes()
    (tmp_path / "redacted/manifest.json").unlink()
    redaction_logs.run(folder, SETTINGS)
    assert (tmp_path / "redacted/manifest.json").read_bytes() == kept
