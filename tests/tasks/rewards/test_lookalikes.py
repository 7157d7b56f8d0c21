import pytest

from tasks.rewards.calls.lookalikes import is_lookalike, is_plain, seen


@pytest.mark.parametrize(
    ("given", "wanted", "looks"),
    [
        ("\u041eslo", "Oslo", True),
        ("O\u200bslo", "Oslo", True),
        ("\uff12\uff10", "20", True),
        ("\u03bfslo", "oslo", True),
        (["Ada", "B\u043e"], ["Ada", "Bo"], True),
        ({"name": "B\u043e"}, {"name": "Bo"}, True),
        ("Oslo", "Oslo", False),
        ("Bergen", "Oslo", False),
        ("oslo", "Oslo", False),
        ("cafe\u0301", "caf\u00e9", False),
        ("\u041e\u0441\u043b\u043e", "Oslo", False),
        (5, "5", False),
        ({"name": "B\u043e"}, ["Bo"], False),
    ],
)
def test_a_look_alike_is_seen_through(given: object, wanted: object, looks: bool):
    assert is_lookalike(given, wanted) is looks


def test_only_plain_values_are_passed_over():
    assert is_plain({"a": ["b", 1, None, {"c": "d"}]})
    assert not is_plain({"a": ["b", {"c": "\u0441"}]})


def test_what_is_seen_is_in_small_letters():
    assert seen("\u041eSLO\u200b") == "oslo"
