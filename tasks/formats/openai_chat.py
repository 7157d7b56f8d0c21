r"""Reads chat completions logged as pairs of request and response, and training rows.

    {"timestamp": "2026-11-03T14:20:29+00:00",
     "request": {"model": "gpt-…", "messages": [{"role": "user", "content": "Weather in Oslo?"}],
                 "tools": [{"type": "function", "function": {"name": "get_weather", …}}],
                 "metadata": {"session_id": "s-12"}},
     "response": {"id": "chatcmpl-…", "model": "gpt-…", "created": 1793715629,
                  "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {…}}],
                  "usage": {"prompt_tokens": 412, "completion_tokens": 31}}}

`timestamp` may be missing, then `response.created` counts; `latency_ms` may stand beside it. A
response that was streamed is the list of its chunks. Two kinds of training row are read too:

    {"id": "r-7", "messages": […], "tools": […], "reference_answer": "Which city?"}
    {"prompt": […], "reward_model": {"ground_truth": "[{\"name\": …, \"arguments\": …}]"}}

Nobody answered such a row yet, so it becomes a call by the model `reference` whose reply is the
reference, and feedback `human_edit` on it, which makes that reply its truth. Its other fields that
are text or numbers are metadata; without a `timestamp` its time is the start of 1970.

Sources: OpenAI API reference, "Chat Completions"; Bedrock user guide, "Prepare training data".
"""

from typing import Any

import msgspec

from tasks.core.records import Feedback, Source
from tasks.formats import _openai, _references
from tasks.formats._exchange import Exchange, Told, invocation
from tasks.logs.json_lines import Malformed, Scalar, decode, texts, utc
from tasks.logs.sealed import Sealed, identity, written

SAMPLE = (
    b'{"timestamp":"2026-11-03T15:20:29+01:00","latency_ms":850,"request":{"model":"gpt-4o",'
    b'"temperature":0.0,"messages":[{"role":"system","content":"You tell the weather."},'
    b'{"role":"user","content":[{"type":"text","text":"Weather in Oslo for Ada Example."}]},'
    b'{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":'
    b'{"name":"find_place","arguments":"{\\"name\\":\\"Oslo\\"}"}}]},'
    b'{"role":"tool","tool_call_id":"t1","name":"find_place","content":"{\\"id\\": 7}"}],'
    b'"tools":[{"type":"function","function":{"name":"get_weather","description":'
    b'"Weather of a place.","parameters":{"type":"object","properties":{"place_id":'
    b'{"type":"integer"}},"required":["place_id"]}}}],'
    b'"metadata":{"session_id":"s-12","domain":"weather"}},'
    b'"response":{"id":"chatcmpl-7c9e6679","object":"chat.completion","created":1793715629,'
    b'"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant",'
    b'"content":null,"tool_calls":[{"id":"t2","type":"function","function":{"name":"get_weather",'
    b'"arguments":"{\\"place_id\\":7}"}}]},"finish_reason":"tool_calls"}],'
    b'"usage":{"prompt_tokens":412,"completion_tokens":31,"total_tokens":443}}}'
)

_NULL = msgspec.Raw(b"null")
UNTOLD = "1970-01-01T00:00:00Z"
REFERENCE = "reference"


class _Asked(msgspec.Struct):
    metadata: dict[str, Scalar] | None = None
    user: Scalar = None
    safety_identifier: Scalar = None


class _Pair(msgspec.Struct):
    request: msgspec.Raw
    response: msgspec.Raw
    timestamp: str | None = None
    latency_ms: int | None = None


class _Role(msgspec.Struct):
    role: str


class _RewardModel(msgspec.Struct):
    ground_truth: msgspec.Raw


class _Row(msgspec.Struct):
    messages: msgspec.Raw = _NULL
    prompt: msgspec.Raw = _NULL
    tools: msgspec.Raw = msgspec.Raw(b"[]")
    reference_answer: msgspec.Raw = _NULL
    reward_model: _RewardModel | None = None
    id: str | int | None = None
    timestamp: str | None = None


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    request, response = record.get("request"), record.get("response")
    if isinstance(request, dict) and isinstance(response, dict | list):
        if "messages" not in request:
            return 'expected "messages" in "request"'
        answered = response if isinstance(response, list) else [response]
        known = any(isinstance(r, dict) and ("choices" in r or "error" in r) for r in answered)
        return "" if known else 'expected "choices" in "response"'
    if "messages" in record and "reference_answer" in record:
        return ""
    reward = record.get("reward_model")
    if "prompt" in record and isinstance(reward, dict) and "ground_truth" in reward:
        return ""
    return (
        'expected objects "request" and "response", or "messages" and "reference_answer", or '
        '"prompt" and "reward_model.ground_truth"'
    )


