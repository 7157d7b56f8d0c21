"""How the tests are dealt out to processes."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # xdist reads the mark in a hook of its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares a costly fixture: a file's tests, and those of the flows.

    One process then has the Prefect server and the curated workspace, and the others never make
    them. The flows take longest and come first.
    """
    for item in items:
        place = item.path.relative_to(TESTS)
        group = place.parts[0] if place.parts[0] == "flows" else place.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))
