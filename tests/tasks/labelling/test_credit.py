"""Which earlier calls a later one takes back."""

import pytest

from tasks.core.records import ToolCall
from tasks.labelling.credit import REPEATED, UNDONE, mark
from tests.tasks.curation_logs import call


def marked(earlier: ToolCall, result: str, later: ToolCall) -> int:
    marks = [0]
    mark(marks, [(earlier,)], [[result]], (later,))
    return marks[0]


@pytest.mark.parametrize(
    "result",
    [
        "No booking WRONG exists",
        "Customer 77 was not found.",
        '{"message": "order_id must be seven digits"}',
        "Request timed out",
        "HTTP status: 422",
        "Invalid date: 31 February",
        "permission denied",
    ],
)
def test_a_call_made_again_with_other_arguments_after_a_complaint_is_repeated(result: str) -> None:
    assert marked(call("get_order", id="77"), result, call("get_order", id="771")) == REPEATED


@pytest.mark.parametrize(
    ("earlier", "result", "later"),
    [
        (call("get_order", id="77"), '{"id": "77", "state": "sent"}', call("get_order", id="78")),
        (call("get_order", id="77"), "Order 77 not found", call("get_order", id="77")),
        (call("search_flights", to="OSL"), "No flights found", call("search_flights", to="BGO")),
        (call("get_order", id="77"), "Order 77 not found", call("get_user", id="78")),
        (
            call("read_page", url="a"),
            "Errors are not found here. " * 40,
            call("read_page", url="b"),
        ),
    ],
)
def test_another_look_is_no_repetition(earlier: ToolCall, result: str, later: ToolCall) -> None:
    assert marked(earlier, result, later) == 0


@pytest.mark.parametrize(
    ("earlier", "result", "later"),
    [
        (call("book_flight", flight="F1"), '{"booking": "B9"}', call("cancel_booking", id="B9")),
        (call("createTicket", title="x"), "ticket 8841", call("deleteTicket", ticket=8841)),
        (call("pay_invoice", invoice="I-7"), "ok", call("refund_invoice", invoice="I-7")),
        (call("add_item", item="A"), "ok", call("remove_item", item="A")),
        (call("block_card", card="4421"), "ok", call("unblock_card", card="4421")),
        (call("subscribe_list", list="news"), "ok", call("unsubscribe_list", list="news")),
        (call("send_money", to="Ann"), "transfer T1", call("undo_transfer", id="T1")),
        (call("close_account", id="A-1"), "ok", call("reopen_account", id="A-1")),
        (call("update_order", id="7", size="M"), "ok", call("update_order", id="7", size="L")),
        (
            call("reschedule", booking_id="7", day="1"),
            "",
            call("reschedule", booking_id="7", day="2"),
        ),
    ],
)
def test_what_is_taken_back_is_undone(earlier: ToolCall, result: str, later: ToolCall) -> None:
    assert marked(earlier, result, later) == UNDONE


@pytest.mark.parametrize(
    ("earlier", "result", "later"),
    [
        (call("book_flight", flight="F1"), '{"booking": "B9"}', call("cancel_booking", id="B2")),
        (call("book_flight", flight="F1"), '{"booking": "B9"}', call("cancel_hotel", id="F1")),
        (call("add_item", order_id="7", item="A"), "ok", call("add_item", order_id="7", item="B")),
        (call("cancel_order", id="7"), "ok", call("cancel_order", id="8")),
        (call("update_order", id="7", size="M"), "ok", call("update_order", id="8", size="M")),
        (call("update_order", id="7", size="M"), "ok", call("update_order", id="7", color="red")),
        (call("get_booking", id="B9"), '{"id": "B9"}', call("cancel_booking", id="B9")),
        (call("cancel_booking", id="B9"), "ok", call("book_flight", flight="F2")),
    ],
)
def test_what_goes_on_is_not(earlier: ToolCall, result: str, later: ToolCall) -> None:
    assert marked(earlier, result, later) == 0
