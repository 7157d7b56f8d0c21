"""Decides a canary from its sessions, in the order of their start: promote, roll back, or neither.

    {"arm":"challenger","outcome":1.0,"session":"9f2c…","share":0.1}

A session is analysed as it was assigned, whichever model answered in the end. One that failed or
that nobody reported on counts 0. A promotion needs that the outcome, and each guardrail of
`canary.guardrails`, is shown to be no worse by its margin; e-values may be looked at any time, and
what must all hold needs no correction for being many. The same rows and settings always give the
same verdict, so a verdict can be recomputed from the rows beside it.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from tasks.core.records import Record
from tasks.core.settings import CanarySettings
from tasks.evidence.guardrails import Guardrail, Served
from tasks.evidence.sequential import Effect, Interval, Split

Arm = Literal["champion", "challenger"]
Decision = Literal["promote", "rollback", "halt", "keep"]
Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE"]

SIZE = (8.0, 6.0)
"""Inches of the picture."""

SETTLED = 100
"""Sessions from which on too many without an outcome halt the canary; before it may be chance."""

GAP_S = 3600.0
CLOCK_S = 60.0
"""By what starts may be out of order: clocks are trimmed by seconds all the time."""

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
    started: float = 0.0
    """Seconds since 1970, by the gateway's clock."""
    served: Served | None = None
    """What guardrails look at."""


class GuardrailLook(Record, frozen=True, kw_only=True):
    """A guardrail's evidence; the effect is challenger minus champion, higher is better."""

    sessions: int
    """That told its value."""
    promote: float
    """E-value against "worse by its margin or more"."""
    harm: float
    """E-value against "worse by no more than its margin"."""
    missing: float
    """E-value against "its value is missing equally often on both arms"."""
    effect: float


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
    share: float = 0.0
    """In force for the last session."""
    hours: float = 0.0
    """From the first session on, a gap counting as an hour at most."""
    guardrails: dict[str, GuardrailLook] = {}


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


class _Watched:
    """One guardrail's evidence: the effect on its value, and whether it goes missing on one arm."""

    def __init__(self, guardrail: Guardrail) -> None:
        self._guardrail = guardrail
        self.name, self.margin = guardrail.name, guardrail.margin
        self._effect = Effect(margin=guardrail.margin, tolerance=guardrail.margin)
        self._missing = Effect()

    def add(self, treated: float, session: Session) -> None:
        value = self._guardrail.value(session.served)
        self._missing.add(treated, session.share, float(value is None))
        if value is not None:
            self._effect.add(treated, session.share, value)

    def look(self) -> GuardrailLook:
        return GuardrailLook(
            sessions=self._effect.sessions,
            promote=float(self._effect.promote),
            harm=float(self._effect.harm),
            missing=float(max(self._missing.promote, self._missing.harm)),
            effect=float(self._effect.effect),
        )


