import gzip
import json
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from tasks.core import parts
from tasks.core.curation_settings import IngestSettings
from tasks.core.records import Feedback, Invocation, Message, Reply, encode
from tasks.ingest import ingest
from tasks.redaction.kinds import Kind
from tests.tasks.redaction_logs import (
    AIRLINE,
    BY,
    LOOKED_UP,
    SESSION,
    TOOL,
    USER_ID,
    call,
    ingested,
    invocation,
    redacted,
    run,
    user,
)


def text_of(record: Invocation) -> str:
    """What was said in the record, without the system's and the tools' text."""
    said = [m for m in record.messages if m.role != "system"]
    return "\n".join(
        [
            *(encode(m).decode().replace("\\", "") for m in said),
            encode(record.response).decode().replace("\\", ""),
        ]
    )


def tally(pattern: str, text: str) -> dict[str, int]:
    return Counter(re.findall(pattern, text))


def test_one_person_is_the_same_surrogate_everywhere(tmp_path: Path) -> None:
    first, second = redacted(tmp_path, *SESSION)
    mia, li = BY.of(Kind.NAME, "Mia"), BY.of(Kind.NAME, "Li")
    person = BY.of(Kind.PERSON_ID, "mia_li_3668")
    asked, looked_up, told = second.messages
    born = BY.of(Kind.BIRTH_DATE, "April 5, 1990")
    assert asked.content == f"Hi, I'm {mia}. My id: {person}, born {born}."
    assert first.messages == (asked,)
    assert first.response.tool_calls[0].arguments == {"user_id": person}
    assert looked_up.tool_calls[0].arguments == {"user_id": person}
    assert json.loads(told.content) == {
        "name": {"first_name": mia, "last_name": li},
        "email": BY.of(Kind.EMAIL, "mia.li@mail.example"),
        "dob": BY.of(Kind.BIRTH_DATE, "1990-04-05"),
        "address": {
            "address1": BY.of(Kind.ADDRESS, "975 Sunset Drive"),
            "city": "Austin",
            "zip": BY.of(Kind.POSTCODE, "78750"),
        },
        "user_id": person,
    }
    assert second.response.content == f"Thank you, {mia} {li}!"


def test_numbers_in_the_json_of_a_tool_stay_numbers(tmp_path: Path) -> None:
    told = Message(
        role="tool",
        content='{"user_id": 88213, "phone": 5125550147, "seats": 2, "total": 120.50}',
        tool_call_id="call_1",
    )
    asked, answered = user("My number is 88213."), Reply(content="You are 88213.")
    (made,) = redacted(tmp_path, invocation(1, asked, LOOKED_UP, told, response=answered))
    shown = json.loads(made.messages[2].content)
    person = BY.of(Kind.PERSON_ID, "88213")
    assert shown == {
        "user_id": int(person),
        "phone": int(BY.of(Kind.PHONE, "5125550147")),
        "seats": 2,
        "total": 120.5,
    }
    assert made.messages[2].content.endswith('"seats": 2, "total": 120.50}')
    assert made.messages[0].content == f"My number is {person}."
    assert made.response.content == f"You are {person}."


def test_what_is_not_personal_is_untouched(tmp_path: Path) -> None:
    before = invocation(
        1,
        Message(role="system", content="You sell flights. Today is 2026-11-03."),
        user("HAT003 from Austin to JFK on 2026-12-01 for $1,204.50, order 8812-X?"),
        metadata={"domain": "airline", "channel": "web"},
        response=Reply(content="Yes: 15% off.", tool_calls=(call(date="2026-12-01", bags=2),)),
    )
    assert redacted(tmp_path, before) == [before]


def test_tools_are_the_same_for_every_session(tmp_path: Path) -> None:
    assert [record.tools for record in redacted(tmp_path, *SESSION)] == [(TOOL,), (TOOL,)]


def test_persons_are_hashes_of_what_stands_under_person_keys(tmp_path: Path) -> None:
    shop = invocation(1, user("hi"), metadata={"contact": "Mia.Li@mail.example"}, session_id="s2")
    example = invocation(
        1, Message(role="system", content='{"user_id": "sara_doe_496"}'), session_id="s3"
    )
    first, second, other, none = redacted(tmp_path, *SESSION, shop, example)
    person, mail = BY.person("mia_li_3668"), BY.person("mia.li@mail.example")
    assert first.persons == (person,)
    assert second.persons == tuple(sorted((person, mail)))
    assert other.persons == (mail,)
    assert none.persons == ()


def test_the_key_of_a_person_may_hold_a_number(tmp_path: Path) -> None:
    text = invocation(1, user('{"user_id": "881234"}'))
    number = invocation(2, user("881234?"), response=Reply(tool_calls=(call(user_id=881234),)))
    first, second = redacted(tmp_path, text, number)
    assert first.persons == second.persons == (BY.person("881234"),)
    made = second.response.tool_calls[0].arguments["user_id"]
    assert json.loads(first.messages[0].content) == {"user_id": str(made)}
    assert second.messages[0].content == f"{made}?"


def test_an_earlier_call_learns_from_a_later_one_and_another_part(tmp_path: Path) -> None:
    source = ingested(tmp_path / "ingested", SESSION[:1], SESSION[1:])
    run(source)
    first, _ = parts.read_parts(tmp_path / "redacted", Invocation)
    assert first.messages[0].content.startswith(f"Hi, I'm {BY.of(Kind.NAME, 'Mia')}. My id: ")


