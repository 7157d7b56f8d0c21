"""What a test set can see, before any GPU time is spent: smallest gain found, tasks needed.

    minimum_detectable_effect(500, 0.25, alpha=0.05)    0.0553: a gain of 5.5 points, 4 times in 5
    tasks_needed(0.05, 0.25, alpha=0.05)                613

Source: Miller, "Adding Error Bars to Evals" (arXiv 2411.00640), power analysis, one-sided paired
tests; `effect_of_design` (`stats.design_effect`) multiplies the tasks where they come in groups.
"""

import math

from tasks.core.errors import EvidenceError


def minimum_detectable_effect(
    tasks: int, discordance: float, *, alpha: float, power: float = 0.8, effect_of_design: float = 1
) -> float:
    """Smallest gain that a one-sided paired test of `tasks` finds with the given power.

    `discordance` is the share of tasks on which the two models differ. Solves
    tasks = k^2 (discordance - d^2) / d^2 * design effect for d, with k = z_alpha + z_power
    (Miller; k^2 = 6.18 at .05 and 80 %).
    """
    k = _normal_sum(alpha, power)
    return k * math.sqrt(discordance / (tasks / effect_of_design + k * k))


def tasks_needed(
    effect: float,
    discordance: float,
    *,
    alpha: float,
    power: float = 0.8,
    effect_of_design: float = 1,
) -> int:
    """Tasks that a one-sided paired test needs to find `effect`; inverse of the above.

    Raises:
        EvidenceError: the effect is not in (0, discordance]: models that differ on 10 % of the
            tasks cannot be 11 points apart.
    """
    if not 0 < effect <= discordance:
        raise EvidenceError(f"effect {effect} must be above 0 and at most {discordance}")
    k = _normal_sum(alpha, power)
    return math.ceil(k * k * (discordance - effect**2) / effect**2 * effect_of_design)


def detectable(se: float | None, *, alpha: float, power: float = 0.8) -> float | None:
    """Smallest gain that a one-sided test with this standard error finds with the given power.

    None where the error is unknown, because all tasks are of one group.
    """
    if se is None:
        return None
    return _normal_sum(alpha, power) * se


def _normal_sum(alpha: float, power: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(1 - alpha) + ndtri(power))
