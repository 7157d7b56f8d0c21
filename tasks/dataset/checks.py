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

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from tasks.core.records import Reference, Tool
from tasks.labelling import raw_records
from tasks.labelling.schemas import BrokenSchemaError, Schemas


class Called(Protocol):
    """A call in a context; its arguments may be JSON already."""

    @property
    def name(self) -> str: ...

    @property
    def arguments(self) -> Any: ...


class Said(Protocol):
    """A message of a context."""

    @property
    def role(self) -> str: ...

    @property
    def content(self) -> str: ...

    @property
    def tool_calls(self) -> Sequence[Called]: ...


class Decided(Protocol):
    """An example, as far as it is looked at."""

    @property
    def messages(self) -> Sequence[Said]: ...

    @property
    def tools(self) -> msgspec.Raw: ...

    @property
    def reference(self) -> Reference | None: ...


class Fault(NamedTuple):
    """Why an example is refused; the detail holds no content of it."""

    reason: str
    detail: str


def fault(example: Decided, length: int, max_context_chars: int, schemas: Schemas) -> Fault | None:
    """The first fault of an example of so many `context_chars`, None where it has none."""
    if not example.messages:
        return Fault("empty-context", "messages: expected at least one")
    last = example.messages[-1].role
    if last not in {"user", "tool"}:
        return Fault("last-role", f"messages[-1].role: expected user or tool, found {last}")
    if length > max_context_chars:
        return Fault("context-too-long", f"{length} characters, at most {max_context_chars}")
    names, tools = raw_records.offer(example.tools)
    if len(tools) < len(names):
        return Fault("duplicate-tool-names", "tools: expected each name once")
    return _fault_of_reference(example.reference, tools, schemas) if example.reference else None


def context_chars(messages: Sequence[Said]) -> int:
    """Characters of all messages, arguments of earlier calls as JSON."""
    total = 0
    for message in messages:
        total += len(message.content)
        for call in message.tool_calls:
            total += len(call.name) + len(msgspec.json.encode(call.arguments))
    return total


def _fault_of_reference(
    reference: Reference, offered: Mapping[str, Tool], schemas: Schemas
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
