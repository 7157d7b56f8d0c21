"""Pays for the right kind of reply: asking, declining and answering are three different things.

    reference  clarify, missing ("month",)
    reply      "Please give month."             1.0   exact
               "Please give month and vendor."  0.5   partial-question: half, less 0.2 for asking
                                                      more than is wanted
               "Please give invoice id."        0.4   wrong-question
               "What about the invoice?"        0.2   vague-question: on the subject, no more
               "Please give banana."            0.05  off-topic
               "No tool can do this."           0.1   declined where asking was right
               get_invoice(month="may")         0.0   acted: the month is made up
               "Your invoice is on its way."    0.0   answered

A question is right when it asks for the missing parameters and for no other one. Where a reference
names none and has no text either, any required parameter that the user has not given counts as
missing, and a question for one of them is right. A question whose reference has only a text, and an
answer, are compared with it by the words they share. Where a call was right, a reply without one is
worth 0 and declining less; which call is right is not decided here.
"""

import re
from collections import Counter

from pydantic import Field

from tasks.core.records import Reference, Reply, Score, Tool, ToolCall
from tasks.core.section import Section
from tasks.labelling.behaviour import CONSENT, Label, classify
from tasks.rewards import NOT_APPLICABLE, Case, Prompt
from tasks.rewards.texts import unsaid

_WORDS = re.compile(r"\w+(?:[.,:/-]\w+)*")
_SENTENCES_MORE = 1
"""Sentences that ask, beyond one for each missing parameter: "Could you help me? Which month?"."""
_AT_ONCE = 3
"""Parameters that one reply may ask for where it is not known which are missing."""


class Settings(Section):
    wrong_question: float = Field(default=0.4, ge=0, lt=1)
    """For asking for other parameters than the missing ones; both together pay in between."""
    vague_question: float = Field(default=0.2, ge=0, lt=1)
    """For a question that names no parameter but a word of the request or of a tool."""
    off_topic: float = Field(default=0.05, ge=0, lt=1)
    """For a question that has nothing to do with either."""
    too_many: float = Field(default=0.2, ge=0, le=1)
    """Cost of each parameter asked for, or sentence that asks, beyond what is wanted."""
    consent: float = Field(default=0.5, ge=0, le=1)
    """Common words that a question for a yes has at least with another one."""
    other_words: float = Field(default=0.1, ge=0, lt=1)
    """For asking where declining was right, and the reverse."""
    claims: float = Field(default=0.7, ge=0, lt=1)
    """For a refusal that tells figures which stand nowhere in the context or the tools."""
    over_refusal: float = Field(default=0.1, ge=0, le=1)
    """Cost of declining where a call was right; it leads below 0."""
    same_text: float = Field(default=0.8, gt=0, le=1)
    """Share of common words from which two texts say the same."""


