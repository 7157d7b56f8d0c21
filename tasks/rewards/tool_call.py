"""Pays for the right tool calls: matched one to one, arguments compared by the tool's schema.

    reference  get_invoice(invoice_id="12", month="may")
    reply      get_invoice(invoice_id="12", month="may")     1.0   exact
               get_invoice(invoice_id="12", month="june")    0.35  partial: 0.15 + 0.4 * 1/2
               get_invoice(invoice_id="12", month=5)         0.0   refused: it takes no number
               get_invoice(invoice_id="12", month="mаy")     0.0   it only looks right
               send_invoice(vendor="oslo")                   0.0   wrong-tool, and it changes
               get_rate(amount=2)                            0.1   wrong-tool: listed, not wanted
               the right call twice                          0.15  an extra call costs 0.85
               the right call, and pay_invoice(...) too     -0.5   it may have done harm: 1.5
               drop_table()                                  0.0   invented: not on offer
               "Which month?"                                0.0   over-refusal
               the right call, and 110 words of text         0.5   long-tail: 60 are free
               the right call, and "It has been paid."       0.0   claims: nothing was done yet
               the right call, and "I cannot do that."       0.15  contradicts
               the right call, and other calls' markup       0.0   malformed

With several wanted calls each is worth its share; of those that are not exact only the best of
each tool counts, by what it has right beyond the exact ones (`assignment`). A call that nobody
asked for costs the same however many calls were wanted, and more where it looks as if it changed
something: then more than leaving all of them out. Scores references whose behaviour is `execute`;
the others are not applicable.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from tasks.core.records import Call, Reference, Reply, Score, Tool, ToolCall
from tasks.core.section import Section
from tasks.labelling import behaviour
from tasks.labelling.side_effects import changes_something
from tasks.rewards import NOT_APPLICABLE, Case, Prompt
from tasks.rewards.calls import assignment, matching, published, validity
from tasks.rewards.texts import beside
from tasks.rewards.texts.markup import is_call_left
from tasks.rewards.texts.spoken import UNCLOSED, spoken


class Settings(Section):
    right_tool: float = Field(default=0.15, ge=0, lt=1)
    """For a wanted tool, whatever its arguments."""
    arguments: float = Field(default=0.4, ge=0, lt=1)
    """On top, times the share of right arguments; parameters that are not wanted count against."""
    refused_call: float = Field(default=0.0, ge=0, lt=1)
    """For a wanted tool with arguments that break its schema: as much as for a malformed call."""
    wrong_tool: float = Field(default=0.1, ge=0, lt=1)
    """For calls to listed tools none of which is wanted and none changes anything, in shares of a
    wanted call."""
    extra_call: float = Field(default=0.85, ge=0, le=2)
    """Cost of a call nobody asked for; the value stays above 0."""
    changing_call: float = Field(default=1.5, gt=1, le=2)
    """The same for a tool that changes something; may lead below 0."""
    free_words: int = Field(default=60, ge=0)
    """Words that may stand beside calls at no cost."""
    words_to_nothing: int = Field(default=100, ge=1)
    """So many more, and a right call is worth 0; in between its value falls evenly."""
    changing: tuple[str, ...] = ()
    """Tools that change something, by name or pattern (`pay_*`), whatever their verb says."""
    reading: tuple[str, ...] = ()
    """Tools that change nothing, likewise."""
    ordered: bool = False
    """Whether calls have to come in the order of the reference's."""
    compare: Literal["schema", "leaderboard"] = "schema"
    """How arguments are compared: by the tool's schema, or by the rules of the Berkeley Function
    Calling Leaderboard (strings without case and punctuation, no declared defaults; where no call
    is wanted, whatever is none is right)."""
    preset: Literal["ratchet"] | published.Preset = "ratchet"
    """Another one's published rule in the place of ours, for comparison; no other option counts."""

    @model_validator(mode="after")
    def _only_exact_is_one(self) -> Self:
        if self.right_tool + self.arguments >= 1:
            raise ValueError(
                f"right_tool {self.right_tool} + arguments {self.arguments} pay as much as an "
                "exact call; make their sum less than 1"
            )
        if self.refused_call > self.right_tool:
            raise ValueError(
                f"refused_call {self.refused_call} is more than right_tool {self.right_tool}: a "
                "call that the tool refuses cannot be worth more than one that it takes"
            )
        return self


