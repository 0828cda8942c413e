"""Fixtures for the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.models.checkpoints import small_encoder, write_checkpoint, write_species

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A sound checkpoint of 5 inputs and 4 dimensions."""
    return write_checkpoint(tmp_path / "encoder.pkl", small_encoder())


@pytest.fixture
def species(tmp_path: Path) -> Path:
    """Its species list."""
    return write_species(tmp_path / "species.csv")
