"""Pays for the right kind of reply: asking, declining and answering are three different things.

    reference  clarify, missing ("month",)
    reply      "Please give month."             1.0   exact
               "Please give month and vendor."  0.395 partial-question: half of what is above
                                                      0.19, less 0.2 for asking more than is wanted
               "Please give invoice id."        0.19  wrong-question
               "What about the invoice?"        0.15  vague-question: on the subject, no more
               "Please give banana."            0.05  off-topic
               "No tool can do this."           0.1   declined where asking was right
               get_invoice(month="may")         0.0   acted: the month is made up
               "Your invoice is on its way."    0.0   answered
               "Which month? I sent it."       -0.2   claims: a deed that nobody did
               "Which month? Your PIN?"        -0.2   asks-secret
               "Which month? Rain falls."       unscored: undecided

A question is right when it asks for the missing parameters and for no other one. Where a reference
names none and has no text either, any required parameter that the user has not given counts as
missing, and a question for one of them is right. A question or a refusal may hold nothing else
(`texts.beside`): a claim beside it is worth less than silence, and what no rule knows leaves the
reply undecided. A question whose reference has only a text, and an answer, are right where they say
the same in the same words and order (`texts.answers`), wrong where they deny it or tell another
figure, and undecided otherwise. What is undecided is unscored, unless the spec has a component
that is `asked: undecided`, a judge. Where a call was right, a reply without one is worth 0 and
declining less; which call is right is not decided here.

Thoughts are no part of a reply: they come off first, and one that never ends is no reply. Markup
of a call left in the text makes it malformed. Texts in languages that the rules do not cover are
undecided.
"""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field, model_validator

from tasks.core.records import Reference, Reply, Score, Tool, ToolCall
from tasks.core.section import Section
from tasks.labelling import labellers
from tasks.labelling.behaviour import CONSENT, Label, classify
from tasks.rewards import NOT_APPLICABLE, UNDECIDED, Case, Prompt
from tasks.rewards.texts import answers, beside, clauses, languages, unsaid
from tasks.rewards.texts.markup import is_call_left
from tasks.rewards.texts.spoken import UNCLOSED, spoken

_SENTENCES_MORE = 1
"""Sentences that ask, beyond one for each missing parameter: "Could you help me? Which month?"."""
_AT_ONCE = 3
"""Parameters that one reply may ask for where it is not known which are missing."""


class Settings(Section):
    wrong_question: float = Field(default=0.19, ge=0, lt=1)
    """For asking for other parameters than the missing ones; both together pay in between."""
    vague_question: float = Field(default=0.15, ge=0, lt=1)
    """For a question that names no parameter but a word of the request or of a tool."""
    off_topic: float = Field(default=0.05, ge=0, lt=1)
    """For a question that has nothing to do with either."""
    too_many: float = Field(default=0.2, ge=0, le=1)
    """Cost of each parameter asked for, or sentence that asks, beyond what is wanted."""
    other_words: float = Field(default=0.1, ge=0, lt=1)
    """For asking where declining was right, and the reverse."""
    claims: float = Field(default=0.2, ge=0, le=1)
    """Cost of a deed or a figure made up beside a question or a refusal, and of asking for a
    password or the like; it leads below 0."""
    labeller: str = labellers.RULES
    """Who says what a reply does; the same as `dedup.labeller`."""
    over_refusal: float = Field(default=0.1, ge=0, le=1)
    """Cost of declining where a call was right; it leads below 0."""

    @model_validator(mode="before")
    @classmethod
    def _no_share_of_words(cls, options: Any) -> Any:
        for name in ("same_text", "consent"):
            if isinstance(options, dict) and name in options:
                raise ValueError(
                    f"{name} is no option any more: texts are right where they say the same in the "
                    "same words and order, and undecided otherwise; remove it, and add a judge "
                    "with `asked: undecided` for the others"
                )
        return options


