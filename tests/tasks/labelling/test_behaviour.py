from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.labelling import labels
from benchmarks.labelling.foreign_wordings import HELD_OUT, UNCOVERED
from benchmarks.labelling.phrasings import Bank
from tasks.core.records import Reference, Reply, Tool, ToolCall
from tasks.labelling.behaviour import Label, classify
from tasks.rewards import Prompt, decision

TOOLS = (
    Tool(name="get_report", parameters={"properties": {"month": {}, "user_id": {}}}),
    Tool(name="book", parameters={"properties": {"departure_date": {}, "seatClass": {}}}),
)


def label(text: str) -> Label:
    return classify(Reply(content=text), TOOLS)


def test_a_call_is_execution() -> None:
    call = ToolCall(name="get_report", arguments={"month": "May"})
    assert classify(Reply(content="Now?", tool_calls=(call,)), TOOLS) == Label(
        "execute", 1.0, (), "tool-call"
    )


def test_a_call_that_is_no_json_is_a_doubtful_execution() -> None:
    call = ToolCall(name="get_report", raw_arguments="{")
    assert classify(Reply(tool_calls=(call,)), ()).confidence == 0.5


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "get_report", "arguments": {"month": "= 54</tool_call>',
        '{"name": "get_report", "arguments": {"month": "May"}}',
        '```json\n[{"name": "get_report", "parameters": {"month": "May"}}]\n```',
        '{"name": "get_total", "arguments": {"month": "May"}}',
        "[get_report(month='May'), book(seatClass='first')]",
        'functions.get_report({"month": "May"})',
        'One moment.\n[TOOL_CALLS] [{"name": "get_report"',
    ],
)
def test_a_call_written_as_text_is_a_doubtful_execution(text: str) -> None:
    assert label(text) == Label("execute", 0.5, (), "call-as-text")


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "May", "total": 12}',
        '{"name": "May", "arguments": {"for": 1}, "against": 2}',
        "get_report gives a report (May).",
        "Prices are in euros (VAT included)",
    ],
)
def test_an_answer_in_json_or_about_a_tool_is_no_call(text: str) -> None:
    assert label(text).behaviour == "answer"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Please give month.", ("month",)),
        ("Could you please provide your user ID so I can look up the month?", ("user_id",)),
        (
            "I'll need the date of your departure and the seat class.",
            ("departure_date", "seatClass"),
        ),
        ("Which month would you like?", ("month",)),
        ("For which city?", ()),
        ("I can't find it without your user id. Could you give it?", ("user_id",)),
        ("Would you like me to go on with the booking?", ()),
        ("Please confirm if you would like me to proceed.", ()),
    ],
)
def test_a_question_for_what_is_needed_is_a_clarification(
    text: str, missing: tuple[str, ...]
) -> None:
    found = label(text)
    assert (found.behaviour, found.missing) == ("clarify", missing)


@pytest.mark.parametrize(
    "text",
    [
        "No tool can do this.",
        "None of the available tools fits.",
        "I'm sorry, but I can't book hotels.",
        "I’m sorry, I am unable to do that. Would you like me to transfer you to a person?",
        "Unfortunately, this is beyond my capabilities. Please contact the hotel.",
        "I don't have access to live prices. Is there anything else I can help you with?",
    ],
)
def test_an_inability_without_a_helpful_question_is_a_refusal(text: str) -> None:
    assert label(text).behaviour == "refuse"


@pytest.mark.parametrize(
    "text",
    [
        "Your order is on its way.",
        "Your order is on its way. Is there anything else I can help you with?",
        "Done. If you have any other questions, please let me know!",
        "I was unable to find any flights on that day.",
        "You can't take liquids on board.",
        "",
    ],
)
def test_anything_else_is_an_answer(text: str) -> None:
    assert label(text).behaviour == "answer"


DESCRIBED = (
    Tool(
        name="get_forecast",
        parameters={
            "properties": {
                "q": {"description": "The name of the city for which the weather is looked up."},
                "loc2": {"description": "Airport of arrival, as an IATA code."},
                "from_day": {"description": "First day of the period."},
                "to_day": {"description": "Last day of the period."},
                "snow": {"description": "Whether the street counts.", "type": "boolean"},
            }
        },
    ),
)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("For which city?", ("q",)),
        ("Could you tell me the city where the concert on the last day takes place?", ("q",)),
        ("Please give me the airport of your arrival and the city.", ("loc2", "q")),
        ("What is the first day of your trip?", ("from_day",)),
        ("On which day?", ()),
        ("Which street?", ()),
    ],
)
def test_what_is_asked_for_may_be_in_the_words_of_a_description(
    text: str, missing: tuple[str, ...]
) -> None:
    found = classify(Reply(content=text), DESCRIBED)
    assert (found.behaviour, found.missing) == ("clarify", missing)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Please give book_seat seat class.", ("seatClass",)),
        ("Which month? And for which user id?", ("month", "user_id")),
        ("Please give the seat class for the month and the user id.", ("seatClass", "user_id")),
    ],
)
def test_what_is_asked_for_stands_before_what_says_more_of_it(
    text: str, missing: tuple[str, ...]
) -> None:
    assert label(text).missing == missing


