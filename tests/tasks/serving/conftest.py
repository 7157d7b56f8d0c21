import threading
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn

from tasks.serving import listeners
from tests.tasks.serving.house import House, Model


@pytest.fixture(scope="session")
def serving():
    """Serve an ASGI application over HTTP in a thread: `with serving(app) as url`."""

    @contextmanager
    def serve(application):
        with listeners.listening(listeners.HOST, 0) as listener:
            server = uvicorn.Server(uvicorn.Config(application, log_level="warning"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                while not server.started:
                    assert thread.is_alive()
                yield f"http://{listeners.HOST}:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                thread.join()

    return serve


@pytest.fixture(scope="module")
def models(serving):
    champion, challenger = Model("champion"), Model("challenger")
    with serving(champion.application()) as one, serving(challenger.application()) as two:
        yield champion, challenger, one, two


@pytest.fixture
def house(tmp_path, serving, models):
    with ExitStack() as stack:
        yield House(tmp_path, serving, stack, models)
