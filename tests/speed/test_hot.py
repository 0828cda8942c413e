"""The functions that take the time: run once as tests, timed with ``--benchmark-enable``.

No test asserts a time. To compare two commits, see docs/benchmarks.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.sparse import csr_array

from mbembed.match import match_profile
from mbembed.models.encoder import EMBEDDING_DECIMALS
from mbembed.models.store import load_model
from mbembed.outputs.fixed_point import format_rows
from mbembed.tables import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from mbembed.models.folder import Model

#: Samples of a block: two of the encoder's, so that threads are among what is timed.
N_SAMPLES = 512
#: Share of the species that a sample has; real gut profiles have 10 to 20 %.
PRESENT = 0.15


@pytest.fixture(scope="module")
def model() -> Model:
    """The model that travels with mbembed."""
    return load_model()


@pytest.fixture(scope="module")
def fractions(model: Model) -> csr_array:
    """Log-normal fractions in the model's columns."""
    rng = np.random.default_rng(1)
    shape = (N_SAMPLES, model.n_inputs)
    values = rng.lognormal(-3, 2.5, size=shape) * (rng.random(shape) < PRESENT)
    return csr_array(values / values.sum(axis=1, keepdims=True))


@pytest.fixture(scope="module")
def table(model: Model, fractions: csr_array, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same fractions as text."""
    path = tmp_path_factory.mktemp("speed") / "table.tsv"
    rows = ["\t".join([f"s{i}", *map(repr, row)]) for i, row in enumerate(fractions.toarray().tolist())]
    path.write_text("\n".join(["\t".join(["sample", *model.species]), *rows]) + "\n", encoding="utf-8")
    return path


def test_preprocess(benchmark: BenchmarkFixture, model: Model, fractions: csr_array) -> None:
    above = benchmark(model.preprocessing.above_absent, fractions)
    expected = np.log10(np.maximum(fractions.data, model.preprocessing.floor) / model.preprocessing.floor)
    np.testing.assert_allclose(above.data, expected, atol=1e-5)


@pytest.mark.parametrize("threads", [1, None])
def test_encode(benchmark: BenchmarkFixture, model: Model, fractions: csr_array, threads: int | None) -> None:
    vectors = benchmark(model.encode, fractions, threads=threads)
    assert vectors.shape == (N_SAMPLES, model.n_dimensions)
    assert np.array_equal(vectors[7], model.encode(fractions[[7]])[0])


def test_format_rows(benchmark: BenchmarkFixture, model: Model, fractions: csr_array) -> None:
    vectors = model.encode(fractions[:16])
    labels = [b"s%d" % i for i in range(16)]
    text = bytes(benchmark(format_rows, vectors, labels, b"\t"))
    first = text.split(b"\n")[0].split(b"\t")
    assert first[0] == b"s0"
    assert [float(cell) for cell in first[1:]] == pytest.approx(vectors[0], abs=10.0**-EMBEDDING_DECIMALS)


def test_read_text(benchmark: BenchmarkFixture, fractions: csr_array, table: Path) -> None:
    profile = benchmark(read_table, table)
    assert profile.values.shape == fractions.shape
    np.testing.assert_allclose(profile.values.sum(axis=1), 1, atol=1e-12)


def test_match(benchmark: BenchmarkFixture, model: Model, table: Path) -> None:
    profile = read_table(table)
    match = benchmark(match_profile, profile, model)
    assert match.verdict == "ok"
    assert match.matched_taxa.all()
