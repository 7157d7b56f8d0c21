"""The report's paragraphs about what was kept from proving anything, and what was made again.

{"kept_out": {"failed-call": 7}, "replayed": {"calls": 383, "equal": 329}, …}  in dedup's manifest
"""

from collections.abc import Mapping

from tasks.core.parts import Manifest
from tasks.dataset.datapage import note, number, table, text

RULES = {
    "failed-call": "a tool answered the call with an error",
    "guardrail": "a guardrail wrote the reply, or part of it",
    "content-filter": "a content filter stopped the reply",
    "cut-by-length": "the reply was cut by its limit",
    "broken-off": "the reply broke off",
    "forced-tool-choice": "the request left the model no choice",
    "repeated-after-complaint": "the tool complained, and was called again otherwise",
    "undone-later": "a later call took it back, or set the same anew",
}


def section(dedup: Manifest) -> str:
    """What is known of it; nothing about a manifest from before these were counted."""
    info = dedup.info
    if "kept_out" not in info:
        return ""
    return _kept_out(info["kept_out"]) + _replayed(info["replayed"]) + _languages(dedup)


def _kept_out(rules: Mapping[str, int]) -> str:
    if not rules:
        return note("No reference was kept out by how its reply came about.")
    count = number(sum(rules.values()), "decision")
    return text(
        f"{count} would have a reference but for how the reply came about, whatever became of the "
        "session:"
    ) + table(
        ("rule", "why", "kept out"),
        [(rule, RULES.get(rule, ""), count) for rule, count in rules.items()],
    )


def _replayed(replayed: Mapping[str, int]) -> str:
    if not replayed["calls"]:
        return ""
    share = replayed["equal"] / replayed["calls"]
    return note(
        f"{number(replayed['calls'], 'call')} were made again where tools really run: "
        f"{replayed['equal']:,} gave the logged result ({share:.0%})."
    )


def _languages(dedup: Manifest) -> str:
    languages: Mapping[str, int] = dedup.info["not_understood"]
    labeller = f"Labelled by {dedup.info['labeller']}."
    if not languages:
        return note(labeller)
    count = sum(languages.values())
    listed = ", ".join(f"{code} {of_it:,}" for code, of_it in languages.items())
    return note(
        f"{labeller} {number(count, 'decision')} ({count / dedup.counts.accepted:.1%}) are replies "
        f"in languages that it does not know ({listed}): they wait for a person."
    )
