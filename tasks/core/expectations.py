"""Holds a dataset's flat facts against its contract: a Great Expectations suite, in code.

Three tables are looked at: `intake` (every decision read, rejected or not), `examples` (those that
were accepted) and `references` (those that prove what is right). A result keeps counts and figures
and never an offending value: GX's default formats copy values, so SUMMARY runs with none of them.
An expectation that raises counts as broken, not as met.
"""

import os
from collections.abc import Sequence
from typing import Any, get_args

from tasks.core import pages
from tasks.core.errors import StageError
from tasks.core.facts import Facts
from tasks.core.pages import Table
from tasks.core.parts import Counts
from tasks.core.records import Behaviour, Record, TruthSource
from tasks.core.settings import ValidateSettings

BEHAVIOURS = get_args(Behaviour)
LARGEST_SHARE = 0.95
"""Of one behaviour among the references; above it the others are hardly learnt. Only a warning:
an agent may have nothing to clarify."""


class Check(Record, frozen=True, kw_only=True):
    """One expectation and how the data met it."""

    table: str
    column: str
    expectation: str
    expected: dict[str, Any]
    severity: str
    """`critical` fails the stage, `warning` is reported."""
    met: bool
    observed: str = ""
    unexpected: int = 0
    """Rows that break it."""
    error: str = ""
    """What could not be computed, where it could not be evaluated."""


class Outcome(Record, frozen=True, kw_only=True):
    """The suite's result."""

    met: bool
    """All critical expectations."""
    rows: dict[str, int]
    checks: tuple[Check, ...]


def evaluate(facts: Sequence[Facts], counts: Counts, settings: ValidateSettings) -> Outcome:
    """Run the suite. Loads Great Expectations, which takes seconds."""
    # Read when the package is loaded; it sends nothing today, and is not to begin.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    source = context.data_sources.add_pandas("decisions")
    tables = _tables(facts, counts)
    checks: list[Check] = []
    for name, expected in _suites(gx.expectations, settings).items():
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("all")
        suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expected))
        run = context.validation_definitions.add(
            gx.ValidationDefinition(name=name, data=batch, suite=suite)
        ).run(
            batch_parameters={"dataframe": tables[name]},
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0},
        )
        if len(run.results) != len(expected):
            raise StageError(
                f"Great Expectations answered {len(run.results)} of {len(expected)} expectations "
                f"on {name}: expected all; check that great-expectations is installed whole"
            )
        checks += [_check(name, result) for result in run.results]
    return Outcome(
        met=all(check.met or check.severity != "critical" for check in checks),
        rows={name: len(table) for name, table in tables.items()},
        checks=tuple(sorted(checks, key=lambda c: (c.table, c.column, c.expectation))),
    )


def explain(outcome: Outcome) -> str:
    """The critical expectations that were not met, for the message that stops the stage."""
    return "; ".join(
        f"{check.table}.{check.column or 'columns'} {check.expectation} expected "
        f"{_shown(check.expected)}, "
        + (
            f"{check.error} could not be computed"
            if check.error
            else f"observed {_observed(check)}"
        )
        for check in outcome.checks
        if not check.met and check.severity == "critical"
    )


def page(outcome: Outcome) -> str:
    """The result as one HTML page without links to anywhere."""
    failed = sum(not check.met for check in outcome.checks)
    summary = (
        f"{len(outcome.checks)} expectations on {outcome.rows['intake']} decisions read, "
        f"{outcome.rows['examples']} accepted, {outcome.rows['references']} with a reference: "
        + (f"{failed} not met." if failed else "all met.")
    )
    tables = [
        Table(
            name.capitalize(),
            ("column", "expectation", "expected", "observed", "result"),
            [_row(check) for check in outcome.checks if check.table == name],
        )
        for name in outcome.rows
    ]
    return pages.html("Validation of the dataset", [summary], tables)


def _suites(e: Any, settings: ValidateSettings) -> dict[str, list[Any]]:
    return {
        "intake": [
            e.ExpectColumnMeanToBeBetween(column="rejected", max_value=settings.max_rejected)
        ],
        "examples": _of_examples(e, settings),
        "references": _of_references(e),
    }