class Judge:
    """Takes sessions one by one and decides at each look; after a decision it takes no more."""

    def __init__(self, settings: CanarySettings) -> None:
        """Load the guardrails.

        Raises:
            SettingsError: one does not exist, or does not take its options.
        """
        self._settings = settings
        self._effect = Effect(margin=settings.margin)
        self._interval = Interval()
        self._split = Split()
        # One for each direction: `promote` of one is "more on the challenger", `harm` "fewer".
        self._missing = Effect()
        self._watched = [_Watched(Guardrail(asked)) for asked in settings.guardrails]
        self._lost = self._challenger = 0
        self._newest = self._seconds = self._back = 0.0
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
        self._lost += session.missing
        self._effect.add(treated, session.share, session.outcome)
        self._interval.add(treated, session.share, session.outcome)
        self._missing.add(treated, session.share, float(session.missing))
        self._split.add(treated, session.share)
        for watched in self._watched:
            watched.add(treated, session)
        self._tick(session.started)
        last = self.sessions == self._settings.max_sessions
        if self.sessions % self._settings.look_every and not last:
            return None
        look = self._look(session.share)
        self._looks.append(look)
        self._decide(look, last=last)
        return look

    def _tick(self, started: float) -> None:
        """Sessions come in the order of their start: a clock that goes back was set."""
        if self._newest:
            self._back = max(self._back, self._newest - started)
            # A clock that was set a day ahead, or a night without users, is no day of evidence.
            self._seconds += min(GAP_S, max(0.0, started - self._newest))
        self._newest = max(self._newest, started)

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

    def _look(self, share: float) -> Look:
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
            share=share,
            hours=self._seconds / 3600,
            guardrails={watched.name: watched.look() for watched in self._watched},
        )

    def _decide(self, look: Look, *, last: bool) -> None:
        """A broken experiment first, then harm, then benefit."""
        refused = 1 / self._settings.alpha
        after = f"after {look.sessions} sessions"
        effect = (
            f"effect {look.effect:+.3f} [{self._interval.low:+.3f}, {self._interval.high:+.3f}]"
        )
        broken = self._broken(look)
        harmed = self._harmed(look)
        waits = self._waits(look)
        if broken:
            self._end("halt", f"{broken} {after}: mend that and run again")
        elif harmed:
            self._end("rollback", f"{harmed} {after}; {effect}")
        elif look.promote >= refused and not waits:
            self._end(
                "promote",
                f"no worse than the champion by {self._settings.margin:g} or more: e-value "
                f"{look.promote:.3g} >= {refused:g} {after}, {look.challenger} on the challenger; "
                f"{effect}",
                *(
                    f"{name}: no worse by {watched.margin:g} or more, e-value {one.promote:.3g}; "
                    f"effect {one.effect:+.3f} in {one.sessions} sessions"
                    for watched in self._watched
                    for name, one in [(watched.name, look.guardrails[watched.name])]
                ),
            )
        elif last:
            self._end(
                "keep",
                f"no decision in {look.sessions} sessions: e-values {look.promote:.3g} to promote, "
                f"{look.harm:.3g} to roll back, {refused:g} needed; {effect}",
                *waits,
            )

    def _broken(self, look: Look) -> str:
        """What is wrong with the experiment itself; then its outcomes tell nothing."""
        doubt = 2 / self._settings.alpha
        if look.mismatch >= MISMATCH:
            return (
                f"{look.challenger} of {look.sessions} sessions on the challenger is not the share "
                f"that was set (e-value {look.mismatch:.3g})"
            )
        if look.missing >= doubt:
            return f"outcomes go missing more often on one arm (e-value {look.missing:.3g})"
        if look.sessions >= SETTLED and (lost := self._too_many_lost(look)):
            return lost
        for name, one in look.guardrails.items():
            if one.missing >= doubt * len(look.guardrails):
                return f"{name} goes missing more often on one arm (e-value {one.missing:.3g})"
        if self._back > CLOCK_S:
            return f"the gateway's clock went back by {self._back:,.0f} s"
        return ""

    def _too_many_lost(self, look: Look) -> str:
        """Where nobody reports, both arms count 0 and look alike."""
        if self._lost <= self._settings.max_missing * look.sessions:
            return ""
        return (
            f"{self._lost} of {look.sessions} sessions have no outcome, more than "
            f"canary.max_missing = {self._settings.max_missing:g}"
        )

    def _harmed(self, look: Look) -> str:
        """What is shown to be worse; alpha is spread over all that could be."""
        refused = (1 + len(look.guardrails)) / self._settings.alpha
        if look.harm >= refused:
            return f"harm: e-value {look.harm:.3g} >= {refused:g}"
        for watched in self._watched:
            one = look.guardrails[watched.name]
            if one.harm >= refused:
                return (
                    f"harm: {watched.name} is worse by more than {watched.margin:g}, e-value "
                    f"{one.harm:.3g} >= {refused:g}, effect {one.effect:+.3f}"
                )
        return ""

    def _waits(self, look: Look) -> list[str]:
        """What a promotion still lacks beside the primary evidence."""
        settings = self._settings
        lost = self._too_many_lost(look)
        waits = [lost] if lost else []
        if look.challenger < settings.min_sessions:
            waits.append(
                f"{look.challenger} sessions on the challenger, {settings.min_sessions} needed"
            )
        if look.hours < settings.min_hours:
            waits.append(f"{look.hours:.1f} hours of sessions, {settings.min_hours:g} needed")
        for watched in self._watched:
            one = look.guardrails[watched.name]
            if one.promote < 1 / settings.alpha:
                waits.append(
                    f"{watched.name} is not shown to be no worse by {watched.margin:g}: e-value "
                    f"{one.promote:.3g} in {one.sessions} sessions"
                )
        return waits

    def _end(self, decision: Decision, *reasons: str) -> None:
        self.decision = decision
        self._reasons = reasons


def judge(sessions: Iterable[Session], settings: CanarySettings) -> Trial:
    """The verdict on finished sessions in order of start."""
    conducted = Judge(settings)
    for session in sessions:
        conducted.add(session)
    return conducted.trial()


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
