"""OpenAI's templates: text with places that a row's `item` and a reply's `sample` fill.

    render("Is {{sample.output_text}} {{ item.city }}?", {"item": {"city": "Oslo"}, ...})
    names("{{sample.output_tools[0].function.name}}")     (("sample", "output_tools", 0, ...),)

A place is a name, then `.key`, `["key"]` or `[0]`. What is not text is filled in as JSON.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from tasks.core.errors import SettingsError

_ROOTS = ("item", "sample")
_PIECE = re.compile(r"""\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\["([^"]*)"\]|\['([^']*)'\]""")
Name = tuple[str | int, ...]


class UnfilledError(Exception):
    """A template names what the row or the reply does not have."""


def render(template: str, values: Mapping[str, Any]) -> str:
    """The text with every place filled.

    Raises:
        UnfilledError: a place that nothing fills.
    """
    found: list[str] = []
    for text, name in _pieces(template):
        found.append(text)
        if name:
            found.append(_text(value(name, values)))
    return "".join(found)


def names(template: str) -> tuple[Name, ...]:
    """What a template asks for.

    Raises:
        SettingsError: a place that is not closed, or names neither `item` nor `sample`.
    """
    return tuple(name for _, name in _pieces(template) if name)


def value(name: Name, values: Mapping[str, Any]) -> Any:
    """What stands in a place.

    Raises:
        UnfilledError: nothing does.
    """
    found: Any = values
    for key in name:
        if isinstance(key, int):
            there = isinstance(found, list) and key < len(found)
        else:
            there = isinstance(found, Mapping) and key in found
        if not there:
            raise UnfilledError(".".join(map(str, name)))
        found = found[key]
    return found


def _pieces(template: str) -> list[tuple[str, Name]]:
    """Text and the place behind it; the last one's place is empty."""
    found: list[tuple[str, Name]] = []
    rest = template
    while True:
        text, opened, behind = rest.partition("{{")
        if not opened:
            return [*found, (text, ())]
        inside, closed, rest = behind.partition("}}")
        if not closed:
            raise SettingsError(f"template {template!r}: a {{{{ is not closed; add }}}}")
        found.append((text, _name(inside.strip(), template)))


def _name(said: str, template: str) -> Name:
    found: list[str | int] = []
    at = 0
    while at < len(said):
        match = _PIECE.match(said, at)
        if match is None:
            break
        key, position, *quoted = match.groups()
        found.append(int(position) if position is not None else key or quoted[0] or quoted[1] or "")
        at = match.end()
    if at < len(said) or not found or found[0] not in _ROOTS:
        raise SettingsError(
            f"template {template!r}: {said!r} is no place; expected item.<column> or "
            "sample.output_text, sample.output_json.<key>, sample.output_tools[0]..., "
            "sample.choices[0]..."
        )
    return tuple(found)


def _text(found: Any) -> str:
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
