"""Keeps the champion served: `ratchet serve`.

    champion models:/agent/3   started, verified, then named in .ratchet/serving/targets.json
    promotion or rollback      the other version is started and verified, then takes new requests;
                               the one before stays warm for serve.keep_warm_s
    a server dies              it is started again, at most once in ten seconds

The gateway is a process of its own and follows the targets file, so that requests never wait for
what happens here, and a rollback works while this process is busy or gone.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tasks.core import parts, tracking
from tasks.core.curation_settings import PARAMS_FILE
from tasks.core.errors import EvidenceError, StageError
from tasks.core.settings import Params, load
from tasks.learning import learned
from tasks.learning.learned import CHAMPION, Registered
from tasks.serving import access, deployment, identity, targets
from tasks.serving.listeners import Server
from tasks.serving.targets import Target, Targets

LOOK_S = 0.2
"""Between two looks at the ledger of releases."""
ALIAS_S = 5.0
"""Between two looks at the registry, for an alias that was moved by other means."""
AGAIN_S = 10.0
"""Between two starts of a server that dies."""


class Warm(NamedTuple):
    """A model server that runs."""

    server: Server
    target: Target
    stack: ExitStack


class Control:
    """The model servers of one workspace."""

    def __init__(self, workspace: Path, params: Params, say: Callable[[str], None]) -> None:
        self._workspace, self._params, self._say = workspace, params, say
        self._folder = workspace / deployment.SERVING
        self._path = self._folder / targets.FILE
        self._warm: dict[str, Warm] = {}
        self._left: dict[str, float] = {}
        """Versions that are no champion any more, and since when."""
        self._started: dict[str, float] = {}

    def champion(self) -> Registered:
        """The version under the alias.

        Raises:
            EvidenceError: there is none.
        """
        mlflow = tracking.connect(tracking.tracking_uri(self._workspace))
        name = self._params.model.name
        registered = learned.by_alias(mlflow, name, CHAMPION)
        if registered is None:
            raise EvidenceError(
                f"the model {name} has no version with alias {CHAMPION}: `ratchet finetune` "
                "registers the base as the first, or name an endpoint in serve.champion"
            )
        return registered

    def target(self, registered: Registered) -> Target:
        """A running, verified server of this version; started where there is none."""
        warm = self._warm.get(registered.uri)
        if warm is None or not _alive(warm.server):
            if warm is not None:
                warm.stack.close()
            self._started[registered.uri] = time.monotonic()
            stack = ExitStack()
            server = stack.enter_context(
                deployment.model_server(registered, self._params.compute, self._folder)
            )
            try:
                target = identity.verified(server.ready(), registered)
            except (EvidenceError, StageError):
                stack.close()
                raise
            warm = self._warm[registered.uri] = Warm(server, target, stack)
        return warm.target

    def switch(self, registered: Registered) -> None:
        """Let new requests go to this version."""
        target = self.target(registered)
        with targets.held(self._path):
            now = targets.read(self._path)
            before = now.champion if now and now.champion.uri != target.uri else None
            if now and before is None:
                before = now.previous
            challenger = now.challenger if now else None
            targets.write(
                self._path, Targets(champion=target, challenger=challenger, previous=before)
            )
        if before is not None:
            self._left[before.uri] = time.monotonic()
        self._left.pop(target.uri, None)
        self._say(f"champion {registered.uri} ({target.identity}) serves")

    def retire(self) -> None:
        """End servers that have been no champion for longer than they are kept warm."""
        now = time.monotonic()
        for uri, since in list(self._left.items()):
            if now - since < self._params.serve.keep_warm_s:
                continue
            with targets.held(self._path):
                standing = targets.read(self._path)
                if standing is not None and standing.champion.uri == uri:
                    continue  # a rollback gave it the traffic back meanwhile
                if standing is not None and standing.previous and standing.previous.uri == uri:
                    targets.write(
                        self._path,
                        Targets(champion=standing.champion, challenger=standing.challenger),
                    )
            del self._left[uri]
            if warm := self._warm.pop(uri, None):
                warm.stack.close()
                self._say(f"{uri} is warm no longer")

    def revive(self, registered: Registered) -> None:
        """Start the champion's server again where it died."""
        warm = self._warm.get(registered.uri)
        dead = warm is None or not _alive(warm.server)
        if dead and time.monotonic() - self._started.get(registered.uri, 0.0) >= AGAIN_S:
            self._say(f"the server of {registered.uri} ended; it is started again")
            self.switch(registered)

    def close(self) -> None:
        for warm in self._warm.values():
            warm.stack.close()


def serve(workspace: Path, say: Callable[[str], None], *, ended: Callable[[], bool]) -> None:
    """Serve the workspace's champion until `ended` says so.

    Raises:
        EvidenceError: there is no champion, or its server serves something else.
        SettingsError: another `ratchet serve` runs here, the port is in use, or keys are missing.
        StageError: the gateway or the first model server did not come up.
    """
    params = load(workspace / PARAMS_FILE)
    folder = workspace / deployment.SERVING
    access.refuse_open_address(params.serve.host, access.keys(folder / "keys"))
    with parts.single_writer(folder / "control"), ExitStack() as stack:
        control = Control(workspace, params, say)
        stack.callback(control.close)
        registered = None
        if params.serve.champion is not None:
            endpoint = params.serve.champion
            first = Target(
                url=endpoint.url.rstrip("/"),
                model=endpoint.model,
                key_variable=endpoint.key_variable,
            )
        else:
            registered = control.champion()
            first = control.target(registered)
        gateway = stack.enter_context(
            deployment.gateway_server(
                folder,
                Targets(champion=first),
                params=workspace / PARAMS_FILE,
                log=folder / "gateway.log",
                host=params.serve.host,
                port=params.serve.port,
            )
        )
        url = gateway.ready()
        with deployment.announced(workspace, url):
            say(f"{first.uri or first.url} ({first.identity}) at {url}/v1")
            _follow(workspace, control, registered, gateway, ended)


def _follow(
    workspace: Path,
    control: Control,
    registered: Registered | None,
    gateway: Server,
    ended: Callable[[], bool],
) -> None:
    """Change over when the champion changes, until the end."""
    ledger = workspace / ".ratchet" / "releases.jsonl"
    stamp, looked = _stamp(ledger), time.monotonic()
    while not ended():
        time.sleep(LOOK_S)
        gateway.check()
        if registered is None:
            continue
        control.retire()
        control.revive(registered)
        now = _stamp(ledger)
        if now == stamp and time.monotonic() - looked < ALIAS_S:
            continue
        looked = time.monotonic()
        wanted = control.champion()
        if wanted.uri != registered.uri:
            control.switch(wanted)
            registered = wanted
        elif now != stamp:
            # The line stands before the alias moves: look again until they agree.
            stamp = now


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def _alive(server: Server) -> bool:
    try:
        server.check()
    except StageError:
        return False
    return True
