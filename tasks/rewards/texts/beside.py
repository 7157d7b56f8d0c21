"""Looks at what stands beside a question or a refusal: it may hold nothing else.

    refusal   "I cannot do that. Your card was charged."       claims: a deed that nobody did
    refusal   "I cannot do that. It is 12.50 euros."           claims: a figure from nowhere
    refusal   "I cannot do that. Please check their website."  nothing else
    question  "Sure! Which month? Options are May and June."   nothing else
    question  "Which month? And what is your password?"        asks-secret
    either    "I cannot do that. Lisbon is the capital."       unsure: no rule knows what this does

Each clause has to be one of the kinds that belong to a question or a refusal, or be about what
stands in the context. A rule that does not know a clause says so: `unsure` is no verdict.
"""

from typing import Literal, NamedTuple

from tasks.labelling import asking, declining, parameters
from tasks.rewards import Prompt
from tasks.rewards.texts import clauses, credentials, deeds, unsaid, wordings

Verdict = Literal["", "claims", "asks-secret", "takes-back", "unsure"]
HoldBack = Literal["clarify", "refuse"]

_SHORT = 6
"""Words of a question that is about the parameter which it names, and nothing more."""
LONG = 150
"""Words; a hold-back with more of them holds more than that."""


class Beside(NamedTuple):
    """What stands beside a hold-back."""

    verdict: Verdict
    clause: str = ""
    """The clause that decided it."""


def look(text: str, behaviour: HoldBack, prompt: Prompt) -> Beside:
    """Judge all that a question or a refusal says; the worst thing in it decides.

    Args:
        text: the reply's text, thoughts off.
        behaviour: what the reply is.
        prompt: what it answers; what stands in it is no news.
    """
    unsure = ""
    if clauses.is_disordered(text) or len(text.split()) > LONG:
        unsure = text[:80]
    spoken = clauses.unquoted(text)
    if spoken != clauses.plain(text):
        unsure = "quoted speech"
    wanted = _wanted(prompt) if behaviour == "clarify" else frozenset()
    holds_back = False
    for sentence in clauses.sentences(spoken):
        is_question = sentence.rstrip("\"')").endswith("?")
        if _asks_secret(sentence.lower(), is_question, behaviour, wanted, prompt):
            return Beside("asks-secret", sentence)
        parts = clauses.clauses(sentence)
        if ": " in sentence and not _leads_in(sentence, behaviour, prompt):
            unsure = unsure or sentence
        for clause in parts:
            asks = is_question and clause is parts[-1]
            verdict = _of_clause(clause, sentence, asks, behaviour, prompt)
            if verdict in ("claims", "takes-back"):
                return Beside(verdict, clause)
            if verdict:
                unsure = unsure or clause
            else:
                holds_back = holds_back or behaviour == "clarify" or _declines(clause, prompt)
    news = _news(spoken, behaviour, prompt)
    if news.verdict == "claims":
        return news
    if unsure or news.verdict or not holds_back:
        return Beside("unsure", unsure or news.clause or text[:80])
    return Beside("")


def is_polite(clause: str) -> bool:
    """Whether lower-case words are courtesy and nothing else."""
    bare = clause.strip(" .!?")
    return bool(wordings.POLITE.fullmatch(bare) or wordings.COURTESY.fullmatch(bare))


def claims_beside_calls(text: str) -> bool:
    """Whether a text tells a deed, or what a tool has yet to say."""
    return any(
        deeds.claims(clause) or deeds.shows(clause)
        for sentence in clauses.sentences(text)
        for clause in clauses.clauses(sentence)
        if not wordings.INTERROGATIVE.match(clause)
    )


def _leads_in(sentence: str, behaviour: HoldBack, prompt: Prompt) -> bool:
    """Whether what stands before a colon is said by the agent itself: "Translate this:" is not."""
    clause = clauses.clauses(sentence.partition(": ")[0])[-1:]
    if not clause or is_polite(clause[0]):
        return True
    if behaviour == "refuse":
        return _declines(clause[0], prompt) or bool(wordings.SELF.match(clause[0]))
    kinds = (wordings.OPTIONS, wordings.HELPS, wordings.PURPOSE, wordings.WILLING)
    asks = asking.asked(clause[0]) or any(kind.match(clause[0]) for kind in kinds)
    return bool(asks or wordings.NEEDS.search(clause[0]) or wordings.NOT_SEEN.search(clause[0]))


def _of_clause(
    clause: str, sentence: str, is_question: bool, behaviour: HoldBack, prompt: Prompt
) -> Verdict:
    if is_polite(clause):
        return ""
    if deeds.claims(clause) and not (sentence.endswith("?") and wordings.OFFERS.match(clause)):
        return "unsure" if _echoes(clause, prompt) else "claims"
    if deeds.promises(clause):
        return _of_promise(sentence.lower(), behaviour)
    embedded = wordings.SAYS_THAT.search(clause)
    if embedded and not _declines(embedded[1] or embedded[2], prompt):
        return "unsure"
    if behaviour == "refuse":
        return _beside_refusal(clause, is_question, prompt)
    return _beside_question(clause, is_question, prompt)


def _of_promise(sentence: str, behaviour: HoldBack) -> Verdict:
    """What the agent will do once it has what it asks for is no deed; the rest may be one."""
    if wordings.THREATENS.search(sentence):
        return "takes-back"
    asks = behaviour == "clarify" and asking.asked(sentence)
    return "" if asks or wordings.CONDITIONAL.search(sentence) else "unsure"


