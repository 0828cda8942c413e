"""What a command imports: nothing that it does not use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest

import mbembed

if TYPE_CHECKING:
    from pathlib import Path

#: What a run from text to text has no use for.
HEAVY = frozenset(
    {"anndata", "biom", "dask", "h5py", "jinja2", "matplotlib", "pandas", "polars", "pyarrow", "scipy.special"}
    | {"scipy.stats", "skbio", "sklearn", "torch"}
)
CODE = """
import json, sys
from mbembed.cli.main import main
try:
    status = main(sys.argv[1:])
except SystemExit as done:
    status = done.code
print("\\n" + json.dumps([status, sorted(sys.modules)]))
"""


def modules_of(*arguments: str) -> set[str]:
    """The modules that a command of its own has imported in the end."""
    done = subprocess.run([sys.executable, "-c", CODE, *arguments], capture_output=True, text=True, check=True)
    status, modules = json.loads(done.stdout.splitlines()[-1])
    assert status == 0, done.stderr
    return set(modules)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small table as text and as BIOM 2.1."""
    folder = tmp_path_factory.mktemp("tables")
    species = [name for name in dict.fromkeys(mbembed.load_model().species) if name != mbembed.load_model().unnamed]
    values = np.random.default_rng(2).dirichlet(np.full(len(species), 0.1), size=3)
    lines = ["\t".join(["sample", *species])]
    lines += ["\t".join([f"s{i}", *(f"{x:.6f}" for x in row)]) for i, row in enumerate(values)]
    (folder / "table.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "mbembed", "convert", folder / "table.tsv", folder / "table.biom", "-q"], check=True
    )
    return folder


@pytest.mark.parametrize(
    ("table", "out", "allowed"),
    [
        ("table.tsv", "out.tsv", set()),
        ("table.tsv", "out.csv.gz", set()),
        ("table.tsv", "out.npy", set()),
        ("table.biom", "out.npy", {"h5py"}),
        ("table.tsv", "out.parquet", {"polars"}),
    ],
)
def test_embed_imports_what_it_uses(table: str, out: str, allowed: set[str], tables: Path, tmp_path: Path) -> None:
    modules = modules_of("embed", str(tables / table), "-o", str(tmp_path / out), "-q")
    assert modules & HEAVY <= allowed
    assert "scipy.sparse" in modules  # what holds the abundances
    assert not modules & {"numpy.f2py.f2py2e", "numpy.testing._private.utils", "unittest"}


def test_inspect_imports_what_it_uses(tables: Path) -> None:
    assert not modules_of("inspect", str(tables / "table.tsv"), "-q") & HEAVY


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["embed", "--help"], ["evaluate", "--help"]])
def test_help_needs_no_numbers(arguments: list[str]) -> None:
    assert not modules_of(*arguments) & (HEAVY | {"numpy", "scipy", "safetensors"})


def test_what_was_put_off_is_there_when_asked_for() -> None:
    code = (
        "from mbembed.cli.startup import start_fast; start_fast(); import numpy, sys;"
        "assert 'unittest' not in sys.modules; numpy.testing.assert_array_equal([1], [1]); numpy.f2py.get_include()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_process_that_has_numpy_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from mbembed.cli.startup import start_fast
    from mbembed.threads import BLAS_VARIABLES

    for variable in BLAS_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    testing = np.testing
    start_fast()
    assert np.testing is testing
    assert type(testing) is ModuleType
    assert not set(BLAS_VARIABLES) & set(os.environ)
