"""The nouns that every step shares, as frozen msgspec structs that refuse unknown fields.

A tool call as it stands in an `Invocation`, an `Example` or a `Reference`:

    {"name": "get_weather", "arguments": {"city": "Oslo", "unit": "C"}}

JSON Schema objects and tool arguments stay plain `dict`s: their shape belongs to the user's tools.
"""

from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant", "tool"]
Behaviour = Literal["execute", "clarify", "refuse", "answer"]
TruthSource = Literal["outcome", "human_edit", "tool_result", "incumbent", "none"]
FeedbackSource = Literal["outcome", "human_edit", "human_rating", "judge", "replay"]
Split = Literal["train", "validation", "test"]
CLOSING, OTHER = "closing", "other"
"""The two intents that are no tool's name."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of every record: immutable, closed, and written without fields left at their default."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as JSON: a default is left out only while it is the very same object."""
        return _revived, (type(self), encode(self))


class ToolCall(Record, frozen=True, kw_only=True):
    name: str
    arguments: dict[str, Any] = {}
    id: str = ""
    """The provider's call id; links a `tool` message to its call. Not part of a call's meaning."""
    raw_arguments: str = ""
    """The arguments as text, only where the model wrote something that is no JSON object."""


class Message(Record, frozen=True, kw_only=True):
    role: Role
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    """For role `tool`: the id of the call that this message answers."""
    status: Literal["", "error"] = ""
    """For role `tool`: `error` where the provider says that the call failed."""


class Tool(Record, frozen=True, kw_only=True):
    name: str
    description: str = ""
    parameters: dict[str, Any] = {}
    """JSON Schema of the arguments object."""

    def required(self) -> tuple[str, ...]:
        """Names of the parameters that may not be left out."""
        found = self.parameters.get("required")
        return (
            tuple(n for n in found if isinstance(n, str)) if isinstance(found, list | tuple) else ()
        )

    def properties(self) -> dict[str, Any]:
        """Parameter name to its JSON Schema."""
        found = self.parameters.get("properties")
        return found if isinstance(found, dict) else {}


class Reply(Record, frozen=True, kw_only=True):
    """What an assistant answered: text, tool calls, or both."""

    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()


class Source(Record, frozen=True, kw_only=True):
    """Where a record was read: enough for an auditor to open the line."""

    uri: str
    line: int
    """Counted from 1."""
    format: str


class Usage(Record, frozen=True, kw_only=True):
    input_tokens: int | None = None
    output_tokens: int | None = None


class Invocation(Record, frozen=True, kw_only=True):
    """One logged model call."""

    id: str
    """sha256 of the provider's request id and the payload: equal for a redelivered record."""
    source: Source
    timestamp: str
    """ISO 8601, UTC, as `2026-11-03T14:20:29Z`."""
    session_id: str
    request_id: str
    """The provider's own id of the call; what feedback may refer to."""
    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    response: Reply
    finish_reason: str = ""
    tool_choice: Literal["", "none", "required"] = ""
    """What the request demanded: no call, or a call; empty where that was left to the model."""
    usage: Usage = Usage()
    latency_ms: int | None = None
    metadata: dict[str, str] = {}
    persons: tuple[str, ...] = ()
    """Keyed hashes of the people in it. Empty until `redact` has run."""


class Feedback(Record, frozen=True, kw_only=True):
    """What became known after the call, joined by session or by the provider's request id."""

    session_id: str = ""
    request_id: str = ""
    metric: str
    value: float | Reply
    """A number (outcome 0 or 1, rating, judge score), or for `human_edit` the right reply."""
    source: FeedbackSource
    timestamp: str


class Call(Record, frozen=True, kw_only=True):
    """One call of a reference, with what else would have been right."""

    name: str
    arguments: dict[str, Any] = {}
    alternatives: dict[str, tuple[Any, ...]] = {}
    """Parameter to all values that are accepted for it."""
    optional: tuple[str, ...] = ()
    """Parameters that may be left out although `arguments` names them."""


class Reference(Record, frozen=True, kw_only=True):
    """The right next action on a logged context."""

    behaviour: Behaviour
    calls: tuple[Call, ...] = ()
    """For `execute`."""
    missing: tuple[str, ...] = ()
    """For `clarify`: the parameters that the question must ask for."""
    text: str = ""
    citations: tuple[str, ...] = ()


class Tags(Record, frozen=True, kw_only=True):
    domain: str = ""
    intent: str = ""
    """Name of the tool that the user's wish comes to, `closing` or `other`."""
    difficulty: str = ""
    """`easy`, `medium` or `hard`, by a rule that is the same for all data."""
    tools: tuple[str, ...] = ()
    """Tools that the reference (else the logged reply) calls."""
    language: str = ""
    turns: int = 1
    """Assistant turns in the context, the decision itself included."""
    held_out: bool = False
    """True in the test set where the example is about a tool that training never saw."""


class Example(Record, frozen=True, kw_only=True):
    """One decision of the agent: a context, what it did, and what would have been right."""

    id: str
    messages: tuple[Message, ...]
    """The context, up to and without the decision."""
    tools: tuple[Tool, ...]
    reply: Reply
    """What the champion answered in production."""
    reference: Reference | None
    """None where nothing proves what would have been right: such a row is never trained on."""
    truth_source: TruthSource
    outcome: float | None = None
    """Session outcome in [0, 1], where feedback brought one."""
    behaviour: Behaviour = "answer"
    """What the champion's reply is, by the labelling rules."""
    confidence: float = 1.0
    """Of that label, in [0, 1]."""
    tags: Tags = Tags()
    session_id: str
    cluster: str = ""
    """Near-duplicate cluster: the id of its earliest example."""
    persons: tuple[str, ...] = ()
    group: str = ""
    """Connected component over session, cluster and persons; set by `split`."""
    invocations: tuple[str, ...]
    sources: tuple[Source, ...]
    timestamp: str = ""


class Score(Record, frozen=True, kw_only=True):
    """A value in [-1, 1], or unscored (`value` None) with a reason. Unscored is never zero."""

    value: float | None
    exact: bool = False
    tier: str = ""
    behaviour: str = ""
    components: dict[str, float] = {}
    reason: str = ""

    @classmethod
    def unscored(cls, reason: str) -> "Score":
        """No value could be given; it is counted, left out of every mean, and never a zero."""
        return cls(value=None, reason=reason)


class Rejected(Record, frozen=True, kw_only=True):
    """A record that was refused: why and where from, never what it said."""

    id: str
    reason: str
    """Short kebab-case name; counted by it."""
    source: Source | None = None
    detail: str = ""
    """What was expected and where it broke (a path, an offset); no content of the record."""


def encode(record: msgspec.Struct) -> bytes:
    """One JSON line without its newline; the same record always gives the same bytes."""
    return _encoder.encode(record)


_encoder = msgspec.json.Encoder(order="sorted")


def _revived(kind: type[Record], line: bytes) -> Record:
    return msgspec.json.decode(line, type=kind)
