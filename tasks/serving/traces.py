"""Keeps a share of what was asked and answered, as logs that the next dataset is made of.

    .ratchet/serving/traces/chat-20261201T14.jsonl       format openai_chat, a file an hour
    .ratchet/serving/traces/feedback-20261201T14.jsonl   what became of the sessions

A session is kept whole or not at all. A request never waits: records go through a bounded queue to
a thread, and what does not fit is dropped and counted. The folder holds what users wrote, like any
raw log: it is readable by its owner alone, is never versioned, and leaves the machine through
`redact` only.
"""

import hashlib
import queue
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from tasks.core.records import Feedback, encode

LONGEST = 1000
"""Records that wait for the disk; at 200 requests a second, five seconds of them."""


class Traces:
    """Writer of one folder; `share` of the sessions, 0 keeps nothing."""

    def __init__(self, folder: Path, share: float, *, longest: int = LONGEST) -> None:
        self._folder, self._share = folder, share
        self.kept = self.dropped = 0
        self._queue: queue.Queue[tuple[str, bytes] | None] = queue.Queue(longest)
        self._thread: threading.Thread | None = None
        if share > 0:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._thread = threading.Thread(target=self._write, daemon=True)
            self._thread.start()

    def wants(self, session: str) -> bool:
        """Whether this session is one of those that are kept."""
        if self._share <= 0:
            return False
        drawn = hashlib.sha256(f"trace/{session}".encode()).digest()[:8]
        return int.from_bytes(drawn, "big") < self._share * 2**64

    def exchange(
        self, session: str, arm: str, request: dict[str, Any], response: bytes, latency_s: float
    ) -> None:
        """Keep a request with the body that answered it."""
        known = request.get("metadata")
        metadata = {**(known if isinstance(known, dict) else {}), "session_id": session, "arm": arm}
        if isinstance(request.get("user"), str):
            metadata.setdefault("user_id", request["user"])
        record = {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "latency_ms": round(1000 * latency_s),
            "request": {**request, "metadata": metadata},
            "response": msgspec.Raw(response),
        }
        self._put("chat", msgspec.json.encode(record))

    def outcome(self, session: str, value: float) -> None:
        """Keep what became of a session, as feedback."""
        when = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._put(
            "feedback",
            encode(
                Feedback(
                    session_id=session,
                    metric="task_success",
                    value=value,
                    source="outcome",
                    timestamp=when,
                )
            ),
        )

    def close(self) -> None:
        """Write what waits, and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(5)

    def _put(self, kind: str, line: bytes) -> None:
        try:
            self._queue.put_nowait((kind, line))
        except queue.Full:
            self.dropped += 1

    def _write(self) -> None:
        while (record := self._queue.get()) is not None:
            kind, line = record
            path = self._folder / f"{kind}-{time.strftime('%Y%m%dT%H', time.gmtime())}.jsonl"
            try:
                path.touch(mode=0o600)
                with path.open("ab") as file:
                    file.write(line + b"\n")
                self.kept += 1
            except OSError:
                # A full disk must not stop the service; the count says what is missing.
                self.dropped += 1
