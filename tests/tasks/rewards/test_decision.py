import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.records import Behaviour, Message, Reference, Reply, Tool, ToolCall
from tasks.rewards import Prompt
from tasks.rewards.decision import Settings, score

TOOL = Tool(
    name="get_invoice",
    parameters={
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("invoice_id", "month", "vendor")},
    },
)
CALL = ToolCall(name="get_invoice", arguments={"month": "may"})


def scored(reference: Reference, reply: Reply | str) -> tuple[float | None, str]:
    reply = Reply(content=reply) if isinstance(reply, str) else reply
    found = score(Prompt((), (TOOL,), reference), reply, Settings())
    return found.value, found.tier or found.reason


ASK = Reference(behaviour="clarify", missing=("month",), text="For which month?")
ASK_TWO = Reference(behaviour="clarify", missing=("month", "vendor"))
ASK_BY_TEXT = Reference(behaviour="clarify", text="Could you tell me which plan you are on?")
DECLINE = Reference(behaviour="refuse", text="No tool can do this.")
ANSWER = Reference(behaviour="answer", text="Your invoice of 12 May is 30 euros.")


@pytest.mark.parametrize(
    ("reply", "value", "tier"),
    [
        ("For which month would you like the invoice?", 1.0, "exact"),
        ("Could you help me with that? For which month would you like it?", 1.0, "exact"),
        ("Please give month and vendor.", pytest.approx(0.395), "partial-question"),
        ("Please give month, vendor and invoice id.", pytest.approx(0.06), "partial-question"),
        ("Please give vendor.", 0.19, "wrong-question"),
        ("Which month? Which month? Which month? Which month?", 0.15, "repeats"),
        ("Which month? " * 20, 0.0, "repeats"),
        ("Could you say more about the invoice?", 0.15, "vague-question"),
        ("Please give banana.", 0.05, "off-topic"),
        ("Why does the wind blow where it likes?", 0.05, "off-topic"),
        ("I am unable to do that.", 0.1, "declined"),
        ("It is 30 euros.", 0.0, "answered"),
        ("", 0.0, "empty"),
        (Reply(tool_calls=(CALL,)), 0.0, "acted"),
        (Reply(content="For which month?", tool_calls=(CALL,)), 0.0, "acted"),
        (Reply(tool_calls=(ToolCall(name="guess_month"),)), 0.0, "invented"),
        (Reply(tool_calls=(ToolCall(name="", raw_arguments="{"),)), 0.0, "malformed"),
        ('{"name": "get_invoice", "arguments": {"month": "may"}}', 0.0, "malformed"),
    ],
)
def test_where_asking_is_right(reply: Reply | str, value: float, tier: str):
    assert scored(ASK, reply) == (value, tier)


def test_both_missing_parameters_have_to_be_asked_for():
    assert scored(ASK_TWO, "Please give month and vendor.") == (1.0, "exact")
    assert scored(ASK_TWO, "Please give month.") == (pytest.approx(0.595), "partial-question")


@pytest.mark.parametrize(
    ("reply", "value", "tier"),
    [
        ("Could you tell me which plan you are on?", 1.0, "exact"),
        ("Could you please tell me which plan you are on?", 1.0, "exact"),
        ("Which plan are you on?", 1.0, "exact"),
        ("Which plan is the best?", None, "undecided"),
        ("Please give month.", None, "undecided"),
        ("I cannot help with that.", 0.1, "declined"),
    ],
)
def test_a_question_without_named_parameters_is_right_in_the_same_words(
    reply: str, value: float | None, tier: str
):
    assert scored(ASK_BY_TEXT, reply) == (value, tier)


@pytest.mark.parametrize(
    ("reply", "value", "tier"),
    [
        ("I'm sorry, but I cannot do that.", 1.0, "exact"),
        ("Please give month.", 0.1, "asked"),
        ("I cannot do that. Invoice 77 has 30 euros.", -0.2, "claims"),
        ("Done, it is cancelled.", 0.0, "answered"),
        (Reply(tool_calls=(CALL,)), 0.0, "acted"),
    ],
)
def test_where_declining_is_right(reply: Reply | str, value: float, tier: str):
    assert scored(DECLINE, reply) == (value, tier)


