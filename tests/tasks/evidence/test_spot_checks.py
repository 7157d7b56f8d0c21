import json

import pytest

from tasks.core.errors import EvidenceError
from tasks.core.records import Feedback, encode
from tasks.evidence.spot_checks import KEY, REVIEW, agree, draw


@pytest.fixture
def traces(tmp_path):
    """Ten sessions an arm, two exchanges each; the challenger's were reported good."""
    folder = tmp_path / "traces"
    folder.mkdir()
    lines, told = [], []
    for number in range(20):
        arm = "challenger" if number % 2 else "champion"
        session = f"s-{number}"
        metadata = {"session_id": session, "arm": arm}
        messages = [{"role": "user", "content": "Hello"}]
        for reply in ("first", "last"):
            lines.append(
                {
                    "request": {"messages": messages, "metadata": metadata, "model": "agent"},
                    "response": {"choices": [{"message": {"role": "assistant", "content": reply}}]},
                }
            )
            messages = [*messages, {"role": "assistant", "content": reply}]
        told.append(
            Feedback(
                session_id=session,
                metric="task_success",
                value=float(arm == "challenger"),
                source="outcome",
                timestamp="2026-12-01T10:00:00Z",
            )
        )
    (folder / "chat-20261201T10.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    (folder / "feedback-20261201T10.jsonl").write_bytes(b"".join(encode(x) + b"\n" for x in told))
    return folder


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def fill(path, judge):
    items = lines(path)
    for item in items:
        item["good"] = judge(item)
    path.write_text("".join(json.dumps(item) + "\n" for item in items))


def test_as_many_of_each_arm_without_a_sign_of_it(traces, tmp_path):
    assert draw(traces, tmp_path / "review", count=6, seed=1) == 12
    review, key = tmp_path / "review" / REVIEW, tmp_path / "review" / KEY
    text = review.read_text()
    assert "challenger" not in text
    assert "s-" not in text
    assert all(item["reply"]["content"] == "last" for item in lines(review))
    arms = [one["arm"] for one in lines(key)]
    assert (arms.count("champion"), arms.count("challenger")) == (6, 6)
    assert arms not in (sorted(arms), sorted(arms, reverse=True))
    assert review.stat().st_mode & 0o077 == key.stat().st_mode & 0o077 == 0


def test_agreement_is_reported_by_arm_and_with_the_outcome(traces, tmp_path):
    folder = tmp_path / "review"
    draw(traces, folder, count=10, seed=1)
    arm_of = {one["id"]: one["arm"] for one in lines(folder / KEY)}
    fill(folder / REVIEW, lambda item: arm_of[item["id"]] == "challenger")
    found = agree(folder / REVIEW, folder / KEY)
    assert (found.reviewed, found.open) == (20, 0)
    assert (found.good["challenger"].mean, found.good["champion"].mean) == (1.0, 0.0)
    assert found.with_outcome is not None
    assert (found.with_outcome.value, found.with_outcome.rows) == (1.0, 20)
    assert found.between is None


def test_two_reviewers_are_held_against_each_other(traces, tmp_path):
    folder = tmp_path / "review"
    draw(traces, folder, count=10, seed=1)
    second = tmp_path / "second.jsonl"
    second.write_bytes((folder / REVIEW).read_bytes())
    fill(folder / REVIEW, lambda item: int(item["id"], 16) % 2 == 0)
    fill(second, lambda item: int(item["id"], 16) % 2 == 0)
    found = agree(folder / REVIEW, folder / KEY, second)
    assert found.between is not None
    assert found.between.agreement == 1.0


def test_too_few_sessions_and_an_empty_review_are_said(traces, tmp_path):
    with pytest.raises(EvidenceError, match="10 traced sessions of the champion"):
        draw(traces, tmp_path / "review", count=11, seed=1)
    draw(traces, tmp_path / "review", count=2, seed=1)
    with pytest.raises(EvidenceError, match="fill it in first"):
        agree(tmp_path / "review" / REVIEW, tmp_path / "review" / KEY)
    with pytest.raises(EvidenceError, match="draw a sample first"):
        agree(tmp_path / "none.jsonl", tmp_path / "review" / KEY)