def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply; see the module for what is paid. Values are in [-1, 1]."""
    reference = prompt.reference
    if reference is None:
        return Score.unscored("no-reference")
    if reply.tool_calls:
        if reference.behaviour == "execute":
            return Score.unscored(NOT_APPLICABLE)
        return Score(value=0.0, tier=_how_it_acted(reply, prompt.tools), behaviour="execute")
    if not reply.content.strip():
        return Score(value=0.0, tier="empty", behaviour="answer")
    return _text(prompt, reply, reference, settings)


def _text(prompt: Prompt, reply: Reply, reference: Reference, settings: Settings) -> Score:
    label = classify(reply, prompt.tools)
    if label.behaviour == "execute":
        return Score(value=0.0, tier="malformed", behaviour="execute")
    if label.behaviour != reference.behaviour:
        return _other_behaviour(label.behaviour, reference, settings)
    if reference.behaviour == "clarify":
        return _question(label, prompt, reply, reference, settings)
    if reference.behaviour == "refuse":
        return _refusal(prompt, reply, settings)
    return _answer(reply, reference, settings)


def _how_it_acted(reply: Reply, tools: tuple[Tool, ...]) -> str:
    if any(call.raw_arguments or not call.name for call in reply.tool_calls):
        return "malformed"
    offered = {tool.name for tool in tools}
    return "acted" if all(call.name in offered for call in reply.tool_calls) else "invented"


def _other_behaviour(did: str, reference: Reference, settings: Settings) -> Score:
    if reference.behaviour == "execute":
        tier = "over-refusal" if did in ("clarify", "refuse") else "no-call"
        cost = settings.over_refusal if did == "refuse" else 0.0
        return Score(value=-cost, tier=tier, behaviour=did)
    tier = {"clarify": "asked", "refuse": "declined"}.get(did, "answered")
    both_hold_back = {did, reference.behaviour} == {"clarify", "refuse"}
    value = settings.other_words if both_hold_back else 0.0
    return Score(value=value, tier=tier, behaviour=did)


def _question(
    label: Label, prompt: Prompt, reply: Reply, reference: Reference, settings: Settings
) -> Score:
    if not reference.missing and reference.text:
        common = overlap(reply.content, reference.text)
        if label.rule == CONSENT and not label.missing:
            # "Shall I go ahead?" and "Please confirm." want the same; what of is told by the words.
            wanted_yes = classify(Reply(content=reference.text), prompt.tools).rule == CONSENT
            common = max(common, settings.consent) if wanted_yes else common
        return _by_words(common, settings.other_words, "clarify", settings)
    wanted, asked = frozenset(reference.missing), label.missing
    if not wanted:
        wanted = unsaid.missing(prompt)
        meant = unsaid.fitting(prompt)
        if len(meant) < len(prompt.tools):
            asked = classify(reply, meant).missing or asked
    found = set(asked)
    if not wanted:
        return Score.unscored("reference-without-text")
    if not found:
        related = unsaid.is_related(reply.content, prompt)
        value = settings.vague_question if related else settings.off_topic
        tier = "vague-question" if related else "off-topic"
        return Score(value=value, tier=tier, behaviour="clarify")
    # Which of the unsaid ones has to be asked for first is not known: each is right, a few at once.
    least = frozenset(reference.missing) or (found & wanted)
    enough = max(1, min(_AT_ONCE, len(least)) if not reference.missing else len(least))
    share = len(found & wanted) / len(found | least)
    surplus = max(0, len(found) - enough)
    surplus += max(0, label.questions - enough - _SENTENCES_MORE)
    value = settings.wrong_question + (1 - settings.wrong_question) * share
    value = max(0.0, value - settings.too_many * surplus)
    exact = share == 1 and not surplus
    tier = "exact" if exact else "partial-question" if share else "wrong-question"
    return Score(value=value, exact=exact, tier=tier, behaviour="clarify")


def _refusal(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """A refusal that tells figures of its own answers all the same."""
    figures = {word for word in _words(reply.content) if _has_digit(word)}
    if figures and not all(unsaid.stands(figure, prompt) for figure in figures):
        return Score(value=settings.claims, tier="declined-and-claims", behaviour="refuse")
    return Score(value=1.0, exact=True, tier="exact", behaviour="refuse")


def _answer(reply: Reply, reference: Reference, settings: Settings) -> Score:
    if not reference.text and not reference.citations:
        return Score.unscored("reference-without-text")
    given, wanted = reply.content, reference.text
    cited = [citation in given for citation in reference.citations]
    for citation in reference.citations:
        given, wanted = given.replace(citation, " "), wanted.replace(citation, " ")
    common = overlap(given, wanted) if wanted.strip() else 1.0
    common *= sum(cited) / len(cited) if cited else 1.0
    return _by_words(common, 0.0, "answer", settings)


def _by_words(common: float, least: float, behaviour: str, settings: Settings) -> Score:
    if common >= settings.same_text:
        return Score(value=1.0, exact=True, tier="exact", behaviour=behaviour)
    value = least + (1 - least) * common
    return Score(value=value, tier="partial-text", behaviour=behaviour)


def overlap(text: str, wanted: str) -> float:
    """How much two texts say the same, in [0, 1]: F1 of their words, times that of their figures.

    Words are counted, so that repeating one does not pay. Words with a digit in them (amounts,
    dates, ids) are compared once more alone, because a text that is right but for them is wrong.
    """
    given, right = _words(text), _words(wanted)
    figures = {w for w in given if _has_digit(w)}, {w for w in right if _has_digit(w)}
    return _f1(given, right) * (
        _f1(Counter(figures[0]), Counter(figures[1])) if any(figures) else 1
    )


def _words(text: str) -> Counter[str]:
    return Counter(_WORDS.findall(text.casefold()))


def _has_digit(word: str) -> bool:
    return any(letter.isdigit() for letter in word)


def _f1(given: Counter[str], right: Counter[str]) -> float:
    total = given.total() + right.total()
    return 2 * (given & right).total() / total if total else 0.0


_TOOL = Tool(
    name="get_invoice",
    parameters={
        "type": "object",
        "properties": {"invoice_id": {"type": "string"}, "month": {"type": "string"}},
        "required": ["invoice_id", "month"],
    },
)
_ASK = Prompt((), (_TOOL,), Reference(behaviour="clarify", missing=("month",), text="Which month?"))
_DECLINE = Prompt((), (_TOOL,), Reference(behaviour="refuse", text="No tool can do this."))
_ANSWER = Prompt((), (_TOOL,), Reference(behaviour="answer", text="Your invoice is 12 euros."))
_ACT = Prompt((), (_TOOL,), Reference(behaviour="execute"))
_CALL = Reply(tool_calls=(ToolCall(name="get_invoice", arguments={"month": "may"}),))
CASES = (
    Case(_ASK, Reply(content="Please give month."), 1.0),
    Case(_ASK, Reply(content="Please give invoice id."), 0.4),
    Case(_ASK, Reply(content="Please give month and invoice id."), 0.5),
    Case(_ASK, Reply(content="Please give month. " * 5), 0.4),
    Case(_ASK, Reply(content="What about the invoice?"), 0.2),
    Case(_ASK, Reply(content="Can you tell me more?"), 0.05),
    Case(_ASK, Reply(content="No tool can do this."), 0.1),
    Case(_ASK, _CALL, 0.0),
    Case(_ASK, Reply(content="Your invoice is on its way."), 0.0),
    Case(_DECLINE, Reply(content="I am sorry, I cannot do that."), 1.0),
    Case(_DECLINE, Reply(content="I cannot do that, but it is 12.50 euros."), 0.7),
    Case(_DECLINE, Reply(content="Please give month."), 0.1),
    Case(_DECLINE, Reply(content="Your invoice is on its way."), 0.0),
    Case(_DECLINE, _CALL, 0.0),
    Case(_ANSWER, Reply(content="Your invoice is 12 euros."), 1.0),
    Case(_ANSWER, Reply(content="Your invoice is 13 euros."), 0.0),
    Case(_ANSWER, Reply(content="Please give month."), 0.0),
    Case(_ACT, Reply(content="Please give month."), 0.0),
    Case(_ACT, Reply(content="No tool can do this."), -0.1),
    Case(_ACT, _CALL, None),
    Case(_ASK._replace(reference=None), Reply(content="Which month?"), None),
)
