"""Holds our `exact` verdict against the Berkeley Function Calling Leaderboard's accepted answers.

    python -m benchmarks bfcl --data ../shared/data/bfcl

Every item's accepted answers become a reference. From it come right completions (each accepted
value, what may be left out left out, calls turned round) and wrong ones (`bfcl_wrong`), and the
default spec has to tell them apart. Then completions on which the leaderboard's own rule differs
from a strict reading are judged by both, and by `compare: leaderboard`, which has to agree with
the rule as `bfcl_rule` states it. In the accepted answers of a parameter "" means that it may be
left out. Prints Markdown; leaves with 1 where a verdict is wrong.
"""

import argparse
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.rewards import bfcl_rule, bfcl_wrong
from tasks.core.records import Call, Message, Reference, Reply, Score, Tool, ToolCall
from tasks.rewards import Prompt
from tasks.rewards.specification.scoring import alone, column
from tasks.rewards.specification.spec import load_spec

CATEGORIES = ("simple_python", "multiple", "parallel", "live_simple", "irrelevance")
REFUSAL = "I am sorry, but none of my tools can do that."
DEFAULT_SPEC = "specs/tool_calls.yaml"

Accepted = dict[str, dict[str, list[Any]]]
"""One wanted call: function to parameter to accepted values."""


class Item(NamedTuple):
    id: str
    category: str
    functions: list[dict[str, Any]]
    accepted: list[Accepted]
    """Of an irrelevance item: empty."""
    prompt: Prompt


class Judged(NamedTuple):
    """How many completions were judged, and those judged wrongly."""

    right: int
    wrong: Counter[str]
    """By kind."""
    kinds: Counter[int]
    """Kinds of wrong completions of an item, to items."""
    failures: list[str]


