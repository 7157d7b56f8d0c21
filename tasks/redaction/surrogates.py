"""The keyed surrogate of a value: of the same type and shape, the same wherever the value stands.

    mia.li@example.com     x4fq2kzt7ab@example.invalid
    mia_li_3668            qeo_pa_1842
    Mia Li                 Xabo3dumi Xoke7lasu
    4111 1111 1111 1234    7305 9920 4418 1234      fails Luhn, keeps the last four
    +1 555 010 4477        +1 304 826 1195          keeps the country
    1984-03-09             1984-11-20               keeps the year
    AKIA…                  <AWS_KEY_K7Q2M5XNBA>

Derived by HMAC-SHA256 (RFC 2104) over kind and normalised value, so nobody without the key can
tell or test which value it stands for. Two values share a surrogate only by chance: 1 in 5e7 for
names, 1 in 1e15 for mail, 1 in 10^digits for digits. E-mails lie in `example.invalid` (RFC 2606),
IPs in 240.0.0.0/4 and 2001:db8::hhhh:hhhh, social security numbers in area 000: none of them can be
anyone's, and redaction leaves them as they are when it meets them again.
"""

import base64
import hmac
import re
from collections.abc import Callable
from functools import lru_cache

from tasks.redaction import dates, keys
from tasks.redaction.kinds import SECRETS, Kind, normalise

MAIL_DOMAIN = "@example.invalid"
_SHORTEST_CARD = 12
_SHORTEST_LONG = 12
_NO_CARD = "1789"
"""Digits of long numbers: no issuer's range begins with one of them and goes on with others, and no
group of them begins with a trunk zero, so that none passes for a card or a phone number."""

_VOWELS = "aeiou"
_CONSONANTS = "bcdfghjklmnpqrstvwxz"
_HEX = "abcdef"
_NAME_FORM = re.compile(r"x[aeiou][b-z][aeiou]\d[b-z][aeiou][b-z][aeiou]")
_IP_FORM = re.compile(
    # What a surrogate begins with is none's either: known, it would be found in every surrogate.
    r"2001:db8::(?:[0-9a-f]{4}(?::[0-9a-f]{4})?)?|2[45]\d(?:\.\d{1,3}){3}"
)
SECRET_FORM = re.compile(r"<[A-Z]+(?:_[A-Z]+)*_[A-Z2-7]{10}>")
_WORD = re.compile(r"[^\W\d_]{2,}|[^\W\d_\x00-\x7f]")
_ISO_START = re.compile(r"\d{4}-\d{2}-\d{2}(?=[T ][\d:.,+Z -]*$)")
_HEX_ID = re.compile(r"(?=.*\d)[0-9a-f][0-9a-f-]{14,}[0-9a-f]", re.I)


