r"""Reads conversations in ShareGPT's form, as data sets and exports of chats have them.

    {"id": "c-7", "conversations": [{"from": "system", "value": "You tell the weather."},
       {"from": "human", "value": "Weather in Oslo?"},
       {"from": "function_call", "value": "{\"name\": \"get_weather\", \"arguments\": {…}}"},
       {"from": "observation", "value": "4 degrees"}, {"from": "gpt", "value": "Four degrees."}],
     "tools": "[{\"name\": \"get_weather\", \"parameters\": {…}}]"}

Each turn of the assistant is a call of its own on the turns before it. Such files name no time and
often no session: the time is then the start of 1970, and a conversation is its own session.
Source: the form that LLaMA-Factory and Axolotl document as `sharegpt`.
"""

import hashlib
from typing import Any

import msgspec

from tasks.core.records import Source
from tasks.formats import _openai
from tasks.formats._exchange import Told, invocation
from tasks.logs.json_lines import Malformed, Scalar, decode, shallow, texts
from tasks.logs.sealed import Sealed

SAMPLE = (
    b'{"id":"7c9e6679","timestamp":"2026-11-03T14:20:29Z","conversations":[{"from":"system'
    b'","value":"You tell the weather."},{"from":"human","value":"Weather in Oslo for Ada '
    b'Example."},{"from":"function_call","value":"{\\"name\\":\\"find_place\\",\\"id\\":\\"t1\\",'
    b'\\"arguments\\":{\\"name\\":\\"Oslo\\"}}"},{"from":"observation","value":"{\\"id\\":7}"},{"f'
    b'rom":"function_call","value":"{\\"name\\":\\"get_weather\\",\\"id\\":\\"t2\\",\\"arguments'
    b'\\":{\\"place_id\\":7}}"}],"tools":"[{\\"name\\":\\"get_weather\\",\\"description\\":\\"Weat'
    b'her of a place.\\",\\"parameters\\":{\\"type\\":\\"object\\",\\"properties\\":{\\"place_id'
    b'\\":{\\"type\\":\\"integer\\"}},\\"required\\":[\\"place_id\\"]}}]","metadata":{"session_id"'
    b':"s-12","domain":"weather"}}'
)

UNTOLD = "1970-01-01T00:00:00Z"
_ROLES = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "function_call": "call",
    "observation": "tool",
    "tool": "tool",
}


class _Turn(msgspec.Struct, rename={"speaker": "from"}):
    speaker: str
    value: str


class _Record(msgspec.Struct):
    conversations: list[_Turn]
    id: str | int | None = None
    system: str | None = None
    tools: str | list[dict[str, Any]] | None = None
    model: str = ""
    timestamp: str | float | None = None
    metadata: dict[str, Scalar] | None = None


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    turns = record.get("conversations")
    if isinstance(turns, list) and turns and isinstance(turns[0], dict) and "from" in turns[0]:
        return ""
    return 'expected "conversations" of turns with "from" and "value"'


def parse(line: bytes, source: Source, session_key: str) -> list[Sealed]:
    """One call for each turn of the assistant.

    Raises:
        Malformed: unknown-role, missing-field where nobody answers, or what is wrong with a turn.
    """
    record = decode(line, _records)
    name = str(record.id) if record.id is not None else hashlib.sha256(line).hexdigest()
    metadata = texts({"session_id": name, **(record.metadata or {})})
    tools = _tools(record.tools)
    messages: list[dict[str, Any]] = []
    waiting: list[str] = []  # ids of calls that no observation has answered
    if record.system:
        messages.append({"role": "system", "content": record.system})
    found: list[Sealed] = []
    for number, turn in enumerate(record.conversations):
        message = _message(turn, f"$.conversations[{number}]")
        if message["role"] == "assistant":
            reason = "tool_calls" if "tool_calls" in message else "stop"
            choice = {"message": message, "finish_reason": reason}
            exchange = _openai.read(
                _json({"messages": messages, "tools": tools, "model": record.model}),
                _json({"choices": [choice]}),
            )
            told = Told(
                request_id=f"{name}/{number}",
                timestamp=UNTOLD if record.timestamp is None else record.timestamp,
                model=record.model or "unknown",
                metadata=metadata,
                session_id=metadata.get(session_key, "") or name,
            )
            found.append(invocation(source, told, exchange))
        if message["role"] == "tool":
            message["tool_call_id"] = waiting.pop(0) if waiting else ""
        waiting += [call["id"] for call in message.get("tool_calls", ())]
        messages.append(message)
    if not found:
        raise Malformed("missing-field", "$.conversations: expected a turn of the assistant")
    return found


def _message(turn: _Turn, place: str) -> dict[str, Any]:
    role = _ROLES.get(turn.speaker)
    if role is None:
        raise Malformed("unknown-role", f"{place}.from: expected one of {', '.join(_ROLES)}")
    if role != "call":
        return {"role": role, "content": turn.value}
    calls = shallow(decode(turn.value.encode(), _anything), f"{place}.value")
    made = []
    for call in calls if isinstance(calls, list) else [calls]:
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            raise Malformed("missing-field", f"{place}.value: expected a call's name")
        arguments = call.get("arguments", {})
        function = {"name": call["name"], "arguments": arguments}
        made.append({"id": str(call.get("id", "")), "type": "function", "function": function})
    return {"role": "assistant", "content": None, "tool_calls": made}


def _tools(declared: str | list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    if isinstance(declared, str):
        declared = decode((declared or "[]").encode(), _tool_lists)
    tools = []
    for number, tool in enumerate(declared or ()):
        one = tool.get("function", tool)
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            raise Malformed("missing-field", f"$.tools[{number}]: expected a name")
        known = next((k for k in ("parameters", "schema", "input_schema") if k in one), None)
        extra = set(one) - {"name", "description", "strict", "type", known}
        if extra:
            raise Malformed("unknown-field", f"$.tools[{number}]: {', '.join(sorted(extra))}")
        function = {"name": one["name"], "description": one.get("description")}
        shallow(one, f"$.tools[{number}]")
        tools.append({"function": {**function, "parameters": one.get(known) if known else None}})
    return tools


def _json(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


_records = msgspec.json.Decoder(_Record)
_anything = msgspec.json.Decoder()
_tool_lists = msgspec.json.Decoder(list[dict[str, Any]])
