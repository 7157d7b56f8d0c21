"""Measures redaction on wordings that logs have: cues, keys, separators and scripts.

    python -m benchmarks wordings
    python -m benchmarks wordings --misses

Each row is a text with one value, `{}`. They were written before the rules that find them, in two
halves: FIRST was looked at while the rules were written; HELD_OUT was only ever counted, in other
languages, wordings, key spellings and separators, until its misses were looked at too (161 of 172
before); LAST was written after all rules. STAY holds texts that may not change at all.
"""

import argparse
from collections import Counter
from collections.abc import Iterator

from benchmarks.redaction.recall import redacted
from benchmarks.redaction.worded import FIRST, HELD_OUT, LAST

STAY: tuple[str, ...] = (
    '{"password": "Password must have 8 characters"}',
    '{"token": "invalid or expired"}',
    '{"password": ["This field is required.", "Too short."]}',
    '{"errors": {"password": "is too weak"}}',
    '{"passwort": "Das Passwort ist falsch"}',
    '{"api_key": "Missing or malformed"}',
    '{"secret": "not found"}',
    '{"contraseña": "La contraseña no es válida"}',
    '{"key": "ctrl+shift+down", "command": "editor.move"}',
    '{"key": "theme", "value": "dark"}',
    '{"name": "Orange juice", "value": "3.50"}',
    '{"next_page_token": "abc", "max_tokens": 4096}',
    '{"token_type": "Bearer", "tokens": 512}',
    '{"label": "City", "value": "Oslo"}',
    "the password is incorrect",
    "your password has expired and must be changed",
    "I forgot my password, can you reset it?",
    "password reset link sent",
    "The token is invalid or expired.",
    "token limit exceeded: 4096 tokens",
    "a password manager keeps passwords",
    "the secret to good coffee is patience",
    "the key is under the mat",
    "das Passwort ist falsch",
    "Passwort vergessen? Bitte zurücksetzen.",
    "la contraseña es incorrecta",
    "le mot de passe est trop court",
    "パスワードが間違っています",
    "密码错误，请重试",
    "пароль неверный",
    "order numbers 6033391 and 6058722",
    "[envVar: 'TF_VAR_ID', vaultKey: 'inf-role-id']",
    "My name is required on the form.",
    "Mein Name ist auf dem Ticket falsch.",
    "Frau am Schalter war nett",
    "the street is closed, take route 66",
    "die Straße ist gesperrt",
    "rue means street in French",
    "see chapter 12, section 4 on page 318",
    "tax identification is due on 2026-05-19",
    "my passport expires on 2027-03-01",
    "the phone has 128 GB and costs 599",
    "Telefon 15 Pro Max kostet 1299 Euro",
    "born to run, 1975 and 2026",
    "API key rotation happens every 90 days",
    "the access key field takes 20 characters",
    "Basic plan, 3 seats",
    "https://x.example/reset?lang=en&step=2",
    "commit 9f2c4b7ad01e4c3b8a6d5e7f90a1b2c3d4e5f607 fixed the token parser",
    '{"type": "password", "title": "Password", "minLength": 8}',
    "version 10.2.3.4, 192.168.x.x",
    "HAT136 on 2026-05-19T22:00:00 to LGA",
    "the pin is stuck",
    "用户名不能为空",
    "住所が変わりました",
    "名前は必須です",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--misses", action="store_true", help="print what was missed")
    given = parser.parse_args()
    for line in table(given.misses):
        print(line)


def table(misses: bool) -> Iterator[str]:
    """Values gone by kind, in both halves, and texts that were to stay and did."""
    halves = {"first": FIRST, "held out": HELD_OUT, "last": LAST}
    gone: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    missed: list[str] = []
    for half, rows in halves.items():
        texts = [text.replace("{}", value) for _, text, value in rows]
        for (kind, _, value), text, out in zip(
            rows, texts, redacted(texts, part_records=1), strict=True
        ):
            total[kind, half] += 1
            gone[kind, half] += value not in out
            if value in out and half != "held out":
                missed.append(text)
    yield "| kind | " + " | ".join(halves) + " |"
    yield "|---|" + "--:|" * len(halves)
    for kind in dict.fromkeys(kind for rows in halves.values() for kind, _, _ in rows):
        yield f"| {kind} | " + " | ".join(_share(gone, total, kind, half) for half in halves) + " |"
    sums = [
        f"{sum(gone[k, h] for k, h in gone if h == half)} of {len(rows)}"
        for half, rows in halves.items()
    ]
    yield "| **all** | " + " | ".join(sums) + " |"
    changed = [text for text, out in zip(STAY, redacted(STAY), strict=True) if out != text]
    yield f"\nTexts that were to stay: {len(STAY) - len(changed)} of {len(STAY)} did."
    if misses:
        yield from ("", *(f"missed: {text!r}" for text in missed))
        yield from (f"changed: {text!r}" for text in changed)


def _share(
    gone: Counter[tuple[str, str]], total: Counter[tuple[str, str]], kind: str, half: str
) -> str:
    return f"{gone[kind, half]} of {total[kind, half]}" if total[kind, half] else ""


if __name__ == "__main__":
    main()
