"""An answer is asked for once, also where two processes share the asking."""

from tasks.redaction.finders import Remembered


def test_a_text_is_asked_about_once() -> None:
    asked: list[bytes] = []
    remembered = Remembered(lambda data: bool(asked.append(data)) or data == b"a")
    assert [remembered(data) for data in (b"a", b"b", b"a", b"b")] == [True, False, True, False]
    assert asked == [b"a", b"b"]


def test_what_one_has_asked_another_knows() -> None:
    one = Remembered(lambda data: data == b"a")
    other: Remembered[bool] = Remembered(lambda data: 1 / 0 > 0)
    one(b"a"), one(b"b")
    other.learn(one.news())
    assert [other(b"a"), other(b"b")] == [True, False]
    assert one.news() == {}
    one(b"c")
    other.learn(one.news())
    assert other(b"c") is False


def test_no_more_is_kept_than_there_is_room_for() -> None:
    asked: list[bytes] = []
    remembered = Remembered(lambda data: bool(asked.append(data)), most=1)
    remembered.learn({b"1" * 16: True, b"2" * 16: True})
    for data in (b"a", b"b", b"a", b"b"):
        remembered(data)
    assert asked == [b"a", b"b", b"b"]
