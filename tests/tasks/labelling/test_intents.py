"""What the user wants at each decision: by calls, by words, by nothing but its own session."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core import parts
from tasks.core.curation_settings import DedupSettings
from tasks.core.records import Example, Invocation, Message, Reply
from tasks.dedup import dedup
from tasks.labelling.intents import intents
from tasks.labelling.user_requests import asked_for, hands_over
from tests.tasks.curation_logs import calls, edit, outcome, redacted, says, session, tool

AIRLINE = (
    "book_reservation",
    "calculate",
    "cancel_reservation",
    "get_reservation_details",
    "get_user_details",
    "search_direct_flight",
    "send_certificate",
    "think",
    "transfer_to_human_agents",
    "update_reservation_baggages",
    "update_reservation_flights",
    "update_reservation_passengers",
)
CHANGE, CANCEL = "update_reservation_flights", "cancel_reservation"
HAND_OVER, LOOK = "transfer_to_human_agents", "get_reservation_details"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I'd like to change my flight, please.", CHANGE),
        ("I need to reschedule my flights for all passengers", CHANGE),
        ("Please modify the passengers of my flight", "update_reservation_passengers"),
        ("I want to change my flight. It is currently booked for May 23.", CHANGE),
        ("Hi! I'm looking to book a flight to Seattle.", "book_reservation"),
        ("CANCELLING it is due to a change of plan", CANCEL),
        ("Please go ahead with the cancellation.", CANCEL),
        ("I already cancel_it", CANCEL),
        ("Can I upgrade to business?", ""),  # three tools update something
        ("My reservation ID is 1N99U6.", ""),
        ("Could you please check again? I just get nowhere.", ""),
        ("Show me the details of my reservation", LOOK),
        ("Please transfer me to a human agent", ""),
        ("Ich möchte meinen Flug stornieren.", ""),
        ("予約をキャンセルしてください", ""),
        ("", ""),
        ("nothing " * 80 + "cancel", ""),
    ],
)
def test_words_ask_for_a_tool_by_its_verb(text: str, name: str) -> None:
    assert asked_for(text, AIRLINE) == name


def test_without_tools_nothing_is_asked_for() -> None:
    assert asked_for("cancel it", ()) == asked_for("cancel it", ("", "123")) == ""


def test_names_may_be_written_in_camel_case_and_start_with_what_they_are_about() -> None:
    assert asked_for("please cancel the order", ("getOrder", "order.cancel")) == "order.cancel"


@pytest.mark.parametrize(
    ("name", "does"),
    [(HAND_OVER, True), ("escalateToSupport", True), ("transfer_funds", False), ("", False)],
)
def test_a_tool_that_gives_the_user_to_a_person_is_known_by_name(name: str, does: bool) -> None:
    assert hands_over(name) is does


def of(*turns: str | tuple[str, ...]) -> list[str]:
    """Text is the user's; a tuple is a decision and the tools that it calls."""
    said: list[tuple[int, str]] = []
    made: list[tuple[str, ...]] = []
    for turn in turns:
        if isinstance(turn, str):
            said.append((len(made), turn))
        else:
            made.append(turn)
    return intents(said, made, AIRLINE)


def test_a_question_before_a_call_has_the_intent_of_the_call() -> None:
    assert of("Hi, can you help?", (), "My id is 7", (LOOK,), (), "Yes", (CANCEL,), ()) == (
        [CANCEL] * 5
    )


def test_a_look_up_serves_what_is_then_changed() -> None:
    assert of("Number 7, as we said", (LOOK,), ("think",), (CHANGE,), ()) == [CHANGE] * 4


def test_a_refused_wish_is_known_by_its_words_and_not_by_what_came_instead() -> None:
    assert of("Cancel my trip", (LOOK,), (), "Why?", (), "Then book a new one", (),
              "Yes", ("book_reservation",)) == [CANCEL] * 3 + ["book_reservation"] * 2  # fmt: skip


def test_a_new_wish_begins_where_the_last_one_was_carried_out() -> None:
    found = of("Cancel my trip", (CANCEL,), (), "And my bags?", (), "Two", (LOOK,),
               ("update_reservation_baggages",), "Thank you!", ())  # fmt: skip
    bags = ["update_reservation_baggages"] * 3
    assert found == [CANCEL, CANCEL, *bags, "closing"]


def test_several_calls_of_a_stretch_are_their_own_intents() -> None:
    assert of("Both", (), (CANCEL, CHANGE), (LOOK,), (CHANGE,), ()) == (
        [CANCEL, CANCEL, CHANGE, CHANGE, CHANGE]
    )


def test_handing_over_counts_where_it_happens_and_nowhere_else() -> None:
    assert of("I was charged twice", (), "Then a person, please", (HAND_OVER,), ()) == (
        ["other", HAND_OVER, HAND_OVER]
    )


def test_where_nothing_changes_what_is_looked_up_tells() -> None:
    assert of("What is my balance?", (), "mia_7", ("get_user_details",), ("calculate",), ()) == (
        ["get_user_details", "get_user_details", "calculate", "calculate"]
    )
    assert of("Show me the details of my reservation", ()) == [LOOK]
    assert of("Why was my flight late?", (), "I see. Thanks, bye", ()) == ["other", "closing"]
    assert of("Cancel it", (CANCEL,), "How long does a refund take?", ()) == [CANCEL, CANCEL]


