"""Parquet tables, written by polars and by pandas."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mbembed.errors import AxisError, DialectError, EmptyTableError, MbembedError, TableError
from mbembed.tables import read_table
from mbembed.tables.blocks import whole
from mbembed.tables.raw import RawTable, ReadOptions
from mbembed.tables.readers import parquet
from mbembed.tables.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

TAXA = ["Blautia wexlerae", "Roseburia hominis"]
BY_SAMPLE = pl.DataFrame(
    {"sample": ["001", "S2", "S3"], "site": ["gut", None, "gut"], **{key: [1, 0, 3] for key in TAXA}}
)
BY_TAXON = pl.DataFrame({"clade_name": TAXA, "NCBI_tax_id": [1, 2], "001": [0.5, 0.5], "S2": [None, 1.0]})


def write(path: Path, frame: pl.DataFrame) -> Path:
    frame.write_parquet(path)
    return path


def read(path: Path, **options: str) -> RawTable:
    table = parquet.read(open_source(path), ReadOptions(**options))
    table.values = whole(table.values).toarray()
    return table


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_samples_in_rows(tmp_path, pack):
    path = tmp_path / "dataset.dat"
    path.write_bytes(pack(write(tmp_path / "a", BY_SAMPLE).read_bytes()))
    assert parquet.sniff(open_source(path)) == "Parquet"
    table = read(path)
    np.testing.assert_array_equal(table.values, [[1, 1], [0, 0], [3, 3]])
    assert (list(table.sample_ids), list(table.labels)) == (["001", "S2", "S3"], TAXA)
    assert table.sample_metadata is not None
    assert table.sample_metadata["site"].isna().tolist() == [False, True, False]
    assert table.sample_metadata["site"].dropna().tolist() == ["gut", "gut"]


def test_taxa_in_rows_and_missing_cells(tmp_path):
    table = read(write(tmp_path / "a", BY_TAXON))
    np.testing.assert_array_equal(table.values, [[0.5, 0.5], [np.nan, 1.0]])
    assert (list(table.sample_ids), list(table.labels)) == (["001", "S2"], TAXA)


def test_lineages_in_a_column_of_their_own(tmp_path):
    frame = pl.DataFrame({"otu": ["a", "b"], "taxonomy": ["k__Bacteria; s__x", "k__Archaea"], "S1": [1, 2]})
    table = read(write(tmp_path / "a", frame), orientation="taxa-in-rows")
    assert table.lineages == [("k__Bacteria", "s__x"), ("k__Archaea",)]


def test_the_index_of_pandas(tmp_path):
    frame = pl.DataFrame({**{key: [1.0, 2.0] for key in TAXA}, "__index_level_0__": ["S1", "S2"]})
    assert list(read(write(tmp_path / "a", frame)).sample_ids) == ["S1", "S2"]
    numbers = pl.DataFrame({**{key: [1.0, 2.0] for key in TAXA}, "__index_level_0__": [101, 102]})
    assert list(read(write(tmp_path / "b", numbers)).sample_ids) == ["101", "102"]


@pytest.mark.parametrize("ids", [["S1", "S2"], [205, 101]])
@pytest.mark.parametrize("name", ["sample", "person", None])
def test_the_index_of_pandas_beside_text(tmp_path, ids, name):
    """Pandas writes the index last: a column of text before it is not the names of the samples."""
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"country": ["DK", "SE"], **{key: [1.0, 2.0] for key in TAXA}}, pd.Index(ids, name=name))
    frame.to_parquet(tmp_path / "a")
    table = read(tmp_path / "a")
    assert list(table.sample_ids) == [str(one) for one in ids]
    assert list(table.labels) == TAXA
    assert table.sample_metadata is not None
    assert table.sample_metadata["country"].tolist() == ["DK", "SE"]


@pytest.mark.parametrize("ids", [[5, 6], [0, 1]])
def test_the_hint_for_a_frame_of_pandas_without_names_works(tmp_path, ids):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({key: [1.0, 2.0] for key in TAXA}, pd.RangeIndex(ids[0], ids[1] + 1))
    frame.to_parquet(tmp_path / "a")
    with pytest.raises(DialectError, match="without a column of names") as caught:
        read(tmp_path / "a")
    assert "frame.set_axis(frame.index.astype(str)).to_parquet" in str(caught.value)
    frame.set_axis(frame.index.astype(str)).to_parquet(tmp_path / "b")
    assert list(read(tmp_path / "b").sample_ids) == [str(one) for one in ids]


@pytest.mark.parametrize(
    ("frame", "error", "words"),
    [
        (pl.DataFrame({"a": [1.0], "b": [2.0]}), DialectError, "without a column of names"),
        (pl.DataFrame({"sample": ["S1"], "other": ["x"]}), EmptyTableError, "1 rows and 0 columns of numbers"),
        (BY_SAMPLE.head(0), EmptyTableError, "0 rows"),
        (BY_SAMPLE.head(0).drop("sample", "site"), EmptyTableError, "0 rows"),
        (pl.DataFrame({"sample": ["S1"], "v1": [0.5]}), AxisError, "--orientation"),
        (pl.DataFrame({"taxonomy_id": [853], "name": ["x y"], "S1": [3]}), DialectError, "taxpasta"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, frame, error, words):
    with pytest.raises(error, match=words):
        read(write(tmp_path / "a", frame))


@pytest.mark.parametrize(("limit", "options"), [("MAX_ROWS", {}), ("MAX_WHOLE_CELLS", {"orientation": "taxa-in-rows"})])
def test_a_small_file_that_claims_too_much(tmp_path, monkeypatch, limit, options):
    monkeypatch.setattr(parquet, limit, 1000)
    frame = pl.DataFrame({"sample": ["S"] * 2000, "x": [0.0] * 2000})
    with pytest.raises(TableError, match="claims 2000 rows of 2 columns"):
        read(write(tmp_path / "a", frame), **options)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "x"
    path.write_text("taxon\tS1\nx\t1\n")
    assert parquet.sniff(open_source(path)) is None
    with pytest.raises(DialectError, match="not a Parquet file"):
        read(path)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 2**20), tail=st.binary(max_size=16))
def test_only_named_errors_come_out_of_damaged_files(tmp_path: Path, cut: int, tail: bytes) -> None:
    # Cut anywhere, and ended otherwise. Flipped bits inside are left out: polars itself can abort
    # the process on them (docs/formats.md says so), which no handler of ours can prevent.
    content = write(tmp_path / "whole", BY_SAMPLE).read_bytes()
    path = tmp_path / "damaged"
    path.write_bytes(content[: 1 + cut % (len(content) - 1)] + tail)
    with pytest.raises(MbembedError):
        read(path)


def test_sample_ids_that_polars_takes_for_patterns(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame(
        {"taxon": ["Blautia obeum", "Dorea longicatena"], "*": [0.5, 0.5], "^S.*$": [0.25, 0.75]}
    ).write_parquet(path)
    profile = read_table(path)
    assert profile.sample_ids == ["*", "^S.*$"]
    assert profile.values.toarray().tolist() == [[0.5, 0.5], [0.25, 0.75]]
