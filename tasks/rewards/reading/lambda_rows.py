"""A prompt and its reply as one element of the list that AWS sends to a reward Lambda.

    {"id": "1", "messages": [{"role": "user", "content": "Weather in Oslo?"},
                             {"role": "assistant", "content": "<tool_call>{...}</tool_call>"}],
     "metadata": {"reference_answer": "...", "tools": [...]}}        Bedrock
     "reference_answer": "...", "tools": [...]                       SageMaker and Nova: at the root

Read, the last message is the reply, whether its role is `assistant` or `nova_assistant`, its
content text or a list of blocks, its calls in the text or in `tool_calls`. A `reference_answer` is
a reference of ours, a list of calls, JSON of either, or the text that would have been right.
"""

from typing import Any, Literal, NamedTuple

from tasks import dialects
from tasks.core.records import Reply
from tasks.rewards import Prompt
from tasks.rewards.reading import namespaces, references, replies, rows, tools
from tasks.rewards.reading.shapes import ShapeError

Form = Literal["bedrock", "sagemaker"]

_ASSISTANTS = ("assistant", "nova_assistant")
_OWN = ("id", "messages", "metadata", "tools", *references.NAMES)


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
    try:
        prompt = Prompt(
            tuple(
                replies.read_message(message, f"$.messages[{i}]")
                for i, message in enumerate(messages[:-1])
            ),
            tools.read(said.get("tools"), "$.tools"),
            references.of_row(said),
            _item(said),
        )
    except ShapeError as error:
        raise rows.BadRowError("invalid_variable_error", str(error), row_id) from error
    try:
        reply = _reply(messages[-1], f"$.messages[{len(messages) - 1}]")
    except ShapeError as error:
        raise rows.BadRowError("sample_parse_error", str(error), row_id) from error
    return LambdaRow(row_id, prompt, reply)


def _item(fields: dict[str, Any]) -> dict[str, Any]:
    item = {key: value for key, value in fields.items() if key not in _OWN}
    if "reference_answer" in fields:
        item["reference_answer"] = fields["reference_answer"]
    return item


def _reply(message: Any, place: str) -> Reply:
    """The reply; where its calls do not stand by themselves they may stand in its text."""
    reply = replies.read(message, place)
    return reply if reply.tool_calls else dialects.parse(reply.content)


def write(row_id: str, prompt: Prompt, reply: Reply, form: Form) -> dict[str, Any]:
    """The element for a reply, calls written into its text as models write them."""
    item = namespaces.item(prompt)
    messages = [*item.pop("messages"), {"role": "assistant", "content": dialects.write(reply)}]
    if item["reference"] is None:
        del item["reference"]
    if form == "bedrock":
        return {"id": row_id, "messages": messages, "metadata": item}
    return {**item, "id": row_id, "messages": messages}
