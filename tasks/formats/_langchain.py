r"""Turns LangChain's own messages, as tracing tools note them, into those of Chat Completions.

    {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "AIMessage"],
     "kwargs": {"content": "", "tool_calls": [{"name": "find_place", "args": {"name": "Oslo"},
                "id": "t1", "type": "tool_call"}]}}                       as `dumpd` writes it
    {"type": "human", "content": "Weather in Oslo?", "additional_kwargs": {}}      `model_dump`
    {"type": "human", "data": {"content": "Weather in Oslo?"}}             `message_to_dict`
    {"role": "assistant", "content": "", "tool_calls": [{"name": …, "args": {…}}]}     Langfuse
    {"role": "tool", "content": {"type": "function", "function": {…}}}     Langfuse: a tool offered
    {"generations": [[{"text": "", "message": {…}, "generation_info": {…}}]], "llm_output": {…}}

A reply that ended in calls which were not noted (`model_dump` of a whole result loses them) is the
reject `content-not-captured`.

Sources: langchain-core 1.8, `messages` and `outputs`; Langfuse 5.0, its callback handler for
LangChain.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from tasks.formats._turns import unsupported
from tasks.logs.json_lines import Malformed, decode, fitting, shallow

Fields = dict[str, Any]

_ROLES = {
    "human": "user",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
    "developer": "system",
}
_ENDED_IN_CALLS = ("tool_calls", "tool_use")
_OWN_IDS = ("run-", "lc_run-")
"""How the ids begin that LangChain itself gives."""
_UNSAID = ("tool_use", "tool_call", "function_call", "thinking", "reasoning", "reasoning_content")
"""Parts of a reply that are no text: its calls stand beside it too."""


def request(given: msgspec.Raw) -> msgspec.Raw | None:
    """The request in the form of Chat Completions; None where it is not in one of LangChain's.

    Raises:
        Malformed: a message is of LangChain's form, but of no kind that can be read.
    """
    asked = given
    if bytes(given)[:1] == b"{":
        asked = (fitting(given, _keyed) or {}).get("messages", _NOTHING)
    batch = fitting(asked, _raw_lists) or []
    if len(batch) == 1 and bytes(batch[0])[:1] == b"[":
        (asked,) = batch
    if len(batch) == 1 and bytes(batch[0])[:1] == b'"':  # a prompt
        said_once = {"role": "user", "content": batch[0]}
        return msgspec.Raw(msgspec.json.encode({"messages": [said_once]}))
    said = fitting(asked, _keyed_lists)
    if not said or not any(map(_is_own, said)):
        return None
    messages: list[Fields] = []
    tools: list[Any] = []
    every = decode(asked, _lists)
    for number, message in enumerate(every):
        shallow(message, f"message {number}")
        if message.get("role") == "tool" and isinstance(message.get("content"), dict):
            tools.append(_tool(message["content"]))
        else:
            messages.append(_message(message, f"message {number}"))
    found: Fields = {"messages": messages} | ({"tools": tools} if tools else {})
    if asked is not given and bytes(given)[:1] == b"{":
        found = decode(given, _objects) | found
    return msgspec.Raw(msgspec.json.encode(found))


def response(answered: msgspec.Raw) -> msgspec.Raw | None:
    """The response in the form of Chat Completions; None where it is not in one of LangChain's.

    Raises:
        Malformed: content-not-captured, several-choices, or it is no reply.
    """
    if bytes(answered)[:1] == b"[":
        several = fitting(answered, _raw_lists) or []
        answered = several[0] if len(several) == 1 else answered
    keys = fitting(answered, _keyed)
    if not keys or not (_is_result(keys) or _is_own(keys)):
        return None
    found = shallow(decode(answered, _objects), "the reply")
    generation, around = {"message": found}, {}
    if _is_result(keys):
        generation, around = _generation(found["generations"]), _fields(found.get("llm_output"))
    said = generation.get("message") or {"type": "ai", "content": generation.get("text")}
    message = _message(said, "the reply")
    if message["role"] != "assistant":
        raise Malformed("misplaced-block", "the reply: expected an assistant's message")
    fields = _unpacked(said)[1]
    told = _fields(fields.get("response_metadata"))
    ended = _first(_fields(generation.get("generation_info")) | told, *_REASONS)
    if ended in _ENDED_IN_CALLS and not message.get("tool_calls"):
        raise Malformed("content-not-captured", "the reply: expected the calls that it ended in")
    usage = _fields(fields.get("usage_metadata"))
    counted = _fields(around.get("token_usage")) or _fields(told.get("token_usage"))
    name = fields.get("id") if isinstance(fields.get("id"), str) else ""
    whole = {
        "id": _first(told, "id") or ("" if str(name).startswith(_OWN_IDS) else name),
        "model": _first(told, "model_name", "model") or _first(around, "model_name", "model"),
        "choices": [{"message": message, "finish_reason": ended}],
        "usage": {
            "prompt_tokens": usage.get("input_tokens", counted.get("prompt_tokens")),
            "completion_tokens": usage.get("output_tokens", counted.get("completion_tokens")),
        },
    }
    return msgspec.Raw(msgspec.json.encode(whole))


def _is_own(keys: dict[str, msgspec.Raw]) -> bool:
    """Whether these are the fields of one of LangChain's messages."""
    if "role" in keys:
        calls, content = (bytes(keys.get(name, _NOTHING)) for name in ("tool_calls", "content"))
        noted = "additional_kwargs" in keys or "invalid_tool_calls" in keys
        return noted or b'"args"' in calls or content[:1] == b"{"
    kind = fitting(keys.get("type", _NOTHING), _texts) or ""
    return "lc" in keys or (_role(kind) != "" and ("data" in keys or "content" in keys))