def parse(line: bytes, source: Source, session_key: str) -> list[Sealed | Feedback]:
    """The one call that a line tells of; for a training row with the feedback that proves it.

    Raises:
        Malformed: error-response, several-choices, torn-stream, or what is wrong with the
            record's shape.
    """
    keys = decode(line, _keyed)
    if "reference_answer" in keys or "reward_model" in keys:
        return _row(line, keys, source, session_key)
    pair = decode(line, _pairs)
    exchange = _openai.read(pair.request, pair.response)
    asked = decode(pair.request, _asked)
    # Whom a request was made for: without it that person could not be erased.
    person = {"user_id": asked.user, "safety_identifier": asked.safety_identifier}
    metadata = texts(person | (asked.metadata or {}))
    told = Told(
        request_id=exchange.request_id,
        timestamp=pair.timestamp if pair.timestamp is not None else exchange.created,
        model=exchange.model,
        metadata=metadata,
        session_id=metadata.get(session_key, ""),
        latency_ms=pair.latency_ms,
    )
    return [invocation(source, told, exchange)]


def _row(
    line: bytes, keys: dict[str, msgspec.Raw], source: Source, session_key: str
) -> list[Sealed | Feedback]:
    row = decode(line, _rows)
    asked = row.prompt if bytes(row.messages) == b"null" else row.messages
    if bytes(asked)[:1] == b'"':
        asked = msgspec.Raw(b'[{"role":"user","content":' + bytes(asked) + b"}]")
    turns = decode(asked, _turn_lists)
    if not turns or decode(turns[-1], _roles).role == "assistant":
        raise Malformed("misplaced-turn", "$.messages: expected a last turn of user or tool")
    given = row.reward_model.ground_truth if row.reward_model else row.reference_answer
    if bytes(given) == b"null":
        raise Malformed("missing-field", "$: expected reference_answer or reward_model")
    reply = _references.read(given)
    exchange = Exchange(
        messages=_openai.turns.written(turns, "$.messages"),
        tools=_openai.tools(bytes(row.tools)),
        reply=reply,
    )
    metadata = texts({name: value for name, raw in keys.items() if _is_scalar(value := _any(raw))})
    request_id = str(row.id) if row.id not in (None, "") else _name(exchange)
    told = Told(
        request_id=request_id,
        timestamp=row.timestamp if row.timestamp is not None else UNTOLD,
        model=REFERENCE,
        metadata={name: value for name, value in metadata.items() if name not in _OWN},
        session_id=metadata.get(session_key, ""),
    )
    made = invocation(source, told, exchange)
    proof = Feedback(
        request_id=request_id,
        metric=REFERENCE,
        value=reply,
        source="human_edit",
        timestamp=utc(told.timestamp or UNTOLD),
    )
    return [made, proof]


def _any(raw: msgspec.Raw) -> Any:
    """The value, if it is small enough to be metadata."""
    return decode(raw, _values) if bytes(raw)[:1] not in (b"{", b"[") else None


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float) and (not isinstance(value, str) or len(value) < 257)


def _name(exchange: Exchange) -> str:
    """A row without an id is named by what it says."""
    return "row-" + identity("", exchange.messages, exchange.tools, written(exchange.reply))[:32]


_OWN = ("id", "timestamp", "prompt", "reference_answer")
_keyed = msgspec.json.Decoder(dict[str, msgspec.Raw])
_values = msgspec.json.Decoder(Scalar)
_pairs = msgspec.json.Decoder(_Pair)
_turn_lists = msgspec.json.Decoder(list[msgspec.Raw])
_roles = msgspec.json.Decoder(_Role)
_asked = msgspec.json.Decoder(_Asked)
_rows = msgspec.json.Decoder(_Row)
