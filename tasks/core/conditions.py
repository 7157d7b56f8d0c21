"""Says which calls are wanted: conditions on what is known of a call, joined by all, any and not.

    all:
      - {field: time, since: 2026-11-01, until: 2026-12-01}
      - {field: model, matches: "anthropic.*"}
      - any: [{field: metadata.domain, in: [weather, travel]}, {field: outcome, at_least: 0.5}]
      - not: {field: finish_reason, equals: max_tokens}

A condition on what a call does not have is false, whatever it asks (`exists: false` is the one that
is true). `outcome` is what feedback says of the call, else of its session. Metadata are compared as
text, and as numbers by `at_least` and `below`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Value = str | int | float | bool
FIELDS = (
    "time",
    "model",
    "session_id",
    "request_id",
    "finish_reason",
    "latency_ms",
    "input_tokens",
    "output_tokens",
    "format",
    "uri",
)
"""Of a call, beside its outcome and its metadata."""
OUTCOME = "outcome"
METADATA = "metadata."
TESTS = ("equals", "one_of", "matches", "at_least", "below", "since", "until", "exists")
NAMES = tuple("in" if name == "one_of" else name for name in TESTS)
"""As params.yaml writes them."""


class Condition(BaseModel):
    """One node: a list of others under `all` or `any`, one under `not`, or tests of a `field`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    all: tuple["Condition", ...] | None = None
    any: tuple["Condition", ...] | None = None
    not_: "Condition | None" = Field(default=None, alias="not")
    field: str | None = None
    equals: Value | None = None
    one_of: tuple[Value, ...] | None = Field(default=None, alias="in")
    matches: str | None = None
    """A shell pattern: `*` stands for any text."""
    at_least: float | None = None
    below: float | None = None
    since: str | None = None
    """The first moment that is wanted; for `time`."""
    until: str | None = None
    """The first moment that is not wanted any more; for `time`."""
    exists: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _has_known_names(cls, given: Any) -> Any:
        known = ("all", "any", "not", "field", *NAMES)
        if not isinstance(given, dict | Condition):
            raise ValueError(
                "expected a condition as {field: model, equals: x}; several stand in a list under "
                "all or any"
            )
        unknown = (
            [str(name) for name in given if name not in known] if isinstance(given, dict) else []
        )
        if unknown:
            raise ValueError(f"unknown {', '.join(unknown)}; expected {', '.join(known)}")
        return given

    @field_validator("since", "until", mode="before")
    @classmethod
    def _moment(cls, given: Any) -> Any:
        """YAML reads a date as one; a day begins at midnight in UTC."""
        if isinstance(given, str):
            try:
                given = datetime.fromisoformat(given)
            except ValueError as error:
                raise ValueError("expected a date, or a time as 2026-11-03T14:20:29Z") from error
        if isinstance(given, datetime):
            moment = given if given.tzinfo else given.replace(tzinfo=UTC)
            return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{given.isoformat()}T00:00:00Z" if isinstance(given, date) else given

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        kinds = [
            name for name in ("all", "any", "not_", "field") if getattr(self, name) is not None
        ]
        if len(kinds) != 1:
            raise ValueError("expected exactly one of all, any, not and field")
        asked = [name for name in TESTS if getattr(self, name) is not None]
        if self.field is None:
            if asked:
                raise ValueError(f"{', '.join(asked)} needs a field beside it")
            return self
        is_metadata = self.field.startswith(METADATA) and self.field != METADATA
        if self.field not in (*FIELDS, OUTCOME) and not is_metadata:
            known = ", ".join((*FIELDS, OUTCOME))
            raise ValueError(f"unknown field {self.field!r}; expected {known} or metadata.KEY")
        if not asked:
            raise ValueError(
                f"field {self.field} is not asked for anything; expected {', '.join(NAMES)}"
            )
        if self.field != "time" and (self.since or self.until):
            raise ValueError(f"since and until are for the field time, not {self.field}")
        return self


def fields(condition: Condition) -> Iterator[Condition]:
    """All conditions on a field, however deep they stand."""
    for one in (*(condition.all or ()), *(condition.any or ()), condition.not_):
        if one is not None:
            yield from fields(one)
    if condition.field is not None:
        yield condition
