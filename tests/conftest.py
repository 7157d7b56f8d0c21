"""How the tests are dealt out to processes (`pytest -n 2`)."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


class ByFixture(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps together what shares a costly fixture: a file's tests, and those of the flows.

    One process then has the Prefect server and the curated workspace, and the others never make
    them. The flows take longest and are dealt out first (`--no-loadscope-reorder`).
    """

    def _split_scope(self, nodeid: str) -> str:
        return "tests/flows" if nodeid.startswith("tests/flows/") else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFixture:
    """Take our scheduler for every `--dist`."""
    return ByFixture(config, log)
