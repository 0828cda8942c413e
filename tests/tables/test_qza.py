"""QIIME 2 artifacts, and taxonomies that come beside a table."""

from __future__ import annotations

import contextlib
import gzip
import io
import zipfile
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from biom import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mbembed.errors import DialectError, MbembedError, TableError, UnitError
from mbembed.tables import bounded, hdf5
from mbembed.tables.raw import ReadOptions
from mbembed.tables.readers import qza
from mbembed.tables.source import open_source
from mbembed.tables.taxonomy_file import read_taxonomy
from tests.helpers import SHARED, needs_shared

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "0f3c5a52-8d1e-4b4c-9a57-3d9c5f0e6a11"
VALUES = np.array([[6.0, 1.0], [0.0, 2.0]])


def biom_bytes(folder: Path) -> bytes:
    path = folder / "inner"
    with h5py.File(path, "w") as file:
        Table(VALUES, ["f1", "f2"], ["001", "S2"]).to_hdf5(file, "tests")
    return path.read_bytes()


def artifact(path: Path, semantic_type: str, **data: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{ROOT}/VERSION", "QIIME 2\narchive: 5\nframework: 2024.2.0\n")
        archive.writestr(f"{ROOT}/metadata.yaml", f"uuid: {ROOT}\ntype: {semantic_type}\nformat: BIOMV210DirFmt\n")
        for name, content in data.items():
            archive.writestr(f"{ROOT}/data/{name.replace('__', '.').replace('_', '-')}", content)
    return path


def table_artifact(tmp_path: Path, semantic_type: str = "FeatureTable[Frequency]") -> Path:
    return artifact(tmp_path / "table.qza", semantic_type, feature_table__biom=biom_bytes(tmp_path))


@pytest.mark.parametrize(("kind", "unit"), [("Frequency", "counts"), ("RelativeFrequency", "fraction")])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_feature_table(tmp_path, kind, unit, pack):
    path = tmp_path / "dataset.dat"
    path.write_bytes(pack(table_artifact(tmp_path, f"FeatureTable[{kind}]").read_bytes()))
    source = open_source(path)
    assert qza.sniff(source) == f"FeatureTable[{kind}]"
    table = qza.read(source, ReadOptions())
    np.testing.assert_array_equal(table.values.toarray(), VALUES.T)
    assert list(table.sample_ids) == ["001", "S2"]
    assert list(table.labels) == ["f1", "f2"]
    assert (table.dialect, table.unit) == ("qza", unit)


@pytest.mark.parametrize(
    ("semantic_type", "error", "words"),
    [
        ("FeatureData[Taxonomy]", DialectError, "is a QIIME 2 taxonomy.*--taxonomy"),
        ("SampleData[AlphaDiversity]", DialectError, "of type SampleData.AlphaDiversity."),
        ("Visualization", DialectError, "of type Visualization"),
        ("FeatureTable[PresenceAbsence]", UnitError, "does not hold abundances"),
    ],
)
def test_other_artifacts_are_called_by_their_type(tmp_path, semantic_type, error, words):
    path = table_artifact(tmp_path, semantic_type)
    assert qza.sniff(open_source(path)) == semantic_type
    with pytest.raises(error, match=words):
        qza.read(open_source(path), ReadOptions())


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["[Content_Types].xml", "xl/workbook.xml"], "an Excel workbook.*tab-separated"),
        (["mimetype", "content.xml"], "an OpenDocument file.*tab-separated"),
        (["[Content_Types].xml", "word/document.xml"], "a Word document"),
        (["a.npy", "b.npy"], "a NumPy archive"),
        (["table.tsv"], r"1 files \(table\.tsv\).*unzip"),
        ([f"../{ROOT}/metadata.yaml"], "not a QIIME 2 artifact"),
        ([f"/{ROOT}/metadata.yaml"], "not a QIIME 2 artifact"),
    ],
)
def test_other_zip_files_are_refused_by_their_name(tmp_path, names, words):
    path = tmp_path / "x"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "type: FeatureTable[Frequency]")
    assert qza.sniff(open_source(path)) is None
    with pytest.raises(DialectError, match=words):
        qza.read(open_source(path), ReadOptions())


def test_a_missing_table_is_named(tmp_path):
    path = artifact(tmp_path / "x", "FeatureTable[Frequency]")
    with pytest.raises(TableError, match=r"without the file data/feature-table.biom"):
        qza.read(open_source(path), ReadOptions())


