import pytest

from tasks.core.records import Message, ToolCall
from tasks.labelling.chains import FAILED, NOTHING, RAN, Walk, hashed, is_error


def walk(session: str, *pieces: list[Message]) -> Walk:
    """The context that these pieces add up to."""
    found = Walk(hashed(session))
    for messages in pieces:
        found.read(messages)
    return found


def asked(text: str = "Where is order 7731?") -> Message:
    return Message(role="user", content=text)


def called(**fields: object) -> Message:
    call = ToolCall(**{"name": "get_order", "arguments": {"a": 1, "b": 2}, **fields})  # type: ignore[arg-type]
    return Message(role="assistant", tool_calls=(call,))


def test_call_ids_and_the_order_of_arguments_do_not_count() -> None:
    one = walk("s-1", [asked(), called(id="c1")])
    other = walk("s-1", [asked(), called(id="c2", arguments={"b": 2, "a": 1})])
    assert one.end == other.end


@pytest.mark.parametrize(
    "messages",
    [
        [asked("Where is order 9120?"), called()],
        [asked(), called(name="cancel_order")],
        [asked(), called(arguments={"a": 1})],
        [asked(), called(raw_arguments="{")],
        [called(), asked()],
        [asked()],
    ],
)
def test_anything_else_does(messages: list[Message]) -> None:
    assert walk("s-1", messages).end != walk("s-1", [asked(), called()]).end


def test_sessions_are_apart() -> None:
    assert walk("s-1", [asked()]).end != walk("s-2", [asked()]).end


def test_system_messages_have_a_hash_of_their_own() -> None:
    one = walk("s-1", [Message(role="system", content="It is 08:00."), asked()])
    other = walk("s-1", [Message(role="system", content="It is 08:01."), asked()])
    assert one.end == other.end
    assert one.system != other.system


def test_reading_on_equals_reading_at_once() -> None:
    messages = [asked(), called(), Message(role="tool", content="Error: gone"), called()]
    assert walk("s-1", messages[:2], messages[2:]) == walk("s-1", messages)


def test_a_turn_failed_where_a_tool_answered_it_with_an_error() -> None:
    error, good = (Message(role="tool", content=text) for text in ("Error: gone", "found"))
    found = walk("s-1", [asked(), called(), good, called(), good, error, called(), asked()])
    assert found.results == [RAN, FAILED, NOTHING]
    assert len(found.turns) == 3


@pytest.mark.parametrize(
    ("content", "failed"),
    [
        ("Error: no such order", True),
        ("  ERROR 404", True),
        ('{"error": "no such order"}', True),
        ('{ "error" : {"code": 1}}', True),
        ('{"error": null, "order": 1}', False),
        ('{"error":false}', False),
        ('{"order": 1, "error": "x"}', False),
        ("No error was found", False),
        ("", False),
    ],
)
def test_errors_are_known_by_how_they_begin(content: str, failed: bool) -> None:
    assert is_error(content) is failed
