"""Records that are read or written in parts have the fields of the record that they mirror."""

import pytest

from tasks.core.records import Example, Invocation, Record
from tasks.labelling.raw_records import RawExample
from tasks.logs.sealed import Sealed
from tasks.redaction.lines import Line


@pytest.mark.parametrize(
    ("mirror", "record", "apart"),
    [
        (Line, Invocation, set()),
        # Who is meant is known at redaction, after a log format has made its calls.
        (Sealed, Invocation, {"persons"}),
        (RawExample, Example, set()),
    ],
)
def test_a_mirror_has_the_fields_of_its_record(
    mirror: type[Record], record: type[Record], apart: set[str]
) -> None:
    assert set(record.__struct_fields__) - set(mirror.__struct_fields__) == apart
    # The order is that of the bytes.
    kept = tuple(name for name in record.__struct_fields__ if name not in apart)
    assert mirror.__struct_fields__ == kept
