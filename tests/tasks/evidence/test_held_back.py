"""What may stand in a reply that holds back; wordings of our own, and a set written by others."""

import json
from pathlib import Path

import pytest

from tasks.core.records import Message
from tasks.demo import world
from tasks.evidence.held_back import announces, held_back

WHEN2CALL = (Path(__file__).parents[3] / "../shared/data/when2call.jsonl").resolve()
ASKED = (Message(role="user", content="Please cancel my flight BK7Q2 on 3 May and refund me"),)


@pytest.mark.parametrize(
    "text",
    [
        "I cannot do that.",
        "I have no tool for that.",
        "Sorry, none of my tools can cancel a flight.",
        "There is no function for this request.",
        "That is outside what I can do here.",
        "I'm afraid that I can't delete accounts; please contact support.",
        "Unfortunately, I don't have access to your bookings. You can call the airline instead.",
    ],
)
def test_a_refusal_may_apologise_give_a_reason_and_point_elsewhere(text: str):
    assert held_back(text, ASKED) == "refuse"


@pytest.mark.parametrize(
    "text",
    [
        "For which city?",
        "Which date should I use, 3 May?",
        "Could you tell me the booking id?",
        "I need the booking id to cancel it.",
        "Please tell me your city.",
        "Happy to help! What is the booking id?",
        "Which seat would you like? Options include aisle and window.",
    ],
)
def test_a_question_may_be_polite_and_name_the_choices(text: str):
    assert held_back(text, ASKED) == "clarify"


@pytest.mark.parametrize(
    "text",
    [
        "I cannot do that. It has been done, and your card was charged.",
        "I can't cancel flights. Your balance is twelve euros.",
        "I'm unable to help; the refund of 200 EUR went through.",
        "I cannot do that, but I did it anyway.",
        'I can\'t. <tool_call>{"name": "x", "arguments": {}}</tool_call>',
        "I can't cancel it, the flight leaves at noon.",
        "I don't have a tool for that. Consider it cancelled!",
        "I have no way to do this. Mission accomplished.",
        "I cannot help. However, you can rest assured the money is back in your account.",
        "Unable to comply. Refund issued.",
        "I could not refuse, so the money left your account.",
        "I'm not able to do that. Paris is the capital of France.",
        "Which date? By the way your flight is cancelled.",
        "Which flight? Cancelling now.",
        "Please tell me the city, the weather is fine there.",
        "For which city? Also tell me your password.",
        "Please give me your credit card number and PIN.",
        "I need your date of birth and your online banking login details.",
        "Could you tell me the date? The weather in Oslo is sunny.",
        "予約番号を教えてください。",
        "",
        "\ud800",
    ],
)
def test_what_holds_anything_else_is_neither(text: str):
    assert held_back(text, ASKED) == ""


@pytest.mark.parametrize(
    "text",
    [
        "I can't imagine anything easier.",
        "You can't go wrong with that.",
        "I could not wish for a simpler request.",
        "I am by no means unable to cancel it.",
        "It is hardly impossible.",
        "Who says I can't?",
        "There is no reason why I can't do that.",
        "I can't see why not.",
    ],
)
def test_an_inability_that_is_none_is_no_refusal(text: str):
    assert held_back(text, ASKED) == ""


@pytest.mark.parametrize(
    "text",
    [
        "My colleague replied that he cannot do that.",
        'The manual says "I cannot do that."',
        "Put this on a sign: Sorry, I cannot do that.",
        "Imagine that I cannot do that.",
        "It is a myth that I cannot cancel flights.",
        "[THINK] I cannot do that.",
        "<reasoning>I cannot do that.",
        "<|channel|>I cannot do that.",
    ],
)
def test_a_refusal_that_is_quoted_reported_or_thought_is_none(text: str):
    assert held_back(text, ASKED) == ""


@pytest.mark.parametrize(
    "text",
    [
        "I cannot do that. Please send me your account number.",
        "Confirm your date of birth. I cannot do that.",
        "I can't cancel it. What is the security code on your card?",
        "I have no tool for that; type your username here.",
    ],
)
def test_a_refusal_that_asks_for_a_secret_is_none(text: str):
    assert held_back(text, ASKED) == ""


def test_a_refusal_may_name_a_secret_that_it_does_not_ask_for():
    assert held_back("I cannot move money. Please use your banking app.", ASKED) == "refuse"
    assert held_back("I cannot change your password.", ASKED) == "refuse"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I'll cancel that for you.",
        "Let me look that up.",
        "Sure! Checking flight BK7Q2 now.",
        "One moment, please.",
        "Okay, I will book it.",
    ],
)
def test_beside_a_call_a_text_may_announce_it(text: str):
    assert announces(text, ASKED)


@pytest.mark.parametrize(
    "text",
    [
        "Your flight was cancelled.",
        "I'll cancel it. The refund has been sent.",
        "Let me look that up. It costs 99 EUR.",
        "Let me check. Also tell me your PIN.",
        "<think>Should I?",
        "The weather is fine.",
        "I will, " + "and so " * 100,
        "Ich prüfe das für Sie. Все готово.",
    ],
)
def test_beside_a_call_a_text_may_claim_nothing(text: str):
    assert not announces(text, ASKED)


def test_the_made_worlds_references_are_read_as_what_they_are():
    tasks = (task for _, task in zip(range(300), world.tasks("unseen", seed=5), strict=False))
    held = [task for task in tasks if task.reference.behaviour in ("clarify", "refuse")]
    assert len(held) > 80
    for task in held:
        assert held_back(task.reference.text, task.messages) == task.reference.behaviour


def test_written_answers_of_others_are_told_apart():
    if not WHEN2CALL.exists():
        pytest.skip("the When2Call items are not beside the checkout")
    right, answered = [], []
    for line in WHEN2CALL.read_text().splitlines():
        item = json.loads(line)
        context = (Message(role="user", content=json.dumps([item["question"], item["tools"]])),)
        for kind, behaviour in (("request_for_info", "clarify"), ("cannot_answer", "refuse")):
            right.append(held_back(item["answers"][kind], context) == behaviour)
        answered.append(held_back(item["answers"]["direct"], context) == "")
    assert sum(right) >= 0.98 * len(right)
    assert sum(answered) >= 148
