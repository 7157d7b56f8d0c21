r"""Makes the calls of logged sessions again where tools really run, and says what that proves.

    python -m tasks.environments.replay examples.airline_environment data/ingested \
        --out data/landing/replayed.jsonl

    {"request_id": "7c9e…", "metric": "replayed_result", "value": 1.0, "source": "replay", …}
    {"request_id": "81ab…", "metric": "reaches_end_state", "value": 1.0, "source": "replay", …}

The lines are feedback, for `ingest.feedback`. A result is equal where it is the same JSON value, or
the same text but for white space. A call reaches the session's end where its result is equal, it
changed the state, and the state behind it is the one that the session ended in: what it did was
not changed any more. That holds of no call of a session whose last change of state went another way
than the log says.

It reads what `ingest` wrote, before anything is redacted, as an environment knows the real names;
what comes out holds request ids and numbers, nothing that was said.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tasks import environments
from tasks.core import parts, step
from tasks.core.errors import SettingsError, StageError
from tasks.core.records import Feedback, Invocation, Message, ToolCall, encode
from tasks.environments import Environment
from tasks.labelling.chains import meaning
from tasks.labelling.decisions import REACHES_END, REPLAYED_RESULT


class Replayed(NamedTuple):
    """One call of a session, made again."""

    turn: int
    """Messages that stood before the reply which made it."""
    call: ToolCall
    is_equal: bool
    """Whether the logged result came again."""
    reaches_end: bool
    """Whether it led to the state that the session ended in."""


def replay(messages: Sequence[Message], environment: Environment, task: str) -> list[Replayed]:
    """Make a session's calls again, in order; those whose result was logged come back.

    Args:
        messages: the whole transcript, results included.
        environment: where the tools run; it is reset first.
        task: the session's id.
    """
    environment.reset(task)
    before = start = _told(environment)
    steps: list[tuple[int, ToolCall, bool, str, bool]] = []
    for turn, call, logged in _answered(messages):
        result = environment.call(call.name, call.arguments)
        after = _told(environment)
        steps.append((turn, call, _same(result.text, logged), after, after != before))
        before = after
    end = before
    return [
        Replayed(turn, call, is_equal, is_equal and changed and after == end != start)
        for turn, call, is_equal, after, changed in steps
    ]


def feedback(calls: Iterable[Invocation], environment: Environment) -> Iterator[Feedback]:
    """What a replay of all sessions says of the calls that made them."""
    sessions: dict[str, list[Invocation]] = defaultdict(list)
    for call in calls:
        sessions[call.session_id].append(call)
    with step.progress("replaying sessions", len(sessions)) as advance:
        for name in sorted(sessions):
            yield from _of_session(sessions[name], environment, name)
            advance(1)


def _of_session(
    calls: Sequence[Invocation], environment: Environment, name: str
) -> Iterator[Feedback]:
    longest = max(calls, key=lambda call: (len(call.messages), call.id))
    made_by = {(_size(call.messages), meaning(call.response.tool_calls)): call for call in calls}
    turns: dict[int, list[Replayed]] = defaultdict(list)
    for one in replay(longest.messages, environment, name):
        turns[one.turn].append(one)
    for turn, replayed in turns.items():
        logged = longest.messages[turn]
        call = made_by.get((_size(longest.messages[:turn]), meaning(logged.tool_calls)))
        if call is None or not call.request_id:
            continue
        values = {REPLAYED_RESULT: all(one.is_equal for one in replayed)}
        if any(one.reaches_end for one in replayed) and values[REPLAYED_RESULT]:
            values[REACHES_END] = True
        for metric, value in values.items():
            yield Feedback(
                request_id=call.request_id,
                metric=metric,
                value=float(value),
                source="replay",
                timestamp=call.timestamp,
            )


def _size(messages: Sequence[Message]) -> int:
    return sum(message.role != "system" for message in messages)


def _answered(messages: Sequence[Message]) -> Iterator[tuple[int, ToolCall, str]]:
    """Each call with the place of its message and the result that was logged of it."""
    for place, message in enumerate(messages):
        if not message.tool_calls:
            continue
        results: list[Message] = []
        for later in messages[place + 1 :]:
            if later.role != "tool":
                break
            results.append(later)
        by_id = {result.tool_call_id: result for result in results if result.tool_call_id}
        for number, call in enumerate(message.tool_calls):
            result = by_id.get(call.id) if call.id else None
            if result is None and number < len(results):
                result = results[number]
            if result is not None:
                yield place, call, result.content


def _told(environment: Environment) -> str:
    return json.dumps(environment.state(), sort_keys=True)


def _same(one: str, other: str) -> bool:
    """Whether two results say the same."""
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return one.split() == other.split()


def main() -> int:
    """Replay what `ingest` wrote, write feedback and print the share of equal results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("environment", help="a name in tasks/environments, or a dotted path")
    parser.add_argument("ingested", type=Path, help="what ingest wrote, as data/ingested")
    parser.add_argument("--out", type=Path, required=True, help="feedback, JSON lines")
    given = parser.parse_args()
    try:
        environment: Environment = environments.load(given.environment).make()
        lines = list(feedback(parts.read_parts(given.ingested, Invocation), environment))
    except (SettingsError, StageError) as error:
        print(f"replay: {error}", file=sys.stderr)
        return 2
    parts.replace(given.out, b"".join(encode(line) + b"\n" for line in lines))
    results = [line.value for line in lines if line.metric == REPLAYED_RESULT]
    ends = sum(line.metric == REACHES_END for line in lines)
    equal = sum(value == 1 for value in results)
    print(f"{equal} of {len(results)} results came again; {ends} calls reach their session's end")
    return 0


if __name__ == "__main__":
    sys.exit(main())
