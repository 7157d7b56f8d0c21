"""Secrets that only the words around them tell: passwords, keys and tokens without a form.

    my password is plumTree             Passwort: Sonnenblume            パスワードはhimawari42です
    my token 9f2c4b7ad01e4c3b expired   the key for the maps service is hV7qLw2Zt9Rk4XnB8mCd
    use 9f2c4b7ad01e4c3b as the API key

Behind a sign (`:`, `=`) nearly any word is the secret; behind `is` one that says nothing about it
(`the password is incorrect`); behind nothing, one that looks made by a generator, or a mix of
letters and digits. What tells about a secret is in `vocabulary.STATUS`.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator

from tasks.redaction import vocabulary
from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import Rule, cue_rule, is_joined
from tasks.redaction.words import PLACEHOLDERS

_MIN_ENTROPY = 3.0
"""Bits a character, as gitleaks' generic rule; English words of this length lie at about 2.8."""
_TELLING = 16
_MIN_SWITCHES = 0.27
"""A share of letters. One generated key in 30 to 1,000 has no digit; in those half of the letters
change case, in `getCustomerAccountDetails` a quarter do."""
_REACH = 90
"""Characters behind a cue that are searched."""
_LEAST, _LEAST_WORD, _LEAST_MIXED = 4, 4, 6

_SIGN = re.compile(
    r"[\"'`*)\]]{0,3}\s{0,3}(?::=|=>|->|[:=])\s{0,3}([\"'`*(\[]{0,3})"
    r"([^\s\"'`,;<>{}()、。」』，；]{3,200})"
)
_QUOTED = re.compile(
    r"[\"'`*)\]]{0,3}\s{0,3}(?::=|=>|[:=]|\b" + vocabulary.IS + r"\b)?\s{0,3}([\"'`“”„«»「『])"
    r"([^\"'`“”„«»「」『』\n]{4,80})[\"'`“”„«»」』]"
)
_VERB = re.compile(
    rf"[\"'`*)]{{0,3}}(?:\s\w{{1,12}}){{0,3}}?\s+(?:{vocabulary.IS})\s+[\"'`*(]{{0,3}}"
    r"([^\s\"'`,;<>{}()、。」』，；]{3,200})"
)
_JOINED = re.compile(
    rf"\s{{0,2}}{vocabulary.JOINED_IS}{{0,2}}\s{{0,2}}[\"'`「『“(]{{0,2}}([!-&*-~]{{4,200}})"
)
_BARE = re.compile(r"[^\S\n]{1,2}[\"'`(]?([^\s\"'`,;<>{}()]{1,200})")
_MOST_BETWEEN = 3
"""Words from the cue on of which one may be the secret: `kata sandi saya apel88pohon`."""
_NUMBER_WORD = re.compile(
    r"[^\S\n]([^\W\d_]{3,20}[ -](?:zero|one|two|three|four|five|six|seven|eight|nine|ten|\d+))\b"
)
_TRIED = re.compile(
    r"--$|(?:with|use|using|used|try|tried|enter|entered|type|typed|mit|con|avec|com|met|med|z|с)"
    r"(?: (?:the|my|this|das|dem|el|la|le|minha|mijn|мо[йим]+))?\s$",
    re.I,
)
_WORD_BEHIND = re.compile(r"[^\S\n]([^\W\d_]{4,30})(?=[\s.,;:!?)]|$)")
_LONG_TOKEN = re.compile(r"[A-Za-z0-9][\w\-.~+/]{14,}=*")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_DIGEST = re.compile(
    r"(?:sha-?\d*|md5|commit|digest|hash|revision|order|trace|request)\W{0,3}$", re.I
)
_SENTENCE = re.compile(r"[.!?]\s|\n")
_CODE = re.compile(
    r"\w*(?:environ|getenv|process\.env|config\.|settings\.|self\.|args\.|request\.|input|getpass)"
)
_BEFORE = re.compile(
    r"([^\s\"'`,;()<>]{6,200})[\"'`,)]?,?\s(?:is|was|as|ist|als|es|como|est|comme|è|come|é|är|er|som|to|jest|jako|je)\s"
    r"(?:[^\W\d_]{1,12}\s){0,4}$"
)
_NEXT_TO = re.compile(
    rf"\W{{0,3}}(?:{vocabulary.IS}\W{{0,3}})?([A-Za-z0-9][\w\-.~+/]{{6,}}=*)", re.I
)
_STEMS = ("ed", "ing", "ly", "able", "ible")


