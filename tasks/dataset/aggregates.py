"""Reduces a dataset's facts to the two small tables that its contract is about.

    dataset   one row: {"read": 1698, "rejected_share": 0.0, "references": 420, "drift_tools": 0.04}
    parts     one row a part: {"part": "4f0c19a2", "examples": 38, "turns_min": 1, "unproved": 0}

All is counted with array operations over columns that are kept, so it costs what the number of
parts costs and not what the logs do. No text, no id and no name but those of parts is in them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tasks.core.curation_settings import ValidateSettings
from tasks.core.parts import Counts, Part
from tasks.dataset.leaks import LEFT
from tasks.dataset.tables import BEHAVIOURS, NO_ROLE, ROLES, TRUTHS, Frame

Shares = dict[str, dict[str, float]]
DECIDES = ("user", "tool")
"""Roles after which it is the agent's turn."""


class Aggregates(NamedTuple):
    dataset: dict[str, float]
    parts: dict[str, list[Any]]
    """Column to its values, one a part."""


def aggregate(
    frame: Frame,
    made: Sequence[Part],
    counts: Counts,
    settings: ValidateSettings,
    before: Mapping[str, Mapping[str, float]] | None,
) -> Aggregates:
    """The two tables.

    Args:
        frame: facts of all examples, part after part.
        made: the parts, in the frame's order.
        counts: of the whole stage.
        settings: what is too long.
        before: `shares` of the version before; without one there is no drift to tell.
    """
    now = shares(frame)
    dataset = {
        "read": float(counts.read),
        "rejected_share": counts.rejected / max(1, counts.read),
        "examples": float(len(frame.id)),
        "references": float(frame.referenced.sum()),
        "repeated_ids": float(_repeated(frame.id)),
        "leaks": float(sum(part.counts.reasons.get(LEFT, 0) for part in made)),
        **{f"share_{name}": now["behaviour"].get(name, 0.0) for name in BEHAVIOURS},
        **{f"proof_{name}": now["truth"].get(name, 0.0) for name in TRUTHS},
    }
    if before is not None:
        dataset |= {f"drift_{kind}": drift(found, before.get(kind, {}))
                    for kind, found in now.items()}  # fmt: skip
    return Aggregates(dataset, _by_part(frame, made, settings))


def shares(frame: Frame) -> Shares:
    """How the references are spread over behaviours, proofs and tools; each sums to 1 or is {}."""
    referenced = frame.referenced
    called = frame.called[referenced[frame.called[:, 0]], 1]
    return {
        "behaviour": _spread(frame.behaviour[referenced], BEHAVIOURS),
        "truth": _spread(frame.truth[referenced], TRUTHS),
        "tools": _spread(called, frame.tools),
    }


def drift(now: Mapping[str, float], before: Mapping[str, float]) -> float:
    """Total variation distance: the share that would have to move; 0 the same, 1 nothing shared."""
    names = {*now, *before}
    return round(sum(abs(now.get(n, 0.0) - before.get(n, 0.0)) for n in sorted(names)) / 2, 6)


def _spread(numbers: Any, names: Sequence[str]) -> dict[str, float]:
    counts = np.bincount(numbers, minlength=len(names)).tolist() if len(names) else []
    total = sum(counts)
    found = {name: round(n / total, 6) for name, n in zip(names, counts, strict=True) if n}
    return dict(sorted(found.items()))


def _repeated(ids: Any) -> int:
    ranked = np.sort(ids)
    return int((ranked[1:] == ranked[:-1]).sum())


def _by_part(
    frame: Frame, made: Sequence[Part], settings: ValidateSettings
) -> dict[str, list[Any]]:
    made = [part for part in made if part.rows]  # empty ones are all alike
    decides = np.isin(frame.role, [ROLES.index(role) for role in DECIDES])
    wrong = {
        "without_session": np.array([not name for name in frame.sessions] or [False])[
            frame.session
        ],
        "without_cluster": frame.cluster < 0,
        "nothing_to_decide": ~decides | (frame.role == NO_ROLE),
        "too_long": frame.context_chars > settings.max_context_chars,
        "unproved": frame.referenced & (frame.truth == TRUTHS.index("none")),
        "confidence_outside": ~((frame.confidence >= 0) & (frame.confidence <= 1)),
        "outcome_outside": (frame.outcome < 0) | (frame.outcome > 1),
        "turns_below_one": frame.turns < 1,
        "more_turns_than_messages": frame.turns > frame.messages,
    }
    columns: dict[str, list[Any]] = {"part": [part.sha256[:8] for part in made], "examples": []}
    columns |= {name: [] for name in wrong}
    end = 0
    for part in made:
        start, end = end, end + part.rows
        columns["examples"].append(part.rows)
        for name, rows in wrong.items():
            columns[name].append(int(rows[start:end].sum()))
    return columns
