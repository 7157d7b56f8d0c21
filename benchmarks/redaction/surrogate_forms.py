"""Measures whether the surrogate of one kind is ever taken for another kind.

    python -m benchmarks surrogate_forms --each 30000       # about a million surrogates

Values of every kind and of the forms that ids have in logs (social security numbers, IPs, cards,
tokens), each given to every detector of redaction and to the scan of `validate`. A phone number's
surrogate is a phone number still; all others have to be nobody's.
"""

import argparse
import random
from collections import Counter
from collections.abc import Callable

from benchmarks.made import people
from benchmarks.redaction import planted
from tasks.core.curation_settings import RedactSettings
from tasks.dataset import leaks
from tasks.redaction.finders import Finders
from tasks.redaction.kinds import Kind
from tasks.redaction.surrogates import Surrogates

KEY = bytes(range(32))
FINDERS = Finders(RedactSettings(min_confidence=0.35, person_keys=("user_id",)))
D = planted.DIGITS


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=2_000, help="values of each form")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    by = Surrogates(KEY)
    rng = random.Random(f"surrogate forms/{given.seed}")
    taken: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    total = 0
    for kind, makers in forms(rng).items():
        for make in makers:
            for _ in range(given.each):
                surrogate = by.of(kind, make())
                total += 1
                for other in mistaken(kind, surrogate):
                    taken[kind, other] += 1
                    examples.setdefault((kind, other), surrogate)
    print("| surrogates | taken for another kind |\n|--:|--:|")
    print(f"| {total:,} | {sum(taken.values()):,} |")
    for (name, other), count in sorted(taken.items()):
        print(f"\n{name} taken for {other}: {count:,}, as {examples[name, other]!r}")


def mistaken(kind: Kind, surrogate: str) -> set[str]:
    """Other kinds that a detector or the scan takes the surrogate for."""
    found = {str(span.kind) for span in FINDERS.find(surrogate)} - {str(kind)}
    for text in (surrogate, f"my ssn is {surrogate}"):
        found |= {f"scan: {name}" for name in leaks.find(text.encode())}
    return found


def forms(rng: random.Random) -> dict[Kind, list[Callable[[], str]]]:
    """Kind to makers of values of it."""

    def some(alphabet: str, length: int) -> str:
        return "".join(rng.choices(alphabet, k=length))

    return {
        Kind.EMAIL: [lambda: people.person(rng.randrange(10**6)).email],
        Kind.PHONE: [
            lambda: planted._phone(rng),
            lambda: "+" + some("123456789", 1) + some(D, 11),
            lambda: "0" + some(D, 10),
        ],
        Kind.CARD: [
            lambda: planted._card(rng),
            lambda: some(D, 16),
            lambda: "-".join(some(D, 4) for _ in range(4)),
        ],
        Kind.IBAN: [lambda: planted._iban(rng)],
        Kind.IP: [
            lambda: ".".join(str(rng.randrange(256)) for _ in range(4)),
            lambda: planted._ipv6(rng),
        ],
        Kind.SSN: [lambda: people.ssn(rng), lambda: some(D, 9)],
        Kind.NATIONAL_ID: [
            lambda: some(D, 9),
            lambda: some(D, 3) + "-" + some(D, 2) + "-" + some(D, 4),
            lambda: some(D, 16),
            lambda: some("ABCDEFGH", 2) + some(D, 20),
            lambda: some(D, 3) + " " + some(D, 2) + " " + some(D, 4),
        ],
        Kind.PERSON_ID: [
            lambda: some(D, 3) + "-" + some(D, 2) + "-" + some(D, 4),
            lambda: some(D, 16),
            lambda: some("AB", 2) + some(D, 20),
            lambda: ".".join(some(D, 2) for _ in range(4)),
            lambda: "+1 " + some(D, 3) + "-" + some(D, 3) + "-" + some(D, 4),
            lambda: some(D, 3) + "-" + some(D, 3) + "-" + some(D, 4),
            lambda: some("abcdef", 5) + "@" + some("abc", 4) + ".example",
            lambda: "AKIA" + some(planted.UPPER + "234567", 16),
            lambda: "sk-" + some(planted.ALNUM, 30),
            lambda: " ".join(some(D, 4) for _ in range(4)),
            lambda: "ghp_" + some(planted.ALNUM, 36),
            lambda: some("0123456789abcdef", 32),
        ],
        Kind.BIRTH_DATE: [lambda: planted._born(rng)],
        Kind.NAME: [lambda: people.person(rng.randrange(10**6)).name],
        Kind.ADDRESS: [
            lambda: f"{rng.randint(1, 9999)} {people.word(rng).capitalize()} Street",
            lambda: some(D, 3) + "-" + some(D, 2) + "-" + some(D, 4),
        ],
        Kind.POSTCODE: [lambda: some(D, 5), lambda: some(D, 5) + "-" + some(D, 4)],
        Kind.PIN: [lambda: some(D, 6), lambda: some(D, 16)],
        Kind.PASSWORD: [lambda: some(planted.ALNUM, 12)],
    }


if __name__ == "__main__":
    main()
