import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.records import Behaviour, Message, Reference, Reply, Tool, ToolCall
from tasks.rewards import Prompt
from tasks.rewards.decision import Settings, overlap, score

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
        ("Please give month and vendor.", pytest.approx(0.5), "partial-question"),
        ("Please give month, vendor and invoice id.", pytest.approx(0.2), "partial-question"),
        ("Please give vendor.", 0.4, "wrong-question"),
        ("Which month? Which month? Which month? Which month?", 0.6, "partial-question"),
        ("Which month? " * 20, 0.0, "partial-question"),
        ("Could you say more about the invoice?", 0.2, "vague-question"),
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
    assert scored(ASK_TWO, "Please give month.") == (0.7, "partial-question")


@pytest.mark.parametrize(
    ("reply", "value", "tier"),
    [
        ("Could you tell me which plan you are on?", 1.0, "exact"),
        ("Could you please tell me which plan you are on?", 1.0, "exact"),
        ("Which plan are you on?", pytest.approx(0.1 + 0.9 * 10 / 14), "partial-text"),
        ("Please give month.", 0.1, "partial-text"),
        ("I cannot help with that.", 0.1, "declined"),
    ],
)
def test_a_question_without_named_parameters_is_compared_by_words(
    reply: str, value: float, tier: str
):
    assert scored(ASK_BY_TEXT, reply) == (value, tier)


@pytest.mark.parametrize(
    ("reply", "value", "tier"),
    [
        ("I'm sorry, but I cannot do that.", 1.0, "exact"),
        ("Please give month.", 0.1, "asked"),
        ("I cannot do that. Invoice 77 has 30 euros.", 0.7, "declined-and-claims"),
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
        ("Your invoice of 12 May is 31 euros.", pytest.approx(7 / 8 * 1 / 2), "partial-text"),
        ("Your invoice of 12 May is 30 30 30 30 euros.", 0.84, "exact"),
        ("Please give month.", 0.0, "asked"),
        ("I cannot do that.", 0.0, "declined"),
        (Reply(tool_calls=(CALL,)), 0.0, "acted"),
    ],
)
def test_where_answering_is_right(reply: Reply | str, value: float, tier: str):
    found = scored(ANSWER, reply)
    assert found == ((1.0, tier) if tier == "exact" else (value, tier))


def test_an_answer_has_to_name_its_citations():
    cited = Reference(behaviour="answer", text="Returns take 30 days.", citations=("[1]", "[2]"))
    assert scored(cited, "Returns take 30 days. [1] [2]") == (1.0, "exact")
    assert scored(cited, "Returns take 30 days. [2]") == (0.5, "partial-text")
    assert scored(cited, "Returns take 30 days.") == (0.0, "partial-text")


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
        ("For which city, and in celsius or another unit?", 0.5, "partial-question"),
        ("In which unit?", 0.4, "wrong-question"),
        ("Which day do you mean?", 0.4, "wrong-question"),
        ("To which address?", 0.4, "wrong-question"),
        ("Is it about the weather outside?", 0.2, "vague-question"),
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


@pytest.mark.parametrize(
    ("text", "wanted", "share"),
    [
        ("a b c d", "a b c d", 1.0),
        ("A, b; C. d!", "a b c d", 1.0),
        ("a b", "a b c d", pytest.approx(2 / 3)),
        ("a a a a", "a b c d", 0.25),
        ("x", "a", 0.0),
        ("", "a", 0.0),
        ("pay 5", "pay 5", 1.0),
        ("pay 5", "pay 6", 0.0),
        ("pay 5", "pay", 0.0),
        ("on 2026-11-03 at 10:30", "on 2026-11-03 at 10:30", 1.0),
    ],
)
def test_overlap_counts_words_and_then_figures(text: str, wanted: str, share: float):
    assert overlap(text, wanted) == share


def test_a_question_for_a_yes_is_like_another_one():
    wanted = Reference(behaviour="clarify", text="I would pay 30 euros. Shall I go ahead?")
    assert scored(wanted, "Would you like me to proceed?") == (0.55, "partial-text")
    assert scored(wanted, "Which month?") == (0.1, "partial-text")
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
    value, _ = scored(ASK, " ".join(questions))
    longer, _ = scored(ASK, " ".join([*questions, questions[0]]))
    assert value is not None and longer is not None
    assert longer <= value
    assert value < 1 or set(questions) <= {"Which month?", "What about blue horses?"}


@given(st.text(alphabet="abcefghjk ?.", max_size=60))
def test_gibberish_earns_next_to_nothing(text: str):
    value, _ = scored(ASK, f"{text}?")
    assert value is not None and value <= 0.05
