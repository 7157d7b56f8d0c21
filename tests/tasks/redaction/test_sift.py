"""What is passed on unopened: never more than the walk would leave as it is."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core.curation_settings import RedactSettings
from tasks.core.records import Message, Reply, ToolCall, encode
from tasks.redaction import lines
from tasks.redaction.decode import Walker
from tasks.redaction.fields import Fields
from tasks.redaction.finders import Finders
from tasks.redaction.first_pass import Collector
from tasks.redaction.session_values import decode_values
from tasks.redaction.sift import Sift, as_reply

SETTINGS = RedactSettings(min_confidence=0.35, person_keys=("user_id", "email"))
FINDERS = Finders(SETTINGS)
FIELDS = Fields(SETTINGS.person_keys)
KEY = "AKIA" + "QYLPMN5HHHFPZAM2"


def is_clean(said: Message | Reply) -> bool:
    return Sift(FINDERS, FIELDS).is_clean(encode(said))


def taught(said: Message | Reply) -> tuple[object, ...]:
    """What the walk through every text finds."""
    collector = Collector(FINDERS)
    lines.spoken(Walker(FIELDS, collector), lines.SPOKEN.decode(encode(said)))
    found = decode_values(collector.taught())
    return (*found.values.items(), *found.kept)


def call(**arguments: object) -> ToolCall:
    return ToolCall(name="find_flights", arguments=arguments, id="tooluse_f9ab01dbfade6152")


@pytest.mark.parametrize(
    "said",
    [
        Message(role="user", content="How about Tuesday?\nIt is 40 euros."),
        Message(role="assistant", tool_calls=(call(seats=2, note="window", ids=[12, 345678]),)),
        Message(role="tool", content='{"status": "ok", "items": 3}', tool_call_id="call_1"),
        Reply(content='He said "fine", it\'s C:/temp (1).'),
        Reply(),
    ],
)
def test_what_holds_nothing_is_clean(said: Message | Reply) -> None:
    assert is_clean(said)
    assert taught(said) == ()


@pytest.mark.parametrize(
    "text",
    [
        f"key {KEY}",
        json.dumps({"note": f"key {KEY}"}),
        json.dumps({"body": json.dumps({"first_name": "Mia"})}),
        '{"city": "Oslo"}',
        '{"a": {"email": "x"}, "a": 1}',
        "https://x.example/?q=" + quote("mia@mail.example", safe=""),
        "see " + base64.b64encode(b"mail mia@mail.example").decode(),
        "{'last_name': 'Okafor'}",
        'find(last_name="Okafor")',
        r"path \u006dia",
    ],
)
def test_what_holds_something_is_not(text: str) -> None:
    assert not is_clean(Message(role="user", content=text))
    assert not is_clean(Reply(tool_calls=(call(note=text),)))


@pytest.mark.parametrize("key", ["first_name", "user_id", "city", "name"])
def test_a_key_that_may_say_something_is_enough(key: str) -> None:
    assert not is_clean(Reply(tool_calls=(call(**{"a": [{key: "Mia"}]}),)))


def test_arguments_that_are_no_json_are_taken_apart() -> None:
    assert not is_clean(Reply(tool_calls=(ToolCall(name="x", raw_arguments='{"a": '),)))


def test_an_assistants_message_is_the_reply_that_it_was() -> None:
    for reply in (Reply(content="Yes."), Reply(tool_calls=(call(seats=2),))):
        said = Message(role="assistant", content=reply.content, tool_calls=reply.tool_calls)
        body, head, tail = as_reply(encode(said))
        assert body == encode(reply)
        assert head + body[1:-1] + tail == encode(said)
    both = encode(Message(role="assistant", content="Yes.", tool_calls=(call(),)))
    assert as_reply(both) == (both, b"", b"")
    user = encode(Message(role="user", content='x","role":"assistant'))
    assert as_reply(user) == (user, b"", b"")


PIECES = st.sampled_from(
    [
        *("mia@mail.example", "4111 1111 1111 1111", "+49 30 901820", "123-45-6789", KEY),
        *(
            "my name is ",
            "Mia Li ",
            "password: ",
            "hunter2!x ",
            "DOB: ",
            "1967-03-12 ",
            "passport ",
        ),
        *(
            "C01234567 ",
            "user id: ",
            "mia_li_3668 ",
            "10.20.30.40",
            "::",
            "'",
            '"',
            "{",
            "}",
            "[",
            ":",
        ),
        *(",", "=", "\\", "%40", "%", "\n", " ", "é", "12 Old Mill Road ", "token ", "é@x.de "),
        *(
            "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA",
            "bWFpbCBtaWFAbWFpbC5leGFtcGxl",
            "first_name",
            "email",
        ),
    ]
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(TEXTS, TEXTS, st.booleans())
def test_nothing_that_the_walk_finds_is_called_clean(text: str, other: str, wrapped: bool) -> None:
    content = json.dumps({"note": text}) if wrapped else text
    said = Message(role="assistant", content=content, tool_calls=(call(**{"note": other}),))
    for one in (said, Message(role="user", content=content), Reply(content=other)):
        assert not is_clean(one) or taught(one) == ()
