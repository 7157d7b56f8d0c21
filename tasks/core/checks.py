"""Says what is wrong with one example, if anything is.

empty-context            no message
last-role                the last message is not the user's or a tool's: nothing to decide
context-too-long         more characters than `max_context_chars`
duplicate-tool-names     two tools of one name were offered
empty-reference          a reference that calls, asks and says nothing
reference-unknown-tool   a call of a tool that was not offered
reference-arguments      arguments that break the tool's JSON Schema
broken-tool-schema       the called tool's schema is none
"""

from typing import NamedTuple

import msgspec

from tasks.core.records import Example, Reference, Tool
from tasks.core.schemas import BrokenSchemaError, Schemas


class Fault(NamedTuple):
    """Why an example is refused; the detail holds no content of it."""

    reason: str
    detail: str


def fault(example: Example, max_context_chars: int, schemas: Schemas) -> Fault | None:
    """The first fault of an example, None where it has none."""
    if not example.messages:
        return Fault("empty-context", "messages: expected at least one")
    last = example.messages[-1].role
    if last not in {"user", "tool"}:
        return Fault("last-role", f"messages[-1].role: expected user or tool, found {last}")
    length = context_chars(example)
    if length > max_context_chars:
        return Fault("context-too-long", f"{length} characters, at most {max_context_chars}")
    offered = {tool.name: tool for tool in example.tools}
    if len(offered) < len(example.tools):
        return Fault("duplicate-tool-names", "tools: expected each name once")
    return _fault_of_reference(example.reference, offered, schemas) if example.reference else None


def context_chars(example: Example) -> int:
    """Characters of all messages, arguments of earlier calls as JSON."""
    return sum(
        len(message.content)
        + sum(len(call.name) + len(msgspec.json.encode(call.arguments)) for call in calls)
        for message in example.messages
        for calls in (message.tool_calls,)
    )


def _fault_of_reference(
    reference: Reference, offered: dict[str, Tool], schemas: Schemas
) -> Fault | None:
    said = reference.text.strip() or reference.missing
    if not (reference.calls if reference.behaviour == "execute" else said):
        return Fault("empty-reference", f"reference.behaviour is {reference.behaviour}")
    for number, call in enumerate(reference.calls):
        place = f"reference.calls[{number}]"
        if call.name not in offered:
            return Fault("reference-unknown-tool", f"{place}.name: expected an offered tool")
        try:
            broken = schemas.fault(offered[call.name], call.arguments)
        except BrokenSchemaError as error:
            return Fault("broken-tool-schema", str(error))
        if broken:
            return Fault("reference-arguments", f"{place}.arguments {broken}")
    return None