def entropy(text: str) -> float:
    """Bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def looks_generated(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Keep a value that looks made by a generator: mixed classes and high entropy."""
    value = text[start:end].rstrip(".,;:!?)")
    classes = (
        any(c.isdigit() for c in value)
        + any(c.islower() for c in value)
        + any(c.isupper() for c in value)
    )
    telling = any(c.isdigit() for c in value) or _switches(value) >= _MIN_SWITCHES
    if classes < 2 or not telling or entropy(value) < _MIN_ENTROPY:
        return None
    return start, start + len(value)


def _switches(value: str) -> float:
    """How often upper and lower case take turns, in [0, 1]; 0 where it is too short to tell."""
    if len(value) < _TELLING:
        return 0.0
    turns = sum(a.isupper() != b.isupper() for a, b in itertools.pairwise(value))
    return turns / len(value)


def _is_mixed(value: str) -> bool:
    """Letters with digits or signs among them, as words, dates and numbers do not have."""
    if len(value) < _LEAST_MIXED or _CODE.match(value):
        return False
    digits = sum(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    signs = any(c in "!#$%&*+?@^~" for c in value[:-1])
    return letters > 1 and (digits > 0 or signs)


def _is_secret_word(value: str) -> bool:
    """Whether a word could be a secret, and says nothing about one."""
    lower = value.casefold()
    if len(value) < _LEAST or value[0] in "<$%{[" or _CODE.match(value):
        return False
    return lower not in vocabulary.STATUS and lower not in PLACEHOLDERS


def _trim(value: str) -> str:
    return value.rstrip(".,;:!?)]}|")


def _span(match: re.Match[str], kind: Kind, rule: str, group: int = 1) -> Span | None:
    value = _trim(match[group])
    start = match.start(group)
    return Span(start, start + len(value), kind, rule) if value else None


def _passwords(text: str, start: int, end: int) -> Iterator[Span]:
    """What stands behind a word for a password, or before it."""
    if is_joined(text[end - 1]):
        yield from _joined_passwords(text, end)
    elif (span := _password(text, start, end)) is not None:
        yield span
    else:
        yield from _before(text, start, Kind.PASSWORD, "password-before")


def _password(text: str, start: int, end: int) -> Span | None:
    stop = min(len(text), end + _REACH + 200)
    quoted = _QUOTED.match(text, end, stop)
    if quoted and _says_nothing(quoted[2]):
        return _span(quoted, Kind.PASSWORD, "password", 2)
    signed = _SIGN.match(text, end, stop)
    if signed:
        value = _trim(signed[2])
        plain = not value.isalpha() or _is_secret_word(value)
        fits = len(value) >= _LEAST and not value.startswith(("<", "$")) and not _CODE.match(value)
        return _span(signed, Kind.PASSWORD, "password", 2) if plain and fits else None
    verb = _VERB.match(text, end, stop)
    if verb and _is_told(_trim(verb[1])):
        return _span(verb, Kind.PASSWORD, "password")
    return _bare_password(text, start, end, stop)


def _bare_password(text: str, start: int, end: int, stop: int) -> Span | None:
    """With nothing between the word and the password: `password hunter two`."""
    numbered = _NUMBER_WORD.match(text, end, stop)
    if numbered and _is_secret_word(numbered[1].split()[0]) and len(numbered[1].split()) > 1:
        return _span(numbered, Kind.PASSWORD, "password-bare")
    place = end
    for _ in range(_MOST_BETWEEN):
        bare = _BARE.match(text, place, stop)
        if bare is None:
            break
        if _is_mixed(_trim(bare[1])):
            return _span(bare, Kind.PASSWORD, "password-bare")
        place = bare.end()
    behind = _WORD_BEHIND.match(text, end, stop)
    tried = behind and (
        _TRIED.search(text, max(0, start - 40), start) or not behind[1][1:].islower()
    )
    return (
        _span(behind, Kind.PASSWORD, "password-bare")
        if behind and tried and _is_told(behind[1])
        else None
    )


def _is_told(value: str) -> bool:
    """What stands behind `password is`: a secret rather than what is said of one."""
    if not value.isalpha():
        return len(value) >= _LEAST_MIXED and not value.startswith(("<", "$"))
    if not _is_secret_word(value) or len(value) < _LEAST_WORD:
        return False
    return not (value.islower() and value.endswith(_STEMS))


def _says_nothing(text: str) -> bool:
    words = [word.casefold() for word in re.findall(r"[^\W\d_]+", text)]
    telling = sum(word in vocabulary.STATUS or word in PLACEHOLDERS for word in words)
    return 2 * telling < len(words) or not words


def _joined_passwords(text: str, end: int) -> Iterator[Span]:
    """Behind a word of a script without spaces: a run of ASCII, which is no such word."""
    match = _JOINED.match(text, end)
    if match is None:
        return
    value = _trim(match[1])
    if value.isalpha() and not (_is_secret_word(value) and not value.isupper()):
        return
    if len(value) >= _LEAST:
        yield Span(match.start(1), match.start(1) + len(value), Kind.PASSWORD, "password-joined")


def _secrets(text: str, start: int, end: int) -> Iterator[Span]:
    """What stands around a word for a key or a token."""
    next_to = _NEXT_TO.match(text, end)
    if next_to is not None:
        value = _trim(next_to[1])
        place = next_to.start(1)
        sign = re.search(r"[:=]", text[end:place]) is not None
        if _is_key(value) or (sign and len(value) >= _LEAST_MIXED + 2 and _is_mixed(value)):
            yield Span(place, place + len(value), Kind.SECRET, "assigned-secret")
            return
    reach = text[end : end + _REACH]
    for match in _LONG_TOKEN.finditer(_SENTENCE.split(reach, maxsplit=1)[0] if reach else ""):
        place = end + match.start()
        if _is_strong(text, place, _trim(match[0])):
            length = len(_trim(match[0]))
            yield Span(place, place + length, Kind.SECRET, "secret-near")
            return
    yield from _before(text, start, Kind.SECRET, "secret-before")


def _is_key(value: str) -> bool:
    """What may stand right behind `token`: letters and digits that no word or number has."""
    if looks_generated(value, 0, len(value)) and len(value) >= _TELLING:
        return True
    digits = sum(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    words = [word for word in re.split(r"[-_.]", value) if word.isalpha() and len(word) > 2]
    return len(value) >= 8 and digits >= 2 and letters >= 2 and not words


def _is_strong(text: str, place: int, value: str) -> bool:
    if _UUID.fullmatch(value) or _DIGEST.search(text[max(0, place - 12) : place]):
        return False
    if not any(c.isdigit() for c in value) or "/" in value[:1] or value.count("/") > 2:
        return False
    words = [word for word in re.split(r"[-_./]", value) if word.isalpha() and len(word) > 3]
    return not words and looks_generated(value, 0, len(value)) is not None


def _before(text: str, start: int, kind: Kind, rule: str) -> Iterator[Span]:
    """`hV7qLw2Zt9Rk is my token`."""
    match = _BEFORE.search(text, max(0, start - 260), start)
    if match is None:
        return
    value = match[1]
    strong = _is_strong(text, match.start(1), value) and len(value) >= _TELLING
    if strong or (_is_key(value) and not _UUID.fullmatch(value)):
        yield Span(match.start(1), match.end(1), kind, rule)


RULES: tuple[Rule, ...] = (
    cue_rule(
        "password",
        Kind.PASSWORD,
        f"{vocabulary.PASSWORD_CUES}|{vocabulary.JOINED_PASSWORD_CUES}|p(?:w|ass)",
        _passwords,
    ),
    cue_rule(
        "assigned-secret",
        Kind.SECRET,
        f"{vocabulary.SECRET_CUES}|{vocabulary.JOINED_SECRET_CUES}",
        _secrets,
    ),
)
