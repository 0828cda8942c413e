"""BIOM 1.0 and 2.x: every shape that programs write, and every way that files go wrong."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
from biom import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mbembed.errors import AxisError, CellError, DialectError, EmptyTableError, MbembedError, TableError
from mbembed.tables import hdf5_heaps
from mbembed.tables.blocks import whole
from mbembed.tables.raw import RawTable, ReadOptions
from mbembed.tables.readers import biom_hdf5, biom_json
from mbembed.tables.source import open_source
from tests.helpers import SHARED, needs_shared

if TYPE_CHECKING:
    from pathlib import Path

LINEAGES = [
    ["k__Bacteria", "p__Firmicutes", "c__Clostridia", "o__O", "f__F", "g__Blautia", "s__wexlerae"],
    ["k__Bacteria", "p__Firmicutes", "c__Clostridia", "o__O", "f__F", "g__Blautia"],
    ["k__Archaea"],
]
TAXA = ["4479944", "00217", "s__Blautia_wexlerae"]
SAMPLES = ["001", "1e5"]
VALUES = np.array([[6.0, 1.0], [0.0, 2.5], [3.0, 0.0]])


def dense(table: RawTable) -> np.ndarray:
    return whole(table.values).toarray()


def write_hdf5(path: Path, **kwargs: Any) -> Path:
    with h5py.File(path, "w") as file:
        Table(VALUES, TAXA, SAMPLES, **kwargs).to_hdf5(file, "mbembed tests")
    return path


def write_json(path: Path, **changes: Any) -> Path:
    content: dict[str, Any] = {
        "id": "None",
        "format": "Biological Observation Matrix 1.0.0",
        "format_url": "http://biom-format.org",
        "type": "OTU table",
        "generated_by": "mbembed tests",
        "date": "2024-01-01T00:00:00",
        "matrix_type": "sparse",
        "matrix_element_type": "float",
        "shape": [3, 2],
        "rows": [{"id": name, "metadata": None} for name in TAXA],
        "columns": [{"id": name, "metadata": None} for name in SAMPLES],
        "data": [[row, column, VALUES[row, column]] for row, column in zip(*np.nonzero(VALUES), strict=True)],
    }
    content["data"] = [[int(row), int(column), float(value)] for row, column, value in content["data"]]
    content.update(changes)
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not ...}))
    return path


def read_hdf5(path: Path, **options: Any) -> RawTable:
    table = biom_hdf5.read(open_source(path), ReadOptions(**options))
    table.values = whole(table.values)
    return table


def read_json(path: Path, **options: Any) -> RawTable:
    return biom_json.read(open_source(path), ReadOptions(**options))


# --- what both give ---------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["hdf5", "json"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_values_and_ids_survive_whatever_is_wrapped_around(tmp_path, dialect, pack):
    write, read, module = (
        (write_hdf5, read_hdf5, biom_hdf5) if dialect == "hdf5" else (write_json, read_json, biom_json)
    )
    path = tmp_path / "dataset_12.dat"
    path.write_bytes(pack(write(tmp_path / "plain").read_bytes()))
    assert module.sniff(open_source(path)).startswith("BIOM")
    table = read(path)
    assert list(table.sample_ids) == SAMPLES
    assert list(table.labels) == TAXA
    np.testing.assert_array_equal(dense(table), VALUES.T)
    assert table.values.dtype == np.float64
    assert table.lineages is None
    assert table.sample_metadata is None
    assert table.dialect == module.DIALECT


TAXONOMY_SHAPES = {
    "lists": ("taxonomy", LINEAGES),
    "text with ;": ("taxonomy", ["; ".join(parts) for parts in LINEAGES]),
    "text with |": ("Taxon", ["|".join(parts) for parts in LINEAGES]),
    "ConsensusLineage": ("ConsensusLineage", [";".join(parts) for parts in LINEAGES]),
    "quoted": ("taxonomy", ['"' + "; ".join(parts) + '"' for parts in LINEAGES]),
}


@pytest.mark.parametrize("dialect", ["hdf5", "json"])
@pytest.mark.parametrize("shape", TAXONOMY_SHAPES)
def test_lineages_of_any_shape(tmp_path, dialect, shape):
    key, values = TAXONOMY_SHAPES[shape]
    metadata = [{key: value} for value in values]
    if dialect == "hdf5":
        table = read_hdf5(write_hdf5(tmp_path / "t", observation_metadata=metadata))
    else:
        rows = [{"id": name, "metadata": entry} for name, entry in zip(TAXA, metadata, strict=True)]
        table = read_json(write_json(tmp_path / "t", rows=rows))
    assert table.lineages == [tuple(parts) for parts in LINEAGES]


def test_columns_of_ranks_make_a_lineage(tmp_path):
    rows = [
        {"id": "a", "metadata": {"rank1": "Bacteria", "rank2": "p__Firmicutes", "rank3": None, "BMI": "3"}},
        {"id": "b", "metadata": None},
        {"id": "c", "metadata": {"rank1": "Archaea"}},
    ]
    table = read_json(write_json(tmp_path / "t", rows=rows))
    assert table.lineages == [("d__Bacteria", "p__Firmicutes", "c__"), ("c__",), ("d__Archaea", "p__", "c__")]


@pytest.mark.parametrize("dialect", ["hdf5", "json"])
def test_sample_metadata_comes_along(tmp_path, dialect):
    metadata = [{"BODY_SITE": "gut", "a/b": "x"}, {"BODY_SITE": "skin", "a/b": "y"}]
    if dialect == "hdf5":
        table = read_hdf5(write_hdf5(tmp_path / "t", sample_metadata=metadata))
    else:
        columns = [{"id": name, "metadata": entry} for name, entry in zip(SAMPLES, metadata, strict=True)]
        table = read_json(write_json(tmp_path / "t", columns=columns))
    assert table.sample_metadata is not None
    assert table.sample_metadata.index.tolist() == SAMPLES
    assert table.sample_metadata["BODY_SITE"].tolist() == ["gut", "skin"]
    assert table.sample_metadata["a/b"].tolist() == ["x", "y"]


@pytest.mark.parametrize("dialect", ["hdf5", "json"])
def test_an_empty_table_is_named(tmp_path, dialect):
    if dialect == "hdf5":
        with h5py.File(tmp_path / "t", "w") as file:
            Table(np.zeros((0, 0)), [], []).to_hdf5(file, "tests")
    else:
        write_json(tmp_path / "t", shape=[0, 0], rows=[], columns=[], data=[])
    with pytest.raises(EmptyTableError, match="0 samples and 0 taxa"):
        (read_hdf5 if dialect == "hdf5" else read_json)(tmp_path / "t")


SWAPPED = {
    "rows": [{"id": "S1", "metadata": None}, {"id": "S2", "metadata": None}],
    "columns": [{"id": name, "metadata": None} for name in ("s__Blautia_wexlerae", "Roseburia hominis", "NA")],
    "shape": [2, 3],
    "data": [[0, 0, 1.0], [1, 2, 4.0]],
}


def test_swapped_axes_are_refused_with_the_way_out(tmp_path):
    path = write_json(tmp_path / "t", **SWAPPED)
    with pytest.raises(AxisError, match="--orientation samples-in-rows"):
        read_json(path)
    table = read_json(path, orientation="samples-in-rows")
    assert list(table.sample_ids) == ["S1", "S2"]
    np.testing.assert_array_equal(dense(table), [[1, 0, 0], [0, 0, 4]])
    assert table.decisions[0] == ("orientation", "samples-in-rows", "given")
    assert list(read_json(path, orientation="taxa-in-rows").labels) == ["S1", "S2"]


def test_swapped_axes_show_by_lineages_of_samples(tmp_path):
    metadata = [{"taxonomy": LINEAGES[0]}, {"taxonomy": LINEAGES[1]}]
    with h5py.File(tmp_path / "t", "w") as file:
        Table(VALUES, ["P1", "P2", "P3"], ["OTU1", "OTU2"], sample_metadata=metadata).to_hdf5(file, "tests")
    with pytest.raises(AxisError, match="sides swapped"):
        read_hdf5(tmp_path / "t")


# --- HDF5 -------------------------------------------------------------------------------------


def test_ids_of_fixed_length_and_matrix_of_one_order_only(tmp_path):
    path = write_hdf5(tmp_path / "t")
    with h5py.File(path, "a") as file:
        for axis, ids in (("observation", TAXA), ("sample", SAMPLES)):
            del file[f"{axis}/ids"]
            file[f"{axis}/ids"] = np.array(ids, dtype="S24")
        del file["sample/matrix"]
    table = read_hdf5(path)
    assert (list(table.sample_ids), list(table.labels)) == (SAMPLES, TAXA)
    np.testing.assert_array_equal(dense(table), VALUES.T)


def test_biom_2_0_keeps_metadata_as_json(tmp_path):
    path = write_hdf5(tmp_path / "t")
    with h5py.File(path, "a") as file:
        file.attrs["format-version"] = (2, 0)
        del file["observation/metadata"]
        file["observation/metadata"] = json.dumps([{"taxonomy": parts} for parts in LINEAGES])
    assert biom_hdf5.sniff(open_source(path)) == "BIOM 2.0"
    assert read_hdf5(path).lineages == [tuple(parts) for parts in LINEAGES]


def test_ranks_of_taxpasta_become_prefixes_and_its_ids_taxids(tmp_path):
    path = tmp_path / "t"
    with h5py.File(path, "w") as file:
        Table(VALUES, ["853", "9606", "2"], SAMPLES).to_hdf5(file, "tests")
        rows = [["", "Bacteria", "Faecalibacterium prausnitzii"], ["life", "Eukaryota", ""], ["cellular", "", ""]]
        file["observation/metadata/taxonomy"] = np.array(rows, dtype="S40")
        file["observation/group-metadata/ranks"] = np.array([b"no rank;superkingdom;species"])
    table = read_hdf5(path)
    assert table.taxids == ["853", "9606", "2"]
    assert table.lineages == [("d__Bacteria", "s__Faecalibacterium prausnitzii"), ("d__Eukaryota",), ("d__",)]


def test_copies_that_disagree_are_refused(tmp_path):
    path = write_hdf5(tmp_path / "t")
    with h5py.File(path, "a") as file:
        del file["sample/matrix/data"]
        file["sample/matrix/data"] = np.ones(3)
    with pytest.raises(TableError, match="3 sample by sample but 4 taxon by taxon"):
        read_hdf5(path)


@pytest.mark.parametrize("part", ["sample/ids", "observation/ids"])
def test_missing_parts_are_named(tmp_path, part):
    path = write_hdf5(tmp_path / "t")
    with h5py.File(path, "a") as file:
        del file[part]
    with pytest.raises(TableError, match=f"without {part}"):
        read_hdf5(path)


def test_ids_and_shape_must_agree(tmp_path):
    path = write_hdf5(tmp_path / "t")
    with h5py.File(path, "a") as file:
        del file["sample/ids"]
        file["sample/ids"] = np.array([b"a", b"b", b"c"])
    with pytest.raises(TableError, match="3 taxa and 3 samples"):
        read_hdf5(path)


def test_indices_outside_the_table_are_damage(tmp_path):
    path = write_hdf5(tmp_path / "t")
    with h5py.File(path, "a") as file:
        file["sample/matrix/indices"][0] = 77
    with pytest.raises(TableError, match="damaged"):
        read_hdf5(path)


def test_a_truncated_file_says_so(tmp_path):
    whole = write_hdf5(tmp_path / "t").read_bytes()
    path = tmp_path / "cut.biom"
    path.write_bytes(whole[: len(whole) // 2])
    assert biom_hdf5.sniff(open_source(path)) == "damaged HDF5"
    with pytest.raises(TableError, match=r"cut\.biom.*truncated.*copy or download it again"):
        read_hdf5(path)


def test_a_header_that_claims_too_much_is_refused_before_memory_is_taken(tmp_path):
    path = write_hdf5(tmp_path / "t")
    with h5py.File(path, "a") as file:
        for axis in ("sample", "observation"):
            del file[f"{axis}/matrix/data"]
            file.create_dataset(f"{axis}/matrix/data", shape=(10**13,), dtype="f8", chunks=(1000,))
    with pytest.raises(TableError, match="more than the file can hold"):
        read_hdf5(path)


@pytest.mark.parametrize("chunk", [9, 64, hdf5_heaps.CHUNK_BYTES])
def test_a_heap_that_would_hold_the_library_for_ever_is_refused(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(hdf5_heaps, "CHUNK_BYTES", chunk)
    path = write_hdf5(tmp_path / "t", observation_metadata=[{"taxonomy": parts} for parts in LINEAGES])
    content = bytearray(path.read_bytes())
    at = content.index(b"GCOL") + 16
    while int.from_bytes(content[at : at + 2], "little"):
        at += 16 + -(-int.from_bytes(content[at + 8 : at + 16], "little") // 8) * 8
    content[at + 8 : at + 16] = bytes(8)  # the free space has no size any more
    path.write_bytes(content)
    with pytest.raises(TableError, match=r"text at byte .* is not in order"):
        read_hdf5(path)


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (("obs", "var", "X"), "AnnData"),
        (("obs", "var", "mod"), "MuData"),
        (("weights",), "another kind .*weights"),
        ((), "without any content"),
    ],
)
def test_hdf5_of_another_kind_is_called_by_its_name(tmp_path, groups, words):
    path = tmp_path / "t"
    with h5py.File(path, "w") as file:
        for group in groups:
            file.create_group(group)
    assert biom_hdf5.sniff(open_source(path)) is None
    with pytest.raises(DialectError, match=words):
        read_hdf5(path)


# --- JSON -------------------------------------------------------------------------------------


def test_dense_and_sparse_are_the_same(tmp_path):
    table = read_json(write_json(tmp_path / "t", matrix_type="dense", data=VALUES.tolist(), matrix_element_type="int"))
    np.testing.assert_array_equal(dense(table), VALUES.T)


def test_one_sample_written_by_r(tmp_path):
    path = write_json(
        tmp_path / "t",
        id={},
        matrix_type="dense",
        matrix_element_type="int",
        shape=[3, 1],
        columns=[{"id": "001", "metadata": {}}],
        data=[0.6, 0.4, 0.0],
    )
    table = read_json(path)
    assert list(table.sample_ids) == ["001"]
    np.testing.assert_array_equal(dense(table), [[0.6, 0.4, 0.0]])


@pytest.mark.parametrize(("data", "n_warnings"), [([[0, 0, 0.5], [1, 1, 0.25]], 1), ([[0, 0, 5], [1, 1, 25]], 0)])
def test_decimals_that_r_cut_off_are_said(tmp_path: Path, data: list[list[float]], n_warnings: int) -> None:
    table = read_json(write_json(tmp_path / "t.biom", generated_by="biomformat 1.26.0", data=data))
    assert len([text for text in table.warnings if "four decimals" in text]) == n_warnings


def test_a_byte_order_mark_does_no_harm(tmp_path):
    path = write_json(tmp_path / "t")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert biom_json.sniff(open_source(path)) == "BIOM 1.0.0"
    assert list(read_json(path).labels) == TAXA


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"data": [[0, 0, 1.0], [3, 1, 2.0]]}, CellError, "entry 2 of 'data', value 2 at row 3, column 1"),
        ({"data": [[0, -1, 1.0]]}, CellError, "outside the table"),
        ({"data": [[0, 0.5, 1.0]]}, CellError, "outside the table"),
        ({"data": [[1, 0, 1.0], [1, 0, 2.0]]}, CellError, "row 1, column 0 .entry 2"),
        ({"data": [[1, 0, "many"]]}, CellError, "entry 1 of 'data' holds 'many'"),
        ({"data": [[1, 0], [1, 1]]}, TableError, "not .row, column, value."),
        ({"data": [[1, 0, 2.0], [1, 1]]}, TableError, "different lengths"),
        ({"data": "none"}, TableError, "no list of values"),
        ({"matrix_type": "dense", "data": [[1, 2]]}, TableError, "1 × 2 values for 3 rows and 2 columns"),
        ({"matrix_type": "dense", "data": []}, TableError, "no values for 3 rows"),
        ({"shape": [2, 2]}, TableError, "shape is stated as .2, 2., but it names 3 rows"),
        ({"rows": [{"metadata": None}] * 3}, TableError, "'rows' is no list of entries"),
        ({"columns": None}, TableError, "'columns' is no list of entries"),
        ({"data": ...}, DialectError, "JSON without data"),
    ],
)
def test_contradictions_are_named(tmp_path, changes, error, words):
    with pytest.raises(error, match=words):
        read_json(write_json(tmp_path / "t", **changes))


def test_broken_json_says_where(tmp_path):
    path = tmp_path / "t"
    path.write_text('{"format": "Biological Observation Matrix 1.0.0",\n "rows": [1,, 2]}')
    with pytest.raises(TableError, match="line 2, column 13") as caught:
        read_json(path)
    assert (caught.value.line, caught.value.column) == (2, 13)
    path.write_text('{"format": "Biological Observation Matrix 1.0.0",\n "rows": [')
    with pytest.raises(TableError, match="truncated"):
        read_json(path)


def test_deep_nesting_is_refused(tmp_path):
    path = tmp_path / "t"
    path.write_text('{"rows": ' + "[" * 100_000)
    with pytest.raises(TableError, match="cannot be read"):
        read_json(path)


@pytest.mark.parametrize("text", ['{"a": 1}', "[1, 2]", "taxon\tS1\nBlautia\t3\n", "{not json at all"])
def test_other_text_is_not_biom(tmp_path, text):
    path = tmp_path / "t"
    path.write_text(text)
    assert biom_json.sniff(open_source(path)) is None
    assert biom_hdf5.sniff(open_source(path)) is None
    with pytest.raises(DialectError):
        read_json(path)
    with pytest.raises(DialectError):
        read_hdf5(path)


# --- mutated files ----------------------------------------------------------------------------

MUTATIONS = st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=8)


def mutate(content: bytes, changes: list[tuple[int, int]], cut: int | None) -> bytes:
    damaged = bytearray(content)
    for position, value in changes:
        damaged[position % len(damaged)] = value
    return bytes(damaged if cut is None else damaged[: 1 + cut % len(damaged)])


@pytest.mark.parametrize("dialect", ["hdf5", "json"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=MUTATIONS, cut=st.none() | st.integers(0, 2**20))
def test_only_named_errors_come_out_of_damaged_files(tmp_path, dialect, changes, cut):
    metadata = [{"taxonomy": parts} for parts in LINEAGES]
    whole = tmp_path / f"whole.{dialect}"
    if not whole.exists():
        if dialect == "hdf5":
            write_hdf5(whole, observation_metadata=metadata)
        else:
            write_json(whole, rows=[{"id": i, "metadata": m} for i, m in zip(TAXA, metadata, strict=True)])
    path = tmp_path / "damaged"
    path.write_bytes(mutate(whole.read_bytes(), changes, cut))
    try:
        source = open_source(path)
        for module in (biom_hdf5, biom_json):
            module.sniff(source)
        table = (read_hdf5 if dialect == "hdf5" else read_json)(path)
    except MbembedError:
        pass
    else:
        assert table.values.shape == (len(table.sample_ids), len(table.labels))


# --- real files -------------------------------------------------------------------------------

REAL = {
    "ag-fecal.biom": (biom_hdf5, (1, 166)),
    "hdf5_hmpv13_16S.biom": (biom_hdf5, (3285, 5830)),
    "json_metaphlan_4samples.biom": (biom_json, (4, 156)),
    "json_quoted_lineages.biom": (biom_json, (27, 151)),
    "min_dense_otu_table.biom": (biom_json, (6, 5)),
    "min_sparse_otu_table.biom": (biom_json, (6, 5)),
    "rich_dense_otu_table.biom": (biom_json, (6, 5)),
    "rich_sparse_otu_table.biom": (biom_json, (6, 5)),
}


@pytest.mark.shared
@needs_shared("formats/biom")
@pytest.mark.parametrize("name", REAL)
def test_real_files_read_as_biom_format_reads_them(name):
    import biom

    module, shape = REAL[name]
    source = open_source(SHARED / "formats/biom" / name)
    other = biom_json if module is biom_hdf5 else biom_hdf5
    assert module.sniff(source)
    assert other.sniff(source) is None
    with pytest.raises(DialectError):
        other.read(source, ReadOptions())
    table = module.read(source, ReadOptions())
    truth = biom.load_table(str(source.path))
    assert table.values.shape == shape
    assert list(table.sample_ids) == truth.ids().tolist()
    assert list(table.labels) == truth.ids(axis="observation").tolist()
    assert abs(truth.matrix_data.T - whole(table.values)).sum() == 0


@pytest.mark.shared
@needs_shared("formats/biom")
def test_the_invalid_real_file_is_named():
    source = open_source(SHARED / "formats/biom/invalid_no_type.biom")
    with pytest.raises(TableError, match="8326 sample by sample but 30738 taxon by taxon"):
        biom_hdf5.read(source, ReadOptions())


@pytest.mark.shared
@needs_shared("formats/biom")
def test_quotes_around_real_lineages_are_gone():
    table = biom_json.read(open_source(SHARED / "formats/biom/json_quoted_lineages.biom"), ReadOptions())
    assert table.lineages
    assert not any('"' in part for parts in table.lineages for part in parts)
