r"""Tells a message in which nothing can be found from its bytes, without taking it apart.

    {"content":"How about Tuesday?\nIt is 40 euros.","role":"assistant"}     True
    {"content":"{\"email\": \"mia@example.com\"}","role":"tool"}             False

Nine messages in ten hold no value of their own: no gate of a rule opens, no key says anything of
its value, nothing is encoded. They are passed on as the bytes they are, once it is sure that they
also hold nothing that their session knows. What is not plainly clean is taken apart: a doubt
costs time and hides nothing.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from tasks.redaction.fields import PLAIN, Fields, is_bare_name, is_value_key
from tasks.redaction.finders import Finders, Remembered
from tasks.redaction.lines import SPOKEN
from tasks.redaction.vocabulary import KEY_KEYS

_NAMED = re.compile(r'"([^"]*)"\s*:')
_LABEL = re.compile(
    rf'"(?:{"|".join(sorted(KEY_KEYS.split(), key=len, reverse=True))})"\s*:\s*"([^"]{{2,60}})"',
    re.I,
)
_OPTION = re.compile(r'[\[,]\s*"([^"\s]{2,60})"\s*,')
_ASSIGNMENT = re.compile(r'[:=]\s*"')
_ASSISTANT_LAST = b',"role":"assistant"}'
_ASSISTANT_FIRST = b'{"role":"assistant",'
_CALLS = b'"tool_calls":['
_KEYS_KEPT = 1_000
_PLAIN, _OF_PAIR, _TELLING = range(3)


class Sift:
    """Answers for messages and replies as `encode` writes them."""

    def __init__(self, finders: Finders, fields: Fields) -> None:
        self._finders = finders
        self._fields = fields
        self._plain: dict[str, int] = {}
        self.is_clean: Remembered[bool] = Remembered(self._is_clean)
        """Whether the message holds no finding, no telling key and nothing encoded.

        Raises:
            msgspec.MsgspecError, RecursionError: it is no message, or too deep to be read.
        """

    def _is_clean(self, data: bytes) -> bool:
        flat = unbroken(data)
        if flat is not None:
            if not self._finders.nothing_in(flat):
                return False
            return _CALLS not in data or self._untold(SPOKEN.decode(data).tool_calls)
        said = SPOKEN.decode(data)
        text = said.content
        if "\\" in text or any(call.raw_arguments for call in said.tool_calls):
            return False
        if '"' in text and not self._quotes_nothing(text):
            return False
        texts = [text.encode(), said.tool_call_id.encode()]
        for call in said.tool_calls:
            arguments = unbroken(msgspec.json.encode(call.arguments))
            if arguments is None or not self._tell_nothing(arguments.decode()):
                return False
            texts += [arguments, call.id.encode()]
        return self._finders.nothing_in(b'"'.join(texts))

    def _quotes_nothing(self, text: str) -> bool:
        """Whether the quotes in the text are JSON's, with no telling key, or those of prose."""
        if text[0] in "{[":
            return _is_json(text) and self._tell_nothing(text)
        return "{" not in text and "[" not in text and not _ASSIGNMENT.search(text)

    def _untold(self, calls: Iterable[Any]) -> bool:
        """Whether no key of the calls' arguments says anything."""
        return all(self._tell_nothing(msgspec.json.encode(c.arguments).decode()) for c in calls)

    def _tell_nothing(self, json: str) -> bool:
        """Whether no key in the text of JSON says anything of its value, nor a label or option."""
        plain = self._plain
        may_be_pair = False
        for key in _NAMED.findall(json):
            use = plain.get(key)
            if use is None:
                use = self._use(key)
                if len(plain) < _KEYS_KEPT:
                    plain[key] = use
            if use == _TELLING:
                return False
            may_be_pair |= use == _OF_PAIR
        if may_be_pair and not self._all_plain(_LABEL, json):
            return False
        return '["' not in json or self._all_plain(_OPTION, json)

    def _use(self, key: str) -> int:
        if self._fields.of(key) is not PLAIN or is_bare_name(key):
            return _TELLING
        return _OF_PAIR if is_value_key(key) else _PLAIN

    def _all_plain(self, pattern: re.Pattern[str], json: str) -> bool:
        """Whether nothing that the pattern finds would say anything of a value, were it a key."""
        return all(self._fields.of(text.lstrip("-")) is PLAIN for text in pattern.findall(json))


def unbroken(data: bytes) -> bytes | None:
    r"""JSON with its line breaks as such, or None where it has other escapes."""
    if b"\\" in data:
        data = data.replace(b"\\n", b"\n")
        if b"\\" in data:
            return None
    return data


def as_reply(data: bytes) -> tuple[bytes, bytes, bytes]:
    """What an assistant's message says as the reply that it was, and what makes it a message.

    A reply is a message of the next call: as one text it is looked at once.

    Returns:
        The reply, and what stands in a message in place of its first and of its last byte; empty
        where the message has no reply's form.
    """
    if data.endswith(_ASSISTANT_LAST):
        return data[: -len(_ASSISTANT_LAST)] + b"}", b"{", _ASSISTANT_LAST
    if data.startswith(_ASSISTANT_FIRST):
        return b"{" + data[len(_ASSISTANT_FIRST) :], _ASSISTANT_FIRST, b"}"
    return data, b"", b""


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True
