"""Draws property tests at random for some minutes and says what failed.

    python tests/wide.py --minutes 5

Each round runs all property tests with examples of its own. An example that fails is kept in
`tests/examples`, where every later run of the tests begins with it: commit it with the mend.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run rounds until the time is over; 1 where any test failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("places", nargs="*", default=["tests"], help="files or folders of tests")
    asked = parser.parse_args()
    started = time.monotonic()
    failures: Counter[str] = Counter()
    rounds = passed = 0
    while not rounds or time.monotonic() - started < 60 * asked.minutes:
        rounds += 1
        ended = _round(asked.places)
        if ended.returncode not in (0, 1):
            print(ended.stdout + ended.stderr, file=sys.stderr)
            return ended.returncode
        failures.update(re.findall(r"^FAILED (\S+)", ended.stdout, re.MULTILINE))
        passed += int((re.search(r"(\d+) passed", ended.stdout) or [0, 0])[1])
        print(
            f"round {rounds}: {time.monotonic() - started:.0f} s, {passed} tests passed, "
            f"{sum(failures.values())} failed",
            flush=True,
        )
    for name, count in failures.most_common():
        print(f"FAILED in {count} of {rounds} rounds: {name}")
    return int(bool(failures))


def _round(places: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-m", "property", "-q", "-n", "2", "--dist", "load"),
            *("-p", "no:cacheprovider", *places),
        ],
        cwd=ROOT,
        env=os.environ | {"RATCHET_WIDE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
