"""Champion and challenger behind one router, for as long as a canary lasts.

    with deployed(job, champion, challenger) as deployment:
        deployment.url          http://127.0.0.1:40321, the agent's new address

Three processes, started at once and ended with the block; or, where RATCHET_ROUTER names one, a
router that runs already in this workspace:

    .ratchet/serving/flags.json       what the router must follow
    .ratchet/serving/sessions.jsonl   what the router must write
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from tasks.core.errors import EvidenceError, SettingsError
from tasks.core.job import Job
from tasks.core.services import Services
from tasks.learning import learned
from tasks.learning.learned import Registered
from tasks.serving.processes import Server

SERVING = Path(".ratchet") / "serving"


class Places(NamedTuple):
    """The two files through which a canary and its router speak."""

    flags: Path
    sessions: Path


class Deployment(NamedTuple):
    url: str
    """Of the router."""
    servers: tuple[Server, ...]

    def check(self) -> None:
        """Raise StageError if one of its processes has ended."""
        for server in self.servers:
            server.check()


def places(job: Job) -> Places:
    """Where this job's flag and sessions are kept."""
    if Services().ratchet_router:
        folder = Path(job.workspace) / SERVING
        return Places(folder / "flags.json", folder / "sessions.jsonl")
    folder = Path(job.folder) / "canary" / "router"
    return Places(folder / "flags.json", folder / "sessions.jsonl")


@contextmanager
def deployed(job: Job, champion: Registered, challenger: Registered) -> Iterator[Deployment]:
    """Serve both models; the flag file has to be there before.

    Raises:
        SettingsError: the engine is vLLM, which is served by itself.
        StageError: a server did not come up.
        EvidenceError: the router that runs already serves other models.
    """
    running = Services().ratchet_router
    if running:
        _check_models(running, champion, challenger)
        yield Deployment(running.rstrip("/"), ())
        return
    if job.params.model.engine == "vllm":
        raise SettingsError(
            "model.engine is vllm: serve both models with `vllm serve … --served-model-name "
            f"{challenger.uri} challenger` (and champion), start tasks.serving.router before "
            "them, and name it in RATCHET_ROUTER"
        )
    with ExitStack() as stack:
        models = [stack.enter_context(_model(job, m)) for m in (champion, challenger)]
        urls = [model.ready() for model in models]
        router = stack.enter_context(_router(job, *urls))
        yield Deployment(router.ready(), (*models, router))


def _model(job: Job, registered: Registered) -> Server:
    compute = job.params.compute
    return Server(
        "tasks.serving.server",
        ["--model", str(learned.download(registered.uri)), "--name", registered.uri],
        log=job.step_folder("canary") / f"server-{registered.version}.log",
        python=compute.python,
        env={"OMP_NUM_THREADS": str(compute.threads)},
    )


def _router(job: Job, champion: str, challenger: str) -> Server:
    found, settings = places(job), job.params.canary
    arguments = {
        "--champion": champion,
        "--challenger": challenger,
        "--flags": str(found.flags),
        "--log": str(found.sessions),
        "--timeout": str(settings.timeout_s),
    }
    return Server(
        "tasks.serving.router",
        [text for pair in arguments.items() for text in pair],
        log=job.step_folder("canary") / "router.log",
        port=settings.port,
    )


def _check_models(url: str, champion: Registered, challenger: Registered) -> None:
    try:
        stats = httpx.get(f"{url.rstrip('/')}/stats", timeout=10).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise EvidenceError(f"RATCHET_ROUTER = {url} does not answer /stats: {error}") from error
    for arm, wanted in (("champion", champion), ("challenger", challenger)):
        served = stats["arms"][arm]["models"]
        if wanted.uri not in served:
            raise EvidenceError(
                f"the router's {arm} serves {', '.join(served) or 'nothing'}, not {wanted.uri}: "
                "start that server with this version and its name"
            )
