from collections.abc import Iterator

import pytest

from tests.tasks.rewards.graders import Graders, fair, serve


@pytest.fixture(scope="session")
def _graders() -> Iterator[tuple[Graders, str]]:
    found = Graders()
    with serve(found.application()) as url:
        yield found, url


@pytest.fixture
def graders(_graders: tuple[Graders, str], monkeypatch: pytest.MonkeyPatch) -> Graders:
    """Fair graders behind the environment's addresses; each test begins with none asked."""
    found, url = _graders
    found.read, found.asked, found.keys, found.script = fair, [], [], []
    monkeypatch.setenv("RATCHET_JUDGE_URL", f"{url}/v1")
    monkeypatch.setenv("RATCHET_EMBEDDINGS_URL", f"{url}/v1/")
    monkeypatch.setenv("RATCHET_GRADER_URL", f"{url}/grade")
    for name in ("JUDGE", "EMBEDDINGS", "GRADER"):
        monkeypatch.delenv(f"RATCHET_{name}_KEY", raising=False)
    return found
