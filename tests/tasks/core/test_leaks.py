import pytest

from tasks.core.contract.leaks import find


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
