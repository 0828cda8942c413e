"""Fixtures for all tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.snapshots import pytest_addoption, snapshot

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["pytest_addoption", "snapshot"]

#: The same examples in every run, so that a green run stays green; MBEMBED_FUZZ=random looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.register_profile("random", deadline=None)
settings.load_profile("random" if os.environ.get("MBEMBED_FUZZ") == "random" else "repeatable")


@pytest.fixture(autouse=True)
def own_model_directory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep tests away from the models that the user of this machine has installed."""
    folder = tmp_path_factory.mktemp("models")
    monkeypatch.setenv("MBEMBED_MODELS", str(folder))
    return folder


@pytest.fixture(autouse=True)
def normal_talk() -> None:
    """Undo ``-q`` of an earlier test: the level of talk belongs to the process."""
    from mbembed.cli import console

    console.set_level(console.NORMAL)
