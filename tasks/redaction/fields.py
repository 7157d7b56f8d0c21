"""Keys of JSON objects and metadata that say what their value is.

    {"firstName": "Mia", "user": {"email": "mia@example.com", "city": "Oslo"}}

`firstName` holds a name, `email` an address of mail; `city` holds what is kept, so that a person
called like a city does not make the city disappear.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from tasks.redaction import vocabulary
from tasks.redaction.kinds import SECRETS, Kind, usual
from tasks.redaction.words import PLACEHOLDERS, is_word

_COMPACT = re.compile(r"[\W_]+")


@lru_cache(maxsize=10_000)
def compact(key: str) -> str:
    """`firstName`, `first_name` and `First Name` are the same key; `contraseña` is `contrasena`."""
    if not key.isascii():
        parts = unicodedata.normalize("NFKD", usual(key).replace("ß", "ss").replace("ł", "l"))
        parts = parts.replace("ø", "o").replace("ı", "i").replace("Ł", "L").replace("Ø", "O")
        key = "".join(char for char in parts if not unicodedata.combining(char))
    return _COMPACT.sub("", key).lower()


_BY_NAME = {
    compact(name): kind for kind, names in vocabulary.KEYS.items() for name in names.split()
}
_BY_LAST_WORDS = {
    compact(name): kind for kind, names in vocabulary.LAST_WORDS.items() for name in names.split()
}
_BARE_NAMES = frozenset(map(compact, vocabulary.BARE_NAMES.split()))
_THINGS = frozenset(map(compact, vocabulary.THINGS.split()))
_NO_SECRETS = frozenset(vocabulary.NO_SECRETS.split())
_NO_PASS = frozenset(vocabulary.NO_PASSWORDS.split())
_KEY_KEYS = frozenset(vocabulary.KEY_KEYS.split())
_VALUE_KEYS = frozenset(vocabulary.VALUE_KEYS.split())
_ENDINGS = (
    ("emailaddress", Kind.EMAIL),
    ("email", Kind.EMAIL),
    ("phonenumber", Kind.PHONE),
    ("phone", Kind.PHONE),
    ("password", Kind.PASSWORD),
    ("apikey", Kind.API_KEY),
    ("accesstoken", Kind.API_KEY),
    ("firstname", Kind.NAME),
    ("lastname", Kind.NAME),
    ("birthdate", Kind.BIRTH_DATE),
    ("dateofbirth", Kind.BIRTH_DATE),
)
_BESIDE = (
    "email phone dob dateofbirth birthdate userid customerid passengerid guestid patientid "
    "firstname lastname address membership gender age passport ssn telefono telefon telefone "
    "apellido apellidos apellido1 nachname vorname cognome sobrenome prenom correo geburtsdatum "
    "фамилия телефон 姓 電話 电话 手机 전화 이메일"
)
_PERSON_BESIDE = frozenset(map(compact, _BESIDE.split()))
"""Keys beside a bare `name` that make it the name of a person rather than of a thing."""
_PLACES_AND_DATES = (
    "city town state province region country countrycode origin destination airport location "
    "date departuredate arrivaldate returndate checkin checkout createdat updatedat timestamp "
    "startdate enddate duedate"
)
_KEPT = frozenset(_PLACES_AND_DATES.split())
_INITIAL = re.compile(r"[A-Z]\.?")
"""As in `Jan A. Berg`: it says nothing of whether the rest is a name."""
_KEY_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W_A-Za-z]+")
_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\W\d_]{2,24}")
_PHONE = re.compile(r"[+\d][\d\s().\-/]*(?:(?:x|ext\.?)\s*\d+)?", re.I)
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CUE = re.compile(f"{vocabulary.PASSWORD_CUES}|{vocabulary.SECRET_CUES}|keys?|passwords?", re.I)
_ABOUT = re.compile(
    "错误|錯誤|无效|無效|过期|過期|不能|必须|必填|間違|無効|必須|不正|期限切れ|잘못|만료|필수|유효하지"
)
"""Of scripts without spaces: wrong, invalid, expired, required."""
_LONGEST_KEY = 60
_MASKED = re.compile(r"[*•xX#.\s-]{3,}\d{0,4}|<[A-Z_0-9]+>")


_LIMITS = {
    # Found by their pattern, wherever in the value they stand.
    Kind.EMAIL: (0, 0),
    Kind.IP: (0, 0),
    Kind.PHONE: (5, 40),
    Kind.CARD: (5, 40),
    Kind.SSN: (5, 40),
    Kind.NATIONAL_ID: (5, 40),
    Kind.IBAN: (5, 60),
    Kind.PIN: (2, 20),
    Kind.POSTCODE: (2, 20),
    Kind.BIRTH_DATE: (2, 40),
    Kind.NAME: (0, 60),
    **dict.fromkeys(SECRETS, (0, 20_000)),
}
"""Fewest digits and most characters of a value of that kind."""


class Field(NamedTuple):
    """What a key says about its value."""

    kind: Kind | None = None
    person: str = ""
    """The person key that this is, as the settings write it: the value names a person, and so ties
    the records that carry it together."""
    kept: bool = False


PLAIN = Field()


class Fields:
    """Answers for keys.

    Args:
        person_keys: the user's own, whose values name a person.
        known: False for texts whose keys mean nothing, as those of a JSON Schema.
    """

    def __init__(self, person_keys: Iterable[str], known: bool = True) -> None:
        self._person = {compact(key): key for key in person_keys}
        self._known = known
        self._remembered: dict[str, Field] = {}

    def of(self, key: str, siblings: Iterable[str] = ()) -> Field:
        """What the value under `key` is; `siblings` are the keys of the same object."""
        field = self._remembered.get(key)
        if field is None:
            field = self._remembered[key] = self._of(key) if self._known else PLAIN
        if not self._known or not is_bare_name(key):
            return field
        beside = {compact(other) for other in siblings}
        # In English a `name` alone is a thing's; other languages say so less often.
        person = not beside.isdisjoint(_PERSON_BESIDE) or (
            compact(key) != "name" and beside.isdisjoint(_THINGS)
        )
        return field._replace(kind=Kind.NAME) if person else field

    def of_pair(self, key: str, label: str) -> Field:
        """What the value is of an object that is a pair: `{"key": "password", "value": …}`.

        Args:
            key: of the label in the object: `key`, `name`, `field`, …
            label: what stands under it.
        """
        if compact(key) not in _KEY_KEYS or not 1 < len(label) <= _LONGEST_KEY:
            return PLAIN
        return self.of(label.lstrip("-"))

    def _of(self, key: str) -> Field:
        name = compact(key)
        kind = _kind(key)
        person = self._person.get(name, "")
        if kind is None and not person and name not in _KEPT:
            return PLAIN
        return Field(kind, person, name in _KEPT)


def is_bare_name(key: str) -> bool:
    """Whether the key says `name` and no more, in one of the languages."""
    return compact(key) in _BARE_NAMES


def is_value_key(key: str) -> bool:
    """Whether what stands under the key may be the value of a pair."""
    return compact(key) in _VALUE_KEYS


def is_placeholder(text: str) -> bool:
    """Whether the value says that there is none (`unknown`), or is only a type (`string`)."""
    return not text.strip() or compact(text) in PLACEHOLDERS or bool(_MASKED.fullmatch(text))


def whole(field: Field, text: str) -> Kind | None:
    """The kind of a text that its key gives away as a whole; None where it is to be searched."""
    kind = field.kind or (Kind.PERSON_ID if field.person else None)
    if kind is None or is_placeholder(text) or text.lstrip()[:1] in "{[":
        return None
    if _EMAIL.fullmatch(text):
        return Kind.EMAIL
    return kind if _fits(kind, text) else (Kind.PERSON_ID if field.person else None)


@lru_cache(maxsize=10_000)
def _kind(key: str) -> Kind | None:
    name = compact(key)
    kind = _BY_NAME.get(name)
    if kind is None:
        kind = next((kind for ending, kind in _ENDINGS if name.endswith(ending)), None)
    return kind or _kind_of_last_words(key)


def _kind_of_last_words(key: str) -> Kind | None:
    """`MYSQL_ROOT_PASSWORD`, `smtp.password`, `guestEmail`: what the last words say."""
    words = [compact(word) for word in _KEY_WORDS.findall(key)]
    for count in (3, 2, 1):
        if count > len(words):
            continue
        kind = _BY_LAST_WORDS.get("".join(words[-count:]))
        before = frozenset(words[:-count])
        if kind is Kind.SECRET and not before.isdisjoint(_NO_SECRETS):
            return None
        if kind is not None and not (words[-1] == "pass" and not before.isdisjoint(_NO_PASS)):
            return kind
    return None


def _fits(kind: Kind, text: str) -> bool:
    """Whether the text can be a value of that kind; keys promise more than values hold."""
    least, longest = _LIMITS.get(kind, (0, 200))
    if sum(c.isdecimal() for c in text) < least or len(text) > longest:
        return False
    if kind is Kind.PHONE:
        return bool(_PHONE.fullmatch(usual(text).strip()))
    if kind is Kind.NAME:
        return _is_name(text)
    return kind not in SECRETS or (len(text) >= 4 and not is_about_a_secret(text))


def is_about_a_secret(text: str) -> bool:
    """Whether a text under the key of a secret tells about it: `invalid or expired`."""
    if _ABOUT.search(text):
        return True
    words = _LETTERS.findall(text.casefold())
    telling = sum(word in vocabulary.STATUS for word in words)
    if len(words) == 1:
        return telling == 1 and text.strip(" .!?").isalpha()
    if telling < 2 and any(c.isdecimal() for word in text.split() for c in word if len(word) > 4):
        return False
    telling += sum(bool(_CUE.fullmatch(word)) for word in words)
    return telling >= 2 and 2 * telling >= len(words)


def _is_name(text: str) -> bool:
    """A key may describe a name instead of holding one: `The first name of the passenger`."""
    spoken = [word for word in text.split() if any(c.isalpha() for c in word)]
    words = [word for word in spoken if not _INITIAL.fullmatch(word)] or spoken
    ordinary = sum(is_word(word.strip(".,")) for word in words)
    if not words or (len(spoken) < len(text.split()) and ordinary == len(words)):
        return False
    return len(words) == 1 or (len(words) <= 5 and 2 * ordinary <= len(words))
