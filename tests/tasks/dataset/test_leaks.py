from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from tasks.core.records import Source
from tasks.dataset.facts import Checked, Replied, Said
from tasks.dataset.leaks import Watch, find


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (b"write to mia@shop.example.org now", ("EMAIL",)),
        (b"write to xk3@example.invalid now", ()),
        (b"the card is 4111 1111 1111 1111", ("CREDIT_CARD",)),
        (b"the card is 4111 1111 1111 1112", ()),
        (b"my SSN is 123-45-6789", ("US_SSN",)),
        (b"my SSN is 000-45-6789", ()),
        (b"key AKIAIOSFODNN7EXAMPLE and mia@shop.org", ("AWS_KEY", "EMAIL")),
        (b"token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3In0.abc", ("JWT",)),
        (b"-----BEGIN RSA PRIVATE KEY-----", ("PRIVATE_KEY",)),
        (b"sk-" + b"a1B2" * 10, ("API_KEY",)),
        (b"order 7731 of 2026-10-01, 4 of 5 at 10:30", ()),
    ],
)
def test_what_is_left_is_told_by_its_kind(text: bytes, kinds: tuple[str, ...]) -> None:
    assert find(text) == kinds


def test_what_is_found_among_several_examples_is_counted_and_placed_one_by_one() -> None:
    said = ["my SSN is", "000-45-6789", *(f"order {n}" for n in range(9)), "I am mia@shop.org"]
    watch = Watch()
    for number, text in enumerate([*said, said[-1], "or ann@shop.org"]):
        watch.read(_example(text, number))
    watch.close()
    assert watch.kinds == {"EMAIL": 2}  # a text that was read before is not read again
    assert watch.first == Source(uri="log.jsonl", line=11, format="plain")


_PIECES = (
    "my SSN",
    " 123-45-6789",
    " 000-45-6789",
    "\n",
    "\\",
    " mia@shop.org",
    " x@example.invalid",
)


@given(st.lists(st.lists(st.sampled_from(_PIECES), max_size=4).map("".join), max_size=12))
def test_several_examples_are_told_as_each_alone(texts: list[str]) -> None:
    watch = Watch()
    for number, text in enumerate(texts):
        watch.read(_example(text, number))
    watch.close()
    alone = [find(text.encode()) for text in dict.fromkeys(texts)]
    assert watch.kinds == Counter(kind for found in alone for kind in found)


def _example(text: str, line: int) -> Checked:
    return Checked(
        id=str(line),
        messages=(Said(role="user", content=text),),
        tools=Raw(b"[]"),
        reply=Replied(),
        reference=None,
        truth_source="none",
        session_id="s",
        sources=(Source(uri="log.jsonl", line=line, format="plain"),),
    )
