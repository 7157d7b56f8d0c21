"""Keys of JSON objects and metadata that say what their value is.

    {"firstName": "Mia", "user": {"email": "mia@example.com", "city": "Oslo"}}

`firstName` holds a name, `email` an address of mail; `city` holds what is kept, so that a person
called like a city does not make the city disappear.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from tasks.redaction.kinds import SECRETS, Kind
from tasks.redaction.words import PLACEHOLDERS, is_word

_KINDS = {
    Kind.EMAIL: "email mail emailaddress mailaddress useremail contactemail",
    Kind.PHONE: "phone phonenumber mobile mobilenumber mobilephone cellphone telephone tel fax "
    "whatsapp contactnumber homephone workphone msisdn",
    Kind.CARD: "cardnumber creditcardnumber creditcard debitcardnumber ccnumber ccnum pan",
    Kind.PIN: "cvv cvc cvv2 cardcvv pin pincode otp onetimecode securitycode",
    Kind.IBAN: "iban ibannumber",
    Kind.IP: "ip ipaddress clientip sourceip remoteip remoteaddr xforwardedfor",
    Kind.SSN: "ssn socialsecurity socialsecuritynumber",
    Kind.NATIONAL_ID: "passport passportnumber passportno nationalid nationalidnumber taxid tin "
    "driverslicense driverlicense drivinglicence licensenumber licencenumber nhsnumber nino itin "
    "bankaccount bankaccountnumber accountnumber routingnumber aadhaar pesel personnummer sin",
    Kind.BIRTH_DATE: "dob dateofbirth birthdate birthday birthdatetime",
    Kind.NAME: "firstname lastname givenname familyname surname middlename fullname forename "
    "maidenname nickname customername passengername guestname patientname holdername "
    "accountholder cardholder cardholdername contactname recipientname sendername "
    "displayname legalname travelername travellername membername employeename authorname "
    "callername clientname requestername reportername visitorname subscribername buyername "
    "sellername drivername applicantname beneficiaryname studentname parentname spousename",
    Kind.PERSON_ID: "username login loginname screenname",
    Kind.ADDRESS: "address address1 address2 address3 addressline1 addressline2 street "
    "streetaddress streetname street1 street2 homeaddress billingaddress shippingaddress "
    "mailingaddress addressline",
    Kind.POSTCODE: "zip zipcode postcode postalcode",
    Kind.PASSWORD: "password passwd pwd passphrase passcode userpassword dbpassword",
    Kind.API_KEY: "apikey xapikey apitoken accesskey secretkey secretaccesskey clientsecret "
    "privatekey accesstoken refreshtoken authtoken sessiontoken bearertoken idtoken jwt "
    "authorization xauthtoken awssecretaccesskey awsaccesskeyid awssessiontoken",
    Kind.SECRET: "secret token credential credentials cookie setcookie webhooksecret",
}
_BY_NAME = {name: kind for kind, names in _KINDS.items() for name in names.split()}
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
    "firstname lastname address membership gender age passport ssn"
)
_PERSON_BESIDE = frozenset(_BESIDE.split())
"""Keys beside a bare `name` that make it the name of a person rather than of a thing."""
_PLACES_AND_DATES = (
    "city town state province region country countrycode origin destination airport location "
    "date departuredate arrivaldate returndate checkin checkout createdat updatedat timestamp "
    "startdate enddate duedate"
)
_KEPT = frozenset(_PLACES_AND_DATES.split())
_INITIAL = re.compile(r"[A-Z]\.?")
"""As in `Jan A. Berg`: it says nothing of whether the rest is a name."""
_COMPACT = re.compile(r"[\W_]+")
_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\W\d_]{2,24}")
_PHONE = re.compile(r"[+\d][\d\s().\-/]*(?:(?:x|ext\.?)\s*\d+)?", re.I)
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
        found = self._remembered.get(key)
        if found is None:
            found = self._remembered[key] = self._of(compact(key)) if self._known else PLAIN
        if not self._known or compact(key) != "name":
            return found
        beside = any(compact(other) in _PERSON_BESIDE for other in siblings)
        return found._replace(kind=Kind.NAME) if beside else found

    def _of(self, name: str) -> Field:
        kind = _kind(name)
        person = self._person.get(name, "")
        if kind is None and not person and name not in _KEPT:
            return PLAIN
        return Field(kind, person, name in _KEPT)


@lru_cache(maxsize=10_000)
def compact(key: str) -> str:
    """`firstName`, `first_name` and `First Name` are the same key."""
    return _COMPACT.sub("", key).lower()


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
def _kind(name: str) -> Kind | None:
    found = _BY_NAME.get(name)
    if found is None:
        found = next((kind for ending, kind in _ENDINGS if name.endswith(ending)), None)
    return found


def _fits(kind: Kind, text: str) -> bool:
    """Whether the text can be a value of that kind; keys promise more than values hold."""
    least, longest = _LIMITS.get(kind, (0, 200))
    if sum(c.isdecimal() for c in text) < least or len(text) > longest:
        return False
    if kind is Kind.PHONE:
        return bool(_PHONE.fullmatch(text.strip()))
    if kind is Kind.NAME:
        return _is_name(text)
    return kind not in SECRETS or len(text) >= 4


def _is_name(text: str) -> bool:
    """A key may describe a name instead of holding one: `The first name of the passenger`."""
    spoken = [word for word in text.split() if any(c.isalpha() for c in word)]
    words = [word for word in spoken if not _INITIAL.fullmatch(word)] or spoken
    ordinary = sum(is_word(word.strip(".,")) for word in words)
    if not words or (len(spoken) < len(text.split()) and ordinary == len(words)):
        return False
    return len(words) == 1 or (len(words) <= 5 and 2 * ordinary <= len(words))
