"""The page holds each figure it should, stands alone, and escapes what models said."""

import re

from msgspec.structs import replace

from tasks.evidence import arms, evaluation_page
from tasks.evidence.cases import Case
from tasks.evidence.reports import EvaluationReport, GateReport
from tasks.evidence.verdict import Verdict, verdict
from tests.tasks import made_reports
from tests.tasks.evidence.test_verdict import GAIN, SETTINGS, row, rows, upto

CASE = Case(
    example="a",
    kind="lost",
    expected="execute",
    question="<script>alert(1)</script>",
    wanted="get_order()",
    replies={"base": "get_order()", "tuned": "Which?"},
    right={"base": True, "tuned": False},
)


def gate_report(found: Verdict) -> GateReport:
    return GateReport(
        **{name: getattr(found, name) for name in Verdict.__struct_fields__},
        settings={},
        max_unscored=0.01,
        rows_sha256="0" * 64,
        uri="models:/agent/3",
        weights_sha256="0" * 64,
    )


def evaluated(judged) -> EvaluationReport:
    compared = arms.compare(judged)
    return replace(
        made_reports.evaluated(),
        **{name: getattr(compared, name) for name in arms.Compared.__struct_fields__},
        seconds_per_reply={"tuned, greedy": 0.25},
    )


def page(judged, cases=()) -> str:
    report = gate_report(verdict(judged, SETTINGS, 1))
    return evaluation_page.html(report, evaluated(judged), cases, {"run": "run-7"})


def test_verdict_arms_slices_behaviours_and_what_repeats_it_stand_there():
    shown = page(rows(GAIN))
    assert "<h1>Gate: PASS for models:/agent/3</h1>" in shown
    for text in (
        "tuned, greedy",
        "0.800 [",
        "behaviour clarify",
        "tool tool-0",
        "macro-F1 of call, ask, decline",
        "F1 of arguments",
        "parse errors a thousand",
        "0.25",
        "run-7",
    ):
        assert text in shown
    assert shown.count("<svg") == 6 + 2 + 2 + 3
    assert "Cases" not in shown


def test_it_needs_no_script_and_no_other_file():
    shown = page(rows(GAIN), [CASE])
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert not re.search(r"<script|<link|<img|\ssrc=|https?://|url\(", shown)


def test_an_arm_that_is_the_same_as_another_shows_no_figures():
    judged = rows({**GAIN, "better-prompt": upto(100)})
    shown = page(judged)
    same = re.search(r"<tr><td>exact match against better-prompt.*?</tr>", shown, re.S)
    assert same is not None
    assert "NOT APPLICABLE" in same[0]
    assert not re.search(r"\d\.\d", same[0])


def test_a_champion_is_an_arm_and_what_the_model_must_not_fall_behind():
    champion = [
        row("champion", number, exact=number < 170, mode=mode, sample=sample)
        for mode, samples in (("greedy", 1), ("sampled", 2))
        for number in range(200)
        for sample in range(samples)
    ]
    judged = [*rows(GAIN), *champion]
    found = verdict(judged, SETTINGS, 1)
    assert found.verdict == "FAIL"
    assert any(reason.startswith("tuned does not beat champion") for reason in found.reasons)
    assert "exact match against champion, sampled" in {one.name for one in found.comparisons}
    assert "champion, greedy" in page(judged)


def test_one_group_alone_leaves_intervals_open():
    judged = [row(arm, 0, exact=True, mode=mode) for arm in arms.judged.ARMS for mode in arms.MODES]
    assert "unknown" not in page(judged)  # such rows decide nothing: there is no comparison
    assert "INCONCLUSIVE" in page(judged)
