"""Finds the dialect of a model from its chat template, by rendering a call and reading it back.

    for_tokenizer(AutoTokenizer.from_pretrained("models/agent"))  ->  Codec(dialect=<qwen3_coder>)

A sentinel in each place that training needs must stand in the rendered prompt. What a template
leaves out is refused with the template's own words, before any weights are loaded.
"""

import datetime
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from tasks.core.errors import SettingsError
from tasks.core.records import Message, Tool, ToolCall
from tasks.dialects import _codec
from tasks.dialects._codec import Codec, Form, PromptError
from tasks.dialects._dialect import CannotWriteError, Dialect
from tasks.dialects._values import is_sound

SYSTEM, REQUEST, RESULT, TEXT = (
    "sentinelsystem",
    "sentinelrequest",
    "sentinelresult",
    "sentineltext",
)
VALUE = "sentinel \u00d8slo"
NAME, PARAMETER = "sentinel_tool", "sentinel_parameter"
OPTION = "sentinel_option"
"""A parameter that no call of the probe gives: it stands in the tools or nowhere."""
OTHER = "second_sentinel_tool"
LACKS = ("system", "tools", "results")
"""What `model.template_lacks` may say that a template is known to leave out."""

_TOOLS = tuple(
    Tool(
        name=name,
        description="A probe.",
        parameters={
            "type": "object",
            "properties": {
                PARAMETER: {"type": "string"},
                "count": {"type": "integer"},
                OPTION: {"type": "string"},
            },
            "required": [PARAMETER],
        },
    )
    for name in (NAME, OTHER)
)
_ONE = (ToolCall(name=NAME, arguments={PARAMETER: VALUE, "count": 3}, id="call00000"),)
_TWO = (*_ONE, ToolCall(name=OTHER, arguments={PARAMETER: "x"}, id="call00001"))


class _Seen(NamedTuple):
    """How a template writes calls."""

    form: Form
    empty: str | None
    calls: tuple[ToolCall, ...]
    text: str
    """Empty where it refused."""
    refusal: str


def for_tokenizer(
    tokenizer: Any,
    *,
    dialect: str = "auto",
    options: Mapping[str, Any] | None = None,
    date: str = "",
    lacks: Sequence[str] = (),
) -> Codec:
    """The codec of a model, by its tokenizer alone; a second at the most.

    Args:
        tokenizer: A transformers tokenizer with a chat template.
        dialect: Name of a dialect, or `auto`.
        options: Variables of the template, as `enable_thinking`.
        date: What the template is told that today is, as `2026-01-01`.
        lacks: What the template is known to leave out, of `LACKS`.

    Raises:
        SettingsError: there is no template, no dialect reads what it writes, or it leaves out
            something that training needs. It shows the template's own words.
    """
    from tasks.dialects import available, load

    if not getattr(tokenizer, "chat_template", None):
        raise SettingsError(
            "model.path: its tokenizer has no chat template, so no prompt can be written; add "
            "chat_template.jinja to the folder, as `ratchet base` does"
        )
    names = available() if dialect == "auto" else (dialect,)
    probe = Codec(
        tokenizer,
        load(names[0]),
        options=dict(options or {}),
        date=datetime.date.fromisoformat(date) if date else _codec.DATE,
    )
    seen = _written(probe)
    candidates = [load(name) for name in names]
    codec = (
        _round_trip(probe, seen, candidates)
        or _by_marks(probe, seen, candidates, named=dialect != "auto")
        or _refuse(seen, dialect)
    )
    return _checked(codec, lacks)