def _is_result(keys: dict[str, msgspec.Raw]) -> bool:
    """Whether these are the fields of an `LLMResult`: a list of generations for each prompt."""
    groups = fitting(keys.get("generations", _NOTHING), _raw_lists) or []
    return bytes(groups[0])[:1] == b"[" if groups else False


def _role(kind: str) -> str:
    """Of a message of this kind, whichever way it is named: `AIMessageChunk`, `ai`."""
    return _ROLES.get(kind.removesuffix("Chunk").removesuffix("Message").lower(), "")


def _unpacked(message: Fields) -> tuple[str, Fields]:
    """Its role and its fields."""
    if "lc" in message:
        path, fields = message.get("id"), _fields(message.get("kwargs"))
        kind = path[-1] if isinstance(path, list) and path else ""
    else:
        kind, fields = message.get("type", ""), _fields(message.get("data")) or message
    told = fields.get("role") or _role(str(kind))
    return (told if isinstance(told, str) else ""), fields


def _message(message: Any, place: str) -> Fields:
    role, fields = _unpacked(_fields(message))
    if not role:
        raise Malformed("unknown-role", f"{place}: expected a human, ai, system or tool message")
    content = fields.get("content")
    calls = list(_calls(fields, place)) if role == "assistant" else fields.get("tool_calls")
    if isinstance(content, list):
        content = [_part(one) for one in content if not _is_unsaid(one, role)] or None
    return {
        "role": role,
        "content": content,
        "tool_calls": calls,
        "tool_call_id": fields.get("tool_call_id"),
        "function_call": _fields(fields.get("additional_kwargs")).get("function_call")
        if not calls
        else None,
    }


def _calls(fields: Fields, place: str) -> Iterator[Fields]:
    content = fields.get("content")
    told = [*_list(fields, "tool_calls"), *_list(fields, "invalid_tool_calls")]
    if not told:
        told = _list(_fields(fields.get("additional_kwargs")), "tool_calls")
    if not told and isinstance(content, list):
        told = [one for one in map(_fields, content) if one.get("type") == "tool_use"]
    for call in map(_fields, told):
        if "function" in call:
            yield call
        elif not isinstance(call.get("name"), str):
            raise unsupported(place, "tool calls with a name")
        else:
            given = call.get("args", call.get("input"))
            function = {"name": call["name"], "arguments": {} if given is None else given}
            yield {"id": call.get("id"), "function": function}


def _part(one: Any) -> Any:
    if isinstance(one, str):
        return {"type": "text", "text": one}
    if isinstance(one, dict) and "type" not in one and "text" in one:
        return {"type": "text", "text": one["text"]}
    return one


def _is_unsaid(one: Any, role: str) -> bool:
    return role == "assistant" and _fields(one).get("type") in _UNSAID


def _tool(offered: Fields) -> Fields:
    """A tool's definition in whichever service's form it was offered."""
    if "function" in offered:
        return offered
    parameters = offered.get("parameters", offered.get("input_schema"))
    return {"function": {**offered, "parameters": parameters}}


def _generation(found: Any) -> Fields:
    flat = [
        one
        for group in (found if isinstance(found, list) else [])
        for one in (group if isinstance(group, list) else [group])
    ]
    if len(flat) > 1:
        raise Malformed("several-choices", "generations: expected one")
    if not flat or not isinstance(flat[0], dict):
        raise Malformed("missing-field", "generations: expected one")
    return flat[0]


def _first(fields: Fields, *names: str) -> str:
    found = (fields.get(name) for name in names)
    return next((text for text in found if isinstance(text, str) and text), "")


def _fields(value: Any) -> Fields:
    return value if isinstance(value, dict) else {}


def _list(fields: Fields, name: str) -> list[Any]:
    found = fields.get(name)
    return found if isinstance(found, list) else []


_NOTHING = msgspec.Raw(b"")
_REASONS = ("finish_reason", "stop_reason", "stopReason")
_texts = msgspec.json.Decoder(str)
_keyed = msgspec.json.Decoder(dict[str, msgspec.Raw])
_keyed_lists = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_raw_lists = msgspec.json.Decoder(list[msgspec.Raw])
_objects = msgspec.json.Decoder(dict[str, Any])
_lists = msgspec.json.Decoder(list[dict[str, Any]])