class Surrogates:
    """Makes surrogates under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.of: Callable[[Kind, str], str] = lru_cache(maxsize=100_000)(self._of)
        """The surrogate of a text of that kind; a surrogate is left as it is."""
        self.person: Callable[[str], str] = lru_cache(maxsize=100_000)(self._person)
        """Keyed hash of a value under a person key, the same whatever the key is called."""
        self.mark: Callable[[str, str], str] = lru_cache(maxsize=100_000)(self._mark)
        """Keyed hash of a text, 32 hex digits: tells equal from different and no more."""

    def _mark(self, kind: str, text: str) -> str:
        return keys.mark(self._key, kind, text)

    def _person(self, value: str) -> str:
        return keys.person_hash(self._key, value)

    def _of(self, kind: Kind, text: str) -> str:
        if is_surrogate(kind, text):
            return text
        if kind in SECRETS:
            return f"<{kind}_{self._base32(kind, text)}>"
        return _nobodys(self, kind, text, _MAKERS.get(kind, _shaped)(self, kind, text))

    def stream(self, kind: Kind, text: str, length: int) -> bytes:
        """`length` keyed bytes that are the same for every spelling of the value."""
        name = f"{kind}|{normalise(kind, text)}".encode()
        found = b""
        while len(found) < length:
            message = name + b"|%d" % (len(found) // 32)
            found += hmac.digest(self._key, message, "sha256")
        return found[:length]

    def _base32(self, kind: Kind, text: str) -> str:
        return base64.b32encode(self.stream(kind, text, 7))[:10].decode()


def is_surrogate(kind: Kind, text: str) -> bool:
    """Whether the text is a surrogate already, by a form that no real value has."""
    if kind is Kind.EMAIL:
        return text.lower().endswith(MAIL_DOMAIN)
    if kind is Kind.NAME:
        return all(_NAME_FORM.fullmatch(word.lower()) for word in text.split())
    if kind is Kind.IP:
        return bool(_IP_FORM.fullmatch(text))
    if kind is Kind.SSN:
        return normalise(kind, text).startswith("000")
    return kind in SECRETS and bool(SECRET_FORM.fullmatch(text))


def _nobodys(by: Surrogates, kind: Kind, text: str, surrogate: str) -> str:
    """The surrogate, changed where it has the form of another kind and could be anybody's.

    A `user_id` of the form of a social security number, an address of mail or an IP gets that
    kind's surrogate, and one of the form of a phone number begins with what no plan gives out.
    """
    if kind in _OF_THEIR_OWN:
        return surrogate
    if "@" in surrogate:
        return _email(by, kind, text)
    if _IPV4.fullmatch(surrogate) or _IPV6.fullmatch(surrogate):
        return _ip(by, kind, text)
    if _SSN_FORM.search(surrogate):
        surrogate = _SSN_FORM.sub(lambda found: "000" + found[0][3:], surrogate)
    elif kind is not Kind.PHONE and _PHONE_FORM.fullmatch(surrogate):
        surrogate = re.sub(r"\d", "0", surrogate, count=3)
    surrogate = _IBAN_FORM.sub(r"\g<1>00", surrogate)
    return _TOKEN_FORM.sub(
        lambda found: ("Q" if found[0][0].isupper() else "q") + found[0][1:], surrogate
    )


_OF_THEIR_OWN = frozenset((Kind.EMAIL, Kind.IP, Kind.SSN, Kind.NAME, Kind.BIRTH_DATE, Kind.CARD))
_IPV4 = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_IPV6 = re.compile(r"(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}", re.I)
_SSN_FORM = re.compile(r"(?<!\d)\d{3}([-. ])\d{2}\1\d{4}(?!\d)")
_PHONE_FORM = re.compile(
    r"\+[\d ().\-/]{7,24}|\(\d{2,5}\)[\d .\-/]{5,16}|0[\d .\-/]{7,18}|\d{3}[-. ]\d{3}[-. ]\d{4}"
    r"|1[-. ]?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}"
)
_IBAN_FORM = re.compile(r"([A-Z]{2})\d{2}(?=(?:[ -]?[A-Z0-9]){11})", re.I)
_TOKEN_FORM = re.compile(
    r"A(?:KIA|SIA|BIA|CCA)|gh[pousr]_|github_pat_|gl(?:pat|ptt|dt|rt)-|xox[abeoprs]-|xapp-"
    r"|[srp]k_(?:live|test)_|whsec_|AIza|ya29|sk-|hf_|npm_|pypi-|SG\.|SK(?=[0-9a-f])|eyJ"
)


def _email(by: Surrogates, kind: Kind, text: str) -> str:
    return f"x{base64.b32encode(by.stream(kind, text, 7))[:10].decode().lower()}{MAIL_DOMAIN}"


def _name(by: Surrogates, kind: Kind, text: str) -> str:
    """Each word by itself, so that `Mia` and `Mia Li` stay the same person."""
    return _WORD.sub(lambda word: _name_word(by, kind, word[0]), text)


def _name_word(by: Surrogates, kind: Kind, word: str) -> str:
    if _NAME_FORM.fullmatch(word.lower()):
        return word
    stream = iter(by.stream(kind, word, 8))
    letters = {"v": _VOWELS, "c": _CONSONANTS, "d": "0123456789"}
    made = "x" + "".join(
        letters[kind_of][next(stream) % len(letters[kind_of])] for kind_of in "vcvdcvcv"
    )
    if word.isupper():
        return made.upper()
    return made if word[0].islower() else made.capitalize()


def _date(by: Surrogates, kind: Kind, text: str) -> str:
    timed = _ISO_START.match(text)
    if timed:
        return _date(by, kind, timed[0]) + text[timed.end() :]
    read = dates.read(text)
    if read is None:
        return _shaped(by, kind, text)
    number = int.from_bytes(by.stream(kind, read.day.isoformat(), 4))
    return dates.write(dates.other_day(read.day, number), read.form)


def _phone(by: Surrogates, kind: Kind, text: str) -> str:
    """Digits from the right, so that the national and the international form agree."""
    count = sum(c.isdecimal() for c in text)
    kept = max(count - 10, 0) if text.lstrip().startswith("+") else 0
    stream = by.stream(kind, text, 32)
    made: list[str] = []
    seen = 0
    for char in text:
        if not char.isdecimal():
            made.append(char)
            continue
        seen += 1
        trunk = seen == 1 and char == "0"
        byte = stream[(count - seen) % 32]
        # A number without a sign in front must not begin with a zero, nor its national part.
        digit = str(1 + byte % 9 if seen == 1 or count - seen >= 9 else byte % 10)
        if count >= _SHORTEST_LONG:
            digit = _NO_CARD[byte % len(_NO_CARD)]
        made.append(char if seen <= kept or trunk else digit)
    if count >= _SHORTEST_LONG and luhn("".join(filter(str.isdecimal, made))):
        last = max(place for place, char in enumerate(made) if char.isdecimal())
        made[last] = "8" if made[last] == "7" else "7"
    return "".join(made)


def _card(by: Surrogates, kind: Kind, text: str) -> str:
    number = normalise(kind, text)
    # Of a shorter number the last four would be most of it.
    last = number[-4:] if len(number) >= _SHORTEST_CARD else ""
    stream = by.stream(kind, text, 32)
    digits = [str(stream[i % 32] % 10) for i in range(len(number) - len(last))] + list(last)
    # 7 opens no issuer's range: not a card, whatever its checksum.
    digits[0] = "7"
    if luhn("".join(digits)):
        digits[1] = str((int(digits[1]) + 1) % 10)
    put = iter(digits)
    return "".join(next(put) if c.isdecimal() else c for c in text)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _ip(by: Surrogates, kind: Kind, text: str) -> str:
    a, b, c, d = by.stream(kind, text, 4)
    if ":" in text:
        return f"2001:db8::{a:02x}{b:02x}:{c:02x}{d:02x}"
    return f"{240 + a % 15}.{b}.{c}.{d}"


def _iban(by: Surrogates, kind: Kind, text: str) -> str:
    # No country gives out the check digits 00, which detectors know.
    shaped = _shaped(by, kind, text[4:]) if len(text) > 4 else ""
    return f"{text[:2]}00{shaped}"


def _ssn(by: Surrogates, kind: Kind, text: str) -> str:
    stream = by.stream(kind, text, len(text))
    put = iter("000" + "".join(str(b % 10) for b in stream))
    return "".join(next(put) if c.isdecimal() else c for c in text)


def _shaped(by: Surrogates, kind: Kind, text: str) -> str:
    """Each digit by a digit, vowel by a vowel, consonant by a consonant; the rest as it stood.

    Hexadecimal ids keep all digits: groups of them are no card's.
    """
    stream = by.stream(kind, text, len(text))
    hexadecimal = bool(_HEX_ID.fullmatch(text)) and any(map(str.isalpha, text))
    long = sum(char.isdecimal() for char in text) >= _SHORTEST_LONG and not hexadecimal
    made: list[str] = []
    place = 0
    for char in text:
        if not char.isalnum():
            made.append(char)
            continue
        if long and char.isdecimal():
            made.append(_NO_CARD[stream[place] % len(_NO_CARD)])
        else:
            made.append(_replace(char, stream[place], hexadecimal, first=not place))
        place += 1
    return "".join(made)


def _replace(char: str, byte: int, hexadecimal: bool, first: bool) -> str:
    if char.isdecimal():
        # A number keeps its number of digits.
        return str(1 + byte % 9) if first and char != "0" else str(byte % 10)
    vowel = char.lower() in _VOWELS
    letters = _HEX if hexadecimal else _VOWELS if vowel else _CONSONANTS
    letter = letters[byte % len(letters)]
    return letter.upper() if char.isupper() else letter


_MAKERS: dict[Kind, Callable[[Surrogates, Kind, str], str]] = {
    Kind.EMAIL: _email,
    Kind.NAME: _name,
    Kind.BIRTH_DATE: _date,
    Kind.PHONE: _phone,
    Kind.CARD: _card,
    Kind.IP: _ip,
    Kind.IBAN: _iban,
    Kind.SSN: _ssn,
}
