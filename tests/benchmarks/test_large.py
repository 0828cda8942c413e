"""The tables of the large benchmarks: valid, the same in both formats, and of known names."""

from __future__ import annotations

import json
import subprocess
import sys

import biom
import h5py
import numpy as np
import polars as pl
import pytest
from biom.cli.table_validator import _validate_table
from scipy import sparse

import mbembed
from benchmarks import large_check, large_floor, large_tables
from benchmarks.growth import NAME, Point, draw, read_points, write_points
from benchmarks.large_tables import Shape, blocks, sample_ids, taxon_names, write_table
from tests.helpers import ROOT

SHAPE = Shape(samples=25, taxa=60, nonzeros=12)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Several blocks, the last of them shorter."""
    for module in (large_tables, large_floor, large_check):
        monkeypatch.setattr(module, "BLOCK_ROWS", 10)
    monkeypatch.setattr(large_check, "CHECKED", 3)
    monkeypatch.setattr(large_floor, "PRODUCT_ROWS", 8)


@pytest.fixture
def values():
    return sparse.vstack([rows for _, rows in blocks(SHAPE)]).toarray()


def test_blocks_are_fractions_with_so_many_taxa_each(values):
    assert values.shape == (25, 60)
    assert ((values > 0).sum(axis=1) == 12).all()
    np.testing.assert_allclose(values.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(values, values.round(large_tables.DECIMALS))
    assert len({tuple(row) for row in values.tolist()}) == 25
    np.testing.assert_array_equal(values[10:20], large_tables.block(SHAPE, 1).toarray())


def test_names_are_species_that_a_model_knows_in_part():
    names = taxon_names(3_000)
    assert len(set(names)) == 3_000
    assert names == sorted(names)
    profile = mbembed.read_table(_frame(large_tables.block(Shape(20, 3_000, 150), 0), names))
    match = mbembed.match_profile(profile, mbembed.load_model())
    assert 0.1 < match.matched_taxa.mean() < 0.5
    assert match.verdict == "ok"
    with pytest.raises(SystemExit, match="names; 1,000,000 were asked for"):
        taxon_names(1_000_000)


@pytest.mark.parametrize("compression", ["gzip", None])
def test_biom_is_valid_and_the_same_both_ways(tmp_path, values, compression):
    path = tmp_path / "table.biom"
    write_table(path, SHAPE, compression=compression)
    table = biom.load_table(str(path))
    assert table.ids().tolist() == sample_ids(0, 25)
    assert table.ids(axis="observation").tolist() == taxon_names(60)
    np.testing.assert_array_equal(table.matrix_data.T.toarray(), values)
    with h5py.File(path) as file:
        for axis, n in (("sample", 25), ("observation", 60)):
            matrix = file[f"{axis}/matrix"]
            shape = (n, 85 - n)
            parts = (matrix["data"][:], matrix["indices"][:], matrix["indptr"][:])
            found = sparse.csr_array(parts, shape=shape)
            assert found.has_sorted_indices
            np.testing.assert_array_equal(found.toarray(), values if axis == "sample" else values.T)
            assert matrix["data"].compression == compression
            assert (matrix["data"].dtype, matrix["indices"].dtype) == (np.float64, np.int32)
    written = tmp_path / "by_biom_format.biom"
    with biom.util.biom_open(str(written), "w") as file:
        table.to_hdf5(file, "test")
    with h5py.File(path) as ours, h5py.File(written) as theirs:
        assert _parts(ours) == _parts(theirs)
        assert set(ours.attrs) == set(theirs.attrs)
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_dir()] == []
    is_valid, report = _validate_table(str(path))
    assert is_valid, report


def test_parquet_holds_the_same_table(tmp_path, values):
    path = tmp_path / "table.parquet"
    write_table(path, SHAPE)
    frame = pl.read_parquet(path)
    assert frame.columns == ["sample", *taxon_names(60)]
    assert frame["sample"].to_list() == sample_ids(0, 25)
    assert set(frame.dtypes[1:]) == {pl.Float64}
    np.testing.assert_array_equal(frame.drop("sample").to_numpy(), values)


def test_a_folder_gets_a_file_for_each_block(tmp_path, values):
    write_table(tmp_path / "shards", SHAPE)
    files = sorted((tmp_path / "shards").iterdir())
    assert [path.name for path in files] == ["0000000.parquet", "0000010.parquet", "0000020.parquet"]
    np.testing.assert_array_equal(pl.concat(map(pl.read_parquet, files)).drop("sample").to_numpy(), values)


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"neither \.biom nor \.parquet"):
        write_table(tmp_path / "table.tsv", SHAPE)


@pytest.mark.parametrize("kind", ["biom", "parquet"])
@pytest.mark.parametrize("suffix", ["npy", "parquet"])
def test_floor_and_check(tmp_path, capsys, kind, suffix):
    table, out = tmp_path / f"table.{kind}", tmp_path / f"vectors.{suffix}"
    write_table(table, SHAPE)
    large_floor.main(str(table), "25", str(tmp_path / f"floor.{suffix}"))
    parts = json.loads(capsys.readouterr().out)
    assert set(parts) == {"read", "products", "write"}
    assert all(seconds >= 0 for seconds in parts.values())
    assert not (tmp_path / f"floor.{suffix}").exists()
    mbembed.embed(table).write(out)
    large_check.main("25", "60", "12", str(out))
    assert "samples compared with the path in memory: the same bit for bit" in capsys.readouterr().out


def test_check_finds_a_difference(tmp_path):
    write_table(tmp_path / "table.biom", SHAPE)
    out = tmp_path / "vectors.npy"
    mbembed.embed(tmp_path / "table.biom").write(out)
    vectors = np.load(out)
    vectors[24, 0] = np.nextafter(vectors[24, 0], np.float32(9))
    np.save(out, vectors)
    with pytest.raises(SystemExit, match=r"1 of \d+ samples differ"):
        large_check.main("25", "60", "12", str(out))


@pytest.mark.slow
def test_the_whole_benchmark_in_miniature(tmp_path):
    command = [sys.executable, "-m", "benchmarks.large", "--samples", "50", "--taxa", "200", "--nonzeros", "20"]
    done = subprocess.run([*command, "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("the same bit for bit") == 4
    assert done.stdout.count("peak") == 4
    assert list(tmp_path.iterdir()) == []


def test_figure_of_growth(tmp_path):
    points = [Point(10**k, 3000, 150, 0.4 + 10**k / 10_000, 80.0 + 10**k / 1000, 3) for k in range(2, 6)]
    points += [Point(20_000, 3000, n, 1.0 + n / 100, 200.0, 3) for n in (25, 100, 400)]
    write_points(tmp_path / "growth.tsv", points)
    assert read_points(tmp_path / "growth.tsv") == points
    png, svg = draw(points, tmp_path)
    assert png.name == f"{NAME}.png"
    text = svg.read_text(encoding="utf-8")
    assert "<desc>Three panels. Time of mbembed embed from 0.4 s for 100 samples to 10.4 s for 100,000" in text
    assert "10⁵" in text
    assert draw(points, tmp_path / "again")[1].read_bytes() == svg.read_bytes()


def _frame(rows, names):
    import pandas as pd

    return pd.DataFrame(rows.toarray(), index=sample_ids(0, rows.shape[0]), columns=names)


def _parts(file):
    found = set()
    file.visit(found.add)
    return found
