"""The example of the documentation, run as it stands."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

import mbembed
from tests.helpers import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow  # library(phyloseq) alone takes 6 s of CPU


@pytest.mark.usefixtures("r")
def test_the_example(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    script = ROOT / "docs" / "examples" / "r_from_python.py"
    result = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    model = mbembed.load_model()
    assert f"48 samples × {model.n_dimensions} dimensions, model {model.name!r}" in result.stdout
    assert f"48 samples, {3 + model.n_dimensions} sample variables" in result.stdout
    # What R saved holds the vectors of the file that it was made from.
    metadata = mbembed.read_table(tmp_path / "cohort_embedded.rds").sample_metadata
    assert metadata is not None
    expected = mbembed.embed(ROOT / "examples" / "cohort_metaphlan.tsv").to_frame()
    assert list(metadata.columns[:3]) == ["group", "age", "site"]
    np.testing.assert_array_equal(metadata.iloc[:, 3:].to_numpy(), expected.to_numpy())
