"""Patterns of credentials.

Issuers' prefixes and lengths are those of gitleaks' rules (github.com/gitleaks/gitleaks); what has
no prefix is found by the words around it (`cues`).
"""

import base64
import binascii
import re
from collections.abc import Iterator

from tasks.redaction import cues
from tasks.redaction.cues import looks_generated
from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import Rule


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
        found = looks_generated(text, *cookie.span(1))
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
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
        gate="AKIA|ASIA|ABIA|ACCA",
    ),
    Rule(
        "aws-secret",
        Kind.AWS_SECRET,
        r"(?:(?i:aws|secret)[^\n]{0,40}?|\bA[KS]IA[A-Z0-9]{16}(?s:.){0,40}?)[^A-Za-z0-9/+]"
        r"([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|\z)",
        1,
        looks_generated,
        gate="(?i)aws|secret|A[KS]IA",
    ),
    Rule("jwt", Kind.JWT, r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?", 0, _jwt, gate="eyJ"),
    Rule(
        "github-token",
        Kind.API_KEY,
        r"gh[pousr]_(?:[A-Za-z0-9]{36}|[A-Za-z0-9]{30,255})",
        gate="gh[pousr]_",
    ),
    Rule(
        "github-fine-token",
        Kind.API_KEY,
        r"github_pat_[A-Za-z0-9_]{22,255}",
        gate="github_pat_",
    ),
    Rule(
        "gitlab-token",
        Kind.API_KEY,
        r"gl(?:pat|ptt|dt|rt)-[\w-]{20,}",
        gate="gl(?:pat|ptt|dt|rt)-",
    ),
    Rule("slack-token", Kind.API_KEY, r"xox[abeoprs]-[A-Za-z0-9-]{10,}", gate="xox[abeoprs]-"),
    Rule("slack-app-token", Kind.API_KEY, r"xapp-\d-[A-Za-z0-9-]{10,}", gate="xapp-"),
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
        r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}",
        gate="[srp]k_(?:live|test)_",
    ),
    Rule("stripe-webhook", Kind.API_KEY, r"whsec_[A-Za-z0-9]{20,}", gate="whsec_"),
    Rule("google-key", Kind.API_KEY, r"AIza[\w-]{35}", gate="AIza"),
    Rule("google-token", Kind.API_KEY, r"ya29\.[\w-]{20,}", gate=r"ya29\."),
    Rule(
        "openai-key",
        Kind.API_KEY,
        r"(?:^|[^A-Za-z_])(sk-(?:[a-z0-9]{2,10}-)*[A-Za-z0-9_-]{20,})",
        1,
        looks_generated,
        gate="sk-",
    ),
    Rule(
        "project-key",
        Kind.API_KEY,
        r"sk-(?:proj|ant|svcacct|admin|or)-[A-Za-z0-9_-]{20,}",
        0,
        looks_generated,
        gate="sk-",
    ),
    Rule("hugging-face-token", Kind.API_KEY, r"hf_[A-Za-z0-9]{30,34}", gate="hf_"),
    Rule("npm-token", Kind.API_KEY, r"npm_[A-Za-z0-9]{36}", gate="npm_"),
    Rule("pypi-token", Kind.API_KEY, r"pypi-[\w-]{50,}", gate="pypi-"),
    Rule("sendgrid-key", Kind.API_KEY, r"SG\.[\w-]{16,32}\.[\w-]{16,64}", gate=r"SG\."),
    Rule("twilio-key", Kind.API_KEY, r"SK[0-9a-f]{32}", gate="SK[0-9a-f]"),
    Rule("telegram-token", Kind.API_KEY, r"\b\d{8,10}:[A-Za-z0-9_-]{35}\b", gate=r"\d\d:[\w-]{5}"),
    Rule(
        "azure-account-key",
        Kind.API_KEY,
        r"AccountKey=([A-Za-z0-9+/=]{40,})",
        1,
        gate="AccountKey=",
    ),
    Rule(
        "bearer",
        Kind.API_KEY,
        r"(?i)\bbearer\s+([\w\-.~+/]{16,}=*)",
        1,
        looks_generated,
        gate="(?i)bearer",
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
        "shell-password",
        Kind.PASSWORD,
        r"\b(?:mysql(?:dump|admin)?|mariadb|sshpass|redis-cli|mongo(?:sh|dump)?)\b[^\n]{0,300}?"
        r"\s-[pa] ?[\"']?([^\s\"']{3,})",
        1,
        gate="mysql|mariadb|sshpass|redis-cli|mongo",
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
        looks_generated,
        gate="(?i)[?&;](?:sig|x-|code|s(?:ess)?id|session|auth|key)",
    ),
    *cues.RULES,
)
