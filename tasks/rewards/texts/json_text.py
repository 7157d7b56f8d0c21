r"""Reads a reply's text as JSON, strictly: what a program behind the model would have to parse.

{"total": 12}                   read
```json\n{"total": 12}\n```     read where a fence is allowed
Here you are: {"total": 12}     no JSON
{"a": 1, "a": 2}  NaN  [[[...   no JSON: keys twice, no number, deeper than 100 levels
"""

import json
import re
from typing import Any

from tasks.logs.json_lines import Malformed, shallow

LONGEST = 256 * 1024
"""Characters; a reply that a program reads is shorter, and a flood must not slow training."""

_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?```", re.DOTALL | re.IGNORECASE)


class NotJsonError(ValueError):
    """The text is no JSON; the message says why."""


def read(text: str, *, fenced: bool = False) -> Any:
    """The one JSON value that the text is, spaces around it aside.

    With `fenced` it may also stand in one Markdown fence, with nothing outside of it.

    Raises:
        NotJsonError: anything else.
    """
    body = text.strip()
    if len(body) > LONGEST:
        raise NotJsonError(f"longer than {LONGEST} characters")
    if fenced and (inside := _FENCE.fullmatch(body)):
        body = inside[1]
    try:
        return shallow(_decoder.decode(body), "reply")
    except RecursionError as error:
        raise NotJsonError("nested too deep") from error
    except (ValueError, Malformed) as error:
        raise NotJsonError(str(error)) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON number")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse)
