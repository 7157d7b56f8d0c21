"""Decides a canary from its sessions, in the order of their start: promote, roll back, or neither.

    {"arm":"challenger","outcome":1.0,"session":"9f2c…","share":0.1}

A session is analysed as it was assigned, whichever model answered in the end. One that failed or
that nobody reported on counts 0. The same rows and settings always give the same verdict, so a
verdict can be recomputed from the rows beside it.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from tasks.core.records import Record
from tasks.core.settings import CanarySettings
from tasks.evidence.sequential import Effect, Interval, Split

Arm = Literal["champion", "challenger"]
Decision = Literal["promote", "rollback", "halt", "keep"]
Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE"]

SIZE = (8.0, 6.0)
"""Inches of the picture."""

MISMATCH = 1000.0
"""E-value from which the split itself is broken: once in a thousand canaries that are well."""


class Session(Record, frozen=True, kw_only=True):
    """One finished session of a canary."""

    session: str
    """Hash of the session's id: an id may name a person."""
    arm: Arm
    """As assigned; a session that fell back to the champion stays the challenger's."""
    share: float
    """Chance of the challenger that was in force at its start."""
    outcome: float
    """In [0, 1]; 0 where it failed or where no outcome came in time."""
    missing: bool = False
    """No outcome came in time."""
    failures: int = 0
    """Requests of it that its arm did not answer."""


class Look(Record, frozen=True, kw_only=True):
    """The evidence after so many sessions; e-values refuse their hypothesis from 1/alpha on."""

    sessions: int
    challenger: int
    """Of these, sessions on the challenger."""
    promote: float
    harm: float
    mismatch: float
    missing: float
    """E-value against "outcomes go missing equally often on both arms"."""
    effect: float
    champion_mean: float
    challenger_mean: float


class Trial(Record, frozen=True, kw_only=True):
    """What a canary found."""

    verdict: Verdict
    decision: Decision
    reasons: tuple[str, ...]
    effect: float
    """Challenger minus champion, in mean session outcome."""
    low: float
    """95 % confidence sequence of the effect."""
    high: float
    looks: tuple[Look, ...]


class Judge:
    """Takes sessions one by one and decides at each look; after a decision it takes no more."""

    def __init__(self, settings: CanarySettings) -> None:
        self._settings = settings
        self._effect = Effect(margin=settings.margin)
        self._interval = Interval()
        self._split = Split()
        # One for each direction: `promote` of one is "more on the challenger", `harm` "fewer".
        self._missing = Effect()
        self._challenger = 0
        self._looks: list[Look] = []
        self.decision: Decision | None = None
        self._reasons: tuple[str, ...] = ()

    @property
    def sessions(self) -> int:
        """Sessions analysed so far."""
        return self._effect.sessions

    def add(self, session: Session) -> Look | None:
        """Take the next session by order of start; the look, where one is due after it."""
        if self.decision:
            return None
        treated = float(session.arm == "challenger")
        self._challenger += int(treated)
        self._effect.add(treated, session.share, session.outcome)
        self._interval.add(treated, session.share, session.outcome)
        self._missing.add(treated, session.share, float(session.missing))
        self._split.add(treated, session.share)
        last = self.sessions == self._settings.max_sessions
        if self.sessions % self._settings.look_every and not last:
            return None
        look = self._look()
        self._looks.append(look)
        self._decide(look, last=last)
        return look

    def trial(self) -> Trial:
        """The verdict; where nothing was decided it is INCONCLUSIVE and the champion stays."""
        decision = self.decision or "keep"
        verdicts: dict[Decision, Verdict] = {"promote": "PASS", "rollback": "FAIL"}
        reasons = self._reasons or (
            f"the canary ended after {self.sessions} sessions without a decision",
        )
        return Trial(
            verdict=verdicts.get(decision, "INCONCLUSIVE"),
            decision=decision,
            reasons=reasons,
            effect=float(self._effect.effect),
            low=self._interval.low,
            high=self._interval.high,
            looks=tuple(self._looks),
        )

    def _look(self) -> Look:
        return Look(
            sessions=self.sessions,
            challenger=self._challenger,
            promote=float(self._effect.promote),
            harm=float(self._effect.harm),
            mismatch=float(self._split.mismatch),
            missing=float(max(self._missing.promote, self._missing.harm)),
            effect=float(self._effect.effect),
            champion_mean=float(self._effect.mean(0)),
            challenger_mean=float(self._effect.mean(1)),
        )

    def _decide(self, look: Look, *, last: bool) -> None:
        """A broken experiment first, then harm, then benefit."""
        refused = 1 / self._settings.alpha
        said = f"after {look.sessions} sessions"
        effect = (
            f"effect {look.effect:+.3f} [{self._interval.low:+.3f}, {self._interval.high:+.3f}]"
        )
        if look.mismatch >= MISMATCH:
            self._end(
                "halt",
                f"{look.challenger} of {look.sessions} sessions on the challenger is not the share "
                f"that was set (e-value {look.mismatch:.3g}): mend the routing and run again",
            )
        elif look.missing >= 2 * refused:
            self._end(
                "halt",
                f"outcomes go missing more often on one arm (e-value {look.missing:.3g} {said}): "
                "mend the feedback and run again",
            )
        elif look.harm >= refused:
            self._end("rollback", f"harm: e-value {look.harm:.3g} >= {refused:g} {said}; {effect}")
        elif look.promote >= refused and look.challenger >= self._settings.min_sessions:
            self._end(
                "promote",
                f"no worse than the champion by {self._settings.margin:g} or more: e-value "
                f"{look.promote:.3g} >= {refused:g} {said}, {look.challenger} on the challenger; "
                f"{effect}",
            )
        elif last:
            self._end(
                "keep",
                f"no decision in {look.sessions} sessions: e-values {look.promote:.3g} to promote, "
                f"{look.harm:.3g} to roll back, {refused:g} needed; {effect}",
            )

    def _end(self, decision: Decision, reason: str) -> None:
        self.decision = decision
        self._reasons = (reason,)


def judge(sessions: Iterable[Session], settings: CanarySettings) -> Trial:
    """The verdict on finished sessions in order of start."""
    found = Judge(settings)
    for session in sessions:
        found.add(session)
    return found.trial()


def plot(looks: Sequence[Look], path: Path, settings: CanarySettings) -> None:
    """Draw the e-values against the line where they decide, and both arms' means, as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True)
    sessions = [look.sessions for look in looks]
    upper.plot(sessions, [look.promote for look in looks], label="to promote", color="tab:green")
    upper.plot(sessions, [look.harm for look in looks], label="to roll back", color="tab:red")
    upper.axhline(1 / settings.alpha, color="black", linestyle="--", linewidth=1, label="decides")
    upper.set_yscale("log")
    upper.set_ylabel("e-value")
    lower.plot(sessions, [look.challenger_mean for look in looks], label="challenger")
    lower.plot(sessions, [look.champion_mean for look in looks], label="champion")
    lower.set_ylim(0, 1)
    lower.set_ylabel("mean session outcome")
    lower.set_xlabel("sessions, in order of start")
    for axes in (upper, lower):
        axes.legend(frameon=False)
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120, metadata={"Software": None})