def main() -> None:
    """Judge all, print, and leave with what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/bfcl"))
    given = parser.parse_args()
    found = {category: list(read(given.data, category)) for category in CATEGORIES}
    judged = {category: judge(items) for category, items in found.items()}
    print("| category | items | right completions | wrong ones | least kinds | wrong verdicts |")
    print("|---|--:|--:|--:|--:|--:|")
    for category, one in judged.items():
        print(
            f"| {category} | {len(found[category]):,} | {one.right:,} | {one.wrong.total():,} | "
            f"{min(one.kinds)} | {len(one.failures)} |"
        )
    items = list(itertools.chain.from_iterable(found.values()))
    rows, known, disagree = differences(items)
    print("\n| a completion that | items | strict | leaderboard's rule | our option | why |")
    print("|---|--:|--:|--:|--:|---|")
    for kind, counts in rows.items():
        told = " | ".join(f"{counts[name]:,}" for name in ("items", "strict", "rule", "option"))
        print(f"| {kind} | {told} | {REASONS[kind]} |")
    print("\n| the option and the rule disagree, because | completions |\n|---|--:|")
    for why, count in known.most_common():
        print(f"| {why} | {count} |")
    print(f"| of an unknown reason | {len(disagree)} |")
    failures = [*itertools.chain.from_iterable(one.failures for one in judged.values()), *disagree]
    for line in failures[:20]:
        print(line)
    raise SystemExit(bool(failures))


def read(folder: Path, category: str) -> Iterator[Item]:
    """The items of a category, each with its accepted answers as a reference."""
    answers: dict[str, list[Accepted]] = {}
    path = folder / "possible_answer" / f"{category}.jsonl"
    if path.exists():
        lines = map(json.loads, path.read_text().splitlines())
        answers = {line["id"]: line["ground_truth"] for line in lines}
    for line in map(json.loads, (folder / f"{category}.jsonl").read_text().splitlines()):
        yield item(line, category, answers.get(line["id"], []))


def item(line: dict[str, Any], category: str, accepted: list[Accepted]) -> Item:
    """One item; without accepted answers no call is wanted."""
    tools = tuple(
        Tool(
            name=function["name"],
            description=function["description"],
            parameters=function["parameters"],
        )
        for function in line["function"]
    )
    messages = tuple(Message(role=m["role"], content=m["content"]) for m in line["question"][0])
    reference = (
        Reference(behaviour="execute", calls=tuple(map(_call, accepted)))
        if accepted
        else Reference(behaviour="refuse", text=REFUSAL)
    )
    prompt = Prompt(messages, tools, reference)
    return Item(line["id"], category, line["function"], accepted, prompt)


def judge(items: list[Item]) -> Judged:
    """What the default spec makes of right and wrong completions."""
    spec = load_spec(DEFAULT_SPEC)
    found = Judged(0, Counter(), Counter(), [])
    right = 0
    for item in items:
        replies = [("right", reply) for reply in rights(item)]
        replies += bfcl_wrong.replies(item.prompt, replies[0][1])
        scores = spec.batch([item.prompt] * len(replies), [reply for _, reply in replies])
        for (kind, reply), score in zip(replies, scores, strict=True):
            if score.exact != (kind == "right") or (score.value == 1) != (kind == "right"):
                found.failures.append(f"{item.id} {kind}: {score.value} {score.tier} {reply}")
        kinds = [kind for kind, _ in replies if kind != "right"]
        right += len(replies) - len(kinds)
        found.wrong.update(kinds)
        found.kinds[len(set(kinds))] += 1
    return found._replace(right=right)


def rights(item: Item) -> list[Reply]:
    """Right completions: each accepted value once, with and without what may be left out."""
    reference = item.prompt.reference
    if reference is None or reference.behaviour != "execute":
        return [Reply(content=REFUSAL), Reply(content="I cannot do that with the tools I have.")]
    calls = reference.calls
    first = [ToolCall(name=call.name, arguments=call.arguments) for call in calls]
    found = [tuple(first)]
    least = [
        ToolCall(
            name=call.name,
            arguments={n: v for n, v in call.arguments.items() if n not in call.optional},
        )
        for call in calls
    ]
    found.append(tuple(least))
    for i, call in enumerate(calls):
        for name, values in call.alternatives.items():
            for value in values[:4]:
                other = ToolCall(name=call.name, arguments={**call.arguments, name: value})
                found.append((*first[:i], other, *first[i + 1 :]))
    found.append(tuple(first[::-1]))
    return [Reply(tool_calls=made) for made in found]


def differences(
    items: list[Item],
) -> tuple[dict[str, Counter[str]], Counter[str], list[str]]:
    """Where the leaderboard's rule is not the strict one: kind to items that each accepts.

    And where our option is not the rule: how often for a reason that is known, and all others.
    """
    strict = load_spec(DEFAULT_SPEC)
    option = alone("tool_call", {"compare": "leaderboard"})
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    known: Counter[str] = Counter()
    disagree: list[str] = []
    for item in items:
        replies = [*bfcl_wrong.lenient(item.prompt, rights(item)[0])]
        replies += [("is one of the accepted answers", reply) for reply in rights(item)]
        replies += bfcl_wrong.replies(item.prompt, rights(item)[0])
        prompts, made = [item.prompt] * len(replies), [reply for _, reply in replies]
        ours: list[Score] = strict.batch(prompts, made)
        loose = column(option, prompts, made)
        for (kind, reply), mine, theirs in zip(replies, ours, loose, strict=True):
            ruled = bfcl_rule.accepts(item.functions, item.accepted, reply)
            if ruled != theirs.exact and (why := why_not(item, reply)):
                known[why] += 1
            elif ruled != theirs.exact:
                disagree.append(f"{item.id} {kind}: rule {ruled}, option {theirs.tier}: {reply}")
            if kind in REASONS:
                rows[kind].update(items=1, strict=mine.exact, rule=ruled, option=theirs.exact)
    return {kind: rows[kind] for kind in REASONS if kind in rows}, known, disagree


def why_not(item: Item, reply: Reply) -> str:
    """Why the option cannot be the rule on this completion."""
    return bfcl_rule.why_not(item.functions, item.accepted, reply)


REASONS = {
    "is one of the accepted answers": "required ones may not be left out; `[]` accepts nothing",
    "writes text in capitals": "a name or a code in other letters is another value to a tool",
    "leaves out blanks and commas": "the same: `New York, NY` is not `NewYorkNY`",
    "gives a whole number as 5.0": "JSON Schema calls 5.0 an integer; Python does not",
    "gives an integer for a float": "both take it: JSON has one kind of number",
    'gives "" for what may be left out': '`""` in the key is a sign, and no value',
    "adds a parameter at its default": "declared defaults mean the same given or not",
    "leaves out what has its default": "the same",
    "says something where no tool fits": "there whatever is no call passes; we want a refusal",
}


def _call(accepted: Accepted) -> Call:
    (name, parameters), *_ = accepted.items()
    arguments: dict[str, Any] = {}
    alternatives: dict[str, tuple[Any, ...]] = {}
    optional = []
    for parameter, values in parameters.items():
        given = [variant for value in values if value != "" for variant in _variants(value)]
        if not values:
            given = [[]]  # an empty key stands where an empty list is right
        if not given:
            continue
        arguments[parameter] = given[0]
        if given[1:]:
            alternatives[parameter] = tuple(given[1:])
        if "" in values:
            optional.append(parameter)
    return Call(name=name, arguments=arguments, alternatives=alternatives, optional=tuple(optional))


def _variants(value: Any) -> list[Any]:
    """An object in the key has a list of accepted values for each of its members."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [list(found) for found in itertools.product(*map(_variants, value))]
    if not isinstance(value, dict):
        return [value]
    names = list(value)
    choices = [
        [(True, one) for one in value[name] if one != ""]
        + [(False, None) for one in value[name] if one == ""]
        for name in names
    ]
    return [
        {name: one for name, (there, one) in zip(names, found, strict=True) if there}
        for found in itertools.product(*choices)
    ]


if __name__ == "__main__":
    main()
