import random
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import jsonschema
import pytest

from tasks.core.records import Reply, Tool, ToolCall, encode
from tasks.demo import lexicon, world
from tasks.demo.demonstrator import demonstrate
from tasks.demo.world import Task, WorldName


def some(name: WorldName, count: int, seed: int = 1) -> list[Task]:
    return list(islice(world.tasks(name, seed=seed), count))


def of(behaviour: str) -> Task:
    return next(t for t in world.tasks("unseen", seed=1) if t.reference.behaviour == behaviour)


def test_catalogues_share_the_verbs_and_no_other_word() -> None:
    known = {*lexicon.PRODUCTION_NOUNS, *lexicon.PRODUCTION_PARAMS}
    unseen = {*lexicon.UNSEEN_NOUNS, *lexicon.UNSEEN_PARAMS}
    assert not known & unseen
    assert (len(world.UNSEEN_NOUNS), len(lexicon.UNSEEN_PARAMS), len(lexicon.VERBS)) == (22, 10, 12)
    pretrain = lexicon.vocabulary("pretrain")
    assert not unseen & {*pretrain.nouns, *pretrain.params}
    assert unseen < set(lexicon.values())


def test_pretraining_meets_unseen_words_as_values_only() -> None:
    unseen = {*lexicon.UNSEEN_NOUNS, *lexicon.UNSEEN_PARAMS}
    as_value = 0
    for task in some("pretrain", 800):
        for tool in (*task.tools, task.wanted):
            parts = {part for text in (tool.name, *tool.required()) for part in text.split("_")}
            assert not parts & unseen
        as_value += bool(set(task.arguments.values()) & unseen)
    assert as_value > 20


def test_the_same_seed_gives_the_same_tasks_in_another_process() -> None:
    program = (
        "from tasks.demo import world; from itertools import islice\n"
        "print(list(islice(world.tasks('production', seed=9), 30)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
        env={"PYTHONHASHSEED": "77"},
    )
    assert done.stdout.strip() == str(some("production", 30, seed=9))


def test_the_mix_and_the_shape_are_as_stated() -> None:
    tasks = some("production", 2000)
    shares = Counter(task.reference.behaviour for task in tasks)
    assert abs(shares["execute"] / 2000 - 0.55) < 0.03
    assert abs(shares["clarify"] / 2000 - 0.225) < 0.03
    assert {len(task.tools) for task in tasks} == {2, 3, 4}
    assert {len(tool.required()) for task in tasks for tool in task.tools} == {1, 2}
    assert all(len(task.messages) == 1 and task.messages[0].role == "user" for task in tasks)


@pytest.mark.parametrize("name", ["pretrain", "production", "unseen"])
def test_the_reference_is_right(name: WorldName) -> None:
    for task in some(name, 400):
        listed = {tool.name: tool for tool in task.tools}
        assert len(listed) == len(task.tools)
        request = f" {task.messages[0].content} "
        if task.reference.behaviour == "execute":
            (call,) = task.reference.calls
            jsonschema.validate(call.arguments, listed[call.name].parameters)
            assert all(f" {v} " in request for v in call.arguments.values())
        elif task.reference.behaviour == "clarify":
            (missing,) = task.reference.missing
            assert task.wanted.name in listed
            assert missing in task.wanted.required()
            assert task.reference.text == f"Please give {task.wanted.name} {missing}."
        else:
            assert task.wanted.name not in listed
            assert task.reference.text == "No tool can do this."
        assert world.satisfied(task, world.right_reply(task))


def test_a_stored_task_offers_its_tools_in_the_same_order_of_parameters() -> None:
    import msgspec

    for task in some("production", 50):
        for tool in task.tools:
            stored = msgspec.json.decode(encode(tool), type=Tool)
            assert list(stored.properties()) == list(tool.properties()) == list(tool.required())


def test_a_user_is_satisfied_with_the_right_call_alone() -> None:
    task = of("execute")
    (call,) = world.right_reply(task).tool_calls
    wrong = ToolCall(name=call.name, arguments={**call.arguments, "extra": "1"})
    assert world.satisfied(task, Reply(tool_calls=(call,)))
    assert not world.satisfied(task, Reply(tool_calls=(call, call)))
    assert not world.satisfied(task, Reply(tool_calls=(wrong,)))
    assert not world.satisfied(task, Reply(content="No tool can do this."))


def test_a_user_is_satisfied_with_the_right_question_in_any_words() -> None:
    task = next(
        t
        for t in world.tasks("unseen", seed=1)
        if t.reference.behaviour == "clarify" and len(t.wanted.required()) == 2
    )
    (missing,) = task.reference.missing
    (other,) = set(task.wanted.required()) - {missing}
    spoken = missing.replace("_", " ")
    assert world.satisfied(task, Reply(content=f"Which {spoken} do you mean?"))
    assert not world.satisfied(task, Reply(content=f"Please give {other}."))
    assert not world.satisfied(task, Reply(content=f"Please give {missing} and {other}."))
    assert not world.satisfied(task, Reply(content="No tool can do this."))
    call = ToolCall(name=task.wanted.name, arguments=task.arguments)
    assert not world.satisfied(task, Reply(content=f"Which {spoken}?", tool_calls=(call,)))
    broken = f'<tool_call>{{"name": "{task.wanted.name}", "arguments": {{"{missing}": "= 54'
    assert not world.satisfied(task, Reply(content=broken))


def test_a_user_whose_wish_no_tool_serves_wants_to_hear_it() -> None:
    task = of("refuse")
    assert world.satisfied(task, Reply(content="No tool can do this."))
    assert not world.satisfied(task, Reply(content="Please give month."))
    assert not world.satisfied(task, Reply())


def test_each_noun_has_one_business_area() -> None:
    areas = Counter(
        lexicon.domain(noun) for noun in (*lexicon.PRODUCTION_NOUNS, *lexicon.UNSEEN_NOUNS)
    )
    assert areas == {"commerce": 15, "travel": 14, "home": 12, "work": 15}


def test_the_demonstrator_is_careless_at_the_stated_rates() -> None:
    rng = random.Random(1)
    seen: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for task in some("pretrain", 4000):
        reply = demonstrate(task, rng)
        behaviour = task.reference.behaviour
        seen[behaviour] += 1
        names = {call.name for call in reply.tool_calls}
        faults[f"{behaviour} right"] += world.satisfied(task, reply)
        faults[f"{behaviour} invented"] += bool(names - {tool.name for tool in task.tools})
        faults[f"{behaviour} acted"] += bool(names)
    # Of wrong tools and values drawn at random, a few are right.
    assert 0.40 <= faults["execute right"] / seen["execute"] < 0.50
    assert abs(faults["execute invented"] / seen["execute"] - 0.25) < 0.03
    assert abs(faults["clarify acted"] / seen["clarify"] - 0.75) < 0.05
    assert abs(faults["refuse acted"] / seen["refuse"] - 0.75) < 0.05
    assert abs(faults["refuse invented"] / seen["refuse"] - 0.375) < 0.05
