r"""Reads what would have been right, in the forms that datasets have for it, strictly.

    {"behaviour": "execute", "calls": [...]}                      our own
    [{"name": "f", "arguments": {...}}]                           a list of calls, in any API's form
    {"tool_calls": [...]}, {"role": "assistant", ...}             an assistant's message
    [{"f": {"city": ["Oslo", "Oslo, Norway"], "unit": ["", "C"]}}]   answers of BFCL
    {"style": "rule", "ground_truth": ...}                        verl's reward_model
    "[{\"name\": ...}]"                                           JSON text of any of these
    "Refunds take 5 days."                                        an answer's text

A misspelt key is refused with its place. Text that is no JSON, and JSON that has nothing of a
reference in it, are the text of an answer: `{"total": 12}` is what a reward of JSON compares with.
"""

import difflib
import json
from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from tasks.core.records import Behaviour, Call, Reference
from tasks.rewards.reading import call_forms, shapes

NAMES = ("reference", "reference_answer", "ground_truth", "reward_model")
"""Columns in which it may stand; the last two are names of eval-protocol and verl."""

_OWN = ("behaviour", "calls", "missing", "text", "citations")
_TELLING = (
    "behaviour",
    "calls",
    "tool_calls",
    "ground_truth",
    "role",
    "function_call",
    "arguments",
)
"""Keys that only a reference has; a near miss of one of them is a misspelling."""
_MESSAGE = ("role", "content", "tool_calls", "function_call", "refusal")
_VERL = ("style", "ground_truth")


