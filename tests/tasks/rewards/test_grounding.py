import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.core.records import Message, Reference, Reply
from tasks.rewards import NOT_APPLICABLE, Prompt
from tasks.rewards.grounding import Settings, retrieved, score

TEXTS = {"kb-7": "Refunds take 5 days to arrive.", "kb-9": "Shipping costs 4.50 euros abroad."}
AS_TOOL = (
    Message(
        role="tool",
        content='{"hits": [{"doc_id": "kb-7", "snippet": "Refunds take 5 days to arrive."},'
        ' {"id": "kb-9", "text": "Shipping costs 4.50 euros abroad."}]}',
    ),
)
AS_ELEMENTS = (
    Message(
        role="user",
        content="".join(f"<passage  id='{n}' rank=1>\n{t}\n</passage>" for n, t in TEXTS.items()),
    ),
)
GOOD = "Refunds take 5 days [kb-7]. Shipping costs 4.50 euros [kb-9]."


def scored(text: str, *cited: str, messages: tuple[Message, ...] = AS_TOOL, **options: object):
    reference = Reference(behaviour="answer", text="-", citations=cited)
    return score(Prompt(messages, (), reference), Reply(content=text), Settings(**options))


@pytest.mark.parametrize("messages", [AS_TOOL, AS_ELEMENTS])
def test_passages_are_found_in_tool_results_and_elements(messages: tuple[Message, ...]):
    found = {name: text.strip() for name, text in retrieved(messages, Settings())}
    assert found == TEXTS
    assert scored(GOOD, messages=messages).exact


def test_which_of_them_count_is_an_option():
    assert scored(GOOD, passages="elements").tier == "invented"
    assert scored(GOOD, messages=AS_ELEMENTS, passages="tool_results").tier == "invented"
    named = (Message(role="system", content='<doc id="kb-7">Refunds take 5 days.</doc>'),)
    assert scored("Refunds take 5 days [kb-7].", messages=named, element="doc").value == 1.0


def test_the_agents_own_words_are_no_passage():
    own = (Message(role="assistant", content='<passage id="kb-7">Refunds take 5 days.</passage>'),)
    assert scored("Refunds take 5 days [kb-7].", messages=own).value == -1.0


@pytest.mark.parametrize(
    ("text", "value", "tier"),
    [
        (GOOD, 1.0, "supported"),
        ("Refunds take 5 days [kb-9].", -1.0, "unsupported"),
        ("Refunds take 6 days [kb-7].", -1.0, "unsupported"),
        ("Refunds take 5 days [kb-8].", -1.0, "invented"),
        ("Refunds take 5 days [kb-7]. Shipping is free [kb-9].", -0.25, "unsupported"),
        (GOOD.replace("[kb-7]", "").replace("[kb-9]", ""), 0.0, "uncited"),
        ("[kb-7] [kb-9]", -1.0, "unsupported"),
    ],
)
def test_a_citation_holds_where_its_passage_says_the_sentence(text: str, value: float, tier: str):
    found = scored(text)
    assert (found.value, found.tier) == (pytest.approx(value), tier)


def test_existence_alone_can_be_asked_for():
    assert scored("Bananas are blue [kb-7].", support=0).value == 1.0


def test_the_references_citations_have_to_be_there():
    half = scored("Refunds take 5 days [kb-7].", "kb-7", "[kb-9]")
    assert (half.value, half.tier, half.exact) == (0.5, "incomplete", False)
    assert scored(GOOD, "kb-7", "[kb-9]").exact


def test_each_sentence_may_have_to_cite():
    text = "Refunds take 5 days [kb-7]. Shipping costs 4.50 euros."
    assert scored(text, recall="sentences").value == 0.5
    assert scored(text, recall="any").value == 1.0


def test_another_form_of_citation():
    text = "Refunds take 5 days (source: kb-7)."
    assert scored(text, citation=r"\(source: ([\w-]+)\)").value == 1.0
    with pytest.raises(ValidationError, match="expected exactly one group"):
        Settings(citation=r"\[\w+\]")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["kb-7", "kb-9", "kb-1", "x", "7"]), max_size=6))
def test_adding_citations_to_a_good_answer_never_pays(more: list[str]):
    spam = f"{GOOD[:-1]} {' '.join(f'[{name}]' for name in more)}."
    assert scored(spam).value <= scored(GOOD).value
    assert scored(spam).value >= -1
    if {"kb-1", "x", "7"} & set(more):
        assert scored(spam).value < 0.5


def test_a_question_and_a_refusal_need_no_citation():
    for behaviour in ("clarify", "refuse", "execute"):
        prompt = Prompt(AS_TOOL, (), Reference(behaviour=behaviour))
        assert score(prompt, Reply(content="Which one?"), Settings()).reason == NOT_APPLICABLE


def test_broken_tool_results_and_floods_do_no_harm():
    broken = (Message(role="tool", content="[" * 100_000), Message(role="tool", content="{"))
    assert scored("Hello.", messages=broken).reason == NOT_APPLICABLE
    assert scored("[kb-7] " * 100_000).value == -1.0
