"""A finder in a process of its own: what it answers, and what becomes of one that does not."""

import multiprocessing
import os
import re
import time
from collections.abc import Callable

import pytest

from tasks.core import workers
from tasks.core.curation_settings import RedactSettings
from tasks.redaction.finders import Finders
from tasks.redaction.isolation import Isolated
from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import FinderFailed, FinderTimedOut

MET = Span(0, 3, Kind.NAME, "model")


def where(text: str) -> list[Span]:
    return [Span(0, os.getpid(), Kind.NAME, text)]


def slow(text: str) -> list[Span]:
    re.search("(a+)+b", text)
    return [MET]


def silent(text: str) -> list[Span]:
    while text == "wait":
        time.sleep(1)
    return [MET]


def refusing(text: str) -> list[Span]:
    raise FinderFailed("spaCy")


def children() -> list[int]:
    return [child.pid or 0 for child in multiprocessing.active_children()]


def test_it_answers_from_one_process_for_all_finders() -> None:
    apart = Isolated(timeout_s=30)
    first, second = apart.add(where), apart.add(slow)
    assert children() == []
    assert second("met Mia") == [MET]
    (pid,) = children()
    assert first("met") == [Span(0, pid, Kind.NAME, "met")]
    assert pid != os.getpid()


@pytest.mark.parametrize(("find", "text"), [(slow, "a" * 50), (silent, "wait")])
def test_one_that_hangs_is_ended_and_asked_other_texts(
    find: Callable[[str], list[Span]], text: str
) -> None:
    asked = Isolated(timeout_s=2).add(find)
    with pytest.raises(FinderTimedOut, match="no answer in 2 s"):
        asked(text)
    assert children() == []
    assert asked("met Mia") == [MET]
    before = children()
    with pytest.raises(FinderTimedOut):
        asked(text)
    assert len(before) == 1
    assert children() == before  # it is known by now, and the process was not asked


def test_one_that_refuses_a_text_stays() -> None:
    apart = Isolated(timeout_s=30)
    asked, other = apart.add(refusing), apart.add(where)
    pid = other("")[0].end
    with pytest.raises(FinderFailed, match="spaCy"):
        asked("met Mia")
    assert other("")[0].end == pid


def test_one_that_dies_of_a_text_is_started_again() -> None:
    apart = Isolated(timeout_s=30)
    asked, other = apart.add(lambda _: os._exit(9)), apart.add(where)
    before = other("")[0].end
    with pytest.raises(FinderFailed, match="its process died"):
        asked("met Mia")
    assert other("")[0].end not in (before, os.getpid())


def test_each_worker_asks_a_process_of_its_own() -> None:
    asked = Isolated(timeout_s=30).add(where)
    here = asked("")[0].end
    with workers.use(2):
        there = set(workers.each(lambda text: asked(text)[0].end, ["a", "b", "c", "d"]))
    assert here not in there
    assert asked("")[0].end == here


def test_a_large_text_and_a_large_answer_go_through() -> None:
    asked = Isolated(timeout_s=30).add(lambda text: [MET] * len(text))
    assert len(asked("x" * 300_000)) == 300_000


def test_it_ends_with_who_asked() -> None:
    asked = Isolated(timeout_s=30).add(where)
    pid = asked("")[0].end
    del asked
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_without_anything_plugged_in_there_is_no_process() -> None:
    find = Finders(RedactSettings(min_confidence=0.35, person_keys=())).find
    assert [span.rule for span in find("mail mia@mail.example")] == ["email"]
    assert children() == []
