import pytest

from tasks.core.records import Behaviour, Call, Invocation, Reference, Tags
from tasks.core.sessions.tags import language, tag
from tests.tasks.curation_logs import calls, says, session


def tagged(row: Invocation, reference: Reference | None, behaviour: Behaviour) -> Tags:
    return tag(
        row.response,
        turns=sum(message.role == "assistant" for message in row.messages),
        language=language(row.messages[0].content),
        offered=len(row.tools),
        behaviour=behaviour,
        reference=reference,
        domain=row.metadata["domain"],
    )


def test_a_decision_is_tagged_by_its_reference() -> None:
    (row,) = session("s-1", "Where is my order?", says("Which one?"))
    reference = Reference(behaviour="execute", calls=(Call(name="get_order"),))
    found = tagged(row, reference, "clarify")
    assert (found.domain, found.intent, found.tools) == ("shop", "get_order", ("get_order",))
    assert (found.language, found.turns, found.difficulty) == ("en", 1, "easy")


def test_without_one_it_is_tagged_by_what_was_answered() -> None:
    (row,) = session("s-1", "Where is my order?", says("Which one?"))
    assert tagged(row, None, "clarify").intent == "clarify"
    (row,) = session("s-1", "Cancel 7", calls("cancel_order", order_id="7"))
    assert tagged(row, None, "execute").tools == ("cancel_order",)


def test_turns_are_counted_with_the_decision() -> None:
    turns = [turn for n in range(6) for turn in (f"question {n}", says(f"answer {n}"))]
    rows = session("s-1", *turns)
    found = [tagged(row, None, "answer") for row in rows]
    assert [f.turns for f in found] == [1, 2, 3, 4, 5, 6]
    assert [f.difficulty for f in found] == ["easy"] * 4 + ["medium"] * 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Can you find my order?", "en"),
        ("Wo ist meine Bestellung? Ich kann sie nicht finden.", "de"),
        ("Où est ma commande ? Je ne la trouve pas.", "fr"),
        ("¿Dónde está mi pedido? No lo veo por el correo.", "es"),
        ("注文はどこですか", "ja"),
        ("我的订单在哪里", "zh"),
        ("Где мой заказ?", "ru"),
        ("", ""),
        ("7731", ""),
    ],
)
def test_language_is_told_by_script_or_by_the_commonest_words(text: str, code: str) -> None:
    assert language(text) == code
