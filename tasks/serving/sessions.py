"""The router's memory of sessions, kept in a file that a restart or a canary reads.

    {"arm":"challenger","at":1795311229,"event":"start","experiment":"2026…","session":"9f2c…",
     "share":0.1}
    {"at":1795311231,"detail":"timeout","event":"failure","session":"9f2c…"}
    {"at":1795311233,"event":"reply","session":"9f2c…","tokens":412,"value":840.5}
    {"at":1795311237,"detail":"rephrased","event":"turn","session":"9f2c…"}
    {"at":1795311239,"detail":"csat","event":"feedback","session":"9f2c…","value":4.0}
    {"at":1795311240,"event":"outcome","session":"9f2c…","value":1.0}

Lines are only ever appended, in the order of what happened. A session's id may name a person, so
only a hash of it, salted by the experiment, is kept.
"""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from tasks.core.errors import EvidenceError
from tasks.core.records import Record
from tasks.evidence.guardrails import Served
from tasks.evidence.trial import Arm, Session

LONGEST_ID = 256
"""Characters of a session's id that may go into a header as they are."""


class Event(Record, frozen=True, kw_only=True):
    """One line of the file."""

    event: Literal["start", "failure", "outcome", "reply", "turn", "feedback"]
    session: str
    at: float
    """Seconds since 1970."""
    experiment: str = ""
    arm: Arm = "champion"
    share: float = 0.0
    value: float = 0.0
    """Of an outcome or a metric; of a reply the milliseconds it took."""
    detail: str = ""
    """Why it failed, what a turn of the user tells, the metric's name."""
    tokens: int = 0
    parse_error: bool = False
    checked: bool = False
    violation: bool = False


class Known(msgspec.Struct):
    """What the events of one session add up to."""

    session: str
    arm: Arm
    share: float
    experiment: str
    started: float
    failures: int = 0
    outcome: float | None = None
    served: Served = Served()