def test_nothing_is_unpacked_to_a_path_of_the_archive(tmp_path):
    path = table_artifact(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{ROOT}/data/../../../evil", "x")
    before = sorted(entry.name for entry in tmp_path.parent.iterdir())
    qza.read(open_source(path), ReadOptions())
    assert sorted(entry.name for entry in tmp_path.parent.iterdir()) == before


def test_a_bomb_stops_at_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5, "MAX_FILE_BYTES", 4 << 20)
    path = artifact(
        tmp_path / "x", "FeatureTable[Frequency]", feature_table__biom=b"\x89HDF\r\n\x1a\n" + bytes(32 << 20)
    )
    assert path.stat().st_size < 1 << 20
    with pytest.raises(TableError, match="more than 4 MiB"):
        qza.read(open_source(path), ReadOptions())
    assert bounded.BLOCK_BYTES < 4 << 20


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.none() | st.integers(0, 2**20),
)
def test_only_named_errors_come_out_of_damaged_artifacts(tmp_path, changes, cut):
    whole = tmp_path / "table.qza"
    content = bytearray((whole if whole.exists() else table_artifact(tmp_path)).read_bytes())
    for position, value in changes:
        content[position % len(content)] = value
    path = tmp_path / "damaged"
    path.write_bytes(content if cut is None else content[: 1 + cut % len(content)])
    for read in (lambda source: qza.read(source, ReadOptions()), qza.sniff, read_taxonomy):
        with contextlib.suppress(MbembedError):
            read(open_source(path))


# --- taxonomies -------------------------------------------------------------------------------

LINEAGE = "k__Bacteria; p__Firmicutes; g__Blautia; s__"
QIIME = f"Feature ID\tTaxon\tConfidence\nf1\t{LINEAGE}\t0.99\nf2\tUnassigned\t0.5\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (QIIME, {"f1": LINEAGE, "f2": "Unassigned"}),
        (QIIME.replace("\nf1", "\n#q2:types\tcategorical\tnumeric\nf1", 1), {"f1": LINEAGE, "f2": "Unassigned"}),
        ("\ufeff" + QIIME.replace("\n", "\r\n"), {"f1": LINEAGE, "f2": "Unassigned"}),
        (f"f1\t{LINEAGE}\n\n001\tD_0__Bacteria\n", {"f1": LINEAGE, "001": "D_0__Bacteria"}),
        (
            "OTU\tSize\tTaxonomy\nOtu1\t12\tBacteria(100);Firmicutes(99);Blautia(80);\n",
            {"Otu1": "Bacteria;Firmicutes;Blautia"},
        ),
        ("#OTU ID\ttaxonomy\nf1\tk__Bacteria\n", {"f1": "k__Bacteria"}),
        (
            '"","Kingdom","Genus","Species"\n"f1","Bacteria","Blautia",NA\n',
            {"f1": "k__Bacteria; g__Blautia; s__"},
        ),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_taxonomies_of_all_programs(tmp_path, content, expected, pack):
    path = tmp_path / "taxonomy"
    path.write_bytes(pack(content.encode()))
    assert read_taxonomy(open_source(path)) == expected


def test_the_taxonomy_of_an_artifact(tmp_path):
    path = artifact(tmp_path / "t.qza", "FeatureData[Taxonomy]", taxonomy__tsv=QIIME.encode())
    assert read_taxonomy(open_source(path)) == {"f1": LINEAGE, "f2": "Unassigned"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("sample\tage\nS1\t3\n", "no column of lineages"),
        ("just text\n", "no column of lineages"),
        ("Feature ID\tTaxon\nf1\n", "line 2 .* has 1 cells"),
        (f"Feature ID\tTaxon\nf1\t{LINEAGE}\nf1\tk__Archaea\n", "line 3 .* gives 'f1' another lineage"),
    ],
)
def test_what_is_no_taxonomy_is_refused(tmp_path, content, words):
    path = tmp_path / "x"
    path.write_text(content)
    with pytest.raises(TableError, match=words):
        read_taxonomy(open_source(path))


def test_a_table_is_no_taxonomy(tmp_path):
    with pytest.raises(DialectError, match="of type FeatureTable"):
        read_taxonomy(open_source(table_artifact(tmp_path)))
    (tmp_path / "x").write_bytes(biom_bytes(tmp_path))
    with pytest.raises(DialectError, match="is hdf5, so it is no taxonomy"):
        read_taxonomy(open_source(tmp_path / "x"))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_as_a_taxonomy(tmp_path, content):
    path = tmp_path / "x"
    path.write_bytes(content)
    with contextlib.suppress(MbembedError):
        assert isinstance(read_taxonomy(open_source(path)), dict)


@pytest.mark.shared
@needs_shared("formats/qiime2")
def test_real_artifacts_fit_together():
    source = open_source(SHARED / "formats/qiime2/table.qza")
    table = qza.read(source, ReadOptions())
    taxonomy = read_taxonomy(open_source(SHARED / "formats/qiime2/taxonomy.qza"))
    assert table.values.shape == (34, 770)
    assert set(table.labels) <= set(taxonomy)
    with zipfile.ZipFile(source.path) as archive:
        name = next(name for name in archive.namelist() if name.endswith("feature-table.biom"))
        with h5py.File(io.BytesIO(archive.read(name))) as file:
            truth = Table.from_hdf5(file)
    assert abs(truth.matrix_data.T - table.values).sum() == 0