def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply; see the module for what is paid. Values are in [-1, 1]."""
    reference = prompt.reference
    if settings.preset != "ratchet" and reference is not None:
        return published.score(settings.preset, reference, reply)
    if settings.compare == "leaderboard" and reference and reference.behaviour != "execute":
        return _without_wanted(reply)
    offered = {tool.name: tool for tool in prompt.tools}
    reason = _unscorable(reference, offered)
    if reference is None or reason:
        return Score.unscored(reason)
    if not reply.tool_calls:
        return _without_calls(prompt, reply)
    found = _of_calls(reply, reference, offered, settings)
    return _with_text(prompt, reply, found, settings) if reply.content else found


def explain(prompt: Prompt, reply: Reply, settings: Settings) -> list[str]:
    """Sentences about each call: what it has wrong, and what was not asked for or left out."""
    reference = prompt.reference
    if reference is None or not reference.calls or not reply.tool_calls:
        return []
    offered = {tool.name: tool for tool in prompt.tools}
    told: list[str] = []
    left = list(reference.calls)
    for call in reply.tool_calls:
        tool = offered.get(call.name)
        if call.raw_arguments or not call.name:
            told.append(f"{call.name or 'a call'}: malformed, {call.raw_arguments[:80]!r}")
            continue
        if tool is None:
            told.append(f"{call.name}: no tool of that name was offered")
            continue
        same = [one for one in left if one.name == call.name]
        if not same:
            does = "changes something" if _changes(call, settings) else "only reads"
            told.append(f"{call.name}: not asked for; it {does}")
            continue
        nearest = _nearest(call, same, tool)
        left.remove(nearest)
        told += [f"{call.name}: {line}" for line in matching.differences(call, nearest, tool)]
        broken = validity.fault(call.arguments, tool)
        told += [f"{call.name}: breaks its schema at {broken}"] if broken else []
    told += [f"{one.name}({one.arguments}): asked for and not called" for one in left]
    text = spoken(reply.content) or ""
    if text and (found := _with_text(prompt, reply, Score(value=1.0), settings)).tier:
        told.append(f"the text beside the calls: {found.tier}")
    return told


def _nearest(call: ToolCall, wanted: list[Call], tool: Tool) -> Call:
    return max(wanted, key=lambda one: matching.fit(call, one, tool).right)


def _with_text(prompt: Prompt, reply: Reply, calls: Score, settings: Settings) -> Score:
    """What text beside calls costs: they stand for themselves, and nothing is done by them yet."""
    text, value = spoken(reply.content), calls.value or 0.0
    if text == "":
        return calls
    if text is None or is_call_left(text, prompt.tools):
        tier = UNCLOSED if text is None else "malformed"
        return Score(value=min(0.0, value), tier=tier, behaviour="execute")
    # Behind a tool's answer a deed may be told; whether it is true, no rule knows.
    is_first = not any(message.role == "tool" for message in prompt.messages)
    if is_first and beside.claims_beside_calls(text):
        return Score(value=min(0.0, value), tier="claims", behaviour="execute")
    label = behaviour.classify(Reply(content=text), prompt.tools)
    if label.behaviour == "refuse" or (label.behaviour == "clarify" and label.missing):
        value = min(settings.right_tool, value)
        return Score(value=value, tier="contradicts", behaviour="execute")
    over = len(text.split()) - settings.free_words
    if over > 0:
        value = min(value, value * max(0.0, 1 - over / settings.words_to_nothing))
        return Score(value=value, tier="long-tail", behaviour="execute")
    return calls


def _of_calls(
    reply: Reply, reference: Reference, offered: dict[str, Tool], settings: Settings
) -> Score:
    sound = tuple(call for call in reply.tool_calls if call.name and not call.raw_arguments)
    listed = tuple(call for call in sound if call.name in offered)
    found = _calls(listed, reference, offered, settings)
    if len(listed) == len(reply.tool_calls):
        return found
    # At most 0, and no more than without the broken call: breaking one must not hide another.
    tier = "malformed" if len(sound) < len(reply.tool_calls) else "invented"
    return Score(value=min(0.0, found.value or 0.0), tier=tier, behaviour="execute")


def _without_wanted(reply: Reply) -> Score:
    """The leaderboard's rule where no call is wanted: any reply without one is right."""
    if reply.tool_calls:
        return Score(value=0.0, tier="acted", behaviour="execute")
    return Score(value=1.0, exact=True, tier="no-call", behaviour="answer")


def _unscorable(reference: Reference | None, offered: dict[str, Tool]) -> str:
    """Why nothing can be scored against this reference; "" where it can."""
    if reference is None:
        return "no-reference"
    if reference.behaviour != "execute":
        return NOT_APPLICABLE
    if not reference.calls:
        return "reference-without-calls"
    known = all(call.name in offered for call in reference.calls)
    return "" if known else "reference-tool-not-offered"


def _calls(
    calls: tuple[ToolCall, ...],
    reference: Reference,
    offered: dict[str, Tool],
    settings: Settings,
) -> Score:
    def worth(call: ToolCall, wanted: Call) -> float:
        fit = matching.fit(call, wanted, offered[call.name], loose=loose)
        if fit.right == fit.wanted and not fit.extra:
            return 1.0
        key = id(call)
        if key not in odd:
            odd[key] = matching.is_odd(call, offered[call.name])
        if odd[key] and matching.is_spoofed(call, wanted):
            return 0.0
        if key not in broken:
            broken[key] = bool(validity.fault(call.arguments, offered[call.name]))
        if _is_refused(call, wanted, offered[call.name], odd=odd[key], broken=broken[key]):
            refused.add(key)
            return settings.refused_call
        right = max(0, fit.right - fit.extra)
        return settings.right_tool + settings.arguments * right / max(1, fit.wanted)

    # A call is held against every wanted one; what is odd about it is looked for once.
    odd: dict[int, bool] = {}
    broken: dict[int, bool] = {}
    refused: set[int] = set()
    loose = settings.compare == "leaderboard"
    size = len(reference.calls)
    found = assignment.match(calls, reference.calls, worth, ordered=settings.ordered)
    extra = list(found.extra)
    if found.named:
        value = (found.exact + found.progress) / size
    else:
        # They stand in the place of the wanted calls; only what goes beyond those is extra.
        calls_made = _harmless_first(extra, settings)
        harmless = not any(_changes(call, settings) for call in calls_made[:size])
        value = settings.wrong_tool / size if harmless else 0.0
        extra = calls_made[size:]
    return Score(
        value=_less_extra(value, extra, settings),
        exact=found.exact == size and not extra,
        tier="refused"
        if refused and not found.exact
        else _tier(found, bool(extra), size, settings),
        behaviour="execute",
    )


