"""A model's chat template together with the dialect that reads what it makes the model write.

    codec = for_tokenizer(tokenizer)
    prompt = codec.render(messages, tools)             what the model reads
    codec.read(ids, prompt=prompt, tools=tools)        what it wrote, from its tokens
    codec.sha                                          changes with template, dialect and options

One object serves prompts, training, rewards, evaluation and serving, so that all of them mean the
same by a reply.
"""

import datetime
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from tasks.core.records import Message, Reply, Tool, ToolCall
from tasks.dialects._dialect import Dialect, Parsed

Form = Literal["object", "text", "content"]
"""How a template wants a call in the history: arguments as an object, as JSON text, or all of it
written into the message's content, where the template knows nothing of calls."""

DATE = datetime.date(2026, 1, 1)
"""What a template is told that today is, where it asks and `model.date` says nothing: a prompt
that changes overnight would make every figure of yesterday one of another prompt."""

FILE = "codec.json"
"""Beside a trained model's tokenizer: how it was trained to be asked and read."""

_FIRST_MASK = 0xE000  # a private use area of Unicode: no text means anything by it


class PromptError(ValueError):
    """A context that the chat template cannot put into a prompt, with the template's own words."""


@dataclass(frozen=True)
class Codec:
    """What renders contexts and reads replies for one model."""

    tokenizer: Any
    """A transformers tokenizer with a chat template."""
    dialect: Dialect
    form: Form = "object"
    options: Mapping[str, Any] = field(default_factory=dict)
    """Variables of the template, as `enable_thinking`."""
    date: datetime.date = DATE
    empty: str | None = ""
    """What stands for the content of a message that only calls: some templates want none."""
    parallel: bool = True
    """Whether the template keeps several calls of one message."""
    notes: tuple[str, ...] = ()
    """What was found about the template and is worth a line."""

    def render(
        self, messages: Sequence[Message], tools: Sequence[Tool], *, generate: bool = True
    ) -> str:
        """The prompt as one string, ending where the assistant's next message begins.

        Raises:
            PromptError: the template refuses the context, or would lose a part of it.
        """
        if not self.parallel and any(len(message.tool_calls) > 1 for message in messages):
            raise PromptError("the template keeps one call of a message, and this one has several")
        template = pinned(
            self.tokenizer.get_chat_template(tools=[{}] if tools else None), self.date
        )
        return apply(
            self.tokenizer,
            [self._openai(message, ids) for message, ids in self._with_ids(messages)],
            [openai_tool(tool) for tool in tools],
            template=template,
            options=self.options,
            generate=generate,
        )

    @property
    def template(self) -> str:
        """The template where tools are on offer, with its date pinned: what a server should use."""
        return pinned(template_text(self.tokenizer), self.date)

    def opens_thought(self, prompt: str) -> bool:
        """Whether the prompt ends within a thought."""
        return self.dialect.opens_thought(prompt)

    def parse(self, text: str, *, prompt: str = "", tools: Sequence[Tool] = ()) -> Parsed:
        """Take a reply apart by its text, special tokens included."""
        opened = self.opens_thought(prompt) if prompt else None
        return self.dialect.parse(text, tools=tools, opened=opened)

    def read(self, ids: Sequence[int], *, prompt: str = "", tools: Sequence[Tool] = ()) -> Parsed:
        """Take a reply apart by its tokens.

        A special token is a mark; the same characters spelled out in ordinary tokens are text.
        """
        text, masks = self._decoded(ids)
        parsed = self.parse(text, prompt=prompt, tools=tools)
        return _unmasked(parsed, masks) if masks else parsed

    def text(self, ids: Sequence[int]) -> str:
        """The tokens as text, special ones included but for those that fill or end a row."""
        return self._decoded(ids)[0]

    @cached_property
    def sha(self) -> str:
        """sha256 of all that decides how a prompt is written and a reply is read."""
        folder = Path(__file__).parent
        module = Path(str(__import__(type(self.dialect).__module__, fromlist=["_"]).__file__))
        sources = [*sorted(folder.glob("_*.py")), module]
        parts = {
            "template": self.template,
            "options": dict(self.options),
            "form": [self.form, self.empty],
            "dialect": self.dialect.name,
            "code": [hashlib.sha256(source.read_bytes()).hexdigest() for source in sources],
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def save(self, folder: Path) -> None:
        """Write what a model's folder does not say by itself beside its tokenizer.

        A template with a pinned date takes the place of the one that asks for today's, so that
        any server tells the model the same.
        """
        if "strftime_now" in self.template:
            (folder / "chat_template.jinja").write_text(self.template)
        said = {
            "dialect": self.dialect.name,
            "template_options": dict(self.options),
            "date": self.date.isoformat(),
            "sha256": self.sha,
        }
        (folder / FILE).write_text(json.dumps(said, indent=1, sort_keys=True) + "\n")

    def _with_ids(
        self, messages: Sequence[Message]
    ) -> list[tuple[Message, dict[str, tuple[str, str]]]]:
        """Each message with what calls so far are called: logged id to (id, tool's name)."""
        ids: dict[str, tuple[str, str]] = {}
        count = 0
        paired = []
        for message in messages:
            for call in message.tool_calls:
                ids[call.id] = self.dialect.call_id(call.name, count, call.id), call.name
                count += 1
            paired.append((message, dict(ids)))
        return paired

    def _openai(self, message: Message, ids: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
        form = as_openai(message)
        if message.tool_calls and self.form == "content":
            del form["tool_calls"]
            reply = Reply(content=message.content, tool_calls=message.tool_calls)
            form["content"] = self.dialect.write(reply)
            return form
        if message.tool_calls and not message.content:
            form["content"] = self.empty
        for call in form.get("tool_calls", ()):
            call["id"] = ids[call["id"]][0]
            arguments = call["function"]["arguments"]
            if self.form == "text" and not isinstance(arguments, str):
                call["function"]["arguments"] = json.dumps(arguments, ensure_ascii=False)
            elif self.form == "object" and isinstance(arguments, str):
                # No object: servers show the template none, and so does training.
                call["function"]["arguments"] = {}
        if message.role == "tool" and message.tool_call_id in ids:
            form["tool_call_id"], form["name"] = ids[message.tool_call_id]
        return form

    def _decoded(self, ids: Sequence[int]) -> tuple[str, dict[str, str]]:
        """The text, with marks that were spelled out masked; and what each mask stands for."""
        fills = {self.tokenizer.pad_token_id, self.tokenizer.eos_token_id, None}
        kept = list(ids)
        while kept and kept[-1] in fills:
            kept.pop()
        text: str = self.tokenizer.decode(kept, skip_special_tokens=False)
        spelled = [
            (mark, token)
            for mark, token in self._special.items()
            if text.count(mark) > kept.count(token)
        ]
        if not spelled:
            return text, {}
        masks = {mark: chr(_FIRST_MASK + i) for i, (mark, _) in enumerate(spelled)}
        pieces, run = [], []
        specials = set(self._special.values())
        for token in [*kept, None]:
            if token is not None and token not in specials:
                run.append(token)
                continue
            piece = self.tokenizer.decode(run, skip_special_tokens=False) if run else ""
            for mark, mask in masks.items():
                piece = piece.replace(mark, mask)
            pieces.append(piece)
            run = []
            if token is not None:
                pieces.append(self.tokenizer.decode([token], skip_special_tokens=False))
        return "".join(pieces), {mask: mark for mark, mask in masks.items()}

    @cached_property
    def _special(self) -> dict[str, int]:
        """Marks that are special tokens here, with their ids."""
        added = getattr(self.tokenizer, "added_tokens_decoder", {})
        return {token.content: index for index, token in added.items() if token.special}


def apply(
    tokenizer: Any,
    messages: Sequence[dict[str, Any]],
    tools: Sequence[dict[str, Any]],
    *,
    template: str,
    options: Mapping[str, Any],
    generate: bool = True,
) -> str:
    """The template's own rendering.

    Raises:
        PromptError: it raised, with what it said.
    """
    from jinja2 import TemplateError

    try:
        text: str = tokenizer.apply_chat_template(
            list(messages),
            tools=list(tools) or None,
            chat_template=template,
            add_generation_prompt=generate,
            tokenize=False,
            **options,
        )
    except (TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise PromptError(f"the chat template says: {error}") from error
    return text


_PINNED = re.compile(r"\A\{%- macro strftime_now\(format\) -%\}.*?\{%- endmacro -%\}", re.DOTALL)
_NOW = re.compile(r"strftime_now\(\s*(?P<quote>['\"])(?P<format>.*?)(?P=quote)\s*\)")


def pinned(template: str, date: datetime.date) -> str:
    """The template with a `strftime_now` that always tells this date; others as they are.

    A macro, because a tokenizer takes no functions as variables, and because it goes with the
    template wherever the model is served.
    """
    template = _PINNED.sub("", template)
    if "strftime_now" not in template:
        return template
    formats = dict.fromkeys(match["format"] for match in _NOW.finditer(template))
    cases = "".join(
        f"{{%- if format == {json.dumps(one)} -%}}{date.strftime(one)}{{%- endif -%}}"
        for one in formats
    )
    return f"{{%- macro strftime_now(format) -%}}{cases}{{%- endmacro -%}}{template}"


def template_text(tokenizer: Any) -> str:
    """The template that is used where tools are on offer."""
    text: str = tokenizer.get_chat_template(tools=[{}])
    return text


def as_openai(message: Message) -> dict[str, Any]:
    """The message as chat templates expect it: OpenAI's form with arguments as an object."""
    form: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        form["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.raw_arguments or call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        form["tool_call_id"] = message.tool_call_id
    return form


def openai_tool(tool: Tool) -> dict[str, Any]:
    """The tool in OpenAI's function format."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    }


def _unmasked(parsed: Parsed, masks: Mapping[str, str]) -> Parsed:
    def plain(value: Any) -> Any:
        if isinstance(value, str):
            for mask, mark in masks.items():
                value = value.replace(mask, mark)
            return value
        if isinstance(value, dict):
            return {plain(key): plain(one) for key, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    calls = tuple(
        ToolCall(
            name=plain(call.name),
            arguments=plain(call.arguments),
            raw_arguments=plain(call.raw_arguments),
        )
        for call in parsed.tool_calls
    )
    return Parsed(
        thought=plain(parsed.thought),
        content=plain(parsed.content),
        tool_calls=calls,
        problem=parsed.problem,
    )
