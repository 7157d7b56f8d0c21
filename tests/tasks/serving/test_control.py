"""`ratchet serve` with real model servers, real MLflow and requests that never stop."""

import shutil
import threading
import time

import httpx
import pytest
import yaml

from tasks import promote
from tasks.core import tracking
from tasks.core.closure import PROJECT
from tasks.core.errors import EvidenceError, RatchetError
from tasks.learning import learned
from tasks.serving import control, deployment, identity, listeners, targets

BASE = PROJECT / "tasks" / "demo" / "base"
HELLO = {"messages": [{"role": "user", "content": "weather in oslo"}], "max_tokens": 4}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A workspace whose registry has two versions of one model: the stored base twice."""
    folder = tmp_path_factory.mktemp("served")
    values = yaml.safe_load((PROJECT / "tasks/demo/params.yaml").read_text())
    values["model"]["name"] = "served-agent"
    values["serve"] = {"port": listeners.free_port(), "keep_warm_s": 60}
    (folder / "params.yaml").write_text(yaml.safe_dump(values))
    mlflow = tracking.connect(tracking.tracking_uri(folder))
    other = folder / "other"
    shutil.copytree(BASE, other)
    (other / "README.md").write_text("the same weights in another folder\n")
    with mlflow.start_run():
        learned.register_base(mlflow, str(BASE), name="served-agent")
        learned.register(mlflow, other, name="served-agent", tags={"ratchet.run": "r"})
    yield folder
    mlflow.set_tracking_uri(None)


class Served:
    """`serve` in a thread, and what it said."""

    def __init__(self, home):
        self.lines, self._ended = [], threading.Event()
        self.error = None
        self._thread = threading.Thread(target=self._run, args=(home,))
        self._home = home

    def _run(self, home):
        try:
            control.serve(home, self.lines.append, ended=self._ended.is_set)
        except RatchetError as error:
            self.error = error

    def __enter__(self):
        self._thread.start()
        deadline = time.monotonic() + 120
        while deployment.gateway_of(self._home) is None:
            assert self._thread.is_alive(), self.error
            assert time.monotonic() < deadline
            time.sleep(0.1)
        self.url = deployment.gateway_of(self._home)
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(60)

    def said(self, text, seconds=90):
        deadline = time.monotonic() + seconds
        while not any(text in line for line in self.lines):
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.1)


def roots(served):
    return [m["root"] for m in httpx.get(f"{served.url}/v1/models").json()["data"]]


def test_a_promotion_and_a_rollback_change_what_is_served_and_drop_nothing(home):
    statuses, ended = [], threading.Event()
    with Served(home) as served, httpx.Client(timeout=60) as client:
        assert roots(served) == ["models:/served-agent/1"]
        assert served.lines[0].startswith("models:/served-agent/1 (verified) at http://127.0.0.1:")

        def user():
            while not ended.is_set():
                answer = client.post(f"{served.url}/v1/chat/completions", json=HELLO)
                statuses.append(answer.status_code)

        thread = threading.Thread(target=user)
        thread.start()
        promote.promote_version(home, "served-agent", "2", who="a", why="a test", force=True)
        served.said("champion models:/served-agent/2 (verified) serves")
        assert roots(served) == ["models:/served-agent/2"]
        started = time.monotonic()
        assert targets.revert(home / deployment.SERVING / targets.FILE).uri.endswith("/1")
        while roots(served) != ["models:/served-agent/1"]:
            assert time.monotonic() - started < 1
        promote.roll_back(home, "served-agent", who="a", why="a test")
        served.said("champion models:/served-agent/1 (verified) serves")
        ended.set()
        thread.join()
        assert set(statuses) == {200}
        again = Served(home)
        again._run(home)
        assert "another run is writing" in str(again.error)
    assert deployment.gateway_of(home) is None


def test_a_server_with_other_weights_is_refused(home, serving):
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    mlflow = tracking.connect(tracking.tracking_uri(home))
    registered = learned.by_alias(mlflow, "served-agent", "champion")
    listed = {}

    async def models(_):
        return JSONResponse({"data": [listed]})

    with serving(Starlette(routes=[Route("/v1/models", models)])) as url:
        listed.update(id=registered.uri)
        assert identity.verified(url, registered).identity == "unverified"
        listed.update(root=str(BASE))
        assert identity.verified(url, registered).identity == "verified"
        listed.update(weights_sha256="0" * 64)
        with pytest.raises(EvidenceError, match="serves weights 000000000000…"):
            identity.verified(url, registered)
        listed.update(weights_sha256=registered.weights_sha256, files_sha256="1" * 64)
        with pytest.raises(EvidenceError, match="another tokenizer or chat template"):
            identity.verified(url, registered)
        listed.update(id="models:/served-agent/9")
        with pytest.raises(EvidenceError, match="serves models:/served-agent/9, not"):
            identity.verified(url, registered)
