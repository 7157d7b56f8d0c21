"""Patterns of personal data, decided by arithmetic where the format has any.

IBANs by mod 97 (ISO 13616), IPs by `ipaddress`; `cards` and `phones` have files of their own.
Scores are those that Presidio's own recognisers give.
"""

import bisect
import ipaddress
import re
from collections.abc import Iterator

from tasks.redaction import dates, ibans, neighbours, numbers, streets, vocabulary
from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import Rule, cue_rule
from tasks.redaction.surrogates import MAIL_DOMAIN, is_surrogate
from tasks.redaction.words import is_word


def _email(text: str, start: int, end: int) -> tuple[int, int] | None:
    start, end = _of_one_script(text, start, end)
    if text[start:end].lower().endswith(MAIL_DOMAIN):
        return None
    # In `scheme://user:password@host` it is a password.
    return None if _USER.search(text[max(0, start - 80) : start]) else (start, end)


def _of_one_script(text: str, start: int, end: int) -> tuple[int, int]:
    """Cut where a word of another script runs into the address: `メールはmia@example.comです`."""
    if text[start:end].isascii():
        return start, end
    at = text.index("@", start)
    script = None
    for place in range(at - 1, start - 1, -1):
        if text[place].isalpha():
            if script is None:
                script = _script(text[place])
            if _script(text[place]) != script:
                start = place + 1
                break
    while not text[start].isalnum():
        start += 1
    top = text.rindex(".", at, end) + 1
    for place in range(top + 2, end):
        if _script(text[place]) != _script(text[top]):
            return start, place
    return start, end


def _script(char: str) -> int:
    """A number for the script of a letter: the Unicode block that it begins in."""
    return bisect.bisect(_SCRIPTS, ord(char))


_SCRIPTS = (
    # Greek, Cyrillic, Armenian, Hebrew, Arabic, Indic, Thai, Georgian, Latin again, joined scripts.
    *(0x370, 0x400, 0x530, 0x590, 0x600, 0x900, 0xE00, 0x10A0, 0x1E00, 0x2000, 0x2E80),
)


def _ip(text: str, start: int, end: int) -> tuple[int, int] | None:
    before, behind = text[start - 1] if start else "", text[end : end + 1]
    # A colon in front of the address, or behind it, is the sentence's.
    if text[start] == ":" and text[start + 1 : start + 2] != ":":
        start, before = start + 1, ""
    if text[end - 1] == ":" and text[end - 2 : end - 1] != ":":
        end, behind = end - 1, ""
    if before.isascii() and before.isalpha() and text[start:end].partition(":")[0].isalpha():
        # `site:2a02:…`: the last letters of a word may be digits of sixteen.
        start, before = text.index(":", start) + 1, ""
    around = before + behind
    long_form = ":" in text[start:end]
    if any((c.isascii() and c.isalnum()) or c == "_" or (long_form and c == ":") for c in around):
        return None
    if re.match(r"\.\d", text[end : end + 2]) or not any(map(str.isdigit, text[start:end])):
        return None
    if _VERSION.search(text[max(0, start - 12) : start]):
        return None
    try:
        address = ipaddress.ip_address(text[start:end])
    except ValueError:
        return None
    reserved = address.is_loopback or address.is_unspecified or address.is_multicast
    mask = address.version == 4 and address.is_reserved
    # A mask, `::` or a surrogate of ours is nobody's address.
    nobodys = reserved or mask or is_surrogate(Kind.IP, text[start:end])
    return None if nobodys else (start, end)


_USER = re.compile(r"://[^\s/@]*:[^\s/@]*$")
_VERSION = re.compile(r"(?:\bv|version\s?|\d\.)$", re.I)


def _ssn(text: str, start: int, end: int) -> tuple[int, int] | None:
    digits = re.sub(r"\D", "", text[start:end])
    bad = digits[:3] in ("000", "666") or digits[3:5] == "00" or digits[5:] == "0000"
    return None if bad or len(set(digits)) == 1 else (start, end)