def read(value: Any, place: str = "$.reference") -> Reference | None:
    """The reference; None where there is none (null, empty text).

    Raises:
        ShapeError: names the place.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _of_text(value, place)
    if isinstance(value, list):
        return _of_list(value, place)
    if not isinstance(value, dict):
        raise shapes.refuse(place, f"expected a reference, got {shapes.shown(value)}")
    return _of_object(value, place)


def of_row(columns: Mapping[str, Any]) -> Reference | None:
    """What a row says would have been right, under the first of `NAMES` that holds anything.

    Raises:
        ShapeError: names the place.
    """
    for name in NAMES:
        if columns.get(name) is not None:
            return read(columns[name], f"$.{name}")
    return None


def _of_text(text: str, place: str) -> Reference | None:
    if text.strip()[:1] in ("{", "["):
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return Reference(behaviour="answer", text=text)
        if _is_reference(value):
            return read(value, place)
    return Reference(behaviour="answer", text=text)


def _of_list(value: list[Any], place: str) -> Reference | None:
    if not value:
        raise shapes.refuse(place, "expected calls, got []; say null where nothing is known")
    if not _is_reference(value):
        return _of_json(value)
    read_calls = [_call(item, f"{place}[{i}]") for i, item in enumerate(value)]
    return Reference(behaviour="execute", calls=tuple(read_calls))


def _of_object(value: dict[str, Any], place: str) -> Reference | None:
    fields = {key: item for key, item in value.items() if item is not None}
    if "behaviour" in fields:
        return _own(fields, place)
    if "ground_truth" in fields:
        shapes.keys(fields, _VERL, place, "verl's reward_model")
        return read(fields["ground_truth"], f"{place}.ground_truth")
    if "tool_calls" in fields or "role" in fields:
        return _message(fields, place)
    if _is_bfcl(fields) or call_forms.is_call(fields):
        return Reference(behaviour="execute", calls=(_call(fields, place),))
    _refuse_misspelt(fields, place)
    return _of_json(value)


def _of_json(value: Any) -> Reference:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return Reference(behaviour="answer", text=text)


def _own(fields: dict[str, Any], place: str) -> Reference:
    shapes.keys(fields, _OWN, place, "a reference")
    behaviour = fields["behaviour"]
    if behaviour not in get_args(Behaviour):
        expected = ", ".join(get_args(Behaviour))
        raise shapes.refuse(
            f"{place}.behaviour", f"expected one of {expected}, got {shapes.shown(behaviour)}"
        )
    wanted = fields.get("calls") or []
    if not isinstance(wanted, list | tuple):
        raise shapes.refuse(f"{place}.calls", f"expected a list, got {shapes.shown(wanted)}")
    text = fields.get("text", "")
    if not isinstance(text, str):
        raise shapes.refuse(f"{place}.text", f"expected text, got {shapes.shown(text)}")
    return Reference(
        behaviour=behaviour,
        calls=tuple(_call(item, f"{place}.calls[{i}]") for i, item in enumerate(wanted)),
        missing=_names(fields.get("missing"), f"{place}.missing"),
        text=text,
        citations=_names(fields.get("citations"), f"{place}.citations"),
    )


def _message(fields: dict[str, Any], place: str) -> Reference:
    shapes.keys(fields, _MESSAGE, place, "an assistant's message")
    wanted = fields.get("tool_calls") or []
    if "function_call" in fields:
        wanted = [*wanted, fields["function_call"]]
    if not isinstance(wanted, list):
        raise shapes.refuse(f"{place}.tool_calls", f"expected a list, got {shapes.shown(wanted)}")
    if wanted:
        read_calls = [_call(item, f"{place}.tool_calls[{i}]") for i, item in enumerate(wanted)]
        return Reference(behaviour="execute", calls=tuple(read_calls))
    text = fields.get("content") or fields.get("refusal")
    return Reference(
        behaviour="answer", text=shapes.text(text, f"{place}.content", "text or tool_calls")
    )


def _call(value: Any, place: str) -> Call:
    fields = shapes.mapping(value, place, "a call")
    if _is_bfcl(fields):
        ((name, accepted),) = fields.items()
        return _bfcl(name, accepted, f"{place}.{name}")
    call = call_forms.read(fields, place, ("alternatives", "optional"))
    if call.raw_arguments:
        raise shapes.refuse(
            f"{place}.arguments", f"expected a JSON object, got {shapes.shown(call.raw_arguments)}"
        )
    others = shapes.mapping(call.more.get("alternatives", {}), f"{place}.alternatives", "values")
    for name, values in others.items():
        if not isinstance(values, list | tuple):
            raise shapes.refuse(
                f"{place}.alternatives.{name}", f"expected a list, got {shapes.shown(values)}"
            )
    return Call(
        name=call.name,
        arguments=call.arguments,
        alternatives={name: tuple(values) for name, values in others.items()},
        optional=_names(call.more.get("optional"), f"{place}.optional"),
    )


def _bfcl(name: str, accepted: dict[str, Any], place: str) -> Call:
    """One answer of the Berkeley leaderboard: all right values, "" where none is needed."""
    arguments, others, optional = {}, {}, []
    for parameter, values in accepted.items():
        if values is None:
            continue
        if not isinstance(values, list) or not values:
            raise shapes.refuse(
                f"{place}.{parameter}", f"expected accepted values, got {shapes.shown(values)}"
            )
        told = [value for value in values if value != ""] or [""]
        if len(told) < len(values):
            optional.append(parameter)
        arguments[parameter] = told[0]
        if len(told) > 1:
            others[parameter] = tuple(told)
    return Call(name=name, arguments=arguments, alternatives=others, optional=tuple(optional))


def _is_bfcl(fields: dict[str, Any]) -> bool:
    if len(fields) != 1:
        return False
    ((_, accepted),) = fields.items()
    if not isinstance(accepted, dict) or "name" in accepted:
        return False
    return all(isinstance(values, list | None) for values in accepted.values())


def _is_reference(value: Any) -> bool:
    """Whether a value has anything of a reference in it, right or misspelt."""
    if isinstance(value, list):
        return (
            bool(value)
            and all(isinstance(item, dict) for item in value)
            and any(map(_is_reference, value))
        )
    if not isinstance(value, dict):
        return False
    present = [key for key, item in value.items() if item is not None]
    return (
        any(key in present for key in _TELLING)
        or call_forms.is_call(value)
        or any(_near(key) for key in present)
        or (_is_bfcl(value) and any(value.values()))
    )


def _refuse_misspelt(fields: dict[str, Any], place: str) -> None:
    for key in fields:
        near = _near(key)
        if near:
            raise shapes.refuse(f"{place}.{key}", f"no key of a reference; did you mean {near}?")


def _near(key: str) -> str:
    """The telling key that a key is a misspelling of; "" where it is none."""
    near = difflib.get_close_matches(str(key), _TELLING, n=1, cutoff=0.8)
    return near[0] if near and near[0] != key else ""


def _names(value: Any, place: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise shapes.refuse(place, f"expected a list of names, got {shapes.shown(value)}")
    return tuple(value)
