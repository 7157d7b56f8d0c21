import pytest

from tasks.core.records import Behaviour, Call, Invocation, Reference, Tags
from tasks.labelling.tags import tag
from tasks.languages.detection import detect
from tests.tasks.curation_logs import calls, says, session


def tagged(
    row: Invocation,
    reference: Reference | None,
    behaviour: Behaviour,
    intent: str = "get_order",
    answered: int = 0,
) -> Tags:
    return tag(
        row.response,
        turns=sum(message.role == "assistant" for message in row.messages),
        answered=answered,
        intent=intent,
        language=detect(row.messages[0].content),
        behaviour=behaviour,
        reference=reference,
        domain=row.metadata["domain"],
    )


def wanted(*names: str, **arguments: str) -> Reference:
    calls = tuple(Call(name=name, arguments=arguments) for name in names)
    return Reference(behaviour="execute", calls=calls)


def test_a_decision_is_tagged_by_its_reference() -> None:
    (row,) = session("s-1", "Where is my order?", says("Which one?"))
    found = tagged(row, wanted("get_order"), "clarify")
    assert (found.domain, found.intent, found.tools) == ("shop", "get_order", ("get_order",))
    assert (found.language, found.turns, found.difficulty) == ("en", 1, "easy")


def test_without_one_it_is_tagged_by_what_was_answered() -> None:
    (row,) = session("s-1", "Cancel 7", calls("cancel_order", order_id="7"))
    assert tagged(row, None, "execute").tools == ("cancel_order",)


def test_turns_are_counted_with_the_decision() -> None:
    turns = [turn for n in range(6) for turn in (f"question {n}", says(f"answer {n}"))]
    found = [tagged(row, None, "answer") for row in session("s-1", *turns)]
    assert [f.turns for f in found] == [1, 2, 3, 4, 5, 6]
    assert {f.difficulty for f in found} == {"easy"}


@pytest.mark.parametrize(
    ("behaviour", "reference", "answered", "level"),
    [
        ("answer", None, 5, "easy"),
        ("answer", None, 6, "medium"),
        ("answer", None, 10, "medium"),
        ("answer", None, 11, "hard"),
        ("clarify", None, 0, "medium"),
        ("clarify", None, 1, "easy"),
        ("refuse", None, 0, "medium"),
        ("refuse", wanted("get_order"), 0, "easy"),
        ("execute", Reference(behaviour="refuse", text="No."), 0, "medium"),
        ("execute", wanted("a", **dict.fromkeys("abc", "1")), 0, "easy"),
        ("execute", wanted("a", **dict.fromkeys("abcd", "1")), 0, "medium"),
        ("execute", wanted("a", "b"), 0, "medium"),
        ("execute", wanted("a", "b", **dict.fromkeys("abcd", "1")), 0, "hard"),
        ("execute", wanted("a", **dict.fromkeys("abcd", "1")), 6, "hard"),
    ],
)
def test_difficulty_is_points_for_what_makes_sessions_fail(
    behaviour: Behaviour, reference: Reference | None, answered: int, level: str
) -> None:
    (row,) = session("s-1", "Where is my order?", says("Which one?"))
    assert tagged(row, reference, behaviour, answered=answered).difficulty == level