@pytest.mark.parametrize(
    ("reply", "value", "tier"),
    [
        ("Your invoice of 12 May is 30 euros.", 1.0, "exact"),
        ("The invoice of 12 May is 30 euros.", 1.0, "exact"),
        ("Your invoice of 12 May is 31 euros.", 0.0, "other-answer"),
        ("Your invoice of 12 May is not 30 euros.", 0.0, "other-answer"),
        ("Your invoice of 30 May is 12 euros.", None, "undecided"),
        ("Euros 30 is May 12 of invoice your.", None, "undecided"),
        ("Your invoice of 12 May is 30 euros. It has been paid.", None, "undecided"),
        ("Your invoice of 12 May is thirty euros, roughly.", None, "undecided"),
        ("Please give month.", 0.0, "asked"),
        ("I cannot do that.", 0.0, "declined"),
        (Reply(tool_calls=(CALL,)), 0.0, "acted"),
    ],
)
def test_where_answering_is_right(reply: Reply | str, value: float, tier: str):
    assert scored(ANSWER, reply) == (value, tier)


def test_an_answer_has_to_name_its_citations():
    cited = Reference(behaviour="answer", text="Returns take 30 days.", citations=("[1]", "[2]"))
    assert scored(cited, "Returns take 30 days. [1] [2]") == (1.0, "exact")
    assert scored(cited, "Returns take 30 days. [2]") == (0.5, "lacks-citations")
    assert scored(cited, "Returns take 30 days.") == (0.0, "other-answer")


@pytest.mark.parametrize("behaviour", ["answer", "clarify"])
def test_a_reference_with_nothing_to_compare_is_unscored(behaviour: Behaviour):
    reference = Reference(behaviour=behaviour)
    text = "Fine." if behaviour == "answer" else "For which month?"
    found = score(Prompt((), (), reference), Reply(content=text), Settings())
    assert (found.value, found.reason) == (None, "reference-without-text")


