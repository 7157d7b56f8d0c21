"""Patterns of personal data, decided by arithmetic where the format has any.

Card numbers by Luhn and issuer ranges, IBANs by mod 97 (ISO 13616), phone numbers by the numbering
plans of `phonenumbers`, IPs by `ipaddress`. Scores are those that Presidio's own recognisers give.
"""

import ipaddress
import re
from functools import lru_cache

from tasks.core.redaction import dates
from tasks.core.redaction.kinds import Kind
from tasks.core.redaction.rules import Rule
from tasks.core.redaction.surrogates import MAIL_DOMAIN, is_surrogate, luhn
from tasks.core.redaction.words import is_word

REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
"""Whose national phone numbers are known; Presidio's default."""

_CARD_RANGE = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35\d{14}|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17}"
    r"|(?:5018|5019|5020|5038|6304|6759|676[1-3])\d{8,15}"
    r"|1220\d{11}"  # AirPlus, with which business travel is paid
)
_COUNTRIES = (
    "AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 "
    "DE:22 DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 "
    "HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 LI:21 LT:20 LU:20 "
    "LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MR:27 MT:31 MU:30 NL:18 NO:15 PK:24 PL:28 PS:29 PT:25 "
    "QA:29 RO:24 RS:22 SA:24 SC:31 SE:24 SI:19 SK:24 SM:27 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 "
    "VA:22 VG:24 XK:20"
)
_IBAN_LENGTH = dict(country.split(":") for country in _COUNTRIES.split())
_NO_PHONE = re.compile(
    # Dates, and what has the form of a social security number.
    r"(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12]\d|3[01])(?!\d).*"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/. ](?:0?[1-9]|[12]\d|3[01])[-/. ](?:19|20)\d\d"
    r"|\d{3}-\d{2}-\d{4}"
)
_AMERICAN = re.compile(r"(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}")


def _email(text: str, start: int, end: int) -> tuple[int, int] | None:
    if text[start:end].lower().endswith(MAIL_DOMAIN):
        return None
    # In `scheme://user:password@host` it is a password.
    return None if _USER.search(text[max(0, start - 80) : start]) else (start, end)


def _card(text: str, start: int, end: int) -> tuple[int, int] | None:
    digits = re.sub(r"\D", "", text[start:end])
    if not _CARD_RANGE.fullmatch(digits) or not luhn(digits) or len(set(digits)) < 2:
        return None
    return start, end


