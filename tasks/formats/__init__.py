"""Log formats, one file each: the file's name is the format's name in params.yaml.

A format module holds

    SAMPLE: bytes                   one line as its service writes it, compact JSON that tells the
                                    call below
    recognises(record) -> str       empty for a record (a dict) of its own, or why it is not
    parse(line, source, session_key) -> list[Invocation | Sealed | Feedback | Malformed]
                                    the calls a line tells of (`Sealed`: written already), and
                                    feedback on them where it holds some; raises `Malformed` for a
                                    line that cannot be read, which becomes a counted reject, and
                                    gives one in its place for one call of several

and may hold `SAMPLES: tuple[bytes, ...]`, one call in every form that it is written in, and
`holds_records(uri: str) -> bool`, False for objects that lie among the logs and are none (bodies
kept apart, say). There is no list to edit: a new format is a new file, or a module of
yours named by its dotted path. Files that start with `_` are what formats share.

Each SAMPLE tells the same call, so that one contract test holds for all: session `s-12` and domain
`weather` in its metadata; 2026-11-03T14:20:29Z, 850 ms, 31 tokens written; an id with `7c9e6679`;
system "You tell the weather.", a user's question, the call `t1` find_place(name="Oslo"), its
result; the tool get_weather, whose required `place_id` is `{"type":"integer"}`; and the reply, the
call `t2` get_weather(place_id=7). What a service does not write is left out.
"""

import importlib
from collections.abc import Iterable, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import msgspec

from tasks.core import closure
from tasks.core.errors import SettingsError
from tasks.core.records import Message, Reply, Tool
from tasks.logs.json_lines import Malformed, decode
from tasks.logs.sealed import identity, written

__all__ = ["Malformed", "available", "holds_records", "invocation_id", "load", "recognise"]

AUTO = "auto"


def available() -> list[str]:
    """Names of the formats in this folder."""
    return closure.plugins(__name__)


def modules(name: str) -> list[str]:
    """Names of the modules that have a say in how a source of this format is read."""
    return [_place(one) for one in (available() if name == AUTO else [name])]


@cache
def load(name: str) -> ModuleType:
    """The module of a format: a file here, or a dotted path to a module of the user's own.

    Raises:
        SettingsError: there is no such module, or it lacks a part of the contract.
    """
    if "." not in name and name not in available():
        raise SettingsError(
            f"ingest.sources: unknown format {name!r}; expected one of {', '.join(available())}, "
            f"{AUTO}, or the dotted path of a module of yours"
        )
    try:
        module = importlib.import_module(_place(name))
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"ingest.sources: format {name!r} cannot be imported ({error}); expected the dotted "
            "path of a module that Python finds from here"
        ) from error
    for part in ("SAMPLE", "recognises", "parse"):
        if not hasattr(module, part):
            raise SettingsError(f"ingest.sources: format {name!r} has no `{part}`; add it")
    return module


def recognise(lines: Iterable[bytes]) -> str:
    """Name of the format that knows one of these lines as its own.

    Raises:
        Malformed: unknown-format, with the reason each format gave for the last line.
    """
    reasons = dict.fromkeys(available(), "no line of it is a JSON object")
    for line in lines:
        try:
            record = decode(line, _record)
        except Malformed:
            continue
        reasons = {name: load(name).recognises(record) for name in reasons}
        for name, why in reasons.items():
            if not why:
                return name
    raise Malformed("unknown-format", "; ".join(f"{name}: {why}" for name, why in reasons.items()))


def holds_records(uri: str, names: Sequence[str]) -> bool:
    """False where one of the formats says that this object holds no records."""
    found = [getattr(load(name), "holds_records", None) for name in names]
    return all(says(uri) for says in found if says is not None)


def invocation_id(
    request_id: str, messages: Sequence[Message], tools: Sequence[Tool], response: Reply
) -> str:
    """sha256 over the provider's request id and the payload in its canonical form."""
    said, offered = written(tuple(messages)), written(tuple(tools))
    return identity(request_id, said, offered, written(response))


def _place(name: str) -> str:
    return name if "." in name else f"{__name__}.{name}"


_record = msgspec.json.Decoder(dict[str, Any])
