import pytest

from tasks.core.errors import EvidenceError
from tasks.evidence.guardrails import Served
from tasks.serving.sessions import Sessions, digest


def finished(sessions, now=0.0, outcome_s=60.0):
    return [
        (s.session, s.outcome, s.missing)
        for s in sessions.finished("one", now=now, outcome_s=outcome_s)
    ]


def test_a_restart_knows_every_session_and_its_arm(tmp_path):
    path = tmp_path / "sessions.jsonl"
    before = Sessions(path)
    before.start("a", "challenger", 0.1, "one")
    before.finish("a", 1.0)
    after = Sessions(path)
    assert after.get("a") == before.get("a")
    assert after.start("a", "champion", 0.5, "one").arm == "challenger"
    assert path.read_text().count("\n") == 2


def test_a_line_torn_by_a_crash_is_taken_off_and_nothing_else(tmp_path):
    path = tmp_path / "sessions.jsonl"
    Sessions(path).start("a", "challenger", 0.1, "one")
    with path.open("a") as file:
        file.write('{"event":"outc')
    after = Sessions(path)
    after.start("b", "champion", 0.1, "one")
    assert [known.session for known in Sessions(path)] == ["a", "b"]


def test_a_follower_sees_what_the_writer_appends(tmp_path):
    path = tmp_path / "sessions.jsonl"
    writer, follower = Sessions(path), Sessions(path)
    writer.start("a", "challenger", 0.1, "one")
    follower.refresh()
    assert follower.get("a") == writer.get("a")


def test_a_foreign_line_stops_the_count(tmp_path):
    path = tmp_path / "sessions.jsonl"
    path.write_text('{"other": 1}\n')
    with pytest.raises(EvidenceError, match="byte 0"):
        Sessions(path)


def test_an_open_session_holds_back_those_that_started_after_it(tmp_path):
    sessions = Sessions(tmp_path / "sessions.jsonl")
    for name in "abc":
        sessions.start(name, "champion", 0.5, "one")
    sessions.finish("a", 1.0)
    sessions.finish("c", 0.5)
    assert finished(sessions) == [("a", 1.0, False)]
    sessions.finish("b", 0.0)
    assert finished(sessions) == [("a", 1.0, False), ("b", 0.0, False), ("c", 0.5, False)]


def test_no_outcome_in_time_counts_zero_and_is_called_missing(tmp_path):
    sessions = Sessions(tmp_path / "sessions.jsonl")
    started = sessions.start("a", "champion", 0.5, "one").started
    assert finished(sessions, now=started + 59) == []
    assert finished(sessions, now=started + 61) == [("a", 0.0, True)]


def test_a_failure_counts_zero_whatever_is_said_later(tmp_path):
    sessions = Sessions(tmp_path / "sessions.jsonl")
    sessions.start("a", "challenger", 0.5, "one")
    sessions.fail("a", "timeout")
    assert finished(sessions) == [("a", 0.0, False)]
    sessions.finish("a", 1.0)
    assert finished(sessions) == [("a", 0.0, False)]


def test_the_first_outcome_stays(tmp_path):
    sessions = Sessions(tmp_path / "sessions.jsonl")
    sessions.start("a", "champion", 0.5, "one")
    assert sessions.finish("a", 1.0)
    assert not sessions.finish("a", 0.0)
    assert finished(sessions) == [("a", 1.0, False)]


def test_sessions_of_no_experiment_and_of_another_are_left_out(tmp_path):
    sessions = Sessions(tmp_path / "sessions.jsonl")
    sessions.start("off", "champion", 0.0, "one")
    sessions.start("all", "challenger", 1.0, "one")
    sessions.start("else", "champion", 0.5, "two")
    sessions.start("a", "champion", 0.5, "one")
    for name in ("off", "all", "else", "a"):
        sessions.finish(name, 1.0)
    assert finished(sessions) == [("a", 1.0, False)]


def test_an_id_is_kept_as_a_hash_of_its_experiment():
    assert digest("one", "ann@example.com") != digest("two", "ann@example.com")
    assert len(digest("one", "ann@example.com")) == 16


def test_replies_turns_and_metrics_add_up_to_what_guardrails_read(tmp_path):
    path = tmp_path / "sessions.jsonl"
    sessions = Sessions(path)
    sessions.start("a", "challenger", 0.5, "one")
    sessions.replied("a", ms=900.0, tokens=300, parse_error=True)
    sessions.replied("a", ms=400.0, tokens=200, checked=True, violation=True)
    sessions.turned("a", "rephrased")
    sessions.measure("a", "csat", 2.0)
    sessions.measure("a", "csat", 4.0)
    sessions.finish("a", 1.0)
    (row,) = Sessions(path).finished("one", now=0.0, outcome_s=60.0)
    assert row.served == Served(
        replies=2,
        parse_errors=1,
        checked=1,
        violations=1,
        slowest_ms=900.0,
        tokens=500,
        rephrased=1,
        feedback={"csat": 4.0},
    )
    assert row.started > 1.7e9
