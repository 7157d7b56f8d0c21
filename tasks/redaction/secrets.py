"""Patterns of credentials.

Issuers' prefixes and lengths are those of gitleaks' rules (github.com/gitleaks/gitleaks); what has
no prefix is found by the word in front of it and told from words by its entropy.
"""

import base64
import binascii
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator

from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import Rule

_MIN_ENTROPY = 3.0
"""Bits a character, as gitleaks' generic rule; English words of this length lie at about 2.8."""

_TELLING = 16
_MIN_SWITCHES = 0.27
"""A share of letters. One generated key in 30 to 1,000 has no digit; in those half of the letters
change case, in `getCustomerAccountDetails` a quarter do."""

_CUE = (
    r"(?i)(?:\b|_)(?:api[_\- ]?key|secret(?:[_\- ]?key)?|token|credentials?|private[_\- ]?key|"
    r"access[_\- ]?key|auth(?:orization)?|client[_\- ]?secret)\b"
)
_ASSIGN = r"[\"'`*)]{0,3}\s{0,2}(?::=|=>|:|=|\bis\b|\bto\b)\s{0,2}[\"'`*]{0,3}"


def _entropy(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def _random(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Keep a value that looks made by a generator: mixed classes and high entropy."""
    value = text[start:end].rstrip(".,;:!?)")
    classes = (
        any(c.isdigit() for c in value)
        + any(c.islower() for c in value)
        + any(c.isupper() for c in value)
    )
    told = any(c.isdigit() for c in value) or _switches(value) >= _MIN_SWITCHES
    if classes < 2 or not told or _entropy(value) < _MIN_ENTROPY:
        return None
    return start, start + len(value)


def _switches(value: str) -> float:
    """How often upper and lower case take turns, in [0, 1]; 0 where it is too short to tell."""
    if len(value) < _TELLING:
        return 0.0
    turns = sum(a.isupper() != b.isupper() for a, b in itertools.pairwise(value))
    return turns / len(value)


def _password(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Keep a word that is no dictionary word: it has a digit or a sign in it."""
    value = text[start:end].rstrip(".,;:?)")
    if value.isalpha() or len(value) < 6 or value.startswith("<"):
        return None
    return start, start + len(value)


def _basic(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Keep what decodes to `user:password` (RFC 7617)."""
    try:
        return (start, end) if b":" in base64.b64decode(text[start:end]) else None
    except (binascii.Error, ValueError):
        return None


def _jwt(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Keep what has a JOSE header (RFC 7515)."""
    header = text[start:end].partition(".")[0]
    try:
        decoded = base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))
    except (binascii.Error, ValueError):
        return None
    return (start, end) if b'"alg"' in decoded or b'"typ"' in decoded else None


def _cookies(text: str, start: int, end: int) -> Iterator[Span]:
    """Values of cookies that look made by a generator: what keeps a session open."""
    for cookie in _COOKIE.finditer(text, start, end):
        found = _random(text, *cookie.span(1))
        if found is not None:
            yield Span(*found, Kind.SECRET, "cookie")


_COOKIE = re.compile(r"=([\w\-.~%+/]{16,})")

RULES = (
    Rule(
        "private-key",
        Kind.PRIVATE_KEY,
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)",
        gate="-----BEGIN",
    ),
    Rule(
        "aws-key-id",
        Kind.AWS_KEY,
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
        gate="AKIA|ASIA|ABIA|ACCA",
    ),
    Rule(
        "aws-secret",
        Kind.AWS_SECRET,
        r"(?:(?i:aws|secret)[^\n]{0,40}?|\bA[KS]IA[A-Z0-9]{16}(?s:.){0,40}?)[^A-Za-z0-9/+]"
        r"([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|\z)",
        1,
        _random,
        gate="(?i)aws|secret|A[KS]IA",
    ),
    Rule("jwt", Kind.JWT, r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?", 0, _jwt, gate="eyJ"),
    Rule("github-token", Kind.API_KEY, r"\bgh[pousr]_[A-Za-z0-9]{30,255}\b", gate="gh[pousr]_"),
    Rule(
        "github-fine-token",
        Kind.API_KEY,
        r"\bgithub_pat_[A-Za-z0-9_]{22,255}\b",
        gate="github_pat_",
    ),
    Rule(
        "gitlab-token",
        Kind.API_KEY,
        r"\bgl(?:pat|ptt|dt|rt)-[\w-]{20,}",
        gate="gl(?:pat|ptt|dt|rt)-",
    ),
    Rule("slack-token", Kind.API_KEY, r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}", gate="xox[abeoprs]-"),
    Rule("slack-app-token", Kind.API_KEY, r"\bxapp-\d-[A-Za-z0-9-]{10,}", gate="xapp-"),
    Rule(
        "slack-webhook",
        Kind.API_KEY,
        r"hooks\.slack\.com/(?:services|workflows)/([\w/]{20,})",
        1,
        gate=r"hooks\.slack",
    ),
    Rule(
        "stripe-key",
        Kind.API_KEY,
        r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}",
        gate="[srp]k_(?:live|test)_",
    ),
    Rule("stripe-webhook", Kind.API_KEY, r"\bwhsec_[A-Za-z0-9]{20,}", gate="whsec_"),
    Rule("google-key", Kind.API_KEY, r"\bAIza[\w-]{35}", gate="AIza"),
    Rule("google-token", Kind.API_KEY, r"\bya29\.[\w-]{20,}", gate=r"ya29\."),
    Rule(
        "openai-key",
        Kind.API_KEY,
        r"\bsk-(?:[a-z0-9]{2,10}-)*[A-Za-z0-9_-]{20,}",
        0,
        _random,
        gate="sk-",
    ),
    Rule("hugging-face-token", Kind.API_KEY, r"\bhf_[A-Za-z0-9]{30,}\b", gate="hf_"),
    Rule("npm-token", Kind.API_KEY, r"\bnpm_[A-Za-z0-9]{36}\b", gate="npm_"),
    Rule("pypi-token", Kind.API_KEY, r"\bpypi-[\w-]{50,}", gate="pypi-"),
    Rule("sendgrid-key", Kind.API_KEY, r"\bSG\.[\w-]{16,32}\.[\w-]{16,64}", gate=r"SG\."),
    Rule("twilio-key", Kind.API_KEY, r"\bSK[0-9a-f]{32}\b", gate="SK[0-9a-f]"),
    Rule("telegram-token", Kind.API_KEY, r"\b\d{8,10}:[A-Za-z0-9_-]{35}\b", gate=r"\d\d:[\w-]{5}"),
    Rule(
        "azure-account-key",
        Kind.API_KEY,
        r"AccountKey=([A-Za-z0-9+/=]{40,})",
        1,
        gate="AccountKey=",
    ),
    Rule(
        "bearer", Kind.API_KEY, r"(?i)\bbearer\s+([\w\-.~+/]{16,}=*)", 1, _random, gate="(?i)bearer"
    ),
    Rule(
        "basic-auth",
        Kind.PASSWORD,
        r"(?i)\bbasic\s+([A-Za-z0-9+/]{12,}={0,2})",
        1,
        _basic,
        gate="(?i)basic",
    ),
    Rule(
        "url-password",
        Kind.PASSWORD,
        r"\b[a-z][a-z0-9+.\-]{1,20}://[^\s:/@<>]*:([^\s@/<>]{3,})@",
        1,
        gate="://",
    ),
    Rule(
        "curl-password",
        Kind.PASSWORD,
        r"\bcurl\b[^\n]{0,400}?\s(?:-u|--user)[ =]{0,2}[\"']?[^\s\"':]{1,100}:([^\s\"']{3,})",
        1,
        gate="curl",
    ),
    Rule(
        "cookie",
        Kind.SECRET,
        r"(?i)\b(?:set-)?cookie:[^\n\"']{16,}",
        expand=_cookies,
        gate="(?i)cookie:",
    ),
    Rule(
        "signed-url",
        Kind.SECRET,
        r"(?i)[?&;](?:sig|signature|x-(?:amz|goog)-(?:signature|security-token)|code|sid|"
        r"session(?:_?id)?|auth|key)=([\w\-.~%+/]{16,}=*)",
        1,
        _random,
        gate="(?i)[?&;](?:sig|x-|code|s(?:ess)?id|session|auth|key)",
    ),
    Rule(
        "password",
        Kind.PASSWORD,
        rf"(?i)(?:\b|_)(?:password|passwd|passphrase|passcode|pwd)\b{_ASSIGN}([^\s\"'`,;<>{{}}]{{6,}})",
        1,
        _password,
        gate="(?i)passw|passphrase|passcode|pwd",
    ),
    Rule(
        "assigned-secret",
        Kind.SECRET,
        rf"{_CUE}{_ASSIGN}([\w\-.~+/=]{{16,}})",
        1,
        _random,
        gate="(?i)key|secret|token|credential|auth",
    ),
)
