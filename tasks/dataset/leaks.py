r"""Looks for personal data and secrets by their form alone, in what redaction has passed on.

    leaks.find(b'{"content":"write to mia@shop.example or use AKIA…"}')  ->  ("AWS_KEY", "EMAIL")

A second pair of eyes, which shares no rule with redaction: few forms, each of which no ordinary
text has and no surrogate of ours (an IBAN is not among them: one surrogate in 97 would pass its
check by chance). Bytes are searched as they stand in the part.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from tasks.core.records import Source, encode
from tasks.dataset.facts import Checked

LEFT = "leak-left"
"""Why an example is left out in which something was found."""
MAIL_DOMAIN = b"@example.invalid"
"""Where the surrogates of addresses live."""


class Form(NamedTuple):
    kind: str
    mark: bytes
    """Stands in all that the pattern matches; to look for it first is far quicker."""
    pattern: re.Pattern[bytes]
    check: Callable[[bytes], bool] = bool


class Watch:
    """Reads the examples of one part; a turn that many of them repeat is read once.

    Several are looked through at a time, and one by one only where something was found in them.
    """

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        """Examples by what was found in them first; whole after `close`, as is the next."""
        self.first: Source | None = None
        """Where the first of them was read."""
        self._seen: set[str | bytes] = set()
        self._waiting: list[tuple[list[str | bytes], Source]] = []
        self._leaking: set[str | bytes] = set()

    def read(self, example: Checked) -> None:
        """Look through what no earlier example held."""
        new = [text for text in _texts(example) if text not in self._seen]
        if new:
            self._seen.update(new)
            self._waiting.append((new, example.sources[0]))
            if len(self._waiting) == _TOGETHER:
                self.close()

    def close(self) -> None:
        """Look through what was read and not yet looked at."""
        waiting, self._waiting = self._waiting, []
        if not find(_APART.join(_joined(texts) for texts, _ in waiting)):
            return
        for texts, source in waiting:
            if kinds := find(_joined(texts)):
                self.kinds.update(kinds)
                self.first = self.first or source
                leaking = [text for text in texts if find(_bytes(text))]
                # What only two texts together look like is left with neither.
                self._leaking.update(leaking or texts)

    def told(self) -> str:
        """The kinds that were found in the part, for a reject; never what it says."""
        return ", ".join(sorted(self.kinds))

    def holds(self, example: Checked) -> bool:
        """Whether an example has a text in which something was found, whoever had it first."""
        return bool(self._leaking) and not self._leaking.isdisjoint(_texts(example))


def _texts(example: Checked) -> list[str | bytes]:
    reply = example.reply
    texts: list[str | bytes] = [said.content for said in example.messages]
    texts.append(reply.content)
    calls = [call for said in example.messages if said.tool_calls for call in said.tool_calls]
    texts += [bytes(call.arguments) for call in (*calls, *reply.tool_calls)]
    if example.reference is not None and example.truth_source == "human_edit":
        texts.append(encode(example.reference))
    return texts


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _joined(texts: Iterable[str | bytes]) -> bytes:
    return b"\n".join(map(_bytes, texts))


def find(text: bytes) -> tuple[str, ...]:
    """Kinds of what is left, sorted; nothing where the text is clean."""
    if MAIL_DOMAIN in text:
        text = text.replace(MAIL_DOMAIN, b" ")
    # All digits as one and all separators as one: a number's shape is then one literal.
    flat = text.translate(_FLAT, _LETTERS)
    hits = [form for form in _WORDS if form.mark in text]
    hits += [form for form in _NUMBERS if form.mark in flat]
    if not hits:
        return ()
    found = (form.kind for form in hits if any(map(form.check, form.pattern.findall(text))))
    return tuple(sorted(found))


def _is_card(value: bytes) -> bool:
    """Luhn (ISO/IEC 7812)."""
    digits = [int(char) for char in value.decode() if char.isdigit()][::-1]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_number(value: bytes) -> bool:
    """Area 000 is never given out: surrogates are of it."""
    return value[-11:-8] != b"000"


_TOGETHER = 8
"""Examples; of more, some look like personal data so often that all are looked at one by one."""
_APART = b"\\\n"
"""No form goes across a backslash, so nothing is found that is in neither text."""
_LETTERS = b'abcdefghijklmnopqrstuvwxyz"\\,.:{}[]'
_FLAT = bytes.maketrans(b"123456789-", b"000000000 ")
_WORDS = (
    Form("API_KEY", b"sk-", re.compile(rb"\bsk-[A-Za-z0-9]{40,}")),
    Form("AWS_KEY", b"AKIA", re.compile(rb"\bAKIA[A-Z0-9]{16}\b")),
    Form(
        "EMAIL",
        b"@",
        re.compile(rb"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"),
    ),
    Form("GITHUB_TOKEN", b"ghp_", re.compile(rb"\bghp_[A-Za-z0-9]{36}")),
    Form("JWT", b"eyJ", re.compile(rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.")),
    Form("PRIVATE_KEY", b"PRIVATE KEY", re.compile(rb"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----")),
)
_NUMBERS = (
    Form(
        "CREDIT_CARD",
        b"0000 0000 0000 0000",
        re.compile(rb"\b[3-6][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4}\b"),
        _is_card,
    ),
    Form(
        "US_SSN",
        b"000 00 0000",
        re.compile(rb"(?i)\b(?:ssn|social security)[^0-9\\]{0,24}[0-9]{3}-[0-9]{2}-[0-9]{4}\b"),
        _is_number,
    ),
)
"""Their marks are looked for in the text without its letters."""
