"""Of a call's messages only those that its session's last call did not carry."""

import msgspec
import pytest

from tasks.redaction.lines import Past

ONE, TWO, THREE = b'{"content":"a, b]"}', b'{"content":"c"}', b"{}"


def listed(*messages: bytes) -> bytes:
    return b"[" + b",".join(messages) + b"]"


def carried(*messages: bytes) -> Past:
    past = Past()
    past.add(listed(*messages), len(messages))
    return past


def test_what_the_last_call_carried_is_not_new() -> None:
    assert carried(ONE).rest(listed(ONE, TWO, THREE)) == (1, [TWO, THREE])
    assert carried(ONE, TWO).rest(listed(ONE, TWO)) == (2, [])


@pytest.mark.parametrize("other", [listed(TWO, ONE), listed(ONE), listed(ONE, THREE), b"[]"])
def test_another_history_is_new_as_a_whole(other: bytes) -> None:
    known, new = carried(ONE, TWO).rest(other)
    assert (known, listed(*new)) == (0, other)


def test_nothing_is_carried_at_first_and_by_a_call_without_messages() -> None:
    assert Past().rest(listed(ONE)) == (0, [ONE])
    assert carried().rest(listed(ONE)) == (0, [ONE])


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(msgspec.MsgspecError):
        carried(ONE).rest(listed(ONE)[:-1] + b",{]")