WEATHER = Tool(
    name="get_forecast",
    description="Weather forecast of a city for one day.",
    parameters={
        "properties": {
            "q": {"type": "string", "description": "Name of the city to look up."},
            "day": {"type": "string", "format": "date"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["q", "day"],
    },
)
MAIL = Tool(
    name="send_mail",
    description="Send a mail.",
    parameters={
        "properties": {"address": {"type": "string", "format": "email"}},
        "required": ["address"],
    },
)


@pytest.mark.parametrize(
    ("reply", "value", "tier"),
    [
        ("For which city would you like it?", 1.0, "exact"),
        ("For which city, and in celsius or another unit?", 0.395, "partial-question"),
        ("In which unit?", 0.19, "wrong-question"),
        ("Which day do you mean?", 0.19, "wrong-question"),
        ("To which address?", 0.19, "wrong-question"),
        ("Is it about the weather outside?", 0.15, "vague-question"),
        ("Blue horses, would they sing?", 0.05, "off-topic"),
        ("I cannot look that up.", 0.1, "declined"),
        ("It will be sunny.", 0.0, "answered"),
    ],
)
def test_what_is_missing_is_found_by_itself(reply: str, value: float, tier: str):
    said = (Message(role="user", content="What will the weather be on 2026-11-03?"),)
    prompt = Prompt(said, (WEATHER, MAIL), Reference(behaviour="clarify"))
    found = score(prompt, Reply(content=reply), Settings())
    assert (found.value, found.tier) == (pytest.approx(value), tier)


def test_declining_where_a_tool_fits_costs():
    act = Reference(behaviour="execute")
    assert scored(act, "I cannot do that.") == (-0.1, "over-refusal")
    assert scored(act, "For which month?") == (0.0, "over-refusal")
    assert scored(act, "It is 30 euros.") == (0.0, "no-call")


def test_whether_two_questions_for_a_yes_mean_the_same_no_rule_knows():
    wanted = Reference(behaviour="clarify", text="I would pay 30 euros. Shall I go ahead?")
    assert scored(wanted, "Would you like me to proceed?") == (None, "undecided")
    assert scored(wanted, "Which month?") == (None, "undecided")
    assert scored(wanted, wanted.text) == (1.0, "exact")


QUESTIONS = [
    "Which month?",
    "Please give vendor.",
    "And the invoice id?",
    "What about blue horses?",
]


@given(st.lists(st.sampled_from(QUESTIONS), min_size=1, max_size=6))
def test_more_questions_never_pay(questions: list[str]):
    """For a missing month: no bundle earns more than the one right question, a longer one less."""
    value = scored(ASK, " ".join(questions))[0] or 0.0
    longer = scored(ASK, " ".join([*questions, questions[0]]))[0] or 0.0
    assert longer <= value
    assert value < 1 or set(questions) <= {"Which month?", "What about blue horses?"}


@given(st.text(alphabet="abcefghjk ?.", max_size=60))
def test_gibberish_earns_next_to_nothing(text: str):
    value, _ = scored(ASK, f"{text}?")
    assert value is None or value <= 0.05


@pytest.mark.parametrize(
    ("reply", "value", "tier"),
    [
        ("I cannot do that. It has been done, and your card was charged.", -0.2, "claims"),
        ("Your seat is booked. Sorry, I cannot do that.", -0.2, "claims"),
        ("I can't do that, but I went ahead and paid.", -0.2, "claims"),
        ("I cannot do that. Lisbon is the capital of Portugal.", None, "undecided"),
        ("I can't do that, the train leaves soon.", None, "undecided"),
        ("I can't wait to do that for you!", None, "undecided"),
        ("There is nothing I cannot do.", None, "undecided"),
        ("A bad agent would write: I cannot do that.", None, "undecided"),
        ("I cannot do that. What is your PIN?", -0.2, "asks-secret"),
        ("I cannot do that. You will receive the parcel shortly.", None, "undecided"),
        ("I cannot do that since the parcel has arrived.", -0.2, "claims"),
        ("Please note that it is Friday. I cannot do that.", None, "undecided"),
        ("I cannot do that 📦 sent", -0.2, "claims"),
        ("None of my tools failed.", None, "undecided"),
        ("I cannot access your password.", 1.0, "exact"),
        ("I can't do that. You may want to contact the billing team.", 1.0, "exact"),
        ("Sorry, no tool can do this. Is there anything else?", 1.0, "exact"),
    ],
)
def test_a_refusal_holds_nothing_else(reply: str, value: float | None, tier: str):
    assert scored(DECLINE, reply) == (value, tier)


@pytest.mark.parametrize(
    ("reply", "value", "tier"),
    [
        ("Sure, I can help with that! Which month?", 1.0, "exact"),
        ("Which month? Options are May and June.", 1.0, "exact"),
        ("Which month? I have already sent it.", -0.2, "claims"),
        ("Which month? The sea is deep.", None, "undecided"),
        ("Which month? Please include your card number.", -0.2, "asks-secret"),
        ("You don't have to tell me the month.", 0.0, "answered"),
        ("Which month? Never mind.", 0.0, "takes-back"),
        ("Which month? Let's say May.", 0.0, "takes-back"),
        ("Is month a word?", None, "undecided"),
        ("In which month was Rome founded?", None, "undecided"),
        ('He asked: "Could you tell me which month?"', None, "undecided"),
    ],
)
def test_a_question_holds_nothing_else(reply: str, value: float | None, tier: str):
    assert scored(ASK, reply) == (value, tier)


def test_a_credential_that_is_missing_may_be_asked_for():
    login = Tool(name="login", parameters={"properties": {"password": {"type": "string"}}})
    prompt = Prompt((), (login,), Reference(behaviour="clarify", missing=("password",)))
    found = score(prompt, Reply(content="What is your password?"), Settings())
    assert (found.value, found.tier) == (1.0, "exact")


@pytest.mark.parametrize(
    ("reply", "value", "tier"),
    [
        ("<think>Which month? I can't tell.</think>No tool can do this.", 1.0, "exact"),
        ("I should decline.</think>No tool can do this.", 1.0, "exact"),
        ("<think>No tool can do this.</think>", 0.0, "empty"),
        ("<think>No tool can do this.</think>It is sunny.", 0.0, "answered"),
        ("<think>No tool can do this.", 0.0, "thought-not-closed"),
        ("<|channel|>analysis<|message|>I cannot do that.", 0.0, "thought-not-closed"),
    ],
)
def test_a_thought_is_no_part_of_a_reply(reply: str, value: float, tier: str):
    assert scored(DECLINE, reply) == (value, tier)


@pytest.mark.parametrize(
    "markup",
    [
        '<tool_call>{"name": "get_invoice", "arguments": {}}</tool_call>',
        '<invoke name="get_invoice"></invoke>',
        '[TOOL_CALLS]get_invoice[ARGS]{"month": "may"}',
        "<|python_tag|>get_invoice(month=1)",
        '{"name": "get_invoice", "arguments": {"month": "may"}}',
        "get_invoice(month='may')",
    ],
)
def test_a_call_that_is_left_in_the_text_makes_a_refusal_malformed(markup: str):
    assert scored(DECLINE, f"No tool can do this. {markup}") == (0.0, "malformed")


@pytest.mark.parametrize(
    "reply",
    ["Das kann ich leider nicht tun.", "No puedo hacer eso por usted.", "それはできません。"],
)
def test_a_language_that_no_rule_covers_is_undecided(reply: str):
    assert scored(DECLINE, reply) == (None, "undecided")


def test_an_option_that_is_gone_says_what_came_in_its_place():
    with pytest.raises(ValueError, match=r"same_text is no option any more: .*asked: undecided"):
        Settings.model_validate({"same_text": 0.9})
