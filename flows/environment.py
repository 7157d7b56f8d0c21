"""What Prefect's processes must find in their environment before Prefect is imported."""

import os
import sys
from pathlib import Path

import msgspec

from tasks.core.workspace import check

SERVERS = "servers.json"


def prepare(workspace: Path, *, verbose: bool = False) -> None:
    """Point this process and its children at the workspace's servers, with no telemetry.

    A server named by the environment is used as it is; else the one that `ratchet up` runs for
    this workspace; else Prefect starts one for the length of the command, on the workspace's own
    database, so that its page shows these runs later.

    Raises:
        SettingsError: the folder is no workspace; nothing is written there then.
    """
    check(workspace)
    state = (workspace / ".ratchet").resolve()
    state.mkdir(parents=True, exist_ok=True)
    defaults = {
        "PREFECT_HOME": str(state / "prefect"),
        "DO_NOT_TRACK": "true",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_LOGGING_LEVEL": "INFO" if verbose else "CRITICAL",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "DVC_NO_ANALYTICS": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TRL_EXPERIMENTAL_SILENCE": "1",
        "TQDM_DISABLE": "1",
        **running_servers(workspace),
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    # `python` in dvc.yaml must be the interpreter that runs this, activated or not.
    here = str(Path(sys.executable).parent)
    if os.environ.get("PATH", "").split(os.pathsep)[0] != here:
        os.environ["PATH"] = here + os.pathsep + os.environ.get("PATH", "")


def running_servers(workspace: Path) -> dict[str, str]:
    """Addresses that `ratchet up` wrote, while the process that wrote them lives."""
    path = workspace / ".ratchet" / SERVERS
    if not path.exists():
        return {}
    found: dict[str, str] = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    pid = int(found.pop("pid"))
    return found if Path(f"/proc/{pid}").exists() else {}
