"""Gates of rules: each opens for every text in which its pattern matches."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core.curation_settings import RedactSettings
from tasks.redaction import personal, secrets
from tasks.redaction.finders import Finders
from tasks.redaction.rules import Gates, Rule

FINDERS = Finders(RedactSettings(min_confidence=0, person_keys=("user_id", "customer_number")))
RULES: tuple[Rule, ...] = FINDERS._rules._rules


CLASSES = {
    **{"Lu": "A-Z", "L": "A-Za-z", "N": "0-9", "Han": "一-龥", "Hiragana": "ぁ-ん"},
    **{"Katakana": "ァ-ヺ", "Hangul": "가-힣", "Thai": "ก-๙"},
}


def pythonic(pattern: str) -> str:
    """The RE2 pattern as one of Python's, from which strings can be drawn."""
    for name, letters in CLASSES.items():
        pattern = pattern.replace(rf"\p{{{name}}}", letters)
    return pattern.replace(r"\z", r"\Z")


def test_every_rule_has_a_gate() -> None:
    assert [rule.name for rule in RULES if not rule.gate] == []
    assert {*secrets.RULES, *personal.RULES} <= {*RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_gate_opens_wherever_its_pattern_matches(rule: Rule) -> None:
    gate = Gates([rule.gate])
    flags = re.ASCII

    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(st.from_regex(re.compile(pythonic(rule.pattern), flags)))
    def opens(text: str) -> None:
        import re2

        try:
            data = text.encode()
        except UnicodeEncodeError:
            return
        if re2.search(rule.pattern, data.decode()):
            assert gate.open(data) == [0]

    opens()
