from pathlib import Path

from tasks.core.records import Score
from tasks.rewards.attacks.own_rows import survival
from tasks.rewards.attacks.survival import check
from tasks.rewards.registry.design import design
from tasks.rewards.specification.spec import load_spec

DEFAULT = load_spec("specs/tool_calls.yaml")


def test_the_page_holds_all_a_reader_needs():
    page = design(DEFAULT, survival(DEFAULT))
    text = page["reward-design.md"]
    assert text.startswith(f"# Reward design: tool-calls {DEFAULT.version}\n")
    assert f"sha {DEFAULT.sha}. It survived its attack suite." in text
    parts = ("Behaviour wanted:", "Success:", "Risks:", "Known limits:", "## Attacks", "## Base")
    assert all(part in text for part in parts)
    assert "| get_invoice(invoice_id='12', month='june') | execute | 0.35 | partial |" in text
    assert "No rollouts of a base were given" in text
    assert page["reward-design.html"].count("<h2>") == text.count("\n## ")
    assert page == design(DEFAULT, survival(DEFAULT))


def test_rollouts_are_shown_as_they_are_spread():
    rollouts = [Score(value=1.0, exact=True), Score(value=0.35), Score(value=-0.5)]
    rollouts.append(Score.unscored("no-reference"))
    verdict = check(DEFAULT, [], [0.35])
    text = design(DEFAULT, verdict, rollouts)["reward-design.md"]
    assert "| +0.8 to +1.0 | 1 | 33.3% |" in text
    assert "3 replies: mean 0.283, median 0.35, exact 33.3%; 1 unscored." in text


def test_what_got_paid_is_on_the_page(tmp_path: Path):
    file = tmp_path / "spec.yaml"
    file.write_text(
        "name: aws\nversion: 1.0.0\ndescription: As published.\nrisks: [none known]\ncomponents:\n"
        "  - {reward: tool_call, weight: 1.0, options: {preset: aws_tiered}}\n"
    )
    spec = load_spec(file)
    text = design(spec, survival(spec))["reward-design.md"]
    assert "It did NOT survive its attack suite" in text
    assert "preset=aws_tiered" in text
    assert "| repeated-call | read | earns 1.000; the right reply earns 1.000" in text