def for_folder(
    path: str,
    *,
    dialect: str = "auto",
    options: Mapping[str, Any] | None = None,
    date: str = "",
    lacks: Sequence[str] = (),
) -> Codec:
    """The codec of a model's folder (or hub name), as `for_tokenizer` finds it.

    What is not given is taken from the folder's `codec.json`, where it has one.

    Raises:
        SettingsError: as `for_tokenizer`.
        OSError: as transformers raises it, where there is no tokenizer.
    """
    from transformers import AutoTokenizer

    file = Path(path) / _codec.FILE
    kept = json.loads(file.read_text()) if file.is_file() else {}
    return for_tokenizer(
        AutoTokenizer.from_pretrained(path, padding_side="left"),
        dialect=dialect if dialect != "auto" else kept.get("dialect", "auto"),
        options=options or kept.get("template_options", {}),
        date=date or kept.get("date", ""),
        lacks=lacks,
    )


def _written(probe: Codec) -> list[_Seen]:
    """What the template makes of an assistant's calls, in each form, two at once where it can."""
    forms: tuple[Form, ...] = ("object", "text")
    seen = []
    for calls, empty, form in itertools.product((_TWO, _ONE), ("", None), forms):
        text, refusal = "", ""
        try:
            text = _assistant(replace(probe, form=form, empty=empty), calls)
        except PromptError as error:
            refusal = str(error)
        seen.append(_Seen(form, empty, calls, text, refusal))
    return seen


def _assistant(codec: Codec, calls: Sequence[ToolCall]) -> str:
    """An assistant's message as the template writes it, without what ends a turn.

    Raises:
        PromptError: the template refuses it.
    """
    text = _turn(codec, Message(role="assistant", tool_calls=tuple(calls)))
    plain = _turn(codec, Message(role="assistant", content=TEXT))
    ending = plain.partition(TEXT)[2].strip()
    return text.partition(ending)[0] if ending else text


def _turn(codec: Codec, message: Message) -> str:
    before = [Message(role="system", content=SYSTEM), Message(role="user", content=REQUEST)]
    prompt = codec.render(before, _TOOLS)
    whole = codec.render([*before, message], _TOOLS, generate=False)
    head = prompt[prompt.rfind(REQUEST) :]
    tail = whole[whole.rfind(REQUEST) :]
    # A thought may be opened, or an empty one written, in one of the two and not in the other.
    for begun in (head, _THOUGHT_BEGUN.sub("", head)):
        if tail.startswith(begun):
            return tail[len(begun) :]
    same = next((i for i, (a, b) in enumerate(zip(head, tail, strict=False)) if a != b), len(head))
    edge = max(head.rfind(mark, 0, same) for mark in ("\n", ">", "]"))
    return tail[edge + 1 :]


_THOUGHT_BEGUN = re.compile(
    r"(?:<think>\s*(?:</think>\s*)?|\[THINK\]\s*|<\|channel>thought\s*(?:<channel\|>)?|</think>)\Z"
)


def _round_trip(probe: Codec, seen: Sequence[_Seen], candidates: Sequence[Dialect]) -> Codec | None:
    """The dialect that reads the template's own calls; of several, the one that writes them so."""
    for form, empty, calls, text, _ in seen:
        readers = [one for one in candidates if _reads(one, text, calls)]
        if readers:
            best = max(readers, key=lambda one: _is_as_written(one, text, calls))
            notes = () if len(calls) > 1 else ("the template keeps one call of a message",)
            return replace(
                probe, dialect=best, form=form, empty=empty, parallel=len(calls) > 1, notes=notes
            )
    return None


def _reads(dialect: Dialect, text: str, calls: Sequence[ToolCall]) -> bool:
    for opened in (False, None):
        read = dialect.parse(text, tools=_TOOLS, opened=opened).reply.tool_calls
        if [(call.name, call.arguments) for call in read] == [
            (call.name, call.arguments) for call in calls
        ] and all(map(is_sound, read)):
            return True
    return False


def _is_as_written(dialect: Dialect, text: str, calls: Sequence[ToolCall]) -> tuple[bool, bool]:
    try:
        written = dialect.write_calls(calls)
    except CannotWriteError:
        return (False, False)
    squeezed = re.sub(r"\s", "", written)
    return (written in text, squeezed in re.sub(r"\s", "", text))


