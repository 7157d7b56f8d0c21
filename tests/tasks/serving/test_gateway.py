"""The gateway in front of two scripted HTTP servers, over HTTP."""

import subprocess
import sys
import time
from contextlib import ExitStack

import httpx
import pytest

from tasks.core.closure import PROJECT
from tasks.serving import flags, listeners, targets
from tasks.serving.targets import Target, Targets
from tasks.serving.upstream import FAILURES
from tests.tasks.serving.house import EVENTS, House


def test_sessions_are_split_and_stay_with_their_arm(house):
    arms = {name: house.arm(name) for name in (f"s{number}" for number in range(40))}
    assert 8 <= sum(arm == "challenger" for arm in arms.values()) <= 32
    assert {name: house.arm(name) for name in arms} == arms
    answer = house.ask("s0")
    assert (answer.json()["model"], answer.json()["asked as"]) == (arms["s0"], arms["s0"])
    assert answer.headers["x-ratchet-session"] == "s0"


def test_a_session_keeps_the_share_in_force_at_its_start(house):
    first = house.arm("s0")
    flags.write(house.flags, experiment="one", share=0.9)
    time.sleep(0.5)
    assert house.arm("s0") == first
    house.ask("s1")
    assert (house.known("s0").share, house.known("s1").share) == (0.5, 0.9)


def test_a_rollback_moves_everyone_within_a_second(house):
    session = house.on("challenger")
    flags.disable(house.flags)
    started = time.monotonic()
    while house.arm(session) == "challenger":
        assert time.monotonic() - started < 1
    assert house.known(session).arm == "challenger"  # as it was assigned, for the analysis
    asked = house.challenger.asked
    assert {house.arm(f"new-{number}") for number in range(20)} == {"champion"}
    assert house.challenger.asked == asked
    assert house.known("new-0").share == 0.0  # no part of the experiment


def test_what_the_challenger_fails_the_champion_answers_and_the_session_has_failed(house):
    session = house.on("challenger")
    house.challenger.behaviour = "fails"
    answer = house.ask(session)
    assert answer.status_code == 200
    assert answer.headers["x-ratchet-arm"] == "champion"
    assert house.known(session).failures == 1
    assert house.stats()["arms"]["challenger"]["failed"] == 1


def test_a_challenger_that_goes_on_failing_is_left_alone(house):
    session = house.on("challenger")
    house.challenger.behaviour = "fails"
    asked = house.challenger.asked
    for _ in range(FAILURES + 3):
        assert house.ask(session).status_code == 200
    assert house.challenger.asked == asked + FAILURES
    assert house.known(session).failures == FAILURES + 3
    assert house.stats()["challenger_resting"]


def test_a_challenger_that_hangs_costs_its_time_limit_and_no_more(tmp_path, serving, models):
    with ExitStack() as stack:
        house = House(tmp_path, serving, stack, models, timeout_s=0.3)
        session = house.on("challenger")
        house.challenger.behaviour = "hangs"
        answer = house.ask(session)
        assert answer.headers["x-ratchet-arm"] == "champion"
        assert house.known(session).failures == 1


def test_a_champion_that_fails_is_said_and_counted(house):
    session = house.on("champion")
    house.champion.behaviour = "fails"
    answer = house.ask(session)
    assert answer.status_code == 502
    assert answer.json()["error"]["message"] == "status 500"
    assert house.known(session).failures == 1


def test_what_neither_model_accepts_is_nobody_s_failure(house):
    session = house.on("challenger")
    assert house.ask(session, temperature=-1).status_code == 400
    assert house.known(session).failures == 0


def test_what_only_the_challenger_refuses_is_its_failure(house):
    session = house.on("challenger")
    house.challenger.behaviour = "refuses"
    assert house.ask(session).status_code == 200
    assert house.known(session).failures == 1


