"""Model servers behind a gateway: for as long as a canary lasts, or for good.

    with deployed(job, champion, challenger) as deployment:
        deployment.url          http://127.0.0.1:40321, the agent's address

Where `ratchet serve` runs in the workspace, the canary puts the challenger beside the champion that
is served there, and takes it away at its end. Where RATCHET_ROUTER names a gateway elsewhere, that
one has to serve both. Else three processes are started, and ended with the block.

    .ratchet/serving/flags.json       what the gateway must follow
    .ratchet/serving/sessions.jsonl   what the gateway must write
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec

from tasks.core import parts
from tasks.core.errors import EvidenceError, SettingsError
from tasks.core.job import Job
from tasks.core.services import Services
from tasks.core.settings import ComputeSettings
from tasks.learning import learned
from tasks.learning.learned import Registered
from tasks.serving import identity, targets
from tasks.serving.listeners import Server
from tasks.serving.targets import Target, Targets

SERVING = Path(".ratchet") / "serving"
GATEWAY = "gateway.json"
"""Written by `ratchet serve` while its gateway answers: url and pid."""


class Places(NamedTuple):
    """The two files through which a canary and its gateway speak."""

    flags: Path
    sessions: Path


class Deployment(NamedTuple):
    url: str
    """Of the gateway."""
    servers: tuple[Server, ...]
    served: Targets
    """What stands behind it, and how far its identity is proved."""

    def check(self) -> None:
        """Raise StageError if one of its processes has ended."""
        for server in self.servers:
            server.check()


def places(job: Job) -> Places:
    """Where this job's flag and sessions are kept."""
    folder = Path(job.workspace) / SERVING
    if not Services().ratchet_router and gateway_of(Path(job.workspace)) is None:
        folder = Path(job.folder) / "canary" / "router"
    return Places(folder / "flags.json", folder / "sessions.jsonl")


def gateway_of(workspace: Path) -> str | None:
    """URL of the gateway that `ratchet serve` runs in the workspace; None where none does."""
    try:
        record = msgspec.json.decode((workspace / SERVING / GATEWAY).read_bytes(), type=_Running)
    except (FileNotFoundError, msgspec.DecodeError, msgspec.ValidationError):
        return None
    return record.url if Path(f"/proc/{record.pid}").exists() else None


@contextmanager
def announced(workspace: Path, url: str) -> Iterator[None]:
    """Let other commands find this process's gateway while the block lasts."""
    path = workspace / SERVING / GATEWAY
    parts.replace(path, msgspec.json.encode(_Running(url=url, pid=os.getpid())))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def deployed(job: Job, champion: Registered, challenger: Registered) -> Iterator[Deployment]:
    """Serve both models.

    Raises:
        SettingsError: the engine is vLLM, which is served by itself.
        StageError: a server did not come up.
        EvidenceError: what a server serves is not the registered version.
    """
    elsewhere = Services().ratchet_router
    here = gateway_of(Path(job.workspace))
    if elsewhere:
        yield Deployment(elsewhere.rstrip("/"), (), _served_at(elsewhere, champion, challenger))
    elif here:
        with _beside(job, champion, challenger) as (server, served):
            yield Deployment(here, (server,), served)
    elif job.params.model.engine == "vllm":
        raise SettingsError(
            "model.engine is vllm, which this canary does not start: serve both models with "
            f"`vllm serve … --served-model-name {challenger.uri}` (and {champion.uri}), put a "
            "gateway with their addresses in its targets file before them, and name it in "
            "RATCHET_ROUTER"
        )
    else:
        with ExitStack() as stack:
            folder = job.step_folder("canary")
            models = [
                stack.enter_context(model_server(m, job.params.compute, folder))
                for m in (champion, challenger)
            ]
            served = Targets(
                champion=identity.verified(models[0].ready(), champion),
                challenger=identity.verified(models[1].ready(), challenger),
            )
            found = places(job)
            gateway = stack.enter_context(
                gateway_server(
                    found.flags.parent,
                    served,
                    params=Path(job.folder) / "serve.yaml",
                    log=folder / "gateway.log",
                    port=job.params.canary.port,
                    timeout_s=job.params.canary.timeout_s,
                )
            )
            yield Deployment(gateway.ready(), (*models, gateway), served)


