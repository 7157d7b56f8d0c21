"""A prompt and its reply as one element of the list that AWS sends to a reward Lambda.

    {"id": "1", "messages": [{"role": "user", "content": "Weather in Oslo?"},
                             {"role": "assistant", "content": "<tool_call>{...}</tool_call>"}],
     "metadata": {"reference_answer": "...", "tools": [...]}}        Bedrock
     "reference_answer": "...", "tools": [...]                       SageMaker and Nova: at the root

Read, the last message is the reply, whether its role is `assistant` or `nova_assistant`, its
content text or a list of blocks, its calls in the text or in `tool_calls`. A `reference_answer` is
a reference of ours, a list of calls, JSON of either, or the text that would have been right.
"""

import json
from typing import Any, Literal, NamedTuple

import msgspec

from tasks import dialects
from tasks.core.records import Call, Reference, Reply
from tasks.rewards import Prompt
from tasks.rewards.reading import namespaces, rows

Form = Literal["bedrock", "sagemaker"]

_ASSISTANTS = ("assistant", "nova_assistant")
_RIGHT = ("reference", "reference_answer", "ground_truth")
"""Where what would have been right may stand; the last is eval-protocol's and verl's name."""
_OWN = ("id", "messages", "metadata", "tools", "reference", "reference_answer")


class LambdaRow(NamedTuple):
    id: str
    prompt: Prompt
    reply: Reply


def read(given: Any) -> LambdaRow:
    """One element of an event.

    Raises:
        BadRowError: what is wrong with it, and where.
    """
    if not isinstance(given, dict):
        raise rows.BadRowError("invalid_variable_error", "a row is a JSON object")
    row_id = str(given.get("id", ""))
    messages = given.get("messages")
    if not isinstance(messages, list) or not messages or not isinstance(messages[-1], dict):
        raise rows.BadRowError("invalid_variable_error", "$.messages: no messages", row_id)
    if messages[-1].get("role") not in _ASSISTANTS:
        raise rows.BadRowError(
            "sample_parse_error", "$.messages: the last one is not the assistant's", row_id
        )
    metadata = given.get("metadata")
    said = {
        **(metadata if isinstance(metadata, dict) else {}),
        **{key: value for key, value in given.items() if key != "metadata"},
    }
    made = {
        "id": row_id,
        "messages": [_message(message) for message in messages[:-1]],
        "completion": _completion(_message(messages[-1])),
        "tools": said.get("tools"),
    }
    found = rows.read(msgspec.json.encode(made))
    right = next((said[name] for name in _RIGHT if said.get(name) is not None), None)
    reference = reference_of(right)
    item = {key: value for key, value in said.items() if key not in _OWN}
    if "reference_answer" in said:
        item["reference_answer"] = said["reference_answer"]
    return LambdaRow(row_id, found.prompt._replace(reference=reference, item=item), found.reply)


def write(row_id: str, prompt: Prompt, reply: Reply, form: Form) -> dict[str, Any]:
    """The element for a reply, calls written into its text as models write them."""
    item = namespaces.item(prompt)
    messages = [*item.pop("messages"), {"role": "assistant", "content": dialects.write(reply)}]
    if item["reference"] is None:
        del item["reference"]
    if form == "bedrock":
        return {"id": row_id, "messages": messages, "metadata": item}
    return {**item, "id": row_id, "messages": messages}


def reference_of(answer: Any) -> Reference | None:
    """What a `reference_answer` says would have been right; None where it says nothing."""
    if answer is None or answer == "":
        return None
    if isinstance(answer, str):
        try:
            found = msgspec.json.decode(answer)
        except msgspec.DecodeError:
            return Reference(behaviour="answer", text=answer)
        known = _reference(found)
        return known or Reference(behaviour="answer", text=answer)
    return _reference(answer) or Reference(
        behaviour="answer", text=json.dumps(answer, ensure_ascii=False, sort_keys=True)
    )


def _reference(found: Any) -> Reference | None:
    if isinstance(found, dict) and "behaviour" in found:
        try:
            return msgspec.convert(found, Reference)
        except msgspec.ValidationError:
            return None
    calls = [found] if isinstance(found, dict) else found
    if not isinstance(calls, list) or not calls:
        return None
    made = []
    for element in calls:
        call = element.get("function", element) if isinstance(element, dict) else element
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            return None
        arguments = call.get("arguments", call.get("parameters", {}))
        if not isinstance(arguments, dict):
            return None
        made.append(Call(name=call["name"], arguments=arguments))
    return Reference(behaviour="execute", calls=tuple(made))


def _message(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    role = "assistant" if given.get("role") == "nova_assistant" else given.get("role")
    content = given.get("content")
    if isinstance(content, list):
        # Nova's blocks are {"text": ...} without a type.
        content = [{"type": "text", **part} if isinstance(part, dict) else part for part in content]
    return {**given, "role": role, "content": content}


def _completion(message: dict[str, Any]) -> Any:
    """The raw text, in which calls may stand, or the message where it has them by themselves."""
    if message.get("tool_calls"):
        return message
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""
