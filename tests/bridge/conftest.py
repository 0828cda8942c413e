"""R inside Python, where R, its packages and rpy2 are installed; elsewhere these tests are skipped by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mbembed.errors import MbembedError

if TYPE_CHECKING:
    from collections.abc import Callable

#: What the objects of these tests are made with.
PACKAGES = ("phyloseq", "Matrix", "SummarizedExperiment", "SingleCellExperiment")


def why_not() -> str:
    """Say what is missing for R inside Python; empty if nothing is."""
    from mbembed.bridge.rpy2_host import start_r

    try:
        start_r("the suite")
    except MbembedError as error:
        return str(error)
    return ""


@pytest.fixture(scope="session")
def r() -> Callable[[str], Any]:
    """Return `rpy2.robjects.r`, with phyloseq and Matrix attached."""
    missing = why_not()
    if missing:
        pytest.skip(f"suite rpy2: {missing}")
    from rpy2 import robjects

    absent = [name for name in PACKAGES if not len(robjects.r(f'find.package("{name}", quiet = TRUE)'))]
    if absent:
        pytest.skip(f"suite rpy2: {', '.join(absent)} not installed in R (tools/install-r.sh)")
    robjects.r("suppressPackageStartupMessages({ library(phyloseq); library(Matrix) })")
    return robjects.r
