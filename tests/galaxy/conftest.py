"""One Galaxy for all tests that need a running one; they are skipped, with the reason, where there is none."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.galaxy.server import PLANEMO, SERVER, Galaxy, running_galaxy, suite_tables, suite_tools

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a server where it cannot be started."""
    reason = _missing()
    for item in items:
        if reason and item.get_closest_marker("galaxy"):
            item.add_marker(pytest.mark.skip(reason=reason))


def _missing() -> str:
    if os.environ.get("PYTEST_XDIST_WORKER") and "GALAXY_URL" not in os.environ:
        return "workers share one server: python -m tests.galaxy.server -- python -m pytest -n 3 -m galaxy"
    if not (SERVER / "bin" / "galaxy-web").exists() or not (PLANEMO / "bin" / "planemo").exists():
        return "Galaxy is not installed: tools/install-galaxy.sh"
    if find_spec("bioblend") is None:
        return 'bioblend is not installed: pip install "mbembed[galaxy]"'
    return ""


@pytest.fixture(scope="session")
def galaxy() -> Iterator[Galaxy]:
    """Start a throw-away Galaxy with the suite, or use the one that GALAXY_URL and GALAXY_KEY name."""
    if "GALAXY_URL" in os.environ:
        yield Galaxy.from_environment()
        return
    with running_galaxy(suite_tools(), suite_tables()) as running:
        yield running
