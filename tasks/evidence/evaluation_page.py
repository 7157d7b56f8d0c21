"""The evaluation as one page for people: verdict, arms, slices, behaviours, cases, what repeats it.

One HTML file with no script, no other file and no other host; it reads at 400 pixels. Figures are
those of `EvaluationReport` and `GateReport`; nothing is computed here but places in the pictures.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tasks.evidence.cases import Case
from tasks.evidence.judged import ARMS, MODES, Arm, Mode
from tasks.evidence.metrics import BEHAVIOURS
from tasks.evidence.reports import EvaluationReport, GateReport
from tasks.evidence.slices import Slice

MOST_SLICES = 30
"""On the picture, those that decide and the largest first; the others stand in gate.json."""

Facts = dict[str, str]
"""What repeats the evaluation, by name: dataset, weights, rows, settings, commands."""


class Line(NamedTuple):
    """A mean with its interval as places on a picture 100 wide; None where it is unknown."""

    name: str
    text: str
    note: str
    at: float
    low: float | None
    high: float | None
    bad: bool = False


def html(
    report: GateReport,
    evaluated: EvaluationReport,
    cases: Sequence[Case],
    facts: Facts,
    *,
    notes: Sequence[str] = (),
) -> str:
    """The page."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    shown = sorted(report.slices, key=_rank)
    return environment.from_string(_PAGE).render(
        title=f"Gate: {report.verdict} for {report.uri}",
        report=report,
        notes=notes,
        arms=[_exact(evaluated, arm, mode) for mode in MODES for arm in evaluated.arms],
        metrics=_metrics(evaluated),
        comparisons=report.comparisons,
        slices=[_slice(one) for one in shown[:MOST_SLICES]],
        more=max(0, len(shown) - MOST_SLICES),
        confusions=[
            (arm, evaluated.arms[arm][report.mode].confusion)
            for arm in evaluated.arms
            if report.mode in evaluated.arms[arm]
        ],
        behaviours=BEHAVIOURS,
        cases=cases,
        order=[*ARMS, "champion"],
        facts=facts,
    )


def _exact(evaluated: EvaluationReport, arm: Arm, mode: Mode) -> Line:
    if mode not in evaluated.arms[arm]:
        return Line(f"{arm}, {mode}", "not asked", "", 0, None, None)
    rate = evaluated.arms[arm][mode].overall.exact
    low, high = rate.low, rate.high
    text = f"{rate.mean:.3f}"
    if low is not None and high is not None:
        text += f" [{low:.3f}, {high:.3f}]"
    ends = (None if low is None else 100 * low, None if high is None else 100 * high)
    return Line(f"{arm}, {mode}", text, f"{rate.n:,} replies", 100 * rate.mean, *ends)


def _metrics(evaluated: EvaluationReport) -> list[list[str]]:
    """A row a figure, a column an arm and mode; the first row names the columns."""
    cells = [(arm, mode, modes[mode]) for arm, modes in evaluated.arms.items() for mode in modes]

    def row(name: str, values: Sequence[float | None], form: str) -> list[str]:
        return [name, *("-" if value is None else format(value, form) for value in values)]

    def means(name: str) -> list[float | None]:
        rates = [cell.overall.rates().get(name) for _, _, cell in cells]
        return [rate.mean if rate else None for rate in rates]

    seconds = evaluated.seconds_per_reply
    return [
        ["", *(f"{arm}, {mode}" for arm, mode, _ in cells)],
        row("exact match", means("exact"), ".3f"),
        row("reward", means("reward"), ".3f"),
        row("right behaviour", means("right_behaviour"), ".3f"),
        row("macro-F1 of behaviours", [c.macro_f1 for _, _, c in cells], ".3f"),
        row("macro-F1 of call, ask, decline", [c.three_way_f1 for _, _, c in cells], ".3f"),
        row("F1 of tools", [c.overall.tool_f1 for _, _, c in cells], ".3f"),
        row("F1 of arguments", [c.overall.argument_f1 for _, _, c in cells], ".3f"),
        row("needless refusals or questions", means("over_refusal"), ".3f"),
        row("acted instead of holding back", means("acted_instead"), ".3f"),
        row("invented tools", means("invented"), ".3f"),
        row("parse errors a thousand", [c.parse_errors_per_thousand for _, _, c in cells], ".1f"),
        row("violations a thousand", [c.violations_per_thousand for _, _, c in cells], ".1f"),
        row("tokens a reply", [c.tokens for _, _, c in cells], ".1f"),
        row("cut off", [c.truncated for _, _, c in cells], ".3f"),
        row("seconds a reply", [seconds.get(f"{arm}, {mode}") for arm, mode, _ in cells], ".2f"),
    ]


