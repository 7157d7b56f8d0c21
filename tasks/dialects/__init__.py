"""How models write calls and reasoning: one file a family, found by its name like a log format.

    load("mistral_args").parse('[TOOL_CALLS]get_weather[ARGS]{"city": "Oslo"}')
    -> Parsed(tool_calls=(ToolCall(name="get_weather", arguments={"city": "Oslo"}),))

A family's file holds one `DIALECT`. Where no dialect is named it is Hermes', the commonest.
"""

import importlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tasks.core.errors import SettingsError
from tasks.core.records import Message, Reply, Tool
from tasks.dialects._chosen import LACKS, for_folder, for_tokenizer
from tasks.dialects._codec import Codec, PromptError, as_openai, openai_tool
from tasks.dialects._dialect import CannotWriteError, Dialect, Parsed, Piece
from tasks.dialects._markup import markup_at
from tasks.dialects._reader import Reader
from tasks.dialects._values import is_sound
from tasks.dialects.hermes import CLOSE, OPEN

__all__ = [
    "CLOSE",
    "LACKS",
    "OPEN",
    "CannotWriteError",
    "Codec",
    "Dialect",
    "Parsed",
    "Piece",
    "PromptError",
    "Reader",
    "any_markup",
    "as_openai",
    "available",
    "for_folder",
    "for_tokenizer",
    "is_sound",
    "load",
    "markup_at",
    "openai_tool",
    "parse",
    "render",
    "taken_apart",
    "write",
]

DEFAULT = "hermes"


@cache
def available() -> tuple[str, ...]:
    """Names of the dialects, in order."""
    files = Path(__file__).parent.glob("*.py")
    return tuple(sorted(file.stem for file in files if not file.name.startswith("_")))


@cache
def load(name: str) -> Dialect:
    """The dialect of a file here, or of a module of the user's own by its dotted path.

    Raises:
        SettingsError: there is none, or the module has no `DIALECT` with all its methods.
    """
    if "." not in name and name not in available():
        raise SettingsError(
            f"model.dialect: unknown dialect {name!r}; expected one of {', '.join(available())}, "
            "auto, or the dotted path of a module of yours"
        )
    try:
        module = importlib.import_module(name if "." in name else f"tasks.dialects.{name}")
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"model.dialect: {name!r} cannot be imported ({error}); expected the dotted path of a "
            "module that Python finds from here"
        ) from error
    # Of a class that lacks a method no instance can be made.
    except TypeError as error:
        raise SettingsError(
            f"model.dialect: {name!r} is no whole dialect ({error}); tasks/dialects/hermes.py "
            "shows one"
        ) from error
    dialect = getattr(module, "DIALECT", None)
    if not isinstance(dialect, Dialect):
        raise SettingsError(
            f"model.dialect: {name!r} has no `DIALECT`; add an instance of tasks.dialects.Dialect"
        )
    return dialect


def any_markup(text: str) -> bool:
    """Whether a call stands in a text, sound or broken, in any dialect.

    True for the text of a refusal that goes on with `<invoke name="pay">`, and for a text that is
    nothing but a call as JSON or Python. Such a text is no plain reply.
    """
    return markup_at(text) >= 0


def taken_apart(text: str, dialect: str = DEFAULT, tools: Sequence[Tool] = ()) -> Parsed:
    """What a model wrote as thought, text and calls. Never raises but for an unknown dialect.

    A block that holds no call (broken JSON, no name, no closing tag, a number that JSON cannot
    carry) becomes a `ToolCall` with `raw_arguments`, and so does the markup of any other dialect.
    """
    return load(dialect).parse(text, tools=tools)


def parse(text: str, dialect: str = DEFAULT, tools: Sequence[Tool] = ()) -> Reply:
    """The reply alone, as `taken_apart` finds it: no thought, and nothing where one never ended."""
    return load(dialect).parse(text, tools=tools).reply


def write(reply: Reply, dialect: str = DEFAULT) -> str:
    """The text that `parse` reads back as the same reply."""
    return load(dialect).write(reply)


def render(tokenizer: Any, messages: Sequence[Message], tools: Sequence[Tool]) -> str:
    """The prompt as one string, ending where the assistant's next message begins.

    A string, because TRL's GRPOTrainer has no tools column: the tools of each row have to be in
    its prompt already. `tokenizer` is any transformers tokenizer with a chat template.
    """
    text: str = tokenizer.apply_chat_template(
        [as_openai(message) for message in messages],
        tools=[openai_tool(tool) for tool in tools] or None,
        add_generation_prompt=True,
        tokenize=False,
    )
    return text