def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply; see the module for what is paid. Values are in [-1, 1]."""
    reference = prompt.reference
    if reference is None:
        return Score.unscored("no-reference")
    if reply.tool_calls:
        return _acted(reply, prompt, reference)
    text = spoken(reply.content)
    if not text:
        return Score(value=0.0, tier="empty" if text == "" else UNCLOSED, behaviour="answer")
    if is_call_left(text, prompt.tools) and not is_call_left(reference.text, prompt.tools):
        return Score(value=0.0, tier="malformed", behaviour="execute")
    by_rules = settings.labeller == labellers.RULES
    if by_rules and reference.behaviour != "execute" and not languages.is_covered(text):
        return _in_another_language(prompt, text, reference)
    return _text(prompt, text, reference, settings)


def _in_another_language(prompt: Prompt, text: str, reference: Reference) -> Score:
    """The very words of the reference are right in any language; no rule knows of others."""
    if reference.behaviour == "answer" and text == reference.text.strip():
        return _answer(prompt, text, reference)
    return Score.unscored(UNDECIDED)


def explain(prompt: Prompt, reply: Reply, settings: Settings) -> list[str]:
    """Sentences about what the reply is taken for, and what stands in it that should not."""
    reference, text = prompt.reference, spoken(reply.content)
    if reference is None or reply.tool_calls or not text:
        return []
    label = labellers.load(settings.labeller).classify(Reply(content=text), prompt.tools)
    told = [f"right would be {reference.behaviour}; it is read as {label.behaviour} ({label.rule})"]
    if is_call_left(text, prompt.tools):
        told.append("a call is left in the text, where nobody carries it out")
    if not languages.is_covered(text):
        told.append("it is in a language that the rules do not cover")
    if label.behaviour in ("clarify", "refuse") and reference.behaviour != "execute":
        did: Literal["clarify", "refuse"] = "refuse" if label.behaviour == "refuse" else "clarify"
        verdict, clause = beside.look(text, did, prompt)
        if verdict:
            told.append(f"{_VERDICTS[verdict]}: {clause!r}")
    if label.behaviour == "clarify" and reference.behaviour == "clarify":
        wanted = reference.missing or sorted(unsaid.missing(prompt))
        told.append(f"it asks for {_listed(label.missing)}; missing is {_listed(wanted)}")
    if reference.behaviour == "answer" and reference.text:
        told += [f"it lacks {cited}" for cited in reference.citations if cited not in text]
        comparison = answers.compare(*_without_citations(text, reference), prompt)
        told.append(f"beside the reference's text it is {comparison}")
    return told


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing that is a parameter"


_VERDICTS = {
    "claims": "it tells a deed or a figure that comes from nowhere",
    "asks-secret": "it asks for what no agent may ask for",
    "takes-back": "it takes its own question back",
    "unsure": "no rule knows what this does beside it",
}


def _text(prompt: Prompt, text: str, reference: Reference, settings: Settings) -> Score:
    label = labellers.load(settings.labeller).classify(Reply(content=text), prompt.tools)
    did = label.behaviour
    if did == "execute":
        return Score(value=0.0, tier="malformed", behaviour="execute")
    if reference.behaviour == "execute":
        tier = "over-refusal" if did in ("clarify", "refuse") else "no-call"
        cost = settings.over_refusal if did == "refuse" else 0.0
        return Score(value=-cost, tier=tier, behaviour=did)
    if reference.behaviour == "answer" and (did == "answer" or _same(prompt, text, reference)):
        return _answer(prompt, text, reference)
    if did == "answer":
        return _other_behaviour(did, reference, settings)
    return _hold_back(label, prompt, text, reference, settings)


def _hold_back(
    label: Label, prompt: Prompt, text: str, reference: Reference, settings: Settings
) -> Score:
    """The score of a question or a refusal: by what stands beside it, and then by what it is."""
    did: Literal["clarify", "refuse"] = "clarify" if label.behaviour == "clarify" else "refuse"
    verdict = beside.look(text, did, prompt).verdict
    if verdict in ("claims", "asks-secret"):
        return Score(value=-settings.claims, tier=verdict, behaviour=did)
    if did != reference.behaviour:
        return _other_behaviour(did, reference, settings)
    # A question that names no parameter is known not to be the right one, whatever else it does.
    names_nothing = did == "clarify" and not label.missing
    if verdict == "unsure" and (not names_nothing or (reference.text and not reference.missing)):
        return Score.unscored(UNDECIDED)
    if verdict == "takes-back":
        return Score(value=0.0, tier=verdict, behaviour=did)
    if did == "refuse":
        return Score(value=1.0, exact=True, tier="exact", behaviour=did)
    return _question(label, prompt, text, reference, settings)


def _acted(reply: Reply, prompt: Prompt, reference: Reference) -> Score:
    if reference.behaviour == "execute":
        return Score.unscored(NOT_APPLICABLE)
    return Score(value=0.0, tier=_how_it_acted(reply, prompt.tools), behaviour="execute")


def _how_it_acted(reply: Reply, tools: tuple[Tool, ...]) -> str:
    if any(call.raw_arguments or not call.name for call in reply.tool_calls):
        return "malformed"
    offered = {tool.name for tool in tools}
    return "acted" if all(call.name in offered for call in reply.tool_calls) else "invented"


def _other_behaviour(did: str, reference: Reference, settings: Settings) -> Score:
    tier = {"clarify": "asked", "refuse": "declined"}.get(did, "answered")
    both_hold_back = {did, reference.behaviour} == {"clarify", "refuse"}
    value = settings.other_words if both_hold_back else 0.0
    return Score(value=value, tier=tier, behaviour=did)


def _question(
    label: Label, prompt: Prompt, text: str, reference: Reference, settings: Settings
) -> Score:
    if not reference.missing and reference.text:
        if _same(prompt, text, reference) or _asks_the_same(text, reference.text):
            return Score(value=1.0, exact=True, tier="exact", behaviour="clarify")
        return Score.unscored(UNDECIDED)
    wanted, asked = frozenset(reference.missing), label.missing
    if not wanted:
        wanted = unsaid.missing(prompt)
        meant = unsaid.fitting(prompt)
        if len(meant) < len(prompt.tools):
            asked = classify(Reply(content=text), meant).missing or asked
    names = set(asked)
    if not wanted:
        return Score.unscored("reference-without-text")
    if not names:
        return _names_nothing(label, prompt, text, settings)
    # Which of the unsaid ones has to be asked for first is not known: each is right, a few at once.
    least = frozenset(reference.missing) or (names & wanted)
    enough = max(1, min(_AT_ONCE, len(least)) if not reference.missing else len(least))
    share = len(names & wanted) / len(names | least)
    surplus = max(0, len(names) - enough)
    surplus += max(0, label.questions - enough - _SENTENCES_MORE)
    value = settings.wrong_question + (1 - settings.wrong_question) * share
    value = max(0.0, value - settings.too_many * surplus)
    exact = share == 1 and not surplus
    tier = "exact" if exact else "partial-question" if share else "wrong-question"
    sentences = clauses.sentences(text.lower())
    if len(set(sentences)) < len(sentences):
        exact, tier, value = False, "repeats", min(value, settings.vague_question)
    return Score(value=value, exact=exact, tier=tier, behaviour="clarify")


def _names_nothing(label: Label, prompt: Prompt, text: str, settings: Settings) -> Score:
    related = unsaid.is_related(text, prompt)
    tier = "vague-question" if related else "off-topic"
    if label.rule == CONSENT:
        tier = "asks-consent"
    value = settings.off_topic if tier == "off-topic" else settings.vague_question
    return Score(value=value, tier=tier, behaviour="clarify")


def _asks_the_same(text: str, wanted: str) -> bool:
    """Whether two questions have the same words that carry their subject, in one order."""
    content = [
        [word for word in answers.words(side) if word not in _ASKING and len(word) > 1]
        for side in (text, wanted)
    ]
    return bool(content[0]) and content[0] == content[1]


def _same(prompt: Prompt, text: str, reference: Reference) -> bool:
    return bool(reference.text) and answers.compare(text, reference.text, prompt) == "same"


def _answer(prompt: Prompt, text: str, reference: Reference) -> Score:
    if not reference.text and not reference.citations:
        return Score.unscored("reference-without-text")
    cited = [citation in text for citation in reference.citations]
    text, wanted = _without_citations(text, reference)
    share = sum(cited) / len(cited) if cited else 1.0
    comparison = answers.compare(text, wanted, prompt) if wanted.strip() else "same"
    if comparison == "unsure" and share:
        return Score.unscored(UNDECIDED)
    if comparison != "same" or not share:
        return Score(value=0.0, tier="other-answer", behaviour="answer")
    tier = "exact" if share == 1 else "lacks-citations"
    return Score(value=share, exact=share == 1, tier=tier, behaviour="answer")


def _without_citations(text: str, reference: Reference) -> tuple[str, str]:
    """A reply's text and the reference's, both without the citations."""
    wanted = reference.text
    for citation in reference.citations:
        text, wanted = text.replace(citation, " "), wanted.replace(citation, " ")
    return text, wanted


_ASKING = frozenset(
    [
        "could",
        "can",
        "would",
        "will",
        "may",
        "you",
        "tell",
        "me",
        "us",
        "give",
        "provide",
        "specify",
        "share",
        "let",
        "know",
        "do",
        "does",
        "is",
        "are",
        "be",
        "like",
        "want",
        "to",
        "i",
        "we",
        "need",
        "for",
        "so",
        "that",
        "in",
        "which",
        "what",
        "who",
        "where",
        "when",
        "how",
        "of",
        "on",
        "it",
        "this",
        "by",
        "with",
        "and",
        "sure",
        "help",
        "assist",
        "proceed",
        "better",
        "thanks",
    ]
)
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
    Case(_ASK, Reply(content="Please give invoice id."), 0.19),
    Case(_ASK, Reply(content="Please give month and invoice id."), 0.395),
    Case(_ASK, Reply(content="Please give month. " * 5), 0.15),
    Case(_ASK, Reply(content="What about the invoice?"), 0.15),
    Case(_ASK, Reply(content="Can you tell me more?"), 0.05),
    Case(_ASK, Reply(content="No tool can do this."), 0.1),
    Case(_ASK, _CALL, 0.0),
    Case(_ASK, Reply(content="Your invoice is on its way."), 0.0),
    Case(_DECLINE, Reply(content="I am sorry, I cannot do that."), 1.0),
    Case(_DECLINE, Reply(content="I cannot do that, but it is 12.50 euros."), -0.2),
    Case(_DECLINE, Reply(content="Please give month."), 0.1),
    Case(_DECLINE, Reply(content="Your invoice is on its way."), 0.0),
    Case(_DECLINE, _CALL, 0.0),
    Case(_DECLINE, Reply(content="I cannot do that. It has been paid."), -0.2),
    Case(_DECLINE, Reply(content="I cannot do that. Rain falls on the hills."), None),
    Case(_DECLINE, Reply(content="<think>I cannot do that."), 0.0),
    Case(_ASK, Reply(content="Which month? And what is your password?"), -0.2),
    Case(_ANSWER, Reply(content="Your invoice is 12 euros."), 1.0),
    Case(_ANSWER, Reply(content="Your invoice is 13 euros."), 0.0),
    Case(_ANSWER, Reply(content="Your invoice is not 12 euros."), 0.0),
    Case(_ANSWER, Reply(content="You owe us 12 euros."), None),
    Case(_ANSWER, Reply(content="Please give month."), 0.0),
    Case(_ACT, Reply(content="Please give month."), 0.0),
    Case(_ACT, Reply(content="No tool can do this."), -0.1),
    Case(_ACT, _CALL, None),
    Case(_ASK._replace(reference=None), Reply(content="Which month?"), None),
)
