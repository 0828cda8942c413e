"""R checks run where R and its packages are installed (tools/install-r.sh), else they are skipped by name."""

from __future__ import annotations

import shutil
import subprocess

import pytest

PACKAGES = ("phyloseq", "biomformat", "rhdf5")


@pytest.fixture(scope="session")
def rscript() -> str:
    """Return the path of Rscript."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("suite R: Rscript is not installed (tools/install-r.sh)")
    asked = ",".join(f"'{name}'" for name in PACKAGES)
    code = f"p <- c({asked}); cat(p[!vapply(p, function(x) length(find.package(x, quiet = TRUE)) > 0, TRUE)])"
    missing = subprocess.run([program, "-e", code], capture_output=True, text=True, check=True).stdout.split()
    if missing:
        pytest.skip(f"suite R: {', '.join(missing)} not installed in R (tools/install-r.sh)")
    return program
