"""Each guardrail holds the contract; a module of the user's own is loaded by its path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tasks.core.errors import SettingsError
from tasks.core.settings import GuardrailSettings
from tasks.evidence import guardrails
from tasks.evidence.guardrails import Guardrail, Served

NAMES = guardrails.available()
COUNTS = st.integers(min_value=0, max_value=40)
METRICS = ("csat", "handle_time", "deflection", "first_contact_resolution", "escalated")
SESSIONS = st.builds(
    Served,
    replies=COUNTS,
    parse_errors=COUNTS,
    checked=COUNTS,
    violations=COUNTS,
    slowest_ms=st.floats(min_value=0, max_value=1e7),
    tokens=st.integers(min_value=0, max_value=10**7),
    rephrased=COUNTS,
    complained=COUNTS,
    handed_over=COUNTS,
    feedback=st.dictionaries(
        st.sampled_from(METRICS), st.floats(allow_nan=False, allow_infinity=False)
    ),
)
WORSE = Served(
    replies=9,
    parse_errors=9,
    checked=9,
    violations=9,
    slowest_ms=1e9,
    tokens=10**9,
    rephrased=9,
    complained=9,
    handed_over=9,
    feedback={"csat": 1.0, "handle_time": 1e9, "escalated": 1.0}
    | {"deflection": 0.0, "first_contact_resolution": 0.0},
)


def test_the_guardrails_of_the_design_are_there():
    assert set(NAMES) == {
        "policy_violations",
        "parse_errors",
        "escalation",
        "latency",
        "cost",
        "next_turn",
        "csat",
        "handle_time",
        "deflection",
        "first_contact_resolution",
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_guardrail_gives_the_values_that_it_shows(name: str):
    module = guardrails.load(name)
    assert module.__doc__
    assert len(module.CASES) >= 3
    assert None in [value for _, value in module.CASES]
    for served, value in module.CASES:
        assert module.value(served, module.Settings()) == value


@pytest.mark.parametrize("name", NAMES)
@given(served=SESSIONS)
def test_a_value_lies_within_0_and_1(name: str, served: Served):
    value = Guardrail(GuardrailSettings(name=name)).value(served)
    assert value is None or 0 <= value <= 1


@pytest.mark.parametrize("name", NAMES)
def test_the_worst_session_is_worth_0_whichever_way_is_better(name: str):
    assert Guardrail(GuardrailSettings(name=name)).value(WORSE) == 0.0


def test_a_margin_of_params_stands_before_the_guardrails_own():
    assert Guardrail(GuardrailSettings(name="latency")).margin == 0.05
    assert Guardrail(GuardrailSettings(name="latency", margin=0.2)).margin == 0.2


def test_a_module_of_the_users_own_is_loaded_by_its_path():
    assert Guardrail(GuardrailSettings(name="tasks.evidence.guardrails.csat")).margin == 0.02


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (GuardrailSettings(name="latensy"), "unknown guardrail 'latensy'; expected one of cost"),
        (GuardrailSettings(name="no.such.module"), "cannot be imported"),
        (GuardrailSettings(name="tasks.evidence.stats"), "has no `Settings`; add it"),
        (GuardrailSettings(name="csat", options={"low": 1}), "canary.guardrails, csat"),
    ],
)
def test_a_guardrail_that_cannot_be_used_is_named(asked: GuardrailSettings, message: str):
    with pytest.raises(SettingsError, match=message):
        Guardrail(asked)


def test_a_session_that_nobody_wrote_down_tells_nothing():
    assert Guardrail(GuardrailSettings(name="parse_errors")).value(None) is None
    told = replace(WORSE, feedback={})
    assert Guardrail(GuardrailSettings(name="csat")).value(told) is None
