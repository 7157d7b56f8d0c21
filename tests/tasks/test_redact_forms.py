"""Values in forms that a log has by accident: mixed, quoted, encoded within another, or hostile."""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks import redact
from tasks.core import parts, workers
from tasks.core.errors import StageError
from tasks.core.parts import Counts
from tasks.core.records import Invocation, Message, Reply, ToolCall
from tasks.dataset import leaks
from tasks.redaction.kinds import Kind
from tests.tasks.redaction_logs import (
    BY,
    KEY,
    SESSION,
    SETTINGS,
    call,
    ingested,
    invocation,
    redacted,
    run,
    state,
    user,
)

MIA, LI = BY.of(Kind.NAME, "Mia"), BY.of(Kind.NAME, "Li")
MAIL = BY.of(Kind.EMAIL, "mia@mail.example")
PHONE = BY.of(Kind.PHONE, "+1 512 555 0147")
SECRET = "sk-proj-" + "abcdefghijklmnopqrstuvwxyz0123456789ABCD"


def told(tmp_path: Path, content: str) -> str:
    """What becomes of a tool's result."""
    (made,) = redacted(
        tmp_path, invocation(1, Message(role="tool", content=content, tool_call_id="call_1"))
    )
    return made.messages[0].content


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Mia Li <mia@mail.example>", f"{MIA} {LI} <{MAIL}>"),
        ("Mia Li, +1 512 555 0147", f"{MIA} {LI}, {PHONE}"),
        ("Mia%20Li", f"{MIA}%20{LI}"),
        ("Mia%0A%2B1%20512%20555%200147", f"{MIA}%0A{quote(PHONE)}"),
        (r"Mia\nLi", rf"{MIA}\n{LI}"),
        ('"Mia"', f'"{MIA}"'),
    ],
)
def test_a_name_that_holds_more_is_cut_into_what_it_holds(
    tmp_path: Path, value: str, shown: str
) -> None:
    content = json.dumps({"first_name": value, "order": "HAT003"})
    assert told(tmp_path, content) == json.dumps({"first_name": shown, "order": "HAT003"})


def test_the_same_in_a_text_that_is_no_json(tmp_path: Path) -> None:
    before = "lookup(first_name='Mia, +1 512 555 0147', order='HAT003')"
    assert told(tmp_path, before) == f"lookup(first_name='{MIA}, {PHONE}', order='HAT003')"


def test_letters_beside_a_cards_number_are_searched(tmp_path: Path) -> None:
    card = BY.of(Kind.CARD, "4111 1111 1111 1111")
    content = json.dumps({"card_number": "4111 1111 1111 1111 for mia@mail.example"})
    assert json.loads(told(tmp_path, content)) == {"card_number": f"{card} for {MAIL}"}


@pytest.mark.parametrize("other", ["[]", "{}", '{"order": "HAT003"}', '["HAT003"]'])
def test_json_in_the_middle_hides_nothing_that_is_escaped_around_it(
    tmp_path: Path, other: str
) -> None:
    text = f"found {other}\n{SECRET}\n+1 512 555 0147\n{other}"
    shown = told(tmp_path, json.dumps(json.dumps(text)))
    assert SECRET not in shown
    inner = json.loads(json.loads(shown))
    assert inner.splitlines()[0] == f"found {other}"
    assert inner.splitlines()[2:] == [PHONE, other]


