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
from benchmarks.redaction.worded import FIRST, HELD_OUT, LAST, STAY


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
