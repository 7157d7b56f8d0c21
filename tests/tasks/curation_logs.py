"""Made sessions as `redact` leaves them, for the stages that come after it."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tasks.core import parts, step
from tasks.core.parts import Manifest
from tasks.core.records import (
    Example,
    Feedback,
    Invocation,
    Message,
    Reply,
    Source,
    Tool,
    ToolCall,
    encode,
)
from tasks.dataset.checks import context_chars
from tasks.dataset.facts import Checked, facts
from tasks.dataset.tables import Table, tabulate

T = TypeVar("T")

SYSTEM = "You help customers of a shop with their orders."
WORDS = (
    "please look into the parcel which was promised for last week because the depot has lost "
    "track of it and the customer would like to have either a refund or another one sent soon"
)


def tool(name: str, *required: str) -> Tool:
    properties = {parameter: {"type": "string"} for parameter in required}
    return Tool(
        name=name,
        parameters={"type": "object", "properties": properties, "required": list(required)},
    )


TOOLS = (tool("get_order", "order_id"), tool("cancel_order", "order_id"))


def call(name: str, **arguments: Any) -> ToolCall:
    return ToolCall(name=name, arguments=arguments)


def calls(name: str, **arguments: Any) -> Reply:
    return Reply(tool_calls=(call(name, **arguments),))


def says(text: str) -> Reply:
    return Reply(content=text)


def session(
    name: str,
    *turns: str | Reply | Message,
    uri: str = "",
    day: int = 1,
    tools: Sequence[Tool] = TOOLS,
    persons: Sequence[str] = (),
) -> list[Invocation]:
    """One invocation a reply: plain text is the user's, "> …" a tool's answer."""
    context = [Message(role="system", content=SYSTEM)]
    made: list[Invocation] = []
    for number, turn in enumerate(turns):
        if isinstance(turn, Reply):
            key = f"{uri or name}/{number}"
            made.append(
                Invocation(
                    id=hashlib.sha256(key.encode()).hexdigest(),
                    source=Source(uri=uri or f"{name}.jsonl", line=len(made) + 1, format="made"),
                    timestamp=f"2026-11-{day:02d}T08:{number:02d}:00Z",
                    session_id=name,
                    request_id=f"req-{key}",
                    model="incumbent",
                    messages=tuple(context),
                    tools=tuple(tools),
                    response=turn,
                    metadata={"domain": "shop"},
                    persons=tuple(persons),
                )
            )
            context.append(
                Message(role="assistant", content=turn.content, tool_calls=turn.tool_calls)
            )
        elif isinstance(turn, Message):
            context.append(turn)
        elif turn.startswith("> "):
            context.append(Message(role="tool", content=turn[2:]))
        else:
            context.append(Message(role="user", content=turn))
    return made


def outcome(name: str, value: float = 1.0, **more: Any) -> Feedback:
    at = more.pop("timestamp", "2026-11-20T00:00:00Z")
    return Feedback(
        session_id=name, metric="task_success", value=value, source="outcome", timestamp=at, **more
    )


def edit(name: str, reply: Reply, **more: Any) -> Feedback:
    return Feedback(
        session_id=name,
        metric="correction",
        value=reply,
        source="human_edit",
        timestamp="2026-11-20T00:00:00Z",
        **more,
    )


def recast(rows: Iterable[Example], kind: type[T]) -> list[T]:
    """The same examples as another view of them reads them."""
    return [msgspec.json.decode(encode(row), type=kind) for row in rows]


def table(rows: Iterable[Example]) -> Table:
    """The facts of examples, as `validate` keeps them."""
    return tabulate(facts(row, context_chars(row.messages)) for row in recast(rows, Checked))


def redacted(
    folder: Path, loads: Iterable[Sequence[Invocation]], feedback: Sequence[Feedback] = ()
) -> Path:
    """A folder as `redact` writes it: a part for each load, feedback beside them."""
    made = [
        parts.write_part(
            folder,
            load,
            key=str(number),
            counts=parts.Counts(read=len(load), accepted=len(load)),
        )
        for number, load in enumerate(loads)
    ]
    made += [parts.write_part(folder, feedback, label="feedback")] if feedback else []
    manifest = Manifest(stage="redact", parts=tuple(made), counts=step.total(made))
    parts.commit(folder, manifest)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a stage's folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """What changes when a file is written again."""
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
