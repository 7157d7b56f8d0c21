"""A search for paid wrong replies, bounded in time."""

from pathlib import Path

from tasks.rewards.attacks.search import search
from tasks.rewards.attacks.situations import SITUATIONS
from tasks.rewards.attacks.survival import check, with_search
from tasks.rewards.registry.design import design
from tasks.rewards.specification.spec import load_spec

SMALL = [situation for situation in SITUATIONS if situation.name in ("refuse", "read")]
BY_WORDS = """
name: by-words
version: 1.0.0
description: It is a test.
risks: [it counts words]
components:
  - {reward: similarity, weight: 1.0, options: {metric: rouge_l}}
"""


def test_no_wrong_reply_that_a_search_makes_is_paid_by_the_default_spec():
    searched = search(load_spec("specs/tool_calls.yaml"), SMALL, 2.0)
    assert searched.tried > 100
    assert [one.situation for one in searched.best if one.value >= 0.2 * one.right] == []


def test_a_search_finds_what_a_count_of_words_pays_for(tmp_path: Path):
    (tmp_path / "spec.yaml").write_text(BY_WORDS)
    spec = load_spec(tmp_path / "spec.yaml")
    refuse = [situation for situation in SMALL if situation.name == "refuse"]
    searched = search(spec, refuse, 0.5)
    (best,) = searched.best
    assert best.value >= 0.2 * best.right
    verdict = with_search(check(spec, refuse), searched)
    assert not verdict.survived
    assert verdict.findings[-1].attack == "search"
    page = design(spec, verdict, (), searched)["reward-design.md"]
    assert "What a search found" in page
