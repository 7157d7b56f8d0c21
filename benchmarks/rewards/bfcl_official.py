"""Holds `compare: leaderboard` against the Berkeley leaderboard's own checker, call by call.

    python3.11 -m venv bfcl && bfcl/bin/pip install --no-deps bfcl-eval tree_sitter==0.21.3 \
        tree-sitter-java==0.21.0 tree-sitter-javascript==0.21.4
    python -m benchmarks bfcl_official --peer bfcl/bin/python

All single-turn categories of Python, with the data of the package. Each difference has to be proved
by a test of its own, which asks the checker once more: with the calls in another order, or with the
accepted answers that it reads in its own way taken out. What no test proves is a disagreement; more
than one in 10,000 leaves with 1. Java and JavaScript have values that are source text, which our
option does not read: they are counted and not compared.
"""

import argparse
import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.rewards import bfcl, bfcl_wrong
from tasks.core.records import Reply
from tasks.rewards.specification.scoring import alone, column

WITH_ANSWERS = (
    *("simple_python", "multiple", "parallel", "parallel_multiple", "live_simple"),
    *("live_multiple", "live_parallel", "live_parallel_multiple"),
)
WITHOUT_CALLS = ("irrelevance", "live_irrelevance")
RELEVANCE = "live_relevance"
NOT_COMPARED = ("simple_java", "simple_javascript")
MOST = 1e-4
"""Largest share of disagreements."""


class Judged(NamedTuple):
    """One completion, judged by the option."""

    item: bfcl.Item
    reply: Reply
    ours: bool