def test_a_stream_passes_through_byte_for_byte(house):
    answer = house.ask(house.on("challenger"), stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-ratchet-arm"] == "challenger"
    assert answer.content == EVENTS


def test_a_stream_that_breaks_off_ends_in_an_error_and_counts(house):
    session = house.on("challenger")
    house.challenger.behaviour = "breaks off"
    answer = house.ask(session, stream=True)
    assert b'"the model broke off"' in answer.content
    assert house.known(session).failures == 1


def test_feedback_is_kept_once(house):
    house.ask("s0")
    assert house.tell("s0", True).json() == {"recorded": True}
    assert house.tell("s0", False).json() == {"recorded": False}
    assert house.known("s0").outcome == 1.0
    arm = house.known("s0").arm
    assert house.stats()["arms"][arm]["success"] == 1.0


@pytest.mark.parametrize(
    ("session", "success", "status"), [("nobody", True, 404), ("s0", 1.5, 400), ("s0", "y", 400)]
)
def test_feedback_that_means_nothing_is_refused(house, session, success, status):
    house.ask("s0")
    assert house.tell(session, success).status_code == status


def test_what_guardrails_read_is_written_down_of_whole_and_streamed_replies(house):
    house.ask("s0")
    again = [
        {"role": "user", "content": "Cancel order 17"},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "That is wrong."},
    ]
    house.ask("s0", messages=again, stream=True)
    feedback = {"session_id": "s0", "metrics": {"csat": 4}}
    assert house.client.post(f"{house.url}/feedback", json=feedback).status_code == 200
    served = house.known("s0").served
    assert (served.replies, served.parse_errors, served.checked) == (2, 0, 0)
    assert (served.complained, served.feedback) == (1, {"csat": 4.0})
    assert served.slowest_ms > 0
    assert house.known("s0").outcome is None


def test_feedback_without_outcome_or_metric_is_refused(house):
    house.ask("s0")
    empty = house.client.post(f"{house.url}/feedback", json={"session_id": "s0"})
    assert empty.status_code == 400
    assert "success, metrics or both" in empty.json()["error"]["message"]


def test_a_restarted_gateway_knows_its_sessions(house):
    before = {name: house.arm(name) for name in (f"s{number}" for number in range(20))}
    house.tell("s0", True)
    house.url = house.start()
    assert {name: house.arm(name) for name in before} == before
    assert house.tell("s0", False).json() == {"recorded": False}


def test_without_a_header_the_user_is_the_session(house):
    answer = house.ask("", user="u-1")
    assert answer.headers["x-ratchet-session"] == "u-1"


def test_without_either_it_is_how_the_conversation_began(house):
    first = {"role": "user", "content": "book a flight"}
    more = [first, {"role": "assistant", "content": "when?"}, {"role": "user", "content": "today"}]
    one, two = house.ask("", messages=[first]), house.ask("", messages=more)
    assert one.headers["x-ratchet-session"] == two.headers["x-ratchet-session"]
    other = house.ask("", messages=[{"role": "user", "content": "book a train"}])
    assert other.headers["x-ratchet-session"] != one.headers["x-ratchet-session"]


def test_an_id_that_no_header_can_hold_is_hashed_there_and_in_feedback(house):
    answer = house.ask("", user="Zoë\n")
    assert len(answer.headers["x-ratchet-session"]) == 64
    assert house.tell("Zoë\n", True).json() == {"recorded": True}


def test_stats_say_which_models_are_behind_it(house):
    found = house.stats()
    assert found["experiment"] == "one"
    assert found["arms"]["challenger"]["models"] == ["models:/agent/challenger"]
    listed = house.client.get(f"{house.url}/v1/models").json()["data"]
    assert [model["id"] for model in listed] == ["models:/agent/champion"]


def test_no_json_is_refused(house):
    answer = house.client.post(f"{house.url}/v1/chat/completions", content=b"[")
    assert answer.status_code == 400


def test_a_gateway_ends_with_the_process_that_started_it(tmp_path):
    port = str(listeners.free_port())
    targets.write(tmp_path / "targets.json", Targets(champion=Target(url="http://127.0.0.1:9")))
    files = [f"--flags={tmp_path / 'flags.json'}", f"--log={tmp_path / 'log' / 's.jsonl'}"]
    files += [f"--targets={tmp_path / 'targets.json'}", f"--params={tmp_path / 'none.yaml'}"]
    command = [sys.executable, "-m", "tasks.serving.gateway", *files, "--port", port]
    with subprocess.Popen([*command, "--with-parent"], cwd=PROJECT, stdin=subprocess.PIPE) as one:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                assert httpx.get(f"http://127.0.0.1:{port}/health").json() == {"status": "ok"}
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        second = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        assert "another run is writing" in second.stderr
        assert one.stdin is not None
        one.stdin.close()
        assert one.wait(20) == 0
