r"""Reads feedback, one JSON object a line: what became known after a call.

    {"session_id": "s-12", "metric": "task_success", "value": 1, "source": "outcome",
     "timestamp": "2026-11-03T15:00:00Z"}
    {"request_id": "7c9e…", "metric": "correction", "source": "human_edit",
     "timestamp": "2026-11-03T15:00:00Z", "value": {"content": "", "tool_calls":
         [{"type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": …}"}}]}}

A reply's calls may stand in OpenAI's form, as here, or as `{"name", "arguments"}`. Fields beyond
these are ignored.
"""

from collections.abc import Collection, Sequence
from typing import Any, cast, get_args

import msgspec

from tasks.core.records import Feedback, FeedbackSource, Record, Reply, ToolCall
from tasks.logs.json_lines import Malformed, arguments, decode, shallow, utc


class _Function(msgspec.Struct):
    name: str = ""
    arguments: dict[str, Any] | str = {}


class _Call(_Function):
    id: str = ""
    function: _Function | None = None


class _Reply(msgspec.Struct):
    content: str | None = None
    tool_calls: list[_Call] | None = None


class _Line(msgspec.Struct):
    metric: str
    value: float | bool | _Reply
    source: str
    timestamp: str
    session_id: str | None = None
    request_id: str | None = None


def parse(line: bytes) -> Feedback:
    """The feedback that a line gives.

    Raises:
        Malformed: no-target without a session or request, unknown-source, wrong-value where the
            value does not fit its source, or what is wrong with the record's shape.
    """
    found = decode(line, _lines)
    if not found.session_id and not found.request_id:
        raise Malformed("no-target", "expected session_id or request_id")
    if not found.metric:
        raise Malformed("missing-field", "$.metric: expected text")
    if found.source not in get_args(FeedbackSource):
        expected = ", ".join(get_args(FeedbackSource))
        raise Malformed("unknown-source", f"$.source: expected one of {expected}")
    return Feedback(
        session_id=found.session_id or "",
        request_id=found.request_id or "",
        metric=found.metric,
        value=_value(found),
        source=cast(FeedbackSource, found.source),
        timestamp=utc(found.timestamp),
    )


def with_outcomes(
    found: Sequence[Record | Malformed], names: Collection[str]
) -> list[Record | Malformed]:
    """The records of a line, its ratings of these names as outcomes.

    One whose value cannot be an outcome becomes `wrong-value` in its place.
    """
    return [
        _as_outcome(one) if isinstance(one, Feedback) and one.metric in names else one
        for one in found
    ]


def _as_outcome(rated: Feedback) -> Feedback | Malformed:
    if isinstance(rated.value, Reply):
        return rated
    if not 0 <= rated.value <= 1:
        return Malformed("wrong-value", "a score named in ingest.outcomes: expected 0 to 1")
    return msgspec.structs.replace(rated, source="outcome")


def _value(found: _Line) -> float | Reply:
    if isinstance(found.value, _Reply):
        if found.source != "human_edit":
            raise Malformed("wrong-value", f"$.value: expected a number for a {found.source}")
        return _reply(found.value)
    if found.source == "human_edit":
        raise Malformed("wrong-value", "$.value: expected the right reply for a human_edit")
    if found.source == "outcome" and not 0 <= found.value <= 1:
        raise Malformed("wrong-value", "$.value: expected 0 to 1 for an outcome")
    return float(found.value)


def _reply(reply: _Reply) -> Reply:
    calls = tuple(_call(call, number) for number, call in enumerate(reply.tool_calls or ()))
    if not calls and not reply.content:
        raise Malformed("wrong-value", "$.value: expected content or tool_calls")
    return Reply(content=reply.content or "", tool_calls=calls)


def _call(call: _Call, number: int) -> ToolCall:
    place = f"$.value.tool_calls[{number}]"
    function = call.function or call
    if not function.name:
        raise Malformed("missing-field", f"{place}: expected a name")
    whole, raw = function.arguments, ""
    if isinstance(whole, str):
        whole, raw = arguments(whole)
    if raw:
        # What a person corrected is a truth to train on, so it has to be readable.
        raise Malformed("wrong-value", f"{place}: expected the arguments as a JSON object")
    return ToolCall(name=function.name, arguments=shallow(whole, place), id=call.id)


_lines = msgspec.json.Decoder(_Line)
