"""Recognises questions for what no agent may ask for: passwords, codes, card and bank data.

secret_in("please include your card number", frozenset())            True
secret_in("could you give me the pin", frozenset({"pin"}))           False: it is wanted
"""

import re

_SECRET = re.compile(
    r"\b(?:pass-?\s?words?|pass-?\s?phrases?|pass-?codes?|pwd|pins?(?: codes?| numbers?)?|cvv2?|"
    r"cvc|csc|"
    r"card (?:number|details?|data|information|security)|(?:credit|debit|bank|payment) ?cards?|"
    r"card "
    r"verification|(?:security|verification|one-?\s?time|access|authentication|2fa|otp|login|sms|"
    r"tan|"
    r"confirmation|recovery) ?-?codes?|otp|tans?|ssn|social security|(?:bank|online[- ]banking) (?:"
    r"account|login|details?|credentials?|data)|log-?in(?:s| data| details)?|credentials?|iban|"
    r"sort code|routing number|account number|api keys?|secret keys?|private keys?|seed phrase|"
    r"(?:access|session|auth\w*) tokens?|maiden name|passports?|driver'?s? licen[cs]e|"
    r"national (?:id|insurance)|tax (?:id|number)|date of birth|(?:secret|security) questions?|"
    r"fingerprints?|selfie|biometric\w*|expir(?:y|ation) date)\b"
)
_COMMON = frozenset(
    [
        "number",
        "code",
        "detail",
        "details",
        "data",
        "account",
        "id",
        "date",
        "access",
        "session",
        "key",
        "of",
    ]
)
"""Words that tell nothing of what is asked for: `number_of_guests` is no card number."""
_WORDS = re.compile(r"[a-z0-9]+")


def secret_in(sentence: str, wanted: frozenset[str]) -> bool:
    """Whether a lower-case sentence names a secret that is none of the `wanted` words."""
    telling = wanted - _COMMON
    return any(
        not telling.intersection(_WORDS.findall(match[0])) for match in _SECRET.finditer(sentence)
    )
