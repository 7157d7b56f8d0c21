"""How the tests are dealt out to processes (`pytest -n 2`), and which examples they draw.

A property test draws the same examples in every run, and first those that once failed, which
`tests/examples` keeps. `make wide` draws others for some minutes and adds what it finds to them.
"""

import os
import signal
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import is_hypothesis_test, seed, settings
from hypothesis.database import DirectoryBasedExampleDatabase, ReadOnlyDatabase
from xdist.scheduler import LoadScopeScheduling

WIDE = "RATCHET_WIDE"
"""Set where property tests are to draw at random and to keep what fails; see tests/wide.py."""

_EXAMPLES = DirectoryBasedExampleDatabase(Path(__file__).parent / "examples")


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


def pytest_configure(config: pytest.Config) -> None:
    """Choose how examples are drawn, and let Ctrl-C reach the processes that tests start.

    A shell starts what it puts in the background with SIGINT ignored, and children inherit that.
    """
    settings.register_profile("same", database=ReadOnlyDatabase(_EXAMPLES), deadline=None)
    settings.register_profile("wide", database=_EXAMPLES, deadline=None)
    settings.load_profile("wide" if WIDE in os.environ else "same")
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the property tests, and fix what each draws by its name."""
    for item in items:
        test = getattr(item, "obj", None)
        if test is None or not is_hypothesis_test(test):
            continue
        item.add_marker("property")
        if WIDE not in os.environ:
            seed(zlib.crc32(getattr(item, "originalname", item.name).encode()))(
                getattr(test, "__func__", test)
            )