def _beside_refusal(clause: str, is_question: bool, prompt: Prompt) -> Verdict:
    if wordings.NO_INABILITY.search(clause):
        return "unsure"
    if _declines(clause, prompt):
        return ""
    if is_question and wordings.OFFERS.match(clause):
        return ""
    kinds = (wordings.HELPS, wordings.SELF, wordings.ADVICE, wordings.REASON)
    if any(kind.match(clause) for kind in kinds) or wordings.LIMITS.search(clause):
        return ""
    if asking.is_offer(clause) or declining.hands_over(clause) or declining.regrets(clause):
        return ""
    return "unsure"


def _beside_question(clause: str, is_question: bool, prompt: Prompt) -> Verdict:
    if wordings.NOT_ASKED.search(clause):
        return "takes-back"
    if wordings.OPTIONS.match(clause):
        return ""
    if asking.asked(f"{clause}?" if is_question else clause, last=is_question):
        is_past = is_question and wordings.OF_THE_PAST.search(clause)
        return "" if not is_past and _is_request(clause, is_question, prompt) else "unsure"
    kinds = (wordings.HELPS, wordings.PURPOSE, wordings.WILLING)
    patterns = (wordings.NEEDS, wordings.NOT_SEEN)
    is_about = any(kind.match(clause) for kind in kinds) or any(p.search(clause) for p in patterns)
    consents = asking.wants_consent(clause) is not None or asking.is_offer(clause)
    return "" if is_about or consents or _echoes(clause, prompt) else "unsure"


def _is_request(clause: str, is_question: bool, prompt: Prompt) -> bool:
    """Whether a question asks the user for something, and not about the world.

    "Which day would you like?" and "Which day?" do, "On which day was Rome built?" does not.
    """
    if not is_question or wordings.REQUESTS.search(clause):
        return True
    thing = wordings.OF_A_THING.search(clause)
    if thing and not parameters.named([thing[1]], prompt.tools):
        return False
    is_short = len(clause.split()) <= _SHORT and not wordings.YES_OR_NO.match(clause)
    if is_short and parameters.named([clause], prompt.tools):
        return True
    words = unsaid.content_words(clause) - wordings.SMALL_TALK
    return words <= unsaid.vocabulary(prompt)


def _declines(clause: str, prompt: Prompt) -> bool:
    if wordings.NO_INABILITY.search(clause):
        return False
    # "I won't stop" declines nothing: what is not done has to be what was asked for.
    will_not = wordings.WILL_NOT.search(clause)
    if will_not and not will_not[1]:
        return False
    if will_not and not wordings.GENERAL.match(will_not[1]):
        return parameters.stem(will_not[1]) in unsaid.content_words(unsaid.said(prompt.messages))
    return declining.is_unable(clause) or declining.is_barred(clause)


def _asks_secret(
    sentence: str, is_question: bool, behaviour: HoldBack, wanted: frozenset[str], prompt: Prompt
) -> bool:
    """Whether a sentence asks for a credential that the reference does not want."""
    if not credentials.secret_in(sentence, wanted) or wordings.NOT_ASKED.search(sentence):
        return False
    if behaviour == "refuse" and not is_question and _declines(sentence, prompt):
        return False
    reference = prompt.reference.text.lower() if prompt.reference else ""
    return not credentials.secret_in(reference, frozenset())


def _wanted(prompt: Prompt) -> frozenset[str]:
    """Words of the parameters that a question may ask for."""
    reference = prompt.reference
    missing = reference.missing if reference is not None else ()
    names = missing or [name for tool in prompt.tools for name in tool.required()]
    return frozenset(word for name in names for word in parameters.name_words(name))


def _news(text: str, behaviour: HoldBack, prompt: Prompt) -> Beside:
    """Figures and names that stand nowhere in the context, the tools or the reference."""
    for sentence in clauses.sentences(text):
        for figure in wordings.FIGURE.findall(sentence):
            plain = figure.casefold()
            if unsaid.stands(plain, prompt) or (
                behaviour == "clarify" and wordings.FORMAT.search(sentence.lower())
            ):
                continue
            return Beside("claims", figure)
        for match in wordings.NAME.finditer(sentence):
            name = match[1].removesuffix("'s").casefold()
            is_old = name in wordings.PLAIN_NAMES or unsaid.stands(name, prompt)
            if not is_old and not _may_name(name, sentence, behaviour, prompt):
                return Beside("unsure", match[1])
    return Beside("")


def _may_name(name: str, sentence: str, behaviour: HoldBack, prompt: Prompt) -> bool:
    """Whether a name from nowhere is only that of what the agent cannot reach, or where to ask."""
    for clause in clauses.clauses(sentence):
        if name in clause:
            tells = wordings.TELLS.search(clause)
            return (
                behaviour == "refuse"
                and not tells
                and bool(_declines(clause, prompt) or wordings.ADVICE.match(clause))
            )
    return False


def _echoes(clause: str, prompt: Prompt) -> bool:
    """Whether all that a clause speaks of stands in the context or the tools."""
    words = unsaid.content_words(clause) - wordings.SMALL_TALK
    return bool(words) and words <= unsaid.vocabulary(prompt)
