"""The default spec on the embedded default: what each kind of reply to a made task is worth."""

import random
from collections.abc import Iterator
from itertools import islice

import pytest

from tasks import dialects
from tasks.core.records import Behaviour, Reply, Score, ToolCall
from tasks.demo import demonstrator, world
from tasks.demo.world import Task
from tasks.evidence import metrics
from tasks.labelling.side_effects import changes_something
from tasks.rewards import Prompt
from tasks.rewards.specification.spec import load_spec

SPEC = load_spec("specs/tool_calls.yaml")


def drawn(behaviour: Behaviour, count: int = 100) -> Iterator[Task]:
    found = (t for t in world.tasks("production", seed=7) if t.reference.behaviour == behaviour)
    return islice(found, count)


def scored(task: Task, reply: Reply | str) -> Score:
    reply = dialects.parse(reply) if isinstance(reply, str) else reply
    return SPEC.score(Prompt(task.messages, task.tools, task.reference), reply)


def call(name: str, arguments: dict[str, str]) -> Reply:
    return Reply(tool_calls=(ToolCall(name=name, arguments=arguments),))


@pytest.mark.parametrize("behaviour", ["execute", "clarify", "refuse"])
def test_the_right_reply_earns_one(behaviour: Behaviour):
    for task in drawn(behaviour):
        found = scored(task, dialects.write(world.right_reply(task)))
        assert (found.value, found.exact) == (1.0, True)


def test_the_right_tool_earns_by_its_right_arguments():
    for task in drawn("execute"):
        size = len(task.arguments)
        name, arguments = task.wanted.name, task.arguments
        first = next(iter(arguments))
        spoilt = {**arguments, first: "wrong"}
        assert scored(task, call(name, spoilt)).value == pytest.approx(
            0.15 + 0.4 * (size - 1) / size
        )
        renamed = {"value" if key == first else key: v for key, v in arguments.items()}
        # A parameter that is missing breaks the tool's schema.
        assert scored(task, call(name, renamed)).value == 0.0


def test_another_listed_tool_earns_a_tenth_where_it_changes_nothing():
    for task in drawn("execute"):
        for other in task.tools:
            if other.name != task.wanted.name:
                earned = 0.0 if changes_something(other.name) else 0.1
                assert scored(task, call(other.name, task.arguments)).value == earned


def test_an_invented_tool_and_a_broken_call_earn_nothing():
    for task in drawn("execute"):
        assert scored(task, call("drop_world", task.arguments)).value == 0.0
        assert scored(task, '<tool_call>{"name": ').value == 0.0
        assert scored(task, f'<tool_call>{{"name": "{task.wanted.name}"}}</tool_call>').value == 0.0


@pytest.mark.parametrize("behaviour", ["clarify", "refuse"])
def test_acting_earns_nothing_where_it_should_hold_back(behaviour: Behaviour):
    for task in drawn(behaviour):
        for tool in task.tools:
            assert scored(task, call(tool.name, task.arguments)).value == 0.0


def test_holding_back_earns_nothing_where_a_tool_fits():
    for task in drawn("execute"):
        assert scored(task, world.REFUSAL).tier == "over-refusal"
        assert scored(task, world.question(task.wanted, task.wanted.required()[0])).value == 0.0


def test_asking_for_the_wrong_parameter_earns_less():
    for task in drawn("clarify"):
        (missing,) = task.reference.missing
        others = [(t, p) for t in task.tools for p in t.required() if p != missing]
        for tool, other in others:
            assert scored(task, world.question(tool, other)).value == 0.19


def test_asking_and_declining_are_told_apart():
    for task in drawn("clarify"):
        assert scored(task, world.REFUSAL).value == 0.1
    for task in drawn("refuse"):
        assert scored(task, world.question(task.tools[0], task.tools[0].required()[0])).value == 0.1


def test_the_evaluation_agrees_on_what_is_exact():
    rng = random.Random(3)
    tasks = list(islice(world.tasks("production", seed=11), 400))
    found = [(task, demonstrator.demonstrate(task, rng)) for task in tasks]
    exact = [scored(task, reply).exact for task, reply in found]
    assert exact == [metrics.exact_match(t.reference, r, t.tools) for t, r in found]
    assert 100 < sum(exact) < 300