def model_server(registered: Registered, compute: ComputeSettings, folder: Path) -> Server:
    """A server of one registered version; its log goes to `folder`."""
    return Server(
        "tasks.serving.server",
        ["--model", str(learned.download(registered.uri)), "--name", registered.uri],
        log=folder / f"server-{registered.version}.log",
        python=compute.python,
        env={"OMP_NUM_THREADS": str(compute.threads)},
    )


def gateway_server(
    folder: Path,
    served: Targets,
    *,
    params: Path,
    log: Path,
    host: str = "",
    port: int = 0,
    timeout_s: float = 0.0,
) -> Server:
    """A gateway on the files of `folder`, which begins with these servers.

    `params` may be missing; `timeout_s` 0 takes that of the params.
    """
    targets.write(folder / targets.FILE, served)
    arguments = {
        "--targets": str(folder / targets.FILE),
        "--flags": str(folder / "flags.json"),
        "--log": str(folder / "sessions.jsonl"),
        "--params": str(params),
        "--timeout": str(timeout_s),
    }
    if host:
        arguments["--host"] = host
    return Server(
        "tasks.serving.gateway",
        [text for pair in arguments.items() for text in pair],
        log=log,
        port=port,
    )


@contextmanager
def _beside(
    job: Job, champion: Registered, challenger: Registered
) -> Iterator[tuple[Server, Targets]]:
    """The challenger beside the champion of the workspace's own gateway."""
    path = Path(job.workspace) / SERVING / targets.FILE
    now = targets.read(path)
    if now is None or now.champion.uri != champion.uri:
        raise EvidenceError(
            f"`ratchet serve` serves {now.champion.uri if now else 'nothing'} in this workspace, "
            f"and the champion is {champion.uri}: wait until it has changed over, or see its log"
        )
    folder = job.step_folder("canary")
    with model_server(challenger, job.params.compute, folder) as server:
        target = identity.verified(server.ready(), challenger)
        try:
            yield server, _with_challenger(path, target)
        finally:
            _with_challenger(path, None)


def _with_challenger(path: Path, target: Target | None) -> Targets:
    with targets.held(path):
        now = targets.read(path)
        if now is None:
            raise SettingsError(f"{path} is gone: start `ratchet serve` again")
        changed = msgspec.structs.replace(now, challenger=target)
        targets.write(path, changed)
    return changed


def _served_at(url: str, champion: Registered, challenger: Registered) -> Targets:
    """What a gateway elsewhere says that it serves; it has to be these two by name."""
    try:
        stats = httpx.get(f"{url.rstrip('/')}/stats", timeout=10).raise_for_status().json()
        arms = {arm: stats["arms"][arm] for arm in ("champion", "challenger")}
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise EvidenceError(f"RATCHET_ROUTER = {url} does not answer /stats: {error}") from error
    wanted = {"champion": champion, "challenger": challenger}
    for arm, registered in wanted.items():
        names = arms[arm].get("models") or []
        if registered.uri not in (*names, arms[arm].get("uri", "")):
            raise EvidenceError(
                f"the gateway's {arm} serves {', '.join(names) or 'nothing'}, not "
                f"{registered.uri}: start that server with this version and its name"
            )
    first, second = (
        Target(
            url=url,
            uri=registered.uri,
            weights_sha256=registered.weights_sha256,
            identity="verified" if arms[arm].get("identity") == "verified" else "unverified",
        )
        for arm, registered in wanted.items()
    )
    return Targets(champion=first, challenger=second)


class _Running(msgspec.Struct):
    url: str
    pid: int