class Peer:
    """The checker in its own environment."""

    def __init__(self, python: str) -> None:
        self.python = python
        self.data = Path(self._run([])[0])

    def verdicts(self, asked: Sequence[dict[str, Any]]) -> list[bool]:
        """One verdict for each question."""
        return [bool(line) for line in self._run(asked)[1:]]

    def _run(self, asked: Sequence[dict[str, Any]]) -> list[Any]:
        script = Path(__file__).with_name("bfcl_official_peers.py")
        done = subprocess.run(
            [self.python, str(script)],
            input="".join(f"{json.dumps(one)}\n" for one in asked),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{self.python} could not check: {done.stderr[-2000:]}")
        return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> None:
    """Compare and print; leaves with 1 where too much is unexplained."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peer", required=True, help="interpreter that has bfcl-eval")
    options = parser.parse_args()
    peer = Peer(options.peer)
    print("| category | items | completions | differences | proved | disagreements |")
    print("|---|--:|--:|--:|--:|--:|")
    reasons: Counter[str] = Counter()
    left: list[str] = []
    total = 0
    for category in (*WITH_ANSWERS, *WITHOUT_CALLS, RELEVANCE):
        items = list(_items(peer.data, category))
        judged = list(_judged(items))
        official = _official(peer, category, judged)
        different = [
            one for one, theirs in zip(judged, official, strict=True) if one.ours != theirs
        ]
        proofs = _proofs(peer, category, different)
        reasons.update(filter(None, proofs))
        unproved = [one for one, why in zip(different, proofs, strict=True) if not why]
        left += [f"{one.item.id}: ours {one.ours}: {one.reply}"[:300] for one in unproved]
        total += len(judged)
        print(
            f"| {category} | {len(items):,} | {len(judged):,} | {len(different)} | "
            f"{len(different) - len(unproved)} | {len(unproved)} |"
        )
    for category in NOT_COMPARED:
        count = len((peer.data / f"BFCL_v4_{category}.json").read_text().splitlines())
        print(f"| {category} | {count} | not compared | | | |")
    print(f"\n{total:,} completions, {len(left)} disagreements ({len(left) / total:.4%}).\n")
    print("| proved difference | completions |\n|---|--:|")
    for why, count in reasons.most_common():
        print(f"| {why} | {count} |")
    for line in left[:60]:
        print(f"- {line}")
    raise SystemExit(len(left) > MOST * total)


def _items(data: Path, category: str) -> Iterator[bfcl.Item]:
    """Items in the package's files, read as those of the other benchmark."""
    answers: dict[str, Any] = {}
    path = data / "possible_answer" / f"BFCL_v4_{category}.json"
    if path.exists():
        lines = map(json.loads, path.read_text().splitlines())
        answers = {line["id"]: line["ground_truth"] for line in lines}
    for line in (data / f"BFCL_v4_{category}.json").read_text().splitlines():
        row = json.loads(line)
        yield bfcl.item(row, category, answers.get(row["id"], []))


def _judged(items: Sequence[bfcl.Item]) -> Iterator[Judged]:
    option = alone("tool_call", {"compare": "leaderboard"})
    for item in items:
        right = bfcl.rights(item)
        replies = [*right, *(reply for _, reply in bfcl_wrong.lenient(item.prompt, right[0]))]
        replies += [reply for _, reply in bfcl_wrong.replies(item.prompt, right[0])]
        scores = column(option, [item.prompt] * len(replies), replies)
        for reply, score in zip(replies, scores, strict=True):
            if item.category != RELEVANCE:
                yield Judged(item, reply, score.exact)
            else:
                yield Judged(item, reply, bool(reply.tool_calls))


def _official(peer: Peer, category: str, judged: Sequence[Judged]) -> list[bool]:
    """The leaderboard's verdicts; where no call has answers it only counts whether there is one."""
    if category in WITHOUT_CALLS:
        return [not one.reply.tool_calls for one in judged]
    if category == RELEVANCE:
        return [bool(one.reply.tool_calls) for one in judged]
    return _asked(peer, category, [(one, one.item.accepted) for one in judged])


def _asked(
    peer: Peer, category: str, questions: Sequence[tuple[Judged, list[bfcl.Accepted]]]
) -> list[bool]:
    """Verdicts; a reply that cannot be decoded into calls is wrong there without being asked."""
    asked, places = [], []
    verdicts = [False] * len(questions)
    for place, (one, accepted) in enumerate(questions):
        calls = one.reply.tool_calls
        if calls and not any(call.raw_arguments or not call.name for call in calls):
            made = [{call.name: call.arguments} for call in calls]
            asked.append(
                {"functions": one.item.functions, "calls": made, "accepted": accepted,
                 "category": category}
            )  # fmt: skip
            places.append(place)
    for place, verdict in zip(places, peer.verdicts(asked), strict=True):
        verdicts[place] = verdict
    return verdicts


def _proofs(peer: Peer, category: str, different: Sequence[Judged]) -> list[str]:
    """Why each verdict differs, shown by a test of its own; "" where none shows it."""
    proofs = [""] * len(different)
    if category not in WITH_ANSWERS:
        return proofs
    questions, about = [], []
    for place, one in enumerate(different):
        for why, reply, accepted in _tests(one):
            questions.append((one._replace(reply=reply), accepted))
            about.append((place, why))
    for (place, why), verdict in zip(about, _asked(peer, category, questions), strict=True):
        if verdict == different[place].ours and not proofs[place]:
            proofs[place] = why
    return proofs


def _tests(one: Judged) -> Iterator[tuple[str, Reply, list[bfcl.Accepted]]]:
    """Changes after which the checker has to say what our option says, if the reason holds."""
    accepted, calls = one.item.accepted, one.reply.tool_calls
    if one.ours and 1 < len(calls) < 6:
        for other in permutations(calls):
            if other != calls:
                yield (
                    "its first fit takes a call that another needs",
                    Reply(tool_calls=other),
                    accepted,
                )
    odd = {
        "its key accepts nothing for a parameter, not even that it is left out": [],
        "its key has only empty text, which our references do not hold": [""],
    }
    for why, key in odd.items():
        changed = [
            {name: _opened(name, wanted, key, one) for name, wanted in entry.items()}
            for entry in accepted
        ]
        if changed != accepted:
            yield why, one.reply, changed


def _opened(
    name: str, wanted: dict[str, list[Any]], odd: list[Any], one: Judged
) -> dict[str, list[Any]]:
    """A key as our option reads it: `[]` accepts an empty list, `[""]` is no parameter."""
    if odd:
        return {parameter: values for parameter, values in wanted.items() if values != odd}
    given = [call.arguments for call in one.reply.tool_calls if call.name == name]
    empty = {parameter for arguments in given for parameter, v in arguments.items() if v == []}
    required = next(f for f in one.item.functions if f["name"] == name)["parameters"]["required"]
    left_out = [[]] if required else [[], ""]
    return {
        parameter: (left_out if parameter in empty else [[], ""]) if values == odd else values
        for parameter, values in wanted.items()
    }


if __name__ == "__main__":
    main()