def test_thinking_is_no_intent() -> None:
    assert of("Hm", ("think",)) == ["other"]


def test_messages_in_a_row_are_one_and_an_agent_may_speak_first() -> None:
    assert of((), "Hello", "Cancel it", (), "", ()) == ["other", CANCEL, CANCEL]
    assert of() == []


TURNS = st.lists(
    st.one_of(
        st.sampled_from(["Cancel it", "Change my flight", "Yes", "Thanks"]),
        st.lists(st.sampled_from(AIRLINE), max_size=2).map(tuple),
    ),
    max_size=12,
)


@given(TURNS)
def test_each_decision_has_an_intent_that_is_a_tool_or_one_of_two_words(
    turns: list[str | tuple[str, ...]],
) -> None:
    found = of(*turns)
    assert len(found) == sum(isinstance(turn, tuple) for turn in turns)
    assert set(found) <= {*AIRLINE, "closing", "other"} - {"think"}


TOOLS = tuple(tool(name, "id") for name in (CANCEL, LOOK, CHANGE))


def cancelling(name: str, day: int = 1) -> list[Invocation]:
    return session(name, f"Hello, this is about {name}.", says("What can I do?"), "Number 7",
                   calls(LOOK, id="7"), "> {}", says("Cancel it?"), "Yes",
                   calls(CANCEL, id="7"), "> {}", says("Done."), tools=TOOLS, day=day)  # fmt: skip


def tags_of(folder: Path, *loads: list[Invocation], feedback: tuple = ()) -> dict[str, str]:
    source = redacted(folder / "redacted", loads, feedback)
    manifest = dedup(DedupSettings(similarity=0.7), source, folder / "deduped")
    made = [
        p
        for part in manifest.labelled("")
        for p in parts.read_part(folder / "deduped", part, Example)
    ]
    return {row.id: row.tags.intent for row in made}


def test_a_session_in_several_files_is_one(tmp_path: Path) -> None:
    rows = cancelling("s-1")
    found = tags_of(tmp_path, rows[3:], rows[:1], rows[1:3])
    assert found == {row.id: CANCEL for row in rows}


def test_an_intent_changes_only_as_its_own_session_goes_on(tmp_path: Path) -> None:
    rows = cancelling("s-1")
    before = tags_of(tmp_path, rows[:2])
    assert before == {rows[0].id: LOOK, rows[1].id: LOOK}
    after = tags_of(tmp_path, rows[:2], rows[2:])
    assert after == {row.id: CANCEL for row in rows}
    assert after == tags_of(tmp_path / "rebuilt", rows[:2], rows[2:])


@settings(max_examples=25, deadline=None)
@given(st.lists(TURNS, min_size=1, max_size=4), st.data())
def test_other_sessions_never_change_a_tag(
    tmp_path_factory: pytest.TempPathFactory,
    others: list[list[str | tuple[str, ...]]],
    data: st.DataObject,
) -> None:
    mine = cancelling("s-1")
    more = [session(f"o-{n}", *map(spoken, turns), tools=TOOLS) for n, turns in enumerate(others)]
    loads = [mine[:2], mine[2:], *(load for load in more if load)]
    alone = full(tmp_path_factory.mktemp("alone"), loads[:2])
    among = full(tmp_path_factory.mktemp("among"), data.draw(st.permutations(loads)))
    assert alone.items() <= among.items()


def full(folder: Path, loads: list[list[Invocation]]) -> dict[str, object]:
    source = redacted(folder / "redacted", loads)
    manifest = dedup(DedupSettings(similarity=0.7), source, folder / "deduped")
    made = [parts.read_part(folder / "deduped", part, Example) for part in manifest.labelled("")]
    return {row.id: row.tags for rows in made for row in rows}


def spoken(turn: str | tuple[str, ...]) -> str | Reply | Message:
    if isinstance(turn, str):
        return turn
    made = [call for name in turn for call in calls(name, id="7").tool_calls]
    return Reply(content="" if made else "Well.", tool_calls=tuple(made))


def test_a_corrected_decision_has_the_intent_of_its_correction(tmp_path: Path) -> None:
    rows = session("s-1", "Cancel the reservation 7", calls(CHANGE, id="7"), tools=TOOLS)
    asked = session("s-2", "Cancel it", calls(CHANGE, id="7"), tools=TOOLS)
    shown = session("s-3", "Number 8 please", says("No."), tools=TOOLS)
    feedback = (
        outcome("s-1", 0.0),
        edit("s-1", calls(LOOK, id="7")),
        outcome("s-2", 0.0),
        edit("s-2", says("Which reservation is it?")),
        outcome("s-3", 0.0),
        edit("s-3", calls(LOOK, id="8")),
    )
    found = tags_of(tmp_path, rows, asked, shown, feedback=feedback)
    assert found == {rows[0].id: CANCEL, asked[0].id: CANCEL, shown[0].id: LOOK}
