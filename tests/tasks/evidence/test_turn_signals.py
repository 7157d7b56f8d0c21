import pytest

from tasks.core.records import Message
from tasks.evidence.turn_signals import Signal, signal


def told(*turns: str) -> Signal:
    """The user's turns with a reply between each two."""
    messages = []
    for number, turn in enumerate(turns):
        if number:
            messages.append(Message(role="assistant", content="Done."))
        messages.append(Message(role="user", content=turn))
    return signal(messages)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Cancel my order number 17", "Please cancel order number 17!", "rephrased"),
        ("Book a table for two in Oslo", "I want a table for two booked in Oslo", "rephrased"),
        ("Cancel my order 17", "That is still wrong.", "complained"),
        ("Cancel my order 17", "This isn't what I asked for", "complained"),
        ("Cancel my order 17", "I already told you the number", "complained"),
        ("Cancel my order 17", "It doesn’t work", "complained"),
        ("Cancel my order 17", "Let me speak to a real person", "handed_over"),
        ("Cancel my order 17", "Can you transfer me to your supervisor?", "handed_over"),
        ("Cancel my order 17", "Great, thanks. And where is order 18?", ""),
        ("Which month do I owe?", "May", ""),
        ("yes", "yes", ""),
        ("Send the invoice of May", "Send the contract of June to my lawyer", ""),
        ("Is the agent fee included in the price?", "And what does the broker take?", ""),
    ],
)
def test_what_a_turn_tells_of_the_reply_before(first: str, second: str, expected: Signal):
    assert told(first, second) == expected


def test_a_first_turn_tells_nothing():
    assert told("I already told you, this is wrong") == ""
    assert signal([]) == ""


def test_a_reply_is_no_turn_of_the_user():
    messages = [
        Message(role="user", content="Cancel order 17"),
        Message(role="assistant", content="Which one?"),
        Message(role="user", content="That is wrong"),
        Message(role="assistant", content="Sorry."),
    ]
    assert signal(messages) == ""
    assert signal(messages[:3]) == "complained"
