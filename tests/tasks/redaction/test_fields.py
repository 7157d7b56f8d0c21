"""What a key says of its value."""

import pytest

from tasks.redaction.fields import Fields, whole
from tasks.redaction.kinds import Kind


@pytest.mark.parametrize("key", ["caller_name", "customerName", "first_name", "requester-name"])
@pytest.mark.parametrize("name", ["Jan A. Testford", "May Testford", "Ines B. Modelwood"])
def test_a_name_under_a_persons_key_goes_whole(key: str, name: str) -> None:
    assert whole(Fields(()).of(key), name) is Kind.NAME


def test_a_key_that_describes_a_name_holds_none() -> None:
    field = Fields(()).of("first_name")
    assert whole(field, "The first name of the passenger, such as 'Noah'.") is None
