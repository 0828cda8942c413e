"""AnnData files, written by anndata itself and by older versions' layout."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_matrix, csr_matrix

from mbembed.errors import AxisError, DialectError, EmptyTableError, MbembedError, TableError
from mbembed.tables.blocks import whole
from mbembed.tables.raw import RawTable, ReadOptions
from mbembed.tables.readers import biom_hdf5, h5ad
from mbembed.tables.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

VALUES = np.array([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0]])
SAMPLES = ["001", "S2"]
TAXA = ["Blautia wexlerae", "Roseburia hominis", "x"]


def write(path: Path, values: Any = VALUES, **parts: Any) -> Path:
    obs = parts.pop("obs", pd.DataFrame(index=SAMPLES))
    var = parts.pop("var", pd.DataFrame(index=TAXA))
    anndata.AnnData(X=values, obs=obs, var=var, **parts).write_h5ad(path)
    return path


def read(path: Path, **options: str) -> RawTable:
    table = h5ad.read(open_source(path), ReadOptions(**options))
    table.values = whole(table.values)
    return table


def dense(table: RawTable) -> np.ndarray:
    return whole(table.values).toarray()


@pytest.mark.parametrize("form", [np.asarray, csr_matrix, csc_matrix, lambda x: x.astype(np.float32)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_x_in_any_form(tmp_path, form, pack):
    path = tmp_path / "dataset.dat"
    path.write_bytes(pack(write(tmp_path / "a", form(VALUES)).read_bytes()))
    assert h5ad.sniff(open_source(path)) == "AnnData 0.1.0"
    assert biom_hdf5.sniff(open_source(path)) is None
    table = read(path)
    np.testing.assert_array_equal(dense(table), VALUES)
    assert table.values.dtype == np.float64
    assert (list(table.sample_ids), list(table.labels)) == (SAMPLES, TAXA)
    assert table.sample_metadata is None
    assert table.lineages is None


def test_columns_of_var_and_obs(tmp_path):
    var = pd.DataFrame(
        {"Genus": pd.Categorical(["Blautia", "Roseburia", None]), "Species": ["wexlerae", "hominis", ""]}, index=TAXA
    )
    obs = pd.DataFrame(
        {
            "site": pd.Categorical(["gut", "skin"]),
            "age": [3, 4],
            "count": pd.array([1, None], dtype="Int64"),
            "note": ["a", "b"],
        },
        index=SAMPLES,
    )
    table = read(write(tmp_path / "a", obs=obs, var=var))
    assert table.lineages == [("g__Blautia", "s__wexlerae"), ("g__Roseburia", "s__hominis"), ("s__",)]
    frame = table.sample_metadata
    assert frame is not None
    assert frame.index.tolist() == SAMPLES
    assert frame["site"].tolist() == ["gut", "skin"]
    assert frame["age"].tolist() == [3, 4]
    assert frame["note"].tolist() == ["a", "b"]
    assert frame["count"].tolist()[0] == 1
    assert np.isnan(frame["count"].tolist()[1])


def test_the_layout_of_old_versions(tmp_path):
    path = tmp_path / "old"
    with h5py.File(path, "w") as file:
        file["X"] = VALUES
        file["obs"] = np.array([(b"001", 3), (b"S2", 4)], dtype=[("index", "S8"), ("age", "i8")])
        file["var"] = np.array([(name.encode(),) for name in TAXA], dtype=[("index", "S24")])
    assert h5ad.sniff(open_source(path)) == "AnnData before 0.7"
    table = read(path)
    assert (list(table.sample_ids), list(table.labels)) == (SAMPLES, TAXA)
    assert table.sample_metadata is not None
    assert table.sample_metadata["age"].tolist() == [3, 4]


def test_swapped_axes(tmp_path):
    path = write(tmp_path / "a", VALUES.T, obs=pd.DataFrame(index=TAXA), var=pd.DataFrame(index=SAMPLES))
    with pytest.raises(AxisError, match="--orientation taxa-in-rows"):
        read(path)
    table = read(path, orientation="taxa-in-rows")
    np.testing.assert_array_equal(dense(table), VALUES)
    assert list(table.sample_ids) == SAMPLES


def test_without_x(tmp_path):
    path = write(tmp_path / "a", None, layers={"counts": VALUES})
    with pytest.raises(TableError, match="without X; it has the layers counts"):
        read(path)


def test_empty(tmp_path):
    with pytest.raises(EmptyTableError, match="0 samples and 3 taxa"):
        read(write(tmp_path / "a", np.zeros((0, 3)), obs=pd.DataFrame(index=pd.Index([], dtype=str))))


def test_names_and_matrix_must_agree(tmp_path):
    path = write(tmp_path / "a")
    with h5py.File(path, "a") as file:
        del file["X"]
        file["X"] = np.zeros((2, 7))
    with pytest.raises(TableError, match="X is 2 × 7, but obs and var name 2 × 3"):
        read(path)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "x"
    with h5py.File(path, "w") as file:
        for axis in ("observation", "sample"):
            file.create_group(axis)
    assert h5ad.sniff(open_source(path)) is None
    with pytest.raises(DialectError, match="is BIOM, not AnnData"):
        read(path)
    path.write_text("taxon\tS1\nx\t1\n")
    with pytest.raises(DialectError, match="not an HDF5 file"):
        read(path)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.none() | st.integers(0, 2**20),
)
def test_only_named_errors_come_out_of_damaged_files(tmp_path, changes, cut):
    whole = tmp_path / "whole"
    if not whole.exists():
        write(whole, csr_matrix(VALUES), obs=pd.DataFrame({"site": pd.Categorical(["a", "b"])}, index=SAMPLES))
    content = bytearray(whole.read_bytes())
    for position, value in changes:
        content[position % len(content)] = value
    path = tmp_path / "damaged"
    path.write_bytes(content if cut is None else content[: 1 + cut % len(content)])
    try:
        h5ad.sniff(open_source(path))
        table = read(path)
    except MbembedError:
        pass
    else:
        assert table.values.shape == (len(table.sample_ids), len(table.labels))


def test_text_as_anndata_0_13_stores_it(tmp_path: Path) -> None:
    """Names and columns in groups of values and mask, which is how pandas 3's text is written."""

    def nullable(group: h5py.Group, name: str, texts: list[str]) -> None:
        stored = group.create_group(name)
        stored.attrs["encoding-type"] = "nullable-string-array"
        stored["values"] = np.array(texts, dtype=object)
        stored["mask"] = np.zeros(len(texts), dtype=bool)

    path = tmp_path / "new.h5ad"
    with h5py.File(path, "w") as file:
        file.attrs["encoding-type"], file.attrs["encoding-version"] = "anndata", "0.1.0"
        file["X"] = np.array([[0.5, 0.5], [0.25, 0.75]])
        for axis, names in (("obs", ["S1", "S2"]), ("var", ["Blautia obeum", "Dorea longicatena"])):
            group = file.create_group(axis)
            group.attrs["_index"] = "_index"
            nullable(group, "_index", names)
        nullable(file["obs"], "site", ["gut", "skin"])
    table = h5ad.read(open_source(path), ReadOptions())
    assert list(table.sample_ids) == ["S1", "S2"]
    assert list(table.labels) == ["Blautia obeum", "Dorea longicatena"]
    assert table.sample_metadata is not None
    assert table.sample_metadata["site"].tolist() == ["gut", "skin"]
