"""What stands behind the gateway changes under load, and nothing is dropped."""

import threading
import time

import pytest

from tasks.core.errors import SettingsError
from tasks.serving import targets
from tasks.serving.targets import Target, Targets


def asking(house, seconds):
    """Requests of eight users for so long; statuses and who answered, by time."""
    answers, ended = [], threading.Event()

    def user(number):
        count = 0
        while not ended.is_set():
            count += 1
            answer = house.ask(f"u{number}-{count}")
            answers.append((time.monotonic(), answer.status_code, answer.json().get("model")))

    threads = [threading.Thread(target=user, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    return answers, lambda: (time.sleep(seconds), ended.set(), [t.join() for t in threads])


def test_a_change_moves_new_requests_and_drops_none(house):
    first, second = (Target(url=url, model=arm) for url, arm in house.behind)
    targets.write(house.targets, Targets(champion=first))
    answers, end = asking(house, 0.5)
    time.sleep(0.5)
    changed = time.monotonic()
    targets.write(house.targets, Targets(champion=second, previous=first))
    end()
    assert {status for _, status, _ in answers} == {200}
    late = [model for at, _, model in answers if at > changed + 0.4]
    assert late
    assert set(late) == {"challenger"}


def test_a_revert_goes_back_within_a_second_while_the_server_of_the_canary_is_dead(house):
    first, second = (Target(url=url, model=arm) for url, arm in house.behind)
    dead = Target(url="http://127.0.0.1:9", model="canary")
    targets.write(house.targets, Targets(champion=second, challenger=dead, previous=first))
    answers, end = asking(house, 1.5)
    time.sleep(0.3)
    changed = time.monotonic()
    assert targets.revert(house.targets) == first
    end()
    assert {status for _, status, _ in answers} == {200}
    last = max((at for at, _, model in answers if model == "challenger"), default=changed)
    assert last - changed < 1
    assert targets.read(house.targets) == Targets(champion=first, previous=second)


def test_without_a_server_of_before_a_revert_changes_nothing(tmp_path):
    path = tmp_path / targets.FILE
    assert targets.revert(path) is None
    targets.write(path, Targets(champion=Target(url="http://127.0.0.1:1")))
    before = path.read_bytes()
    assert targets.revert(path) is None
    assert path.read_bytes() == before


def test_a_file_that_breaks_leaves_what_was_before_in_force(tmp_path):
    path = tmp_path / targets.FILE
    one, two = (Targets(champion=Target(url=f"http://127.0.0.1:{port}")) for port in (1, 2))
    targets.write(path, one)
    follower = targets.Follower(path)
    path.write_text("{")
    time.sleep(2 * targets.LOOK_S)
    assert follower() == one
    path.unlink()
    time.sleep(2 * targets.LOOK_S)
    assert follower() == one
    targets.write(path, two)
    time.sleep(2 * targets.LOOK_S)
    assert follower() == two


def test_a_broken_file_at_the_start_is_named(tmp_path):
    with pytest.raises(SettingsError, match="start `ratchet serve`"):
        targets.Follower(tmp_path / targets.FILE)
    (tmp_path / targets.FILE).write_text('{"champion": 1}')
    with pytest.raises(SettingsError, match="does not say which servers to use"):
        targets.Follower(tmp_path / targets.FILE)
