import pytest

from tasks.core.records import Behaviour, Call, Example, Message, Reference, Reply, Tags, ToolCall
from tasks.evidence import cases
from tasks.evidence.judged import Arm, Judged
from tasks.evidence.metrics import Measured


def example(name: str, behaviour: Behaviour = "refuse") -> Example:
    call = Call(name="get_order", arguments={"id": "7"})
    return Example(
        id=name,
        messages=(Message(role="user", content=f"Question {name}"),),
        tools=(),
        reply=Reply(),
        reference=Reference(behaviour=behaviour, calls=(call,) if behaviour == "execute" else ()),
        truth_source="outcome",
        session_id=name,
        invocations=(),
        sources=(),
    )


def row(arm: Arm, name: str, *, exact: bool, expected: Behaviour = "refuse") -> Judged:
    return Judged(
        arm=arm,
        mode="greedy",
        reward=0.0,
        tokens=1,
        tags=Tags(),
        measured=Measured(
            example=name,
            group=name,
            expected=expected,
            did=expected,
            exact=exact,
            invented=False,
            malformed=False,
            acted_instead=False,
            over_refusal=False,
        ),
        reply=Reply(content=f"{arm} on {name}", tool_calls=(ToolCall(name="f", arguments={}),)),
    )


def both(name: str, base: bool, tuned: bool, expected: Behaviour = "refuse") -> list[Judged]:
    return [
        row("base", name, exact=base, expected=expected),
        row("tuned", name, exact=tuned, expected=expected),
    ]


def test_losses_come_first_then_gains_then_what_nobody_gets_right():
    rows = [*both("a", True, True), *both("b", False, False), *both("c", False, True)]
    rows += both("d", True, False)
    found = cases.instructive(rows, [example(name) for name in "abcd"])
    assert [(case.example, case.kind) for case in found] == [
        ("d", "lost"),
        ("c", "gained"),
        ("b", "open"),
    ]
    assert found[0].question == "Question d"
    assert found[0].replies == {"base": "base on d\nf()", "tuned": "tuned on d\nf()"}
    assert found[0].right == {"base": True, "tuned": False}


def test_a_hundred_rows_of_one_task_are_one_case():
    rows = [*(both("a", True, False) * 100), *both("b", True, False)]
    found = cases.instructive(rows, [example("a"), example("b")])
    assert [case.example for case in found] == ["a", "b"]


def test_each_behaviour_has_its_turn():
    rows = [r for name in "abcdefgh" for r in both(name, True, False)]
    rows += both("z", True, False, "execute")
    found = cases.instructive(rows, [*map(example, "abcdefgh"), example("z", "execute")], most=4)
    assert [case.example for case in found] == ["z", "a"]
    assert found[0].wanted == 'get_order(id="7")'


def test_what_was_written_is_read(tmp_path):
    found = cases.instructive(both("a", True, False), [example("a")])
    cases.write(tmp_path / "cases.jsonl", found)
    assert cases.read(tmp_path / "cases.jsonl") == found
    assert cases.read(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize("length", [cases.LONGEST, cases.LONGEST + 5])
def test_a_long_text_is_cut_and_says_so(length: int):
    rows = both("a", True, False)
    long = example("a")
    long = Example(
        **{name: getattr(long, name) for name in Example.__struct_fields__ if name != "messages"},
        messages=(Message(role="user", content="x" * length),),
    )
    (case,) = cases.instructive(rows, [long])
    assert case.question.startswith("x" * cases.LONGEST)
    assert ("(5 characters more)" in case.question) == (length > cases.LONGEST)