def _iban(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Cut to the country's length: what follows may be the next word."""
    length = int(_IBAN_LENGTH.get(text[start : start + 2].upper(), 0))
    seen = 0
    for place in range(start, end):
        seen += text[place].isalnum()
        if length and seen == length:
            return (start, place + 1) if _mod97(text[start : place + 1]) else None
    return None


def _mod97(text: str) -> bool:
    compact = re.sub(r"[\W_]", "", text).upper()
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def _ip(text: str, start: int, end: int) -> tuple[int, int] | None:
    around = text[start - 1 : start] + text[end : end + 1]
    long_form = ":" in text[start:end]
    if any(c.isalnum() or c == "_" or (long_form and c == ":") for c in around):
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
    # A mask, `::` or a stand-in of ours is nobody's address.
    nobodys = reserved or mask or is_surrogate(Kind.IP, text[start:end])
    return None if nobodys else (start, end)


_USER = re.compile(r"://[^\s/@]*:[^\s/@]*$")
_VERSION = re.compile(r"(?:\bv|version\s?|\d\.)$", re.I)


def _ssn(text: str, start: int, end: int) -> tuple[int, int] | None:
    digits = re.sub(r"\D", "", text[start:end])
    bad = digits[:3] in ("000", "666") or digits[3:5] == "00" or digits[5:] == "0000"
    return None if bad or len(set(digits)) == 1 else (start, end)


def _phone(text: str, start: int, end: int) -> tuple[int, int] | None:
    value = text[start:end].rstrip(" (.-/")
    if value[0] == "(" and value.find(")") in (-1, len(value) - 1):
        # A bracket around all of the number, or more.
        start, value = start + 1, value[1:]
    if "(" not in value:
        value = value.rstrip(")")
    end = start + len(value)
    if text[start - 1 : start].isalnum() or text[start - 1 : start] in ("$", "€", "£", "_"):
        return None
    if text[end : end + 1].isalnum() or text[end : end + 1] in ("_", "%"):
        return None
    return (start, end) if is_phone(value) else None


@lru_cache(maxsize=50_000)
def is_phone(value: str) -> bool:
    """Whether a numbering plan knows the number, or it is written as Americans write theirs."""
    digits = sum(c.isdigit() for c in value)
    if not 7 <= digits <= 15 or _NO_PHONE.fullmatch(value):
        return False
    if _AMERICAN.fullmatch(value):
        return True
    if value[0] not in "+(0":
        # Without sign, bracket or trunk zero it may as well be an order number.
        return False
    import phonenumbers

    for region in (None,) if value.startswith("+") else REGIONS:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(value, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _birth_date(text: str, start: int, end: int) -> tuple[int, int] | None:
    return (start, end) if dates.read(text[start:end]) else None


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


_DATE = (
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
    r"|\d{1,2}(?:st|nd|rd|th)?(?: of)? [A-Z][a-z]{2,8}\.?,? \d{4})"
)
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
    Rule("card", Kind.CARD, r"\b\d(?:[ -]?\d){11,18}\b", 0, _card, gate=r"\d(?:[ -]?\d){11}"),
    Rule(
        "iban",
        Kind.IBAN,
        r"(?i)\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,32}",
        0,
        _iban,
        gate=r"(?i)[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]){11}",
    ),
    Rule("ipv4", Kind.IP, r"\b(?:\d{1,3}\.){3}\d{1,3}\b", 0, _ip, 0.6, gate=r"\d\.\d{1,3}\.\d"),
    Rule(
        "ipv6",
        Kind.IP,
        r"(?i)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:[0-9.]{7,15})?",
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
    Rule(
        "phone",
        Kind.PHONE,
        r"\+\d{1,4}(?:[ .\-/()]{0,3}\d){6,13}"
        r"|(?:\+|\(|\b)\d{1,4}(?:\)|\)?[ .\-/]{1,2}\(?)\d{2,8}\)?"
        r"(?:[ .\-/]{1,2}\(?\d{2,8}\)?){1,4}"
        r"|(?:\(|\b)0\d{1,4}(?:\) ?|[ \-/])\d{5,8}",
        0,
        _phone,
        0.4,
        gate=r"\d\)?[ .\-/]{1,2}\(?\d{2,8}\)?[ .\-/]{1,2}\(?\d{2}|\+\d{1,4}[ .\-/()]{0,3}\d"
        r"|\d\)\d\d|0\d{1,4}[) \-/]{1,2}\d{5}",
    ),
    Rule(
        "phone-said",
        Kind.PHONE,
        r"(?i)\b(?:phone|mobile|cell(?:phone)?|tel|telephone|whatsapp|fax)\b[^\d+\n(]{0,20}"
        r"(\+?\(?\d[\d ().\-]{5,18}\d)",
        1,
        None,
        0.75,
        gate="(?i)phone|mobile|cell|tel|whatsapp|fax",
    ),
    Rule(
        "birth-date-said",
        Kind.BIRTH_DATE,
        r"(?i:\b(?:dob|d\.o\.b\.?|date of birth|birth ?date|birthday|born(?: on)?)\b)"
        rf"[^\d\n]{{0,15}}?{_DATE}",
        1,
        _birth_date,
        gate=r"(?i)dob|d\.o\.b|birth|born",
    ),
    Rule(
        "name-said",
        Kind.NAME,
        r"(?i:\b(?:my name is|my name's|(?:first|last|full|passenger|customer|legal)[ _]name)\b"
        rf"(?: is| as)?[*\"'`]{{0,3}}[:=]?\s{{0,2}}[*\"'`]{{0,3}})({_WORD}(?: {_WORD}){{0,3}})",
        1,
        _said_name,
        gate="(?i)name(?: is|'s)|(?:first|last|full|passenger|customer|legal)[ _]name",
    ),
    Rule(
        "street",
        Kind.ADDRESS,
        r"\b\d{1,5}[A-Za-z]? (?:[A-Z][A-Za-z'’.-]*\s){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Drive|Dr|"
        r"Lane|Ln|Boulevard|Blvd|Court|Ct|Way|Terrace|Place|Pl|Highway|Hwy|Parkway|Pkwy)\b"
        r"(?:,? (?:Suite|Apt|Apartment|Unit|Floor|#) ?#?\w{1,6})?",
        gate=r"\s(?:St|Ave|R(?:oa)?d|Dr|L(?:ane|n)|B(?:oulevard|lvd)|C(?:our)?t|Way|Te|Pl|"
        r"H(?:ighway|wy)|P(?:ark|k)w(?:a)?y)",
    ),
)
