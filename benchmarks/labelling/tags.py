"""Shows the tags of real sessions: what users want, and whether harder decisions fail more often.

    python -m benchmarks tags LOGS [LOGS …] --feedback FEEDBACK [FEEDBACK …]

    | difficulty | decisions | share | calls | failed | answered with an error |
    |---|--:|--:|--:|--:|--:|
    | easy | 873 | 51% | 473 | 69% [60%, 78%] | 3 of 459 |

The logs are curated up to `dedup` in a folder of their own. `failed` is the share of decisions in
sessions whose outcome says that they failed, with a 95 % interval clustered by session: which
decision of a failed session was wrong is unknown, so it is no error rate of decisions. `answered
with an error` is one, of calls: the tool's own word, where a later turn shows it. Both tables stand
beside the tags as they were before: the first tool called, else the behaviour; a point each for
more than 4 turns, 5 tools, 3 arguments and 1 call.
"""

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from benchmarks.curation import stage_runs
from tasks.core import parts
from tasks.core.records import Example
from tasks.evidence.stats import clustered_mean
from tasks.labelling.chains import is_error
from tasks.labelling.decisions import SUCCESS

LEVELS = ("easy", "medium", "hard")


class Decision(NamedTuple):
    example: Example
    failed: bool
    """Its session."""
    error: bool | None
    """What tools answered to its calls, where that is known."""


def main() -> None:
    """Curate and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("logs", nargs="+", help="fsspec uris")
    parser.add_argument("--feedback", nargs="+", required=True)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ratchet-tags-") as name:
        found = decisions(Path(name) / "workspace", given.logs, given.feedback)
    sessions = len({one.example.session_id for one in found})
    print(f"{len(found):,} decisions of {sessions:,} sessions with an outcome")
    for title, tag in (("intent", _intent), ("intent before", _intent_before)):
        print("\n".join(["", *table(title, found, tag)]))
    for title, tag in (("difficulty", _difficulty), ("difficulty before", _difficulty_before)):
        print("\n".join(["", *table(title, found, tag, LEVELS)]))


def decisions(folder: Path, logs: Sequence[str], feedback: Sequence[str]) -> list[Decision]:
    """The decisions of sessions whose outcome is known, as `dedup` leaves them."""
    stage_runs.workspace(folder)
    path = folder / "params.yaml"
    params = yaml.safe_load(path.read_text())
    params["ingest"] |= {
        "sources": [{"uri": str(_absolute(uri)), "format": "auto"} for uri in logs],
        "feedback": [str(_absolute(uri)) for uri in feedback],
    }
    path.write_text(yaml.safe_dump(params, sort_keys=False))
    for stage in ("ingest", "redact", "dedup"):
        stage_runs.run(stage, folder)
    examples = list(parts.read_parts(folder / "data/deduped", Example, ""))
    answers = {
        (example.session_id, message.tool_call_id): is_error(message.content)
        for example in examples
        for message in example.messages
        if message.role == "tool" and message.tool_call_id
    }
    return [
        Decision(example, example.outcome < SUCCESS, _error(example, answers))
        for example in examples
        if example.outcome is not None
    ]


def table(
    title: str,
    found: Sequence[Decision],
    tag: Callable[[Example], str],
    order: Sequence[str] = (),
) -> Iterator[str]:
    """Decisions by tag, the most frequent first unless an order is given."""
    groups: dict[str, list[Decision]] = defaultdict(list)
    for one in found:
        groups[tag(one.example)].append(one)
    names = order or sorted(groups, key=lambda name: (-len(groups[name]), name))
    yield f"| {title} | decisions | share | calls | failed | answered with an error |"
    yield "|---|--:|--:|--:|--:|--:|"
    for name in names:
        mine = groups[name]
        calls = sum(bool(one.example.reply.tool_calls) for one in mine)
        share = f"{len(mine):,} | {len(mine) / len(found):.0%} | {calls:,}"
        yield f"| {name} | {share} | {_failed(mine)} | {_errors(mine)} |"


def _failed(mine: Sequence[Decision]) -> str:
    if not mine:
        return ""
    names = [one.example.session_id for one in mine]
    if len({*names}) == 1:
        return f"{mine[0].failed:.0%} (one session)"
    rate = clustered_mean([float(one.failed) for one in mine], names)
    if rate.low is None or rate.high is None:
        return f"{rate.mean:.0%}"
    return f"{rate.mean:.0%} [{max(0, rate.low):.0%}, {min(1, rate.high):.0%}]"


def _errors(mine: Sequence[Decision]) -> str:
    known = [one.error for one in mine if one.error is not None]
    return f"{sum(known)} of {len(known)}" if known else ""


def _error(example: Example, answers: dict[tuple[str, str], bool]) -> bool | None:
    told = [answers.get((example.session_id, call.id)) for call in example.reply.tool_calls]
    known = [answer for answer in told if answer is not None]
    return any(known) if known else None


def _intent(example: Example) -> str:
    return example.tags.intent


def _difficulty(example: Example) -> str:
    return example.tags.difficulty


def _intent_before(example: Example) -> str:
    reference = example.reference
    behaviour = reference.behaviour if reference else example.behaviour
    return example.tags.tools[0] if example.tags.tools else behaviour


def _difficulty_before(example: Example) -> str:
    calls = example.reference.calls if example.reference else example.reply.tool_calls
    arguments = sum(len(call.arguments) for call in calls)
    points = (
        (example.tags.turns > 4) + (len(example.tools) > 5) + (arguments > 3) + (len(calls) > 1)
    )
    return ("easy", "medium", "medium", "hard", "hard")[points]


def _absolute(uri: str) -> str | Path:
    """A local path as seen from the workspace."""
    return uri if "://" in uri else Path(uri).absolute()


if __name__ == "__main__":
    main()
