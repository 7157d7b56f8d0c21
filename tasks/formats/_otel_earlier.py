r"""Reads what a span says of its call in the forms before semantic conventions 1.37.

    events, 1.28 to 1.36     gen_ai.system.message {"content": "You tell the weather."}
                             gen_ai.user.message {"content": "Weather in Oslo?"}
                             gen_ai.assistant.message {"tool_calls": [{"id": "t1", …}]}
                             gen_ai.tool.message {"id": "t1", "content": "{\"id\": 7}"}
                             gen_ai.choice {"finish_reason": "stop", "message": {"content": "…"}}
    numbered, OpenLLMetry    gen_ai.prompt.0.role, gen_ai.prompt.0.content,
                             gen_ai.prompt.0.tool_calls.0.name, gen_ai.completion.0.content,
                             llm.request.functions.0.parameters
    whole, up to 1.27        gen_ai.prompt, gen_ai.completion: messages as a JSON text, in
                             attributes or in gen_ai.content.prompt and gen_ai.content.completion

A body may stand in the attribute `gen_ai.event.content` of its event. Content that is a JSON list
of the blocks of Converse (as Strands Agents writes it) or of Anthropic's Messages is read as such.

Sources: OpenTelemetry semantic conventions, "Generative AI events", 1.36 and 1.27; OpenLLMetry's
instrumentations 0.40; Strands Agents, telemetry of model invocations.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from tasks.core.records import Message, Reply
from tasks.formats import _anthropic, _converse, _openai
from tasks.formats._turns import Turns
from tasks.logs.json_lines import Malformed, decode, shallow

EVENTS = (
    b'{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":'
    b'"agent"}}]},"scopeSpans":[{"scope":{"name":"strands.telemetry.tracer"},"spans":[{"traceId"'
    b':"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"chat","kind":3,"st'
    b'artTimeUnixNano":"1793715629000000000","endTimeUnixNano":"1793715629850000000","status":{}'
    b',"attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_'
    b'ai.system","value":{"stringValue":"strands-agents"}},{"key":"gen_ai.conversation.id","valu'
    b'e":{"stringValue":"s-12"}},{"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}}'
    b',{"key":"gen_ai.response.id","value":{"stringValue":"chatcmpl-7c9e6679"}},{"key":"domain",'
    b'"value":{"stringValue":"weather"}},{"key":"gen_ai.usage.prompt_tokens","value":{"intValue"'
    b':"412"}},{"key":"gen_ai.usage.completion_tokens","value":{"intValue":"31"}},{"key":"gen_ai'
    b'.tool.definitions","value":{"stringValue":"[{\\"type\\":\\"function\\",\\"name\\":\\"get_w'
    b'eather\\",\\"description\\":\\"Weather of a place.\\",\\"parameters\\":{\\"type\\":\\"obje'
    b'ct\\",\\"properties\\":{\\"place_id\\":{\\"type\\":\\"integer\\"}},\\"required\\":[\\"plac'
    b'e_id\\"]}}]"}}],"events":[{"timeUnixNano":"1793715629000000000","name":"gen_ai.system.mess'
    b'age","attributes":[{"key":"content","value":{"stringValue":"You tell the weather."}}]},{"t'
    b'imeUnixNano":"1793715629000000000","name":"gen_ai.user.message","attributes":[{"key":"cont'
    b'ent","value":{"stringValue":"[{\\"text\\": \\"Weather in Oslo for Ada Example, please.\\"}'
    b']"}}]},{"timeUnixNano":"1793715629000000000","name":"gen_ai.assistant.message","attributes'
    b'":[{"key":"content","value":{"stringValue":"[{\\"text\\": \\"One moment.\\"}, {\\"toolUse'
    b'\\": {\\"toolUseId\\": \\"t1\\", \\"name\\": \\"find_place\\", \\"input\\": {\\"name\\": '
    b'\\"Oslo\\"}}}]"}}]},{"timeUnixNano":"1793715629000000000","name":"gen_ai.tool.message","at'
    b'tributes":[{"key":"content","value":{"stringValue":"[{\\"toolResult\\": {\\"toolUseId\\": '
    b'\\"t1\\", \\"content\\": [{\\"text\\": \\"{\\\\\\"id\\\\\\": 7}\\"}], \\"status\\": \\"suc'
    b'cess\\"}}]"}}]},{"timeUnixNano":"1793715629000000000","name":"gen_ai.choice","attributes":'
    b'[{"key":"finish_reason","value":{"stringValue":"tool_use"}},{"key":"message","value":{"str'
    b'ingValue":"[{\\"toolUse\\": {\\"toolUseId\\": \\"t2\\", \\"name\\": \\"get_weather\\", \\"'
    b'input\\": {\\"place_id\\": 7}}}]"}}]}]}]}]}]}'
)
NUMBERED = (
    b'{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":'
    b'"agent"}}]},"scopeSpans":[{"scope":{"name":"opentelemetry.instrumentation.openai.v1"},"spa'
    b'ns":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"cha'
    b't","kind":3,"startTimeUnixNano":"1793715629000000000","endTimeUnixNano":"17937156298500000'
    b'00","status":{},"attributes":[{"key":"llm.request.type","value":{"stringValue":"chat"}},{"'
    b'key":"gen_ai.system","value":{"stringValue":"openai"}},{"key":"gen_ai.request.model","valu'
    b'e":{"stringValue":"gpt-4o"}},{"key":"gen_ai.response.id","value":{"stringValue":"chatcmpl-'
    b'7c9e6679"}},{"key":"traceloop.association.properties.session_id","value":{"stringValue":"s'
    b'-12"}},{"key":"domain","value":{"stringValue":"weather"}},{"key":"gen_ai.prompt.0.role","v'
    b'alue":{"stringValue":"system"}},{"key":"gen_ai.prompt.0.content","value":{"stringValue":"Y'
    b'ou tell the weather."}},{"key":"gen_ai.prompt.1.role","value":{"stringValue":"user"}},{"ke'
    b'y":"gen_ai.prompt.1.content","value":{"stringValue":"Weather in Oslo for Ada Example, plea'
    b'se."}},{"key":"gen_ai.prompt.2.role","value":{"stringValue":"assistant"}},{"key":"gen_ai.p'
    b'rompt.2.content","value":{"stringValue":"One moment."}},{"key":"gen_ai.prompt.2.tool_calls'
    b'.0.id","value":{"stringValue":"t1"}},{"key":"gen_ai.prompt.2.tool_calls.0.name","value":{"'
    b'stringValue":"find_place"}},{"key":"gen_ai.prompt.2.tool_calls.0.arguments","value":{"stri'
    b'ngValue":"{\\"name\\": \\"Oslo\\"}"}},{"key":"gen_ai.prompt.3.role","value":{"stringValue"'
    b':"tool"}},{"key":"gen_ai.prompt.3.content","value":{"stringValue":"{\\"id\\": 7}"}},{"key"'
    b':"gen_ai.prompt.3.tool_call_id","value":{"stringValue":"t1"}},{"key":"llm.request.function'
    b's.0.name","value":{"stringValue":"get_weather"}},{"key":"llm.request.functions.0.descripti'
    b'on","value":{"stringValue":"Weather of a place."}},{"key":"llm.request.functions.0.paramet'
    b'ers","value":{"stringValue":"{\\"type\\":\\"object\\",\\"properties\\":{\\"place_id\\":{'
    b'\\"type\\":\\"integer\\"}},\\"required\\":[\\"place_id\\"]}"}},{"key":"gen_ai.completion.0'
    b'.finish_reason","value":{"stringValue":"tool_calls"}},{"key":"gen_ai.completion.0.role","v'
    b'alue":{"stringValue":"assistant"}},{"key":"gen_ai.completion.0.tool_calls.0.id","value":{"'
    b'stringValue":"t2"}},{"key":"gen_ai.completion.0.tool_calls.0.name","value":{"stringValue":'
    b'"get_weather"}},{"key":"gen_ai.completion.0.tool_calls.0.arguments","value":{"stringValue"'
    b':"{\\"place_id\\":7}"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"412"}},{"k'
    b'ey":"gen_ai.usage.output_tokens","value":{"intValue":"31"}}],"events":[]}]}]}]}'
)

Attributes = dict[str, Any]

SAID = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
CHOICE = "gen_ai.choice"
_ALWAYS = {"gen_ai.system.message", "gen_ai.user.message"}
"""Events whose message has content, if it was captured."""
_WHOLE = {"gen_ai.content.prompt", "gen_ai.content.completion"}
FUNCTIONS = "llm.request.functions."
_ANTHROPIC = {"text", "tool_use", "tool_result", "thinking", "redacted_thinking"}
_CONVERSE = {
    "text",
    "toolUse",
    "toolResult",
    "guardContent",
    "citationsContent",
    "cachePoint",
    "reasoningContent",
    "image",
    "document",
    "video",
}


class Told(NamedTuple):
    """What was asked and answered."""

    messages: bytes
    """JSON list of `Message`."""
    reply: Reply
    finish_reason: str


def read(told: Attributes, events: Sequence[tuple[str, Attributes]]) -> Told | None:
    """The call of a span; None where nothing of it was captured.

    Raises:
        Malformed: several-choices, or a message is not of its shape.
    """
    for given, answered in (_of_events(events), _numbered(told), _whole(told, events)):
        if given and answered:
            break
    else:
        return None
    if len(answered) > 1:
        raise Malformed("several-choices", "expected one gen_ai.choice or gen_ai.completion")
    (last,) = answered
    turns = [_turn(message, f"message {number}") for number, message in enumerate(given)]
    reply = decode(b"[" + _turn(last, "the reply") + b"]", _messages)
    if len(reply) != 1 or reply[0].role != "assistant":
        raise Malformed("misplaced-block", "the reply: expected an assistant's message")
    reason = last.get("finish_reason")
    return Told(
        messages=b"[" + b",".join(filter(None, turns)) + b"]",
        reply=Reply(content=reply[0].content, tool_calls=reply[0].tool_calls),
        finish_reason=reason if isinstance(reason, str) else "",
    )


def tools(told: Attributes) -> bytes:
    """JSON list of the tools that OpenLLMetry numbers."""
    found = []
    for one in _items(told, FUNCTIONS):
        if isinstance(given := one.get("parameters"), str):
            one["parameters"] = decode(given.encode(), _anything)
        found.append({"type": "function", "function": one})
    return _openai.tools(msgspec.json.encode(found))


def _of_events(events: Iterable[tuple[str, Attributes]]) -> tuple[list[Attributes], list[Any]]:
    given, answered = [], []
    for name, attributes in events:
        if name not in SAID and name != CHOICE:
            continue
        content = _parsed(attributes.get("gen_ai.event.content"))
        body = attributes | content if isinstance(content, dict) else attributes
        if name == CHOICE:
            answered.append(_choice(body))
        else:
            given.append(_message(body, SAID[name]))
            if name in _ALWAYS and body.get("content") is None:
                return [], []  # told of, and not captured
    return given, answered


def _choice(body: Attributes) -> Attributes:
    said = _parsed(body.get("message", body))
    inner = said if isinstance(said, dict) else {"content": body["message"]}
    calls = inner.get("tool_calls") or body.get("tool_calls")
    reason = {"finish_reason": body.get("finish_reason")}
    return _message(inner | {"tool_calls": calls}, "assistant") | reason


def _message(body: Attributes, role: str) -> Attributes:
    return {
        "role": role,
        "content": body.get("content"),
        "tool_calls": _parsed(body.get("tool_calls")),
        "tool_call_id": body.get("id") if role == "tool" else None,
    }


def _numbered(told: Attributes) -> tuple[list[Attributes], list[Any]]:
    given = [_collected(one) for one in _items(told, "gen_ai.prompt.")]
    answered = [
        _collected(one) | {"role": "assistant"}
        for one in _items(told, "gen_ai.completion.")
        if one.get("role") != "thinking"
    ]
    return [one for one in given if "role" in one], answered


def _collected(one: Attributes) -> Attributes:
    calls = [
        {
            "id": call.get("id"),
            "function": {
                "name": call.get("name", call.get("function.name")) or "",
                "arguments": call.get("arguments", call.get("function.arguments")) or "",
            },
        }
        for call in _items(one, "tool_calls.")
    ]
    names = ("role", "content", "refusal", "tool_call_id", "finish_reason")
    return {name: one[name] for name in names if name in one} | {"tool_calls": calls}


def _items(told: Attributes, prefix: str) -> list[Attributes]:
    """`prefix.0.name`, `prefix.1.name` as a list of `name`."""
    found: dict[int, Attributes] = {}
    for key, value in told.items():
        if key.startswith(prefix):
            number, _, name = key.removeprefix(prefix).partition(".")
            if number.isascii() and number.isdigit() and len(number) < 7 and name:
                found.setdefault(int(number), {})[name] = value
    return [found[number] for number in sorted(found)]


def _whole(
    told: Attributes, events: Iterable[tuple[str, Attributes]]
) -> tuple[list[Attributes], list[Any]]:
    for name, attributes in events:
        if name in _WHOLE:
            told = told | attributes
    given, answered = (_parsed(told.get(f"gen_ai.{way}")) for way in ("prompt", "completion"))
    if not isinstance(given, list) or not isinstance(answered, list):
        return [], []
    if not all(isinstance(one, dict) for one in (*given, *answered)):
        return [], []
    return given, [{"role": "assistant"} | one for one in answered]


def _turn(message: Attributes, place: str) -> bytes:
    """The messages that one of the service's becomes, without the brackets of a list."""
    content = _parsed(message.get("content"))
    reader: Turns = _openai.turns
    if isinstance(content, list) and content and all(isinstance(one, dict) for one in content):
        kinds = {one.get("type") for one in content}
        # What a tool gave is its own, unless it says that it is a result.
        results = message.get("role") != "tool" or "toolResult" in content[0]
        if results and all(one and one.keys() <= _CONVERSE for one in content):
            reader = _converse.turns
        elif kinds <= _ANTHROPIC and kinds != {"text"}:
            reader = _anthropic.turns
        if reader is not _openai.turns or (results and kinds <= _PARTS):
            message = message | {"content": content}
    if reader is not _openai.turns and message.get("role") == "tool":
        message = message | {"role": "user"}  # whose blocks are the results
    try:
        return reader.one(msgspec.json.encode(shallow(message, place)))
    except Malformed as error:
        between = "" if error.detail.startswith(":") else ": "
        raise Malformed(error.reason, f"{place}{between}{error.detail}") from error


def _parsed(value: Any) -> Any:
    """What a text that is JSON says; anything else as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return shallow(decode(value.encode(), _anything), "a text that is JSON")
    except Malformed as error:
        if error.reason in ("nul", "too-deep"):
            raise
        return value


_PARTS = {"text", "refusal", "image_url", "input_audio", "file"}
_anything = msgspec.json.Decoder(Any)
_messages = msgspec.json.Decoder(list[Message])
