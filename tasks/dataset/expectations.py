"""Holds a dataset against its contract: a Great Expectations suite, in code.

    dataset.share_execute   column_mean_to_be_between   max 0.95      observed 0.48    met
    parts.unproved          column_sum_to_be_between    min 0, max 0  observed 0       met

The suite is about two small tables (`aggregates`): sizes, shares, drift and what is left of
personal data over the whole dataset, and counts of rows that break a rule for each part.
What is nested or hot is checked before, in typed decoding and `checks`. So Great Expectations,
which takes seconds to load, never sees a record: its results, which copy the values that break an
expectation, have none to copy, and SUMMARY is run with no values besides. An expectation that
raises counts as broken, not as met.
"""

import gc
import os
from functools import cache
from typing import Any

from tasks.core import pages
from tasks.core.curation_settings import ValidateSettings
from tasks.core.errors import StageError
from tasks.core.pages import Table
from tasks.core.records import Record
from tasks.dataset.aggregates import Aggregates
from tasks.dataset.later import later
from tasks.dataset.tables import BEHAVIOURS, TRUTHS

LARGEST_SHARE = 0.95
"""Of one behaviour among the references; above it the others are hardly learnt. Only a warning:
an agent may have nothing to clarify."""
COUNTED = ("part", "examples")
"""Columns of `parts` that count no fault."""


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
    error: str = ""
    """What could not be computed, where it could not be evaluated."""


class Outcome(Record, frozen=True, kw_only=True):
    """The suite's result."""

    met: bool
    """All critical expectations."""
    rows: dict[str, int]
    """Decisions `read`, accepted `examples`, `references` among them."""
    parts: int
    checks: tuple[Check, ...]


@cache
def load() -> Any:
    """Great Expectations, which takes seconds to load."""
    # Read when the package is loaded; it sends nothing today, and is not to begin.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # A quarter of its import, for expectations and charts that no suite here has.
    later("scipy.stats", "altair")
    import great_expectations

    # Half a million objects of modules, none of them garbage: to walk them takes 0.3 s each time.
    gc.freeze()
    return great_expectations


def evaluate(found: Aggregates, settings: ValidateSettings) -> Outcome:
    """Run the suite; loads Great Expectations.

    Raises:
        StageError: it did not answer every expectation.
    """
    gx = load()
    import pandas as pd
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    source = context.data_sources.add_pandas("examples")
    tables = {"dataset": pd.DataFrame([found.dataset]), "parts": pd.DataFrame(found.parts)}
    checks: list[Check] = []
    for name, expected in _suites(gx.expectations, found, settings).items():
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("all")
        suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expected))
        run = context.validation_definitions.add(
            gx.ValidationDefinition(name=name, data=batch, suite=suite)
        ).run(
            batch_parameters={"dataframe": tables[name]},
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0},
        )
        if len(run.results) != len(expected) or not expected:
            raise StageError(
                f"Great Expectations answered {len(run.results)} of {len(expected)} expectations "
                f"on {name}: expected all; check that great-expectations is installed whole"
            )
        checks += [_check(name, result) for result in run.results]
    return Outcome(
        met=all(check.met or check.severity != "critical" for check in checks),
        rows={key: int(found.dataset[key]) for key in ("read", "examples", "references")},
        parts=len(found.parts["part"]),
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
            else f"observed {check.observed or 'what breaks it'}"
        )
        for check in outcome.checks
        if not check.met and check.severity == "critical"
    )


def page(outcome: Outcome) -> str:
    """The result as one HTML page without links to anywhere."""
    failed = sum(not check.met for check in outcome.checks)
    summary = (
        f"{len(outcome.checks)} expectations on {outcome.rows['read']} decisions read, "
        f"{outcome.rows['examples']} accepted, {outcome.rows['references']} with a reference, in "
        f"{outcome.parts} parts: " + (f"{failed} not met." if failed else "all met.")
    )
    tables = [
        Table(
            title,
            ("column", "expectation", "expected", "observed", "result"),
            [_row(check) for check in outcome.checks if check.table == name],
        )
        for name, title in (("dataset", "The whole dataset"), ("parts", "Rows of any part"))
    ]
    return pages.html("Validation of the dataset", [summary], tables)


def _suites(e: Any, found: Aggregates, settings: ValidateSettings) -> dict[str, list[Any]]:
    return {"dataset": _of_dataset(e, found, settings), "parts": _of_parts(e, found)}


def _of_dataset(e: Any, found: Aggregates, settings: ValidateSettings) -> list[Any]:
    def between(column: str, **fields: Any) -> Any:
        return e.ExpectColumnMeanToBeBetween(column=column, **fields)

    return [
        e.ExpectTableColumnsToMatchSet(column_set=list(found.dataset), exact_match=True),
        e.ExpectTableRowCountToEqual(value=1),
        between("rejected_share", max_value=settings.max_rejected),
        between("references", min_value=settings.min_examples),
        between("repeated_ids", max_value=0),
        between("leaks", max_value=max(1.0, settings.max_leaks * found.dataset["read"])),
        between("proof_none", max_value=0),
        *(between(f"proof_{name}", min_value=0, max_value=1) for name in TRUTHS if name != "none"),
        *(
            between(f"share_{name}", max_value=LARGEST_SHARE, severity="warning")
            for name in BEHAVIOURS
        ),
        *(
            between(name, max_value=settings.max_drift, severity="warning")
            for name in found.dataset
            if name.startswith("drift_")
        ),
    ]


def _of_parts(e: Any, found: Aggregates) -> list[Any]:
    return [
        e.ExpectTableColumnsToMatchSet(column_set=list(found.parts), exact_match=True),
        e.ExpectColumnValuesToBeUnique(column="part"),
        e.ExpectColumnMinToBeBetween(column="examples", min_value=0),
        *(
            e.ExpectColumnSumToBeBetween(column=name, min_value=0, max_value=0)
            for name in found.parts
            if name not in COUNTED
        ),
    ]


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


def _shown(expected: dict[str, Any]) -> str:
    return ", ".join(
        f"{name.removesuffix('_value')} {value}" for name, value in sorted(expected.items())
    )


def _row(check: Check) -> tuple[str, ...]:
    result = "met" if check.met else "broken" if check.error else "not met"
    if not check.met and check.severity != "critical":
        result = "warning"
    expected = _shown(check.expected)
    return (check.column or "(all)", check.expectation, expected, check.observed, result)
