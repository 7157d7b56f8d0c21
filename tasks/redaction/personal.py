"""Patterns of personal data, decided by arithmetic where the format has any.

IBANs by mod 97 (ISO 13616), IPs by `ipaddress`; `cards` and `phones` have files of their own.
Scores are those that Presidio's own recognisers give.
"""

import ipaddress
import re

from tasks.redaction import dates, numbers
from tasks.redaction.kinds import Kind
from tasks.redaction.rules import Rule
from tasks.redaction.surrogates import MAIL_DOMAIN, is_surrogate
from tasks.redaction.words import is_word

_COUNTRIES = (
    "AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 "
    "DE:22 DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 "
    "HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 LI:21 LT:20 LU:20 "
    "LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MR:27 MT:31 MU:30 NL:18 NO:15 PK:24 PL:28 PS:29 PT:25 "
    "QA:29 RO:24 RS:22 SA:24 SC:31 SE:24 SI:19 SK:24 SM:27 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 "
    "VA:22 VG:24 XK:20"
)
_IBAN_LENGTH = dict(country.split(":") for country in _COUNTRIES.split())


def _email(text: str, start: int, end: int) -> tuple[int, int] | None:
    if text[start:end].lower().endswith(MAIL_DOMAIN):
        return None
    # In `scheme://user:password@host` it is a password.
    return None if _USER.search(text[max(0, start - 80) : start]) else (start, end)


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
    numbers.CARD_RULE,
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
    *numbers.PHONE_RULES,
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
        "birth-date-short",
        Kind.BIRTH_DATE,
        r"(?i:\b(?:dob|d\.o\.b\.?|date of birth|birth ?date|birthday|born(?: on)?)\b)"
        r"[^\d\n]{0,15}?(\d{1,2}[-/.]\d{1,2}[-/.]\d{2})\b",
        1,
        gate=r"(?i)dob|d\.o\.b|birth|born",
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
    Rule(
        "passport-said",
        Kind.NATIONAL_ID,
        r"(?i)\bpassport\b(?: (?:number|no\.?|num|id))?[^\w\n]{0,4}(?:is )?"
        r"([A-Z]{0,2}\d[A-Z0-9]{4,8}\d)\b",
        1,
        gate="(?i)passport",
    ),
    Rule(
        "name-titled",
        Kind.NAME,
        rf"\b(?:Mr|Mrs|Ms|Miss|Mx)\.?[ ]({_WORD}(?: {_WORD}){{0,2}})",
        1,
        _said_name,
        gate=r"\bM(?:[rsx]|rs|iss)\.? ",
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