def _rank(one: Slice) -> tuple[int, int, str]:
    order = ("worse", "below-floor", "unproven", "ok", "cannot-judge")
    return order.index(one.standing), -one.n, one.name


def _slice(one: Slice) -> Line:
    """Differences from -1 to 1, with no difference in the middle."""
    text = f"{one.difference:+.3f}"
    if one.low is not None and one.high is not None:
        text += f" [{max(-1.0, one.low):+.3f}, {min(1.0, one.high):+.3f}]"
    critical = ", critical" if one.critical else ""
    missing = f", about {one.missing} tasks more" if one.missing else ""
    return Line(
        one.name,
        text if one.n else "no task",
        f"{one.n} {'task' if one.n == 1 else 'tasks'}{critical}: {one.standing}{missing}",
        _place(one.difference),
        None if one.low is None else _place(one.low),
        None if one.high is None else _place(one.high),
        one.standing in ("worse", "below-floor", "unproven"),
    )


def _place(difference: float) -> float:
    return 50 + 50 * min(1.0, max(-1.0, difference))


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{{ title }}</title><style>
body{font:15px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;max-width:66rem;
margin:1.5rem auto;padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
.PASS{border-left:.5rem solid #1a7f37}.FAIL{border-left:.5rem solid #cf222e}
.INCONCLUSIVE{border-left:.5rem solid #bf8700}
.PASS,.FAIL,.INCONCLUSIVE{padding-left:.7rem}
.wide{overflow-x:auto}table{border-collapse:collapse}
th,td{padding:.25rem .7rem;border-bottom:1px solid #d8dee4;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}th,.note{color:#57606a;font-weight:600}
.note{font-weight:400;font-size:.9rem}
.line{display:grid;grid-template-columns:minmax(0,13rem) minmax(0,1fr) minmax(0,17rem);
gap:.2rem .8rem;align-items:center;padding:.15rem 0;border-bottom:1px solid #d8dee4}
.line svg{width:100%;height:1rem;display:block}
.case{border:1px solid #d8dee4;border-radius:.4rem;padding:.5rem .8rem;margin:.8rem 0}
.arms{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,14rem),1fr));gap:.6rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.2rem 0;font-size:.85rem}
.right{color:#1a7f37}.wrong{color:#cf222e}
dl{display:grid;grid-template-columns:minmax(0,10rem) minmax(0,1fr);gap:.2rem .8rem}dd{margin:0}
@media(max-width:640px){.line,dl{grid-template-columns:minmax(0,1fr)}}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}
th,td,.line,.case{border-color:#30363d}th,.note{color:#8d96a0}}
</style></head>
<body>
{% macro picture(line, middle) %}
<svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{{ line.text }}">
<line x1="0" y1="5" x2="100" y2="5" stroke="#8d96a0" stroke-width=".3"/>
{% if middle %}<line x1="50" y1="0" x2="50" y2="10" stroke="#8d96a0" stroke-width=".5"/>{% endif %}
{% if line.low is not none and line.high is not none %}
<line x1="{{ '%.2f' % line.low }}" y1="5" x2="{{ '%.2f' % line.high }}" y2="5"
 stroke="{{ '#cf222e' if line.bad else '#0969da' }}" stroke-width="2"/>
{% endif %}
<rect x="{{ '%.2f' % (line.at - 0.4) }}" y="1" width=".8" height="8"
 fill="{{ '#cf222e' if line.bad else '#0969da' }}"/></svg>
{% endmacro %}
{% macro lines(all, middle) %}
{% for line in all %}
<div class="line"><div>{{ line.name }}</div>{{ picture(line, middle) }}
<div>{{ line.text }} <span class="note">{{ line.note }}</span></div></div>
{% endfor %}
{% endmacro %}
<h1>{{ title }}</h1>
<div class="{{ report.verdict }}">
{% for reason in report.reasons %}<p>{{ reason }}</p>{% endfor %}
{% for note in notes %}<p class="note">{{ note }}</p>{% endfor %}
</div>
{% if arms %}
<h2>Exact match of each arm</h2>
<p class="note">From 0 to 1, with 95 % intervals clustered by group.</p>
{{ lines(arms, false) }}
<h2>Figures</h2>
<div class="wide"><table><thead><tr>{% for name in metrics[0] %}<th scope="col">{{ name }}</th>
{% endfor %}</tr></thead><tbody>
{% for row in metrics[1:] %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</tbody></table></div>
{% endif %}
{% if comparisons %}
<h2>Tuned against the other arms</h2>
<div class="wide"><table><thead><tr><th scope="col">comparison</th><th scope="col">difference</th>
<th scope="col">p better</th><th scope="col">p worse</th><th scope="col">detectable</th>
<th scope="col">outcome</th></tr></thead><tbody>
{% for one in comparisons %}<tr><td>{{ one.name }}</td>
{% if one.outcome == "NOT APPLICABLE" %}<td></td><td></td><td></td><td></td>{% else %}
<td>{{ '%+.3f' % one.difference.estimate.mean }}</td>
<td>{{ '%.2g' % one.difference.better }}</td><td>{{ '%.2g' % one.difference.worse }}</td>
<td>{{ 'unknown' if one.detectable is none else '%.3f' % one.detectable }}</td>{% endif %}
<td>{{ one.outcome }}</td></tr>{% endfor %}
</tbody></table></div>
<p class="note">Paired by task, clustered by group. Detectable: the difference seen four times in
five.</p>
{% endif %}
{% if slices %}
<h2>Parts of the test</h2>
<p class="note">Exact match, tuned minus what production runs, from -1 to 1; 95 % intervals.</p>
{{ lines(slices, true) }}
{% if more %}<p class="note">{{ more }} more stand in gate.json.</p>{% endif %}
{% endif %}
{% for arm, confusion in confusions %}
{% if loop.first %}<h2>Behaviours: expected (down), done (across)</h2>{% endif %}
<div class="wide"><table><thead><tr><th scope="col">{{ arm }}</th>
{% for did in behaviours %}<th scope="col">{{ did }}</th>{% endfor %}</tr></thead><tbody>
{% for expected, row in confusion.items() %}<tr><td>{{ expected }}</td>
{% for did in behaviours %}<td>{{ row.get(did, 0) }}</td>{% endfor %}</tr>{% endfor %}
</tbody></table></div>
{% endfor %}
{% if cases %}
<h2>Cases</h2>
{% for case in cases %}
<div class="case"><strong>{{ case.kind }}</strong>, expected: {{ case.expected }}
<pre>{{ case.question }}</pre>
<div class="note">wanted</div><pre>{{ case.wanted }}</pre>
<div class="arms">{% for arm in order if arm in case.replies %}
<div><span class="{{ 'right' if case.right[arm] else 'wrong' }}">{{ arm }}:
{{ 'exact' if case.right[arm] else 'not exact' }}</span><pre>{{ case.replies[arm] }}</pre></div>
{% endfor %}</div></div>
{% endfor %}
{% endif %}
<h2>What repeats it</h2>
<dl>{% for name, value in facts.items() %}<dt>{{ name }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>
</body></html>
"""
