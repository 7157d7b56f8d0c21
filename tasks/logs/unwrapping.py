r"""Takes log records out of what they were shipped in, before any format reads them.

    2026-11-03T14:20:29.001Z {"schemaType": …}           CloudWatch's export to a bucket
    {"events": [{"message": "{\"schemaType\": …}"}]}      what FilterLogEvents answers
    {"messageType": "DATA_MESSAGE", "logEvents": […]}     a subscription, as Firehose delivers it
    {"results": [[{"field": "@message", "value": "{…}"}]]}   what an Insights query answers
    {"a": 1}{"a": 2}                                      values with no newline between them
    [{"a": 1}, {"a": 2}]                                  an array
    {                                                     a value over many lines
      "a": 1 }

What an object is in is told by its first line, and then holds for all of it. A line that is not in
it is given on as it stands, so that it becomes a reject with its place. A record keeps the number
of the line that it begins on.
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import msgspec

from tasks.logs.sources import Line

LARGEST = 256 * 2**20
"""Bytes of an object whose values are over several lines: it is held in memory as a whole."""

_STAMPED = re.compile(rb"^\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?[ \t]+(?=[{\[])")
_MESSAGES: dict[str, Callable[[dict[str, Any]], list[Any]]] = {
    "events": lambda value: [one["message"] for one in value["events"]],
    "logEvents": lambda value: [one["message"] for one in value["logEvents"]],
    "results": lambda value: [
        field["value"] for row in value["results"] for field in row if field["field"] == "@message"
    ],
}
"""By the key that holds the records, how they are taken out."""


def unwrapped(lines: Iterator[Line]) -> Iterator[Line]:
    """The records' own lines; lines of an object that is in nothing pass as they are."""
    first = next(lines, None)
    if first is None:
        return
    whole = chain([first], lines)
    content = first.content.lstrip()
    if first.fault or not content:
        yield from whole
    elif _STAMPED.match(first.content):
        for line in whole:
            yield msgspec.structs.replace(line, content=_STAMPED.sub(b"", line.content))
    elif content[:1] == b"[" or (content[:1] == b"{" and not _is_value(content)):
        yield from _values(whole)
    elif content[:1] == b"{" and _wrapper(content) is not None:
        for line in whole:
            yield from _taken_out(line)
    else:
        yield from whole


def _is_value(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _wrapper(content: bytes) -> str | None:
    """The key that holds the records, where this is one of the envelopes that are known."""
    if not any(f'"{key}"'.encode() in content[:4096] for key in _MESSAGES):
        return None
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    for key, messages in _MESSAGES.items():
        if isinstance(value, dict) and isinstance(value.get(key), list):
            try:
                if all(isinstance(message, str) for message in messages(value)):
                    return key
            except (KeyError, TypeError):
                continue
    return None


def _taken_out(line: Line) -> Iterator[Line]:
    key = None if line.fault else _wrapper(line.content)
    if key is None:
        yield line
        return
    for message in _MESSAGES[key](msgspec.json.decode(line.content)):
        text = message.encode()
        yield msgspec.structs.replace(line, content=_STAMPED.sub(b"", text))


def _values(lines: Iterator[Line]) -> Iterator[Line]:
    """JSON values wherever they begin and end, those of an array one by one."""
    held: list[Line] = []
    size = 0
    for line in lines:
        size += len(line.content)
        if line.fault or size > LARGEST:
            yield from held
            yield line
            yield from lines
            return
        held.append(line)
    found = _split(held)
    if found is None:  # no values to the end: the lines are what there is
        yield from held
        return
    yield from found


def _split(held: list[Line]) -> list[Line] | None:
    import json

    text = "\n".join(line.content.decode("utf-8", "surrogateescape") for line in held)
    starts = [0]
    for line in held:
        starts.append(starts[-1] + len(line.content.decode("utf-8", "surrogateescape")) + 1)
    decoder = json.JSONDecoder()
    found: list[Line] = []
    place = line_at = 0
    array = text.lstrip()[:1] == "["
    place = text.index("[") + 1 if array else 0
    while True:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        if place >= len(text) or (array and text[place] == "]"):
            break
        while starts[line_at + 1] <= place:
            line_at += 1
        try:
            _, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return None
        content = text[place:end].encode("utf-8", "surrogateescape")
        inner = Line(held[line_at].number, content.replace(b"\n", b" "))
        found += list(_taken_out(inner))
        place = end
    return found