def _of_examples(e: Any, settings: ValidateSettings) -> list[Any]:
    columns = [*_columns(()), "proved"]
    return [
        e.ExpectTableColumnsToMatchSet(column_set=columns, exact_match=True),
        e.ExpectColumnValuesToBeUnique(column="id"),
        *(e.ExpectColumnValuesToNotBeNull(column=name) for name in ("id", "session", "cluster")),
        e.ExpectColumnValuesToBeInSet(column="behaviour", value_set=list(BEHAVIOURS)),
        e.ExpectColumnValuesToBeInSet(column="truth_source", value_set=list(get_args(TruthSource))),
        e.ExpectColumnValuesToBeInSet(column="last_role", value_set=["user", "tool"]),
        e.ExpectColumnValuesToBeInSet(column="proved", value_set=[True]),
        e.ExpectColumnValuesToBeBetween(column="confidence", min_value=0, max_value=1),
        e.ExpectColumnValuesToBeBetween(column="outcome", min_value=0, max_value=1),
        e.ExpectColumnValuesToBeBetween(
            column="context_chars", min_value=0, max_value=settings.max_context_chars
        ),
        e.ExpectColumnValuesToBeBetween(column="turns", min_value=1),
        e.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="messages", column_B="turns", or_equal=True
        ),
        e.ExpectColumnSumToBeBetween(column="referenced", min_value=settings.min_examples),
    ]


def _of_references(e: Any) -> list[Any]:
    proofs = [source for source in get_args(TruthSource) if source != "none"]
    return [
        e.ExpectColumnValuesToBeInSet(column="truth_source", value_set=proofs),
        *(
            e.ExpectColumnMeanToBeBetween(column=name, max_value=LARGEST_SHARE, severity="warning")
            for name in BEHAVIOURS
        ),
    ]


def _tables(facts: Sequence[Facts], counts: Counts) -> dict[str, Any]:
    import pandas as pd

    examples = pd.DataFrame(_columns(facts))
    examples["proved"] = examples["referenced"] == (examples["truth_source"] != "none")
    references = examples[examples["referenced"]].copy()
    for name in BEHAVIOURS:
        references[name] = (references["behaviour"] == name).astype(float)
    rejected = [1.0] * counts.rejected + [0.0] * counts.accepted
    return {
        "intake": pd.DataFrame({"rejected": rejected}),
        "examples": examples,
        "references": references,
    }


def _columns(facts: Sequence[Facts]) -> dict[str, list[Any]]:
    return {
        "id": [f.id for f in facts],
        "session": [f.session for f in facts],
        "cluster": [f.cluster or None for f in facts],
        "behaviour": [f.behaviour for f in facts],
        "referenced": [f.referenced for f in facts],
        "truth_source": [f.truth_source for f in facts],
        "outcome": [float("nan") if f.outcome is None else f.outcome for f in facts],
        "confidence": [f.confidence for f in facts],
        "last_role": [f.last_role for f in facts],
        "messages": [f.messages for f in facts],
        "context_chars": [f.context_chars for f in facts],
        "turns": [f.turns for f in facts],
    }


def _check(table: str, result: Any) -> Check:
    config = result.expectation_config
    kwargs = {k: v for k, v in config.kwargs.items() if k not in {"batch_id", "column"}}
    found = result.result or {}
    error = _raised(result.exception_info or {})
    return Check(
        table=table,
        column=config.kwargs.get("column", ""),
        expectation=config.type.removeprefix("expect_"),
        expected=kwargs,
        severity=config.severity.value if config.severity else "critical",
        met=bool(result.success) and not error,
        observed=_figure(found.get("observed_value")),
        unexpected=int(found.get("unexpected_count", 0)),
        error=error,
    )


def _raised(info: dict[str, Any]) -> str:
    """The metrics that could not be computed; GX's own message may quote a value."""
    if info.get("raised_exception"):
        return "expectation"
    names = {
        name.partition("metric_name='")[2].partition("'")[0] or "metric"
        for name, metric in info.items()
        if isinstance(metric, dict) and metric.get("raised_exception")
    }
    return ", ".join(sorted(names))


def _figure(value: Any) -> str:
    """An aggregate as text; column names are listed, anything else would be content."""
    if value is None or isinstance(value, str):
        return ""
    if isinstance(value, list):
        return f"{len(value)} columns"
    return f"{float(value):.6g}"


def _observed(check: Check) -> str:
    return check.observed or f"{check.unexpected} rows that break it"


def _shown(expected: dict[str, Any]) -> str:
    return ", ".join(
        f"{name.removesuffix('_value')} {value}" for name, value in sorted(expected.items())
    )


def _row(check: Check) -> tuple[str, ...]:
    result = "met" if check.met else "broken" if check.error else "not met"
    if not check.met and check.severity != "critical":
        result = "warning"
    expected = _shown(check.expected)
    return (check.column or "(all)", check.expectation, expected, _observed(check), result)