def test_an_id_is_replaced_in_other_sessions_of_the_part_and_a_name_is_not(tmp_path: Path) -> None:
    other = invocation(1, user("Is mia_li_3668 there? Mia?"), session_id="s2")
    *_, shown = redacted(tmp_path, *SESSION, other)
    assert shown.messages[0].content == f"Is {BY.of(Kind.PERSON_ID, 'mia_li_3668')} there? Mia?"


def test_feedback_joins_and_what_a_person_wrote_is_redacted(tmp_path: Path) -> None:
    edit = Reply(content="Dear Mia Li", tool_calls=(call(user_id="mia_li_3668"),))
    told = [
        Feedback(session_id="s1", metric="ok", value=1.0, source="outcome", timestamp="t"),
        Feedback(
            request_id=SESSION[0].request_id,
            metric="edit",
            value=edit,
            source="human_edit",
            timestamp="t",
        ),
    ]
    redacted(tmp_path, *SESSION, feedback=told)
    outcome, shown = parts.read_parts(tmp_path / "redacted", Feedback, "feedback")
    assert outcome == told[0]
    assert shown.request_id == SESSION[0].request_id
    assert isinstance(shown.value, Reply)
    assert shown.value.content == f"Dear {BY.of(Kind.NAME, 'Mia Li')}"
    assert shown.value.tool_calls[0].arguments == {"user_id": BY.of(Kind.PERSON_ID, "mia_li_3668")}


def test_a_session_named_after_a_person_still_joins(tmp_path: Path) -> None:
    one = invocation(1, user("hi"), session_id="mia_li_3668", metadata={"user_id": "mia_li_3668"})
    told = Feedback(
        session_id="mia_li_3668", metric="ok", value=1.0, source="outcome", timestamp="t"
    )
    (shown,) = redacted(tmp_path, one, feedback=[told])
    (joined,) = parts.read_parts(tmp_path / "redacted", Feedback, "feedback")
    assert shown.session_id == joined.session_id == BY.of(Kind.PERSON_ID, "mia_li_3668")


def test_secrets_and_card_numbers_go_in_every_encoding(tmp_path: Path) -> None:
    secret = "ghp_" + "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC3"
    inner = json.dumps(
        {"log": json.dumps({"header": f"token {secret}"}), "card": "4111111111111111"}
    )
    (shown,) = redacted(tmp_path, invocation(1, user(f"see {inner} and {secret}")))
    text = shown.messages[0].content
    assert secret not in text
    assert "4111111111111111" not in text
    assert text.count(BY.of(Kind.API_KEY, secret)) == 2
    assert json.loads(json.loads(text[4 : text.index(" and ")])["log"])["header"].startswith(
        "token "
    )


def test_redacting_what_was_redacted_changes_only_ids_and_dates(tmp_path: Path) -> None:
    once = redacted(tmp_path, *SESSION)
    again = redacted(tmp_path / "again", *once)
    profile, after = (json.loads(one[1].messages[2].content) for one in (once, again))
    assert after["name"] == profile["name"]
    assert after["email"] == profile["email"]
    assert after["user_id"].count("_") == 2
    assert after["dob"][:4] == "1990"
    assert again[1].response == once[1].response


def test_an_argument_that_stood_in_the_context_still_stands_there(tmp_path: Path) -> None:
    said = user("Book for Mia Li (mia.li@mail.example, born 1990-04-05), call (212) 555-0123.")
    booked = call(
        first_name="Mia",
        last_name="Li",
        email="mia.li@mail.example",
        dob="1990-04-05",
        phone="(212) 555-0123",
        note="for Mia Li",
    )
    (shown,) = redacted(tmp_path, invocation(1, said, response=Reply(tool_calls=(booked,))))
    text = shown.messages[0].content
    arguments = shown.response.tool_calls[0].arguments
    assert [name for name, value in arguments.items() if value not in text] == []
    assert arguments["note"] == f"for {arguments['first_name']} {arguments['last_name']}"
    assert "Mia" not in text
    assert arguments["email"].endswith("@example.invalid")


@pytest.mark.skipif(not AIRLINE.is_file(), reason="the airline logs are not on this machine")
def test_the_airline_logs_lose_their_people_and_keep_their_flights(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with gzip.open(AIRLINE) as lines:
        log.write_bytes(b"".join(islice(lines, 250)))
    wanted = {"sources": [{"uri": str(log)}], "max_rejected": 0.05}
    ingest(IngestSettings.model_validate(wanted), tmp_path / "ingested")
    run(tmp_path / "ingested")
    before, after = (
        "\n".join(text_of(one) for one in parts.read_parts(tmp_path / name, Invocation))
        for name in ("ingested", "redacted")
    )
    for pattern in (
        r"HAT\d{3}",
        r"2024-\d\d-\d\d",
        r"\$\d[\d,.]*",
        r"\b[A-Z]{3}\b",
        r"\w+_card_\d+",
    ):
        assert tally(pattern, before) == tally(pattern, after), pattern
    assert [mail for mail in tally(r"[\w.]+@[\w.]+", after) if ".invalid" not in mail] == []
    assert tally(USER_ID, before).keys().isdisjoint(tally(USER_ID, after))
    names = tally(r'(?<=_name": ")[A-Z]\w+', before)
    left = {name: count for name, count in tally(r"[A-Z]\w+", after).items() if name in names}
    assert sum(left.values()) <= 0.05 * sum(tally(r"[A-Z]\w+", before)[name] for name in names)


def test_a_tools_status_stays_where_its_text_is_rewritten(tmp_path: Path) -> None:
    failed = Message(
        role="tool", content="no booking of mia@mail.example", tool_call_id="c1", status="error"
    )
    (shown,) = redacted(tmp_path, invocation(1, user("Hello"), failed))
    assert "mia@mail.example" not in shown.messages[1].content
    assert shown.messages[1].status == "error"
