import time
from contextlib import closing

import pytest

from tasks.core.errors import SettingsError
from tasks.serving import flags
from tasks.serving.flags import Flags

SESSIONS = [f"session-{number}" for number in range(4000)]


def challengers(follower):
    return {s for s in SESSIONS if follower.assign(s).arm == "challenger"}


def wait_until(condition, seconds=5.0):
    """Seconds it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "it never came"
        time.sleep(0.02)
    return time.monotonic() - started


def test_a_share_of_sessions_sees_the_challenger_and_keeps_it(tmp_path):
    path = tmp_path / "flags.json"
    flags.write(path, experiment="one", share=0.1)
    with closing(Flags(path)) as follower:
        first = challengers(follower)
        assert 0.085 < len(first) / len(SESSIONS) < 0.115
        assert challengers(follower) == first
        assert follower.assign("session-0").share == 0.1
        assert follower.assign("session-0").experiment == "one"


def test_a_larger_share_takes_nobody_from_the_challenger(tmp_path):
    path = tmp_path / "flags.json"
    flags.write(path, experiment="one", share=0.05)
    with closing(Flags(path)) as follower:
        before = challengers(follower)
        flags.write(path, experiment="one", share=0.5)
        wait_until(lambda: follower.assign("session-0").share == 0.5)
        after = challengers(follower)
    assert before < after
    assert 0.47 < len(after) / len(SESSIONS) < 0.53


def test_another_experiment_draws_anew(tmp_path):
    found = []
    for experiment in ("one", "two"):
        path = tmp_path / f"{experiment}.json"
        flags.write(path, experiment=experiment, share=0.5)
        with closing(Flags(path)) as follower:
            found.append(challengers(follower))
    assert 0.4 < len(found[0] & found[1]) / len(found[0]) < 0.6


def test_switched_off_everybody_sees_the_champion_within_a_second(tmp_path):
    path = tmp_path / "flags.json"
    flags.write(path, experiment="one", share=0.9)
    with closing(Flags(path)) as follower:
        assert follower.assign("session-0").share == 0.9
        flags.disable(path)
        assert wait_until(lambda: follower.assign("session-0").share == 0.0) < 1.0
        assert challengers(follower) == set()
        assert follower.assign("session-0").experiment == "one"


def test_switching_off_twice_is_as_once(tmp_path):
    path = tmp_path / "flags.json"
    flags.write(path, experiment="one", share=0.5)
    flags.disable(path)
    once = path.read_bytes()
    flags.disable(path)
    assert path.read_bytes() == once


def test_a_broken_file_leaves_the_last_state_in_force(tmp_path):
    path = tmp_path / "flags.json"
    flags.write(path, experiment="one", share=0.5)
    with closing(Flags(path)) as follower:
        flags.disable(path)
        wait_until(lambda: follower.assign("session-0").share == 0.0)
        path.write_text("{")
        time.sleep(0.5)
        assert challengers(follower) == set()


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_a_share(tmp_path, share):
    with pytest.raises(SettingsError, match="expected 0 to 1"):
        flags.write(tmp_path / "flags.json", experiment="one", share=share)


def test_without_a_file_everyone_goes_to_the_champion_until_a_canary_writes_one(tmp_path):
    followed = Flags(tmp_path / "flags.json")
    try:
        assert followed.assign("s0") == ("champion", 0.0, "")
        flags.write(tmp_path / "flags.json", experiment="one", share=1.0)
        deadline = time.monotonic() + 10
        while followed.assign("s0") != ("challenger", 1.0, "one"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        followed.close()


def test_a_file_without_the_flag_is_said_at_once(tmp_path):
    with pytest.raises(SettingsError, match="no flag file"):
        flags.disable(tmp_path / "flags.json")
    (tmp_path / "flags.json").write_text('{"flags": {}}')
    with pytest.raises(SettingsError, match="agent-arm"):
        Flags(tmp_path / "flags.json")