@pytest.mark.parametrize(
    "fields",
    [
        {"ssn": "4111 1111 1111 1111 22"},
        {"card_number": "4111²²²²²"},
        {"card_number": "²²²²²²"},
        {"ssn": "٤١١١٢٢٣٣٣"},
        {"dob": "1990-04-05 Mia, +1 512 555 0147"},
        {"cvv": 7, "ssn": 1, "phone": 5125550147.0},
    ],
)
def test_odd_values_are_redacted_or_refused_and_stop_nothing(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    source = ingested(
        tmp_path / "ingested",
        [
            invocation(1, Message(role="tool", content=json.dumps(fields), tool_call_id="c")),
            invocation(2, user("Hello"), session_id="s2"),
        ],
    )
    counts = run(source).counts
    assert counts.read == 2 == counts.accepted + counts.rejected
    left = b"".join(state(tmp_path / "redacted").values())
    for value in fields.values():
        assert len(str(value)) < 5 or json.dumps(str(value))[1:-1].encode() not in left


def test_numbers_that_a_table_made_fractions_are_the_same_persons(tmp_path: Path) -> None:
    content = '{"user_id": 88213.0, "phone": 5125550147.0, "total": 120.0}'
    person, phone = BY.of(Kind.PERSON_ID, "88213"), BY.of(Kind.PHONE, "5125550147")
    assert told(tmp_path, content) == content.replace("88213", person).replace("5125550147", phone)


def test_a_short_card_number_keeps_none_of_its_digits_by_rule() -> None:
    long, short = "4111 1111 1111 1234", "78750"
    assert BY.of(Kind.CARD, long).endswith("1234")
    assert BY.of(Kind.CARD, short)[1:] != short[1:]


def blind_to(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let redaction overlook a value in messages, though the session knows it."""
    from tasks.redaction.second_pass import Redactor

    whole = Redactor._put
    monkeypatch.setattr(
        Redactor,
        "_put",
        lambda self, span, text, *at: value if text == value else whole(self, span, text, *at),
    )


@pytest.mark.parametrize("processes", [1, 2])
def test_a_record_with_something_left_may_be_left_out_by_choice(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    processes: int,
) -> None:
    blind_to("mia_li_3668", monkeypatch)
    other = [invocation(1, user("Hello"), session_id="s2")]
    source = ingested(tmp_path / "ingested", SESSION, other)
    stop = SETTINGS.model_copy(update={"leak_scan": "stop"})
    given = SETTINGS.model_copy(update={"max_leaks": 0.7})
    with workers.use(processes):
        with pytest.raises(StageError, match=r"`redact.leak_scan: reject` in params.yaml"):
            redact.redact(
                stop, source, tmp_path / "redacted", key=KEY, private=tmp_path / "private"
            )
        manifest = redact.redact(
            given, source, tmp_path / "redacted", key=KEY, private=tmp_path / "private"
        )
    assert manifest.counts == Counts(read=3, accepted=1, rejected=2, reasons={"leak-left": 2})
    rejects = [reject for part in manifest.labelled("") for reject in part.rejects]
    assert {(r.id, r.detail) for r in rejects} == {
        (one.id, "PERSON_ID in messages.0") for one in SESSION
    }
    (kept,) = parts.read_parts(tmp_path / "redacted", Invocation)
    assert kept.session_id == "s2"
    assert "2 records are left out" in capsys.readouterr().err


VALUES = {
    "email": "mia@mail.example",
    "phone": "+1 512 555 0147",
    "card_number": "4111 1111 1111 1111",
    "ssn": "457-55-5462",
    "iban": "DE89 3704 0044 0532 0130 00",
    "api_key": SECRET,
    "user_id": "mia_li_3668",
}
PLAIN = [
    "Mia",
    "Österreich",
    "李明",
    "İstanbul",
    "N/A",
    "HAT003",
    "May",
    "",
    "  ",
    "\n",
    "😀",
    "O'Brien",
]
KEYS = [
    *VALUES,
    "first_name",
    "name",
    "dob",
    "city",
    "zip",
    "note",
    "url",
    "date",
    "street",
    "amount",
]


def encoded(text: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The text as it is, or one of the ways in which logs write it."""
    ways = [
        str,
        json.dumps,
        lambda found: json.dumps(found, ensure_ascii=False)[1:-1],
        quote,
        lambda found: base64.b64encode(f"it is {found}".encode()).decode(),
    ]
    return st.builds(lambda found, way: way(found), text, st.sampled_from(ways))


SAID = st.lists(st.sampled_from([*VALUES.values(), *PLAIN]), max_size=4).map("\n".join)
NUMBERS = st.one_of(
    st.integers(-(10**16), 10**16), st.floats(allow_nan=False, allow_infinity=False)
)
SCALARS = st.one_of(encoded(SAID), NUMBERS, st.booleans(), st.none())
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=8,
)
TEXTS = encoded(st.one_of(SAID, JSON.map(json.dumps)))
CALLS = st.builds(call, note=JSON, user_id=SCALARS, first_name=SCALARS)


@st.composite
def sessions(draw: st.DrawFn) -> list[Invocation]:
    """Two calls of one session, the second with what the first said."""
    asked, first = user(draw(TEXTS)), draw(CALLS)
    result = Message(role="tool", content=draw(TEXTS), tool_call_id=first.id)
    raw = ToolCall(name="note", raw_arguments=draw(TEXTS), id="call_2")
    return [
        invocation(1, asked, response=Reply(content=draw(TEXTS), tool_calls=(first,))),
        invocation(
            2,
            asked,
            Message(role="assistant", tool_calls=(first,)),
            result,
            response=Reply(content=draw(TEXTS), tool_calls=(raw,)),
            metadata={"note": draw(TEXTS)},
        ),
    ]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sessions())
def test_whatever_is_said_a_value_is_gone_or_its_record_is(
    tmp_path_factory: pytest.TempPathFactory, made: list[Invocation]
) -> None:
    folder = tmp_path_factory.mktemp("forms")
    given_ = SETTINGS.model_copy(update={"max_leaks": 1.0})
    counts = run(ingested(folder / "ingested", made), given_).counts
    assert counts.read == 2 == counts.accepted + counts.rejected
    shown = list(parts.read_parts(folder / "redacted", Invocation))
    for record in shown:
        assert [text for text in texts(record) if leaks.find(text.encode())] == []
        for text in readings("\n".join(texts(record))):
            for value in (VALUES["email"], VALUES["api_key"], VALUES["ssn"], VALUES["iban"]):
                assert value not in text


def texts(record: Invocation) -> list[str]:
    """All that redaction answers for."""
    found = [record.response.content, *record.metadata.values()]
    found += [message.content for message in record.messages]
    for said in (*record.messages, record.response):
        for one in said.tool_calls:
            found += [json.dumps(one.arguments, ensure_ascii=False), one.raw_arguments]
    return found


def readings(text: str) -> list[str]:
    """The text, and with escapes opened."""
    return [text, text.replace("\\\\", "\\").replace("\\n", "\n").replace('\\"', '"')]
