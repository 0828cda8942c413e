"""The R package in ``r/`` and rpy2 side by side: the same matrix, the same phyloseq object."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.helpers import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow  # installs a package in R, and library(phyloseq) alone takes 6 s of CPU

SCRIPT = r"""
import sys
from rpy2 import robjects
import mbembed
from mbembed.bridge import add_to_phyloseq, from_r, to_r

robjects.globalenv["library_path"], robjects.globalenv["python"] = sys.argv[1], sys.executable
robjects.r('''
.libPaths(c(library_path, .libPaths()))
Sys.setenv(MBEMBED_PYTHON = python)
suppressPackageStartupMessages({ library(phyloseq); library(mbembed) })
ps <- example_cohort("phyloseq")
E <- embed_samples(ps, engine = "process")
with_columns <- add_embedding(ps, E)
''')
embedding = mbembed.embed(from_r(robjects.r("ps")))
robjects.globalenv["E2"] = to_r(embedding)
robjects.globalenv["with_columns_2"] = add_to_phyloseq(robjects.r("ps"), embedding)
print(list(robjects.r('''
c(identical(E[, ], E2[, ]), identical(dimnames(E), dimnames(E2)), identical(with_columns, with_columns_2))
''')))
"""


@pytest.mark.usefixtures("r")
def test_the_r_package_says_the_same(tmp_path: Path) -> None:
    program = shutil.which("R")
    assert program is not None
    # A copy: R writes into the folder that it installs from.
    shutil.copytree(ROOT / "r", tmp_path / "r")
    install = [program, "CMD", "INSTALL", "--no-docs", "--no-test-load", "-l", str(tmp_path), str(tmp_path / "r")]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if "ERROR: dependenc" in done.stderr:
        pytest.skip("suite rpy2: the packages that the R package needs are not installed (tools/install-r.sh)")
    assert done.returncode == 0, done.stderr
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[True, True, True]"