def _by_marks(
    probe: Codec, seen: Sequence[_Seen], candidates: Sequence[Dialect], *, named: bool
) -> Codec | None:
    """The dialect of a template that writes no calls, by what it tells the model to write.

    Only where the calls left no trace at all: one that writes them in a way nobody reads would
    write the history in one dialect and ask for another.
    """
    if all(one.refusal for one in seen) or any(NAME in one.text for one in seen):
        return None
    template = _codec.template_text(probe.tokenizer)
    marked = [one for one in candidates if any(mark in template for mark in one.template_marks)]
    chosen = candidates if named else marked
    if len(chosen) != 1:
        return None
    note = "the template leaves calls out of the history: they are written into its texts"
    return replace(probe, dialect=chosen[0], form="content", notes=(note,))


def _refuse(seen: Sequence[_Seen], wanted: str) -> Codec:
    from tasks.dialects import available

    shown = next((one.text.strip() for one in seen if NAME in one.text), "")
    refusal = seen[0].refusal if all(one.refusal for one in seen) else ""
    reader = "no dialect reads that" if wanted == "auto" else f"{wanted} does not read that"
    words = f"writes a call as {shown[:300]!r}, and {reader}" if shown else "leaves calls out"
    if refusal and not shown:
        words = f"refuses calls ({refusal})"
    raise SettingsError(
        f"model.path: the base's chat template {words}. Name a dialect by model.dialect "
        f"({', '.join(available())}, or the dotted path of a module of yours), or give the base "
        "another chat template"
    )


def _checked(codec: Codec, lacks: Sequence[str]) -> Codec:
    """Look for each sentinel in a rendered prompt, and for the date.

    Raises:
        SettingsError: one is missing that nobody said would be.
    """
    messages = [
        Message(role="system", content=SYSTEM),
        Message(role="user", content=REQUEST),
        Message(role="assistant", tool_calls=_ONE),
        Message(role="tool", content=RESULT, tool_call_id="call00000"),
    ]
    try:
        prompt = codec.render(messages, _TOOLS)
    except PromptError as error:
        raise SettingsError(f"model.path: a plain exchange cannot be rendered: {error}") from error
    before_request = prompt.partition(REQUEST)[0]
    places = {
        "system": ("the system text", [SYSTEM], prompt),
        "tools": ("a tool's name and parameters", [OTHER, OPTION], prompt),
        "calls": ("a call's name and arguments", [NAME, VALUE], prompt[len(before_request) :]),
        "results": ("a tool's result", [RESULT], prompt),
        "request": ("the user's text", [REQUEST], prompt),
    }
    missing = {
        name: what
        for name, (what, marks, where) in places.items()
        if not all(_stands(mark, where) for mark in marks)
    }
    stated = {name for name in lacks if name in LACKS}
    for name, what in missing.items():
        if name not in stated:
            cure = f"or say model.template_lacks: [{name}]" if name in LACKS else ""
            raise SettingsError(
                f"model.path: the base's chat template leaves out {what}: the model would never "
                f"see it. Give the base another template {cure}".rstrip()
            )
    return _dated(codec, messages)


def _stands(mark: str, prompt: str) -> bool:
    """Whether a sentinel stands in a prompt, as it is or as JSON escapes it."""
    return (
        mark in prompt
        or mark.encode("ascii", "backslashreplace").decode().replace("\\xd8", "\\u00d8") in prompt
    )


def _dated(codec: Codec, messages: Sequence[Message]) -> Codec:
    """Note that the date was pinned, where the template asks for it."""
    another = replace(codec, date=codec.date + datetime.timedelta(days=400))
    contexts = (messages, messages[1:])  # some tell it in the system text they write themselves
    if all(codec.render(one, _TOOLS) == another.render(one, _TOOLS) for one in contexts):
        return codec
    note = f"the template asks for today's date: it is told {codec.date} (model.date)"
    return replace(codec, notes=(*codec.notes, note))
