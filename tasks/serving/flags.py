"""The flag that says which sessions see the challenger: a file in flagd's own format.

    {"flags": {"agent-arm": {
        "state": "ENABLED",
        "variants": {"champion": "champion", "challenger": "challenger"},
        "defaultVariant": "champion",
        "targeting": {"fractional": [{"cat": ["20261122T…/", {"var": "targetingKey"}]},
                                     ["challenger", 100000], ["champion", 900000]]},
        "metadata": {"experiment": "20261122T…", "share": 0.1}}}}

Read through OpenFeature with the flagd provider in FILE mode, in pure Python; a flagd daemon can
serve the same file. The arm is a hash of the session, salted by the experiment: a larger share
adds sessions to the challenger and takes none from it. `DISABLED` is the kill switch.
Source: https://flagd.dev/reference/flag-definitions and /custom-operations/fractional-operation.
"""

import uuid
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tasks.core import parts
from tasks.core.errors import SettingsError
from tasks.evidence.trial import Arm

FLAG = "agent-arm"
WHOLE = 1_000_000
"""Weights are integers: shares are exact to one in a million."""

POLL_MS = 200
"""Between two looks at the file; a rollback reaches every request within it."""


class Assignment(NamedTuple):
    """What the flag says about a session now."""

    arm: Arm
    share: float
    """In force now; 0 where the flag is off, so that the session is no part of an experiment."""
    experiment: str


def write(path: Path, *, experiment: str, share: float, enabled: bool = True) -> None:
    """Set the flag in one rename: readers see the old or the new one.

    Raises:
        SettingsError: the share is not within [0, 1].
    """
    if not 0 <= share <= 1:
        raise SettingsError(f"share {share} of the sessions: expected 0 to 1")
    weight = round(share * WHOLE)
    flag = {
        "state": "ENABLED" if enabled else "DISABLED",
        "variants": {"champion": "champion", "challenger": "challenger"},
        "defaultVariant": "champion",
        "targeting": {
            "fractional": [
                {"cat": [f"{experiment}/", {"var": "targetingKey"}]},
                ["challenger", weight],
                ["champion", WHOLE - weight],
            ]
        },
        "metadata": {"experiment": experiment, "share": weight / WHOLE},
    }
    parts.replace(path, msgspec.json.format(msgspec.json.encode({"flags": {FLAG: flag}})) + b"\n")


def disable(path: Path) -> None:
    """Send every request to the champion; the rest of the flag stays. Twice is as once.

    Raises:
        SettingsError: there is no flag file to change.
    """
    found = _read(path)
    found["flags"][FLAG]["state"] = "DISABLED"
    parts.replace(path, msgspec.json.format(msgspec.json.encode(found)) + b"\n")


class Flags:
    """Follows a flag file."""

    def __init__(self, path: Path) -> None:
        """Follow the file; where there is none yet, one that sends everyone to the champion."""
        if not path.exists():
            write(path, experiment="", share=0.0, enabled=False)
        _read(path)
        from openfeature import api
        from openfeature.contrib.provider.flagd import FlagdProvider
        from openfeature.contrib.provider.flagd.config import ResolverType

        self._provider: Any = FlagdProvider(
            resolver_type=ResolverType.FILE,
            offline_flag_source_path=str(path),
            deadline_ms=POLL_MS,
        )
        # A domain of its own, so that two followers in one process do not meet.
        domain = uuid.uuid4().hex
        api.set_provider_and_wait(self._provider, domain)
        self._client: Any = api.get_client(domain)

    def assign(self, session: str) -> Assignment:
        """The arm of a session: the champion where the flag is off.

        A file that vanishes or breaks leaves the state before it in force, and says so in the log.
        """
        from openfeature.evaluation_context import EvaluationContext
        from openfeature.flag_evaluation import Reason

        context = EvaluationContext(targeting_key=session)
        found = self._client.get_string_details(FLAG, "champion", context)
        known = found.flag_metadata
        on = found.reason == Reason.TARGETING_MATCH
        return Assignment(
            arm="challenger" if on and found.value == "challenger" else "champion",
            share=float(known.get("share", 0.0)) if on else 0.0,
            experiment=str(known.get("experiment", "")),
        )

    def close(self) -> None:
        """Stop following."""
        self._provider.shutdown()


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise SettingsError(f"no flag file {path}: the canary writes one, or `flags.write` does")
    try:
        found: dict[str, Any] = msgspec.json.decode(path.read_bytes())
        found["flags"][FLAG]["state"]
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise SettingsError(f"{path} is no flagd file with a flag {FLAG!r}: {error}") from error
    return found
