from typing import Any

from tasks.core.parts import Counts, Manifest
from tasks.dataset import proved

INFO: dict[str, Any] = {
    "kept_out": {"cut-by-length": 3, "failed-call": 1_200},
    "not_understood": {"nl": 40, "und": 10},
    "labeller": "rules-2",
    "replayed": {"calls": 383, "equal": 329},
}


def dedup(**info: Any) -> Manifest:
    counts = Counts(read=2_000, accepted=2_000)
    return Manifest(stage="dedup", parts=(), counts=counts, info=info)


def test_each_rule_is_told_with_its_count() -> None:
    page = proved.section(dedup(**INFO))
    assert "1,203 decisions would have a reference" in page
    assert "a tool answered the call with an error" in page
    assert page.index("cut-by-length") < page.index("failed-call")


def test_the_share_of_equal_results_and_of_unknown_languages_is_told() -> None:
    page = proved.section(dedup(**INFO))
    assert (
        "383 calls were made again where tools really run: 329 gave the logged result (86%)" in page
    )
    assert (
        "50 decisions (2.5%) are replies in languages that it does not know (nl 40, und 10)" in page
    )


def test_nothing_is_told_of_what_did_not_happen() -> None:
    nothing = {"kept_out": {}, "not_understood": {}, "replayed": {"calls": 0, "equal": 0}}
    page = proved.section(dedup(**{**INFO, **nothing}))
    assert "No reference was kept out" in page
    assert "made again" not in page
    assert "languages" not in page


def test_a_manifest_from_before_has_no_such_part() -> None:
    assert proved.section(dedup()) == ""