def _is_refused(call: ToolCall, wanted: Call, tool: Tool, *, odd: bool, broken: bool) -> bool:
    """Whether the tool would refuse the call by its schema, which the call breaks or does not.

    A schema that the wanted call breaks too is not the tool's own, and then the types alone tell.
    """
    if broken and not validity.fault(wanted.arguments, tool):
        return True
    return odd and matching.is_refused(call, wanted, tool)


def _tier(found: assignment.Matched, extra: bool, size: int, settings: Settings) -> str:
    if not found.named:
        return "wrong-tool"
    if found.exact == size:
        return "extra-call" if extra else "exact"
    if found.exact + found.misplaced == size:
        return "out-of-order"
    return "partial" if found.nearest > settings.right_tool else "right-tool"


def _less_extra(value: float, extra: list[ToolCall], settings: Settings) -> float:
    if not extra:
        return value
    changing = sum(_changes(call, settings) for call in extra)
    value = max(0.0, value - settings.extra_call * (len(extra) - changing))
    return max(-1.0, value - settings.changing_call * changing)


def _harmless_first(calls: list[ToolCall], settings: Settings) -> list[ToolCall]:
    return sorted(calls, key=lambda call: _changes(call, settings))


def _changes(call: ToolCall, settings: Settings) -> bool:
    return changes_something(call.name, settings.changing, settings.reading)


def _without_calls(prompt: Prompt, reply: Reply) -> Score:
    text = spoken(reply.content)
    if not text:
        tier = "empty" if text == "" else UNCLOSED
        return Score(value=0.0, tier=tier, behaviour="answer")
    if is_call_left(text, prompt.tools):
        return Score(value=0.0, tier="malformed", behaviour="execute")
    found = behaviour.classify(Reply(content=text), prompt.tools).behaviour
    tier = "over-refusal" if found in ("clarify", "refuse") else "no-call"
    return Score(value=0.0, tier=tier, behaviour=found)


def _tool(name: str, *parameters: str) -> Tool:
    properties = {parameter: {"type": "string"} for parameter in parameters}
    return Tool(
        name=name,
        parameters={"type": "object", "properties": properties, "required": list(parameters)},
    )


_PROMPT = Prompt(
    messages=(),
    tools=(
        _tool("get_invoice", "invoice_id", "month"),
        _tool("send_invoice", "vendor"),
        _tool("pay_invoice", "invoice_id"),
    ),
    reference=Reference(
        behaviour="execute",
        calls=(Call(name="get_invoice", arguments={"invoice_id": "12", "month": "may"}),),
    ),
)
_RIGHT = ToolCall(name="get_invoice", arguments={"invoice_id": "12", "month": "may"})
_PAY = ToolCall(name="pay_invoice", arguments={"invoice_id": "12"})
CASES = (
    Case(_PROMPT, Reply(tool_calls=(_RIGHT,)), 1.0),
    Case(
        _PROMPT,
        Reply(
            tool_calls=(
                ToolCall(name="get_invoice", arguments={"invoice_id": "12", "month": "june"}),
            )
        ),
        0.35,
    ),
    Case(
        _PROMPT,
        Reply(
            tool_calls=(ToolCall(name="get_invoice", arguments={"invoice_id": "12", "month": 5}),)
        ),
        0.0,
    ),
    Case(
        _PROMPT,
        Reply(tool_calls=(ToolCall(name="send_invoice", arguments={"vendor": "oslo"}),)),
        0.0,
    ),
    Case(_PROMPT, Reply(tool_calls=(_RIGHT,) * 2), 0.15),
    Case(_PROMPT, Reply(tool_calls=(_RIGHT,) * 5), 0.0),
    Case(_PROMPT, Reply(tool_calls=(_RIGHT, _PAY)), -0.5),
    Case(_PROMPT, Reply(tool_calls=(_RIGHT, ToolCall(name="drop_table"))), 0.0),
    Case(_PROMPT, Reply(tool_calls=(ToolCall(name="get_invoice", raw_arguments="{"),)), 0.0),
    Case(_PROMPT, Reply(content="Please give month."), 0.0),
    Case(_PROMPT._replace(reference=Reference(behaviour="refuse")), Reply(content="No."), None),
    Case(_PROMPT._replace(reference=None), Reply(tool_calls=(_RIGHT,)), None),
)
