"""Tests the labeller and the reward `decision` on written answers of others, and prints Markdown.

    python -m benchmarks when2call --data ../shared/data/when2call.jsonl

Each of the 150 items of the When2Call test set (NVIDIA) has a request, tools, the right behaviour
and one written answer for every behaviour. The first table says how often the labeller takes an
answer for what it is; its call is given as the text that it is. The second table pairs, for each
item, the right answer with each wrong one, and counts where the default spec pays it more. The
reference says which behaviour is right and no more (for a call: the call); with `--text` it holds
the right answer's own words too, as a reference from a log would. Nothing was fitted on these
items; failures are listed by id, so that a person can read them.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tasks.core.records import Behaviour, Call, Message, Reference, Reply, Tool, ToolCall
from tasks.labelling.behaviour import classify
from tasks.rewards import Prompt
from tasks.rewards.specification.spec import Spec, load_spec

DATA = Path("../shared/data/when2call.jsonl")
SPEC = "specs/tool_calls.yaml"
KINDS: dict[str, Behaviour] = {
    "tool_call": "execute",
    "request_for_info": "clarify",
    "cannot_answer": "refuse",
    "direct": "answer",
}


class Item(NamedTuple):
    id: str
    right: str
    """Kind of the right answer."""
    prompt: Prompt
    """Its reference holds what the right answer is."""
    answers: dict[str, str]

    def reply(self, kind: str) -> Reply:
        """The written answer of a kind; a call as a call."""
        text = self.answers[kind]
        if kind != "tool_call":
            return Reply(content=text)
        call = json.loads(text)
        return Reply(tool_calls=(ToolCall(name=call["name"], arguments=call["arguments"]),))


class Pair(NamedTuple):
    id: str
    right: str
    wrong: str
    paid: float
    """For the right answer."""
    paid_wrong: float


def items(path: Path, *, with_text: bool = False) -> list[Item]:
    """Every item of the file."""
    return [_item(json.loads(line), with_text) for line in path.read_text().splitlines()]


def labelled(found: Sequence[Item]) -> Iterator[tuple[str, str, Behaviour, str]]:
    """`(id, kind, label, rule)` of each written answer."""
    for item in found:
        for kind, text in item.answers.items():
            label = classify(Reply(content=text), item.prompt.tools)
            yield item.id, kind, label.behaviour, label.rule


def pairs(found: Sequence[Item], spec: Spec) -> Iterator[Pair]:
    """The right answer's score beside that of each wrong one; an unscored one is worth -1."""
    for item in found:
        paid = {kind: spec.score(item.prompt, item.reply(kind)).value for kind in item.answers}
        worth = {kind: -1.0 if value is None else value for kind, value in paid.items()}
        right = worth.pop(item.right)
        yield from (Pair(item.id, item.right, k, right, value) for k, value in worth.items())


def accuracy(labels: Sequence[tuple[str, str, Behaviour, str]]) -> dict[str, float]:
    """Share of answers taken for what they are, by kind."""
    right = Counter(kind for _, kind, label, _ in labels if label == KINDS[kind])
    total = Counter(kind for _, kind, _, _ in labels)
    return {kind: right[kind] / total[kind] for kind in KINDS if total[kind]}


def _item(row: dict[str, Any], with_text: bool) -> Item:
    right, answers = row["correct_answer"], row["answers"]
    declared = [json.loads(tool) for tool in row["tools"]]
    tools = tuple(
        Tool(name=t["name"], description=t.get("description", ""), parameters=t["parameters"])
        for t in declared
    )
    calls: tuple[Call, ...] = ()
    if right == "tool_call":
        call = json.loads(answers[right])
        calls = (Call(name=call["name"], arguments=call["arguments"]),)
    text = answers[right] if with_text and not calls else ""
    reference = Reference(behaviour=KINDS[right], calls=calls, text=text)
    asked = (Message(role="user", content=row["question"]),)
    return Item(row["uuid"], right, Prompt(asked, tools, reference), answers)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--spec", default=SPEC)
    parser.add_argument("--text", action="store_true", help="references hold the right text too")
    given = parser.parse_args()
    if not given.data.is_file():
        raise SystemExit(f"{given.data}: no such file; the When2Call test set is not shipped")
    found = items(given.data, with_text=given.text)
    labels = list(labelled(found))
    _show_labels(labels)
    _show_pairs(list(pairs(found, load_spec(given.spec))))


def _show_labels(labels: Sequence[tuple[str, str, Behaviour, str]]) -> None:
    print("| written answer | execute | clarify | refuse | answer | right |")
    print("|---|--:|--:|--:|--:|--:|")
    shares = accuracy(labels)
    for kind, share in shares.items():
        did = Counter(label for _, k, label, _ in labels if k == kind)
        row = " | ".join(str(did[behaviour]) for behaviour in KINDS.values())
        print(f"| {kind} | {row} | {share:.1%} |")
    print(f"| macro |  |  |  |  | {sum(shares.values()) / len(shares):.1%} |\n")
    print("| rule | answers | right |")
    print("|---|--:|--:|")
    for rule in sorted({rule for *_, rule in labels}):
        found = [label == KINDS[kind] for _, kind, label, by in labels if by == rule]
        print(f"| {rule} | {len(found)} | {sum(found)} |")
    print()
    for id_, kind, label, rule in labels:
        if label != KINDS[kind]:
            print(f"- {id_} {kind} taken for {label} (rule {rule})")


def _show_pairs(found: Sequence[Pair]) -> None:
    print("\n| right answer | " + " | ".join(f"over {kind}" for kind in KINDS) + " | pairs won |")
    print("|---|" + "--:|" * (len(KINDS) + 1))
    for right in dict.fromkeys(pair.right for pair in found):
        mine = [pair for pair in found if pair.right == right]
        cells = [_won([pair for pair in mine if pair.wrong == kind]) for kind in KINDS]
        print(f"| {right} | {' | '.join(cells)} | {_won(mine)} |")
    print()
    for pair in found:
        if pair.paid <= pair.paid_wrong:
            print(f"- {pair.id} {pair.right} {pair.paid:.2f}, {pair.wrong} {pair.paid_wrong:.2f}")


def _won(found: Sequence[Pair]) -> str:
    won = sum(pair.paid > pair.paid_wrong for pair in found)
    return f"{won} of {len(found)} ({won / len(found):.1%})" if found else ""


if __name__ == "__main__":
    main()