class Sessions:
    """Sessions by hash, in order of start; follows a file or writes it, never both ways at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._known: dict[str, Known] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self.refresh()

    def __iter__(self) -> Iterator[Known]:
        return iter(self._known.values())

    def get(self, session: str) -> Known | None:
        """A session by its hash."""
        return self._known.get(session)

    def start(self, session: str, arm: Arm, share: float, experiment: str) -> Known:
        """Write down a session that is new, or give back what it was assigned."""
        if session not in self._known:
            self._append(
                Event(
                    event="start",
                    session=session,
                    at=time.time(),
                    experiment=experiment,
                    arm=arm,
                    share=share,
                )
            )
        return self._known[session]

    def fail(self, session: str, detail: str) -> None:
        """Write down that the session's arm did not answer a request."""
        self._append(Event(event="failure", session=session, at=time.time(), detail=detail))

    def finish(self, session: str, value: float) -> bool:
        """Write down a session's outcome in [0, 1]; False where it has one, which stays."""
        if self._known[session].outcome is not None:
            return False
        self._append(Event(event="outcome", session=session, at=time.time(), value=value))
        return True

    def replied(
        self,
        session: str,
        *,
        ms: float,
        tokens: int = 0,
        parse_error: bool = False,
        checked: bool = False,
        violation: bool = False,
    ) -> None:
        """Write down a reply: how long it took, its tokens, and whether it could be read."""
        self._append(
            Event(
                event="reply",
                session=session,
                at=time.time(),
                value=ms,
                tokens=tokens,
                parse_error=parse_error,
                checked=checked,
                violation=violation,
            )
        )

    def turned(self, session: str, signal: str) -> None:
        """Write down what a turn of the user tells of the reply before it."""
        self._append(Event(event="turn", session=session, at=time.time(), detail=signal))

    def measure(self, session: str, metric: str, value: float) -> None:
        """Write down a metric that was fed back; the last value stands."""
        self._append(
            Event(event="feedback", session=session, at=time.time(), detail=metric, value=value)
        )

    def refresh(self) -> None:
        """Take in the lines that were appended since; a line still being written waits.

        Raises:
            EvidenceError: a line is none of this format.
        """
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                try:
                    self._apply(_decoder.decode(line))
                except (msgspec.DecodeError, msgspec.ValidationError) as error:
                    raise EvidenceError(
                        f"{self._path}, byte {self._offset - len(line)}: {error}; sessions cannot "
                        "be counted without it, restore the file or begin a new canary"
                    ) from error

    def finished(self, experiment: str, *, now: float, outcome_s: float) -> list[Session]:
        """The experiment's sessions in order of start, up to the first whose outcome is open.

        One that failed counts 0 at once, one without an outcome after `outcome_s` seconds too.
        """
        found = []
        for known in self:
            # At a share of 0 or 1 nobody was drawn: there is nothing to compare.
            if known.experiment != experiment or not 0 < known.share < 1:
                continue
            missing = known.outcome is None and known.failures == 0
            if missing and now - known.started < outcome_s:
                break
            found.append(
                Session(
                    session=known.session,
                    arm=known.arm,
                    share=known.share,
                    outcome=0.0 if known.failures else known.outcome or 0.0,
                    missing=missing,
                    failures=known.failures,
                    started=known.started,
                    served=known.served,
                )
            )
        return found

    def _append(self, event: Event) -> None:
        line = _encoder.encode(event) + b"\n"
        with self._path.open("r+b") as file:
            # A line torn by the end of an earlier writer stands behind the offset: it goes.
            file.seek(self._offset)
            file.truncate()
            file.write(line)
        self._offset += len(line)
        self._apply(event)

    def _apply(self, event: Event) -> None:
        if event.event == "start":
            self._known.setdefault(
                event.session,
                Known(
                    session=event.session,
                    arm=event.arm,
                    share=event.share,
                    experiment=event.experiment,
                    started=event.at,
                ),
            )
            return
        known = self._known.get(event.session)
        if known is None:
            return
        if event.event == "failure":
            known.failures += 1
        elif event.event == "outcome":
            known.outcome = event.value if known.outcome is None else known.outcome
        else:
            known.served = _after(known.served, event)


def _after(served: Served, event: Event) -> Served:
    """What a session adds up to with one more reply, turn of the user or metric."""
    if event.event == "feedback":
        return replace(served, feedback={**served.feedback, event.detail: event.value})
    if event.event == "turn":
        if event.detail not in ("rephrased", "complained", "handed_over"):
            return served
        return replace(served, **{event.detail: getattr(served, event.detail) + 1})
    return replace(
        served,
        replies=served.replies + 1,
        parse_errors=served.parse_errors + event.parse_error,
        checked=served.checked + event.checked,
        violations=served.violations + event.violation,
        slowest_ms=max(served.slowest_ms, event.value),
        tokens=served.tokens + event.tokens,
    )


def digest(experiment: str, session_id: str) -> str:
    """What stands for a session's id: 64 bits of a hash salted by the experiment."""
    return hashlib.sha256(f"{experiment}/{session_id}".encode()).hexdigest()[:16]


def id_of(header: str, request: dict[str, Any]) -> str:
    """A session's id: the header, else the user, else a hash of how the conversation began."""
    user = request.get("user")
    named = header or (user if isinstance(user, str) else "")
    if named:
        return canonical(named)
    beginning: list[Any] = []
    messages = request.get("messages")
    for message in messages if isinstance(messages, list) else []:
        beginning.append(message)
        if isinstance(message, dict) and message.get("role") == "user":
            break
    return hashlib.sha256(msgspec.json.encode(beginning, order="sorted")).hexdigest()


def canonical(session_id: str) -> str:
    """The id, or a hash of it where it could not stand in a header."""
    if session_id.isascii() and session_id.isprintable() and len(session_id) <= LONGEST_ID:
        return session_id
    return hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()


_decoder = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder(order="sorted")
