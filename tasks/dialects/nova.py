"""Amazon Nova, where a log or a grader has its reply as text: Converse's content blocks as JSON.

    [{"text": "One moment."},
     {"toolUse": {"toolUseId": "call_0", "name": "get_weather", "input": {"city": "Oslo"}}}]

Nova's weights and chat template are not public: what its services return is blocks, and this is
how they stand in a text. A single block may stand without the list.
"""

import re
from collections.abc import Sequence
from typing import Any

from tasks.core.records import Reply, Tool, ToolCall
from tasks.dialects._bare import pieces_of
from tasks.dialects._dialect import Dialect, Piece
from tasks.dialects._values import call_of, json_text, malformed, whole_json

_BEGUN = re.compile(r"\s*\[?\s*\{\s*\"(?:toolUse|text|toolUseId)\"\s*:")
_TOOL_USE = re.compile(r"\"toolUse(?:Id)?\"\s*:")


class Nova(Dialect):
    name = "nova"
    source = "docs.aws.amazon.com/bedrock: Converse API, ToolUseBlock"
    thoughts = (("<thinking>", "</thinking>"), ("<think>", "</think>"))
    ends = ()

    def whole(self, text: str, tools: Sequence[Tool]) -> list[Piece] | None:
        if not _BEGUN.match(text) or not _TOOL_USE.search(text):
            return None
        try:
            blocks = whole_json(text)
        except ValueError:
            return pieces_of([malformed(text)])
        return [_piece(block) for block in (blocks if isinstance(blocks, list) else [blocks])]

    def may_be_whole(self, text: str) -> bool:
        return not text or text.startswith(("[", "{"))

    def write(self, reply: Reply, *, thought: str = "") -> str:
        if not reply.tool_calls:
            return super().write(reply, thought=thought)
        parts = [self.write_thought(thought)] if thought else []
        return "\n".join([*parts, _listed(reply.tool_calls, reply.content)])

    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        return _listed(calls, "")


def _listed(calls: Sequence[ToolCall], content: str) -> str:
    blocks = [json_text({"text": content})] if content else []
    return f"[{', '.join([*blocks, *(_block(call, i) for i, call in enumerate(calls))])}]"


def _piece(block: Any) -> Piece:
    match block:
        case {"text": str(text)} if len(block) == 1:
            return Piece("text", text)
        case {"toolUse": {"name": _} as use} if len(block) == 1:
            return Piece("call", call=call_of(use, json_text(block), arguments=("input",)))
    return Piece("call", call=malformed(json_text(block)))


def _block(call: ToolCall, index: int) -> str:
    if call.raw_arguments and not call.name:
        return call.raw_arguments
    body = call.raw_arguments or json_text(call.arguments)
    return (
        f'{{"toolUse": {{"toolUseId": "call_{index}", "name": {json_text(call.name)}, '
        f'"input": {body}}}}}'
    )


DIALECT = Nova()
