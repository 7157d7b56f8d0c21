"""Reads the assessments of an MLflow trace as feedback on its calls.

    {"assessment_name": "solved", "source": {"source_type": "CODE", "source_id": "checks"},
     "create_time": "2026-11-03T15:00:00.000Z", "span_id": "2e2f361f90dfc6be",
     "feedback": {"value": true}, "rationale": "all checks ran", "valid": true}

One that names a span is about its call, any other about each call of the trace. Those that are no
numbers (`yes` and `no`, which MLflow's judges answer, are 1 and 0), expectations among them, that
failed, were overridden or are about no call are `not-a-chat`.

Source: MLflow documentation, "Trace data model"; `mlflow.entities.assessment`, 3.17.
"""

import base64
from typing import Any

import msgspec

from tasks.core.records import Feedback
from tasks.formats._scores import score
from tasks.logs.json_lines import NOT_A_CHAT, Malformed, decode


class _Judge(msgspec.Struct):
    source_type: str = ""


class _Given(msgspec.Struct):
    value: Any = None
    error: Any = None


class _Assessment(msgspec.Struct):
    assessment_name: str
    create_time: str
    source: _Judge = msgspec.field(default_factory=_Judge)
    feedback: _Given | None = None
    span_id: str | None = None
    valid: bool | None = None


def read(raw: msgspec.Raw, calls: dict[str, list[str]]) -> list[Feedback]:
    """The feedback of one assessment; `calls` are the request ids of each span of its trace.

    Raises:
        Malformed: not-a-chat, or it is not of this shape.
    """
    given = decode(raw, _assessments)
    if given.feedback is None or given.feedback.error is not None or given.valid is False:
        raise Malformed(NOT_A_CHAT, "expected a feedback that holds")
    about = [hexadecimal(given.span_id)] if given.span_id else list(calls)
    requests = sorted({request for span in about for request in calls.get(span, ())})
    if not requests:
        raise Malformed(NOT_A_CHAT, "expected a call that it is about")
    name, kind, time = given.assessment_name, given.source.source_type, given.create_time
    return [score(name, given.feedback.value, kind, time, request=one) for one in requests]


def hexadecimal(span_id: str) -> str:
    """A span's id as assessments have it; a trace's JSON has it in base64."""
    try:
        found = base64.b64decode(span_id, validate=True)
    except ValueError:
        return span_id
    return found.hex() if len(found) == 8 else span_id


_assessments = msgspec.json.Decoder(_Assessment)