def test_a_question_word_asks_for_the_only_parameter_of_its_kind() -> None:
    when = Reply(content="When do you want to leave?")
    assert classify(when, TOOLS[1:]).missing == ("departure_date",)
    assert classify(when, TOOLS).missing == ()


@pytest.mark.parametrize("code", UNCOVERED)
def test_a_language_that_no_rule_covers_is_left_to_a_person(code: str) -> None:
    replies = UNCOVERED[code]
    unsure = [classify(Reply(content=text), TOOLS, code).confidence < 0.6 for text in replies]
    # Two Galician sentences in four read as Spanish and Portuguese, and mean what they mean there.
    assert sum(unsure) >= len(replies) - 2 * (code == "gl")


def test_a_reply_that_nothing_is_understood_of_is_no_answer_by_default() -> None:
    found = label("Uw tafel voor vier personen is gereserveerd.")
    assert (found.confidence, found.rule, found.language) == (0.0, "unknown-language", "nl")
    asked = label("Voor welke maand wilt u het rapport?")
    assert (asked.behaviour, asked.confidence, asked.rule) == ("clarify", 0.5, "question-mark")


@pytest.mark.parametrize("code", HELD_OUT)
def test_replies_in_other_languages_are_right_or_left_to_a_person(code: str) -> None:
    """Wordings that the rules were not made on."""
    sure: list[bool] = []
    lines = HELD_OUT[code].items()
    replies = [(did, line) for did, text in lines for line in text]
    for behaviour, text in replies:
        found = classify(Reply(content=text), TOOLS, code)
        if found.confidence >= 0.6:
            sure.append(found.behaviour == behaviour)
    assert all(sure)
    assert len(sure) >= 0.8 * len(replies)


def test_a_word_or_two_are_in_the_language_around_them() -> None:
    assert classify(Reply(content="Danke."), TOOLS, "en").language == "de"
    assert classify(Reply(content="Kthyer."), TOOLS, "de").language == "de"
    assert classify(Reply(content="Kthyer."), TOOLS).confidence < 0.6


def test_an_empty_reply_says_so() -> None:
    assert label(" \n") == Label("answer", 0.0, (), "empty")


@pytest.mark.parametrize(("bank", "part"), labels.SETS)
def test_wordings_of_many_kinds_are_told_apart(bank: Bank, part: str) -> None:
    found = labels.shares(labels.of_part(bank, part), labels.rules)
    assert min(found.values()) >= 0.8
    right, asked = labels.asked_right(bank, part)
    assert right / asked >= 0.85


def test_of_a_huge_reply_both_ends_are_read() -> None:
    filler = "All is well and the sun is out. " * 30_000
    assert label(f"{filler}Please give month.").missing == ("month",)
    assert label(f"I'm sorry, I can't do that. {filler}").behaviour == "refuse"
    assert label("please give the " * 60_000).behaviour == "clarify"


@given(
    st.lists(
        st.sampled_from(
            ["i", "can't", "the", "month", "?", ".", "please", "if", "you", "\n1. ", ":"]
        )
    )
)
def test_any_text_has_a_label_and_names_offered_parameters(words: list[str]) -> None:
    found = label(" ".join(words))
    assert set(found.missing) <= {"month", "user_id", "departure_date", "seatClass"}
    assert 0 <= found.confidence <= 1
    assert (found.questions > 0) == (found.behaviour == "clarify")


@pytest.mark.parametrize(
    ("text", "behaviour", "rule"),
    [
        ("Economy fares cannot be refunded. Shall I transfer you to an agent?", "refuse", "barred"),
        ("Sorry, under our policy it can't be changed.", "refuse", "barred"),
        ("Please speak to our team. Shall I connect you with an agent?", "refuse", "hands-over"),
        ("That can't be undone, so keep a copy.", "answer", "states"),
        (
            "It can't be cancelled, sorry. Shall I proceed with the other?",
            "clarify",
            "asks-consent",
        ),
        ("Please confirm the month.", "clarify", "asks-parameter"),
        ("Please confirm if I should go on and give the month.", "clarify", "asks-parameter"),
        ("I need these:\n1. The month.\n2. Your user id.", "clarify", "asks-parameter"),
        ("And the month?", "clarify", "asks-parameter"),
        ("If you need more help, please let me know.", "answer", "states"),
        ("Could you name the month, if you have a preference?", "clarify", "asks-parameter"),
    ],
)
def test_each_rule(text: str, behaviour: str, rule: str) -> None:
    found = label(text)
    assert (found.behaviour, found.rule) == (behaviour, rule)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"properties": None, "required": None},
        {"properties": ["month"], "required": "month"},
        {"properties": {"month": None, "day": True}, "required": [1, {}, "month"]},
        {"properties": {"month": {"type": ["string"], "description": 7, "enum": 3}}},
    ],
)
def test_a_tool_with_a_broken_schema_breaks_nothing(parameters: dict[str, Any]) -> None:
    tools = (Tool(name="get_report", parameters=parameters),)
    asked = Reply(content="Please give month.")
    assert classify(asked, tools).behaviour == "clarify"
    prompt = Prompt((), tools, Reference(behaviour="clarify"))
    assert decision.score(prompt, asked, decision.Settings()).value in (None, 0.05, 1.0)
