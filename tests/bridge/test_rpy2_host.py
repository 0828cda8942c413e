"""R inside Python: started late, refused with words, and without influence on the vectors."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import mbembed
from mbembed.bridge import rpy2_host
from mbembed.errors import MissingExtraError
from tests.bridge.conftest import why_not
from tests.helpers import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Prints a hash of the vectors of the shipped example.
DIGEST = """
import hashlib, mbembed
embedding = mbembed.embed("examples/cohort.biom")
print(hashlib.sha256(embedding.values.tobytes()).hexdigest())
"""
#: R with its BLAS at work (reference BLAS on Debian), which is the one that other libraries then find first.
START_R = """
from mbembed.bridge.rpy2_host import start_r
start_r("the test").evalr("svd(crossprod(matrix(1:100 / 7, 10)))")
"""


def python(code: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    inherited = {**os.environ, **environment}
    inherited = {name: value for name, value in inherited.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, env=inherited
    )


@pytest.fixture
def needs_rpy2() -> None:
    pytest.importorskip("rpy2", reason='suite rpy2: rpy2 is not installed (pip install "mbembed[r]")')


def test_nothing_else_loads_rpy2() -> None:
    code = (
        "import sys, mbembed, mbembed.bridge.session; mbembed.embed('examples/cohort.biom');"
        "print([name for name in sys.modules if name.startswith('rpy2')])"
    )
    assert python(code).stdout == "[]\n"


def test_the_bridge_is_lazy() -> None:
    code = "import sys, mbembed.bridge as b; b.from_r, b.to_r; print('rpy2' in sys.modules, 'numpy' in sys.modules)"
    assert python(code).stdout == "False False\n"
    assert dir(mbembed.bridge) == ["add_to_phyloseq", "from_r", "to_r"]
    with pytest.raises(AttributeError, match="no attribute 'to_julia'"):
        _ = mbembed.bridge.to_julia


@pytest.mark.slow
@pytest.mark.parametrize("order", ["R first", "NumPy first"])
def test_the_same_bits_beside_r(r: Callable[[str], object], order: str) -> None:
    alone = python(DIGEST)
    beside = python(START_R + DIGEST if order == "R first" else "import numpy, scipy.sparse\n" + START_R + DIGEST)
    assert alone.returncode == beside.returncode == 0, beside.stderr
    assert len(alone.stdout) == 65
    assert beside.stdout == alone.stdout


TRY = """
from mbembed.bridge.rpy2_host import start_r
from mbembed.errors import MbembedError
try:
    start_r("to_r")
except MbembedError as error:
    print(f"{error.code}: {error}")
"""


@pytest.mark.usefixtures("needs_rpy2")
def test_children_do_not_get_the_libraries_of_r(r: Callable[[str], object], monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import os; from mbembed.bridge.rpy2_host import start_r; start_r('x'); print(os.environ.get('LD_LIBRARY_PATH'))"
    monkeypatch.setenv("LD_LIBRARY_PATH", "/of/mine")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "/of/mine"


def test_a_wrong_home(tmp_path: Path, snapshot) -> None:
    found = python(TRY, R_HOME=str(tmp_path))
    assert found.returncode == 0, found.stderr
    snapshot("bridge/wrong_home", found.stdout.replace(str(tmp_path), "HOME"))


@pytest.mark.usefixtures("needs_rpy2")
def test_a_home_without_the_shared_library(tmp_path: Path) -> None:
    (tmp_path / "library" / "base").mkdir(parents=True)
    found = python(TRY, R_HOME=str(tmp_path))
    assert found.stdout.startswith("missing_extra: to_r needs R through rpy2, which cannot load it")
    assert "Try: python -m rpy2.situation" in found.stdout


@pytest.mark.usefixtures("needs_rpy2")
def test_without_r(tmp_path: Path, snapshot) -> None:
    found = python(TRY, R_HOME=None, PATH=str(tmp_path))
    assert found.returncode == 0, found.stderr
    snapshot("bridge/no_r", found.stdout)


def test_without_rpy2(monkeypatch: pytest.MonkeyPatch, snapshot) -> None:
    monkeypatch.delitem(sys.modules, "rpy2.rinterface", raising=False)
    monkeypatch.setattr("mbembed.extras.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as caught:
        rpy2_host.start_r("to_r")
    assert caught.value.extra == "r"
    snapshot("bridge/no_rpy2", str(caught.value))


def test_an_rpy2_that_does_not_fit(snapshot) -> None:
    # The text of rpy2-rinterface 3.6.7 with R 4.2.2.
    error = rpy2_host._unusable(
        "to_r",
        RuntimeError(
            "symbol 'R_getVar' not found in library '/usr/lib/R/lib/libR.so': "
            "/usr/lib/R/lib/libR.so: undefined symbol: R_getVar"
        ),
    )
    snapshot("bridge/rpy2_too_new", str(error))


def test_the_suite_says_why_it_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "rpy2.rinterface", raising=False)
    monkeypatch.setattr("mbembed.extras.find_spec", lambda name: None)
    assert why_not().startswith("the suite needs rpy2")