def _birth_date(text: str, start: int, end: int) -> tuple[int, int] | None:
    value = text[start:end]
    return (start, end) if dates.read(value) or _FOREIGN_DATE.fullmatch(value) else None


_FOREIGN_DATE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])(?:\.|er|º)? (?:de |di )?[^\W\d_]{3,10}\.? (?:de |del )?(?:19|20)\d\d"
    r"|(?:19|20)\d\d[年년] ?\d{1,2}[月월] ?\d{1,2}[日일]?"
)


def _said_name(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Cut in front of the first word that is no name: `My name is Mia Li And I…`."""
    words = list(re.finditer(r"[^\W\d_][^\W\d_'’-]*", text[start:end]))
    taken = 0
    for word in words:
        if is_word(word[0]) and not (taken == 0 and len(words) > 1):
            break
        taken = word.end()
    first_only = len(words) > 0 and taken <= words[0].end()
    if not taken or (first_only and is_word(words[0][0])):
        return None
    return start, start + taken


def _joined_name(text: str, start: int, end: int) -> tuple[int, int] | None:
    return None if text[start:end] in _NO_JOINED_NAMES else (start, end)


_NO_NAMES = "必須 不明 未定 変更 確認 入力 登録 必須項目 错误 不能 必填 未知 什么 變更"
_NO_JOINED_NAMES = frozenset(_NO_NAMES.split())


def _documents(text: str, start: int, end: int) -> Iterator[Span]:
    """The first number behind the word for a document that is no date."""
    match = _DOCUMENT.match(text, end)
    if match is None:
        return
    value = match[1].rstrip(" .-/")
    digits = sum(c.isdigit() for c in value)
    if numbers.is_date(value) or not (digits >= 5 or (digits >= 3 and len(value) >= 8)):
        return
    yield Span(match.start(1), match.start(1) + len(value), Kind.NATIONAL_ID, "document-said")


_DOCUMENT = re.compile(
    r"[^\n\d]{0,40}?(?<![A-Za-z0-9])"
    r"((?:[A-Z]{1,6}[ -]?)?\d(?:[ .\-/]\d|[.\-/]?[\dA-Z]){3,24})(?![a-z])"
)

_DATE = (
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
    r"|\d{1,2}(?:st|nd|rd|th)?(?: of)? [A-Z][a-z]{2,8}\.?,? \d{4}"
    r"|\d{1,2}(?:\.|er|º)? (?:de |di )?[\p{L}]{3,10}\.? (?:de |del )?\d{4}"
    r"|\d{4}[年년] ?\d{1,2}[月월] ?\d{1,2}[日일]?)"
)
_EDGE = r"(?:^|[^\p{L}\p{N}]|[\p{Han}\p{Hiragana}])"
"""In front of a word in any script: RE2 knows the edges of ASCII words alone."""
_WORD = r"[\p{Lu}][\p{L}'’-]*\p{L}"

RULES = (
    Rule(
        "email",
        Kind.EMAIL,
        r"[\p{L}\p{N}](?:[\p{L}\p{N}._%+'&-]*[\p{L}\p{N}_%+-])?"
        r"@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+(?:xn--[a-z0-9-]+|\p{L}{2,24})",
        0,
        _email,
        gate="@",
    ),
    numbers.CARD_RULE,
    ibans.RULE,
    neighbours.RULE,
    Rule("ipv4", Kind.IP, r"\b(?:\d{1,3}\.){3}\d{1,3}\b", 0, _ip, 0.6, gate=r"\d\.\d{1,3}\.\d"),
    Rule(
        "ipv6",
        Kind.IP,
        r"(?i)(?:[0-9a-f]{0,4}:){2,8}[0-9a-f]{0,4}(?:[0-9.]{7,15})?",
        0,
        _ip,
        0.6,
        gate=":[0-9a-fA-F]{0,4}:",
    ),
    Rule(
        "ssn",
        Kind.SSN,
        r"\b(?:\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4}|\d{3}\.\d{2}\.\d{4})\b",
        0,
        _ssn,
        0.5,
        gate=r"\d\d[- .]\d{4}",
    ),
    Rule(
        "ssn-said",
        Kind.SSN,
        r"(?i)\b(?:ssn|social security)\b[^\d\n]{0,20}(\d{3}[- .]?\d{2}[- .]?\d{4})\b",
        1,
        _ssn,
        0.85,
        gate="(?i)ssn|social",
    ),
    *numbers.PHONE_RULES,
    Rule(
        "birth-date-said",
        Kind.BIRTH_DATE,
        rf"(?i:{_EDGE}{vocabulary.BIRTH_CUES})[^\d\n]{{0,25}}?{_DATE}",
        1,
        _birth_date,
        gate=f"(?i){vocabulary.BIRTH_CUES}",
    ),
    Rule(
        "birth-date-before",
        Kind.BIRTH_DATE,
        rf"{_DATE} ?(?i:geboren|urodzon[ya]|doğumlu|生まれ|出生|출생|born)",
        1,
        _birth_date,
        gate="(?i)geboren|urodzon|doğumlu|生まれ|出生|출생|born",
    ),
    Rule(
        "birth-date-short",
        Kind.BIRTH_DATE,
        rf"(?i:{_EDGE}{vocabulary.BIRTH_CUES})[^\d\n]{{0,15}}?(\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2}})\b",
        1,
        gate=f"(?i){vocabulary.BIRTH_CUES}",
    ),
    Rule(
        "pin-said",
        Kind.PIN,
        r"(?i)\b(?:cvv2?|cvc2?|security code|pin(?: code| number)?|otp|(?:one[- ]time|verification|"
        r"authentication|2fa) (?:code|password)|passcode)\b"
        r"[^\w\n]{0,4}(?:is|was|are)?[^\w\n]{0,4}(\d{3,8})\b",
        1,
        gate="(?i)cvv|cvc|code|pin|otp|password",
    ),
    cue_rule(
        "document-said",
        Kind.NATIONAL_ID,
        f"{vocabulary.DOCUMENT_CUES}|{vocabulary.JOINED_DOCUMENT_CUES}",
        _documents,
    )._replace(score=0.6),
    Rule(
        "name-titled",
        Kind.NAME,
        rf"{_EDGE}{vocabulary.TITLES}\.?[ ]({_WORD}(?: {_WORD}){{0,2}})",
        1,
        _said_name,
        gate=rf"{vocabulary.TITLES}\.? ",
    ),
    Rule(
        "name-signed",
        Kind.NAME,
        r"(?i:\b(?:regards|sincerely|cheers|best wishes|yours (?:truly|faithfully)))[,.!]?"
        rf"\s{{0,2}}\n\s{{0,3}}({_WORD}(?: {_WORD}){{0,2}})[ ]{{0,2}}(?:\n|\z)",
        1,
        _said_name,
        gate="(?i)regards|sincerely|cheers|wishes|truly|faithfully",
    ),
    Rule(
        "name-said",
        Kind.NAME,
        rf"(?i:{_EDGE}{vocabulary.NAME_CUES}(?: is| as)?[*\"'`]{{0,3}}[:=]?\s{{0,2}}[*\"'`]{{0,3}})"
        rf"({_WORD}(?: {_WORD}){{0,3}})",
        1,
        _said_name,
        gate=f"(?i){vocabulary.NAME_CUES}",
    ),
    Rule(
        "name-said-joined",
        Kind.NAME,
        rf"{vocabulary.JOINED_NAME_CUES}[\s:は]{{0,3}}"
        r"([\p{Han}\p{Katakana}ー・]{2,12}|[\p{Hangul}]{2,5}?|[\p{Thai}]{2,20}"
        r"|[A-Z][A-Za-z'-]+(?: [A-Z][A-Za-z'-]+){0,3})"
        r"(?:$|[^\p{Han}\p{Katakana}\p{Hangul}\p{Thai}]|입니다|이에요|예요|이고|です)",
        1,
        _joined_name,
        gate=vocabulary.JOINED_NAME_CUES,
    ),
    *streets.RULES,
)
