"""Profiles written in every format and read again: nothing may change."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from mbembed.errors import MissingExtraError, OutputError, UsageError
from mbembed.outputs.profile_content import rows_of
from mbembed.outputs.profile_writers import FORMATS, PROFILE_SUFFIXES, check_profile_output, write_profile
from mbembed.tables import read_table
from mbembed.tables.profile import Decision, Profile, Taxon
from mbembed.tables.registry import formats
from mbembed.taxonomy.resolver import resolve
from tests.helpers import ROOT, SHARED, needs_shared
from tests.tables.fixtures import WRITERS

OUTPUTS = (".biom", ".biom1", ".tsv", ".tsv.gz", ".csv", ".csv.gz", ".parquet", ".h5ad")
#: Formats that keep sample metadata.
WITH_METADATA = (".biom", ".biom1", ".h5ad")
READABLE = [writer for dialect, writers in WRITERS.items() if dialect in formats() for writer in writers]
ODD_IDS = ["001", "1e5", "NA", "nan", "a b", 'say "x"', "Ünï-μ", "a,b", "it's", "TRUE", "S;1", "0x1F", "#hash", "1.0"]


def profile_of(
    values: np.ndarray, taxa: list[Taxon], sample_ids: list[str], unclassified: np.ndarray | None = None, **more: object
) -> Profile:
    unit = str(more.pop("unit", "fraction"))
    none = np.zeros(len(sample_ids))
    return Profile(
        sparse.csr_array(values), sample_ids, taxa, unit, "test", none if unclassified is None else unclassified,
        decisions=[Decision("rank", "species", "test")], **more,
    )  # fmt: skip


def species(names: list[str]) -> list[Taxon]:
    lineages = [("k__Bacteria", f"g__{name.split()[0]}", f"s__{name}") for name in names]
    return [Taxon("|".join(lineage), name, lineage, "species") for name, lineage in zip(names, lineages, strict=True)]


def named(lineage: tuple[str, ...]) -> list[str]:
    """The names of a lineage without prefixes; ranks without a name do not count."""
    bare = [part[3:] if part[1:3] == "__" else part for part in lineage]
    return [part for part in bare if part not in {"", "__"}]


def assert_same(old: Profile, new: Profile, *, taxids: bool = True) -> None:
    assert new.sample_ids == old.sample_ids
    assert [taxon.source for taxon in new.taxa] == [taxon.source for taxon in old.taxa]
    assert new.taxon_names == old.taxon_names
    for one, other in zip(old.taxa, new.taxa, strict=True):
        if one.lineage:
            assert named(other.lineage) == named(one.lineage)
        elif one.name != "unnamed":
            assert [name.replace("_", " ") for name in named(other.lineage)] == [one.name.replace("_", " ")]
        if taxids:
            assert other.taxid == one.taxid
    assert new.unit == old.unit
    assert np.array_equal(new.values.toarray(), old.values.toarray())  # bit for bit, as there are no NaN
    assert np.array_equal(new.unclassified, old.unclassified)


def round_trip(folder: Path, profile: Profile, suffix: str, **reading: str) -> Profile:
    path = folder / f"out{suffix}"
    write_profile(path, profile)
    return read_table(path, **reading)


@pytest.mark.parametrize("suffix", OUTPUTS)
@pytest.mark.parametrize("writer", READABLE, ids=lambda writer: writer.__name__)
def test_every_dialect_to_every_format(writer: object, suffix: str, tmp_path: Path) -> None:
    old = read_table(writer(tmp_path))
    new = round_trip(tmp_path, old, suffix, units=old.unit)
    taxids = not suffix.startswith(".tsv")
    assert_same(old, new, taxids=taxids)
    if taxids or not any(taxon.taxid for taxon in old.taxa):
        # What matters in the end: the same names are found by the same rules.
        assert [(one.species, one.stage) for one in resolve(new.taxa)] == [
            (one.species, one.stage) for one in resolve(old.taxa)
        ]


REAL = [
    "formats/biom/json_metaphlan_4samples.biom",
    "formats/biom/hdf5_hmpv13_16S.biom",
    "formats/biom/rich_dense_otu_table.biom",
    "formats/biom/ag-fecal.biom",
    "formats/biom/json_quoted_lineages.biom",
    "formats/metaphlan/ERR7569998.txt",
    "formats/metaphlan/mpa_valid_complex.tsv",
    "formats/phyloseq/GlobalPatterns.RData",
    "formats/phyloseq/enterotype.RData",
    "formats/metaphlan2_merged_bom.csv",
]


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".biom", ".biom1", ".tsv", ".csv", ".parquet", ".h5ad"])
@pytest.mark.parametrize("name", [pytest.param(name, marks=needs_shared(name)) for name in REAL])
def test_real_tables(name: str, suffix: str, tmp_path: Path) -> None:
    old = read_table(SHARED / name)
    new = round_trip(tmp_path, old, suffix, units=old.unit)
    assert_same(old, new, taxids=not suffix.startswith(".tsv"))


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Fractions of any size, odd ids, lineages with gaps or none at all."""
    word = st.text(alphabet="abcdefghijklmnoprstuvwxyz", min_size=4, max_size=8)
    genera = draw(st.lists(word, min_size=1, max_size=4))
    names = draw(st.lists(word, min_size=1, max_size=5, unique=True))
    text = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
    ids = draw(
        st.lists(text | st.sampled_from(ODD_IDS), min_size=1, max_size=4, unique=True).filter(
            lambda ids: not {one.lower() for one in ids} & {"taxonomy", "taxon", "rank", "lineage", "taxid", "tax_id"}
        )
    )
    taxa = []
    for i, name in enumerate(names):
        genus = genera[i % len(genera)].title()
        parts = [
            f"k__{draw(word)}",
            draw(st.sampled_from(["", "p__", f"p__{genus}ota"])),
            f"g__{genus}",
            f"s__{genus} {name}",
        ]
        lineage = tuple(part for part in parts if part) if draw(st.booleans()) else ()
        source = draw(
            st.sampled_from([f"{genus} {name}", f"{genus}_{name}", f"OTU{i}" if lineage else f"{genus} {name}"])
        )
        taxa.append(Taxon(source, f"{genus} {name}", lineage, "species"))
    cell = st.floats(min_value=0, max_value=1, allow_subnormal=True) | st.just(0.0)
    size = len(ids) * len(names)
    values = np.array(draw(st.lists(cell, min_size=size, max_size=size))).reshape(len(ids), len(names))
    rest = np.array(draw(st.lists(cell, min_size=len(ids), max_size=len(ids))))
    scale = max(1.0, float((values.sum(axis=1) + rest).max()))
    values, rest = values / scale, rest / scale
    values[0, 0] = max(values[0, 0], 1e-9)
    return profile_of(values, taxa, ids, rest)


@pytest.mark.parametrize("suffix", OUTPUTS)
@given(profile=profiles())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_round_trips_are_lossless(suffix: str, profile: Profile) -> None:
    with TemporaryDirectory() as folder:
        assert_same(profile, round_trip(Path(folder), profile, suffix, units="fraction"))


@pytest.mark.parametrize("suffix", OUTPUTS)
def test_odd_sample_ids(suffix: str, tmp_path: Path) -> None:
    values = np.random.default_rng(1).dirichlet([1, 1], len(ODD_IDS))
    old = profile_of(values, species(["Blautia obeum", "Blautia wexlerae"]), ODD_IDS)
    assert_same(old, round_trip(tmp_path, old, suffix))


@pytest.mark.parametrize("suffix", OUTPUTS)
def test_counts_beyond_float32_and_beyond_exact_integers(suffix: str, tmp_path: Path) -> None:
    values = np.array([[2.0**53 + 2, 16777217.0], [3.0, 0.0]])
    old = profile_of(
        values, species(["Blautia obeum", "Blautia wexlerae"]), ["a", "b"], np.array([7.0, 0.0]), unit="counts"
    )
    assert_same(old, round_trip(tmp_path, old, suffix))


@pytest.mark.parametrize("suffix", WITH_METADATA)
def test_sample_metadata_are_carried(suffix: str, tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"body/site": ["gut", None], "age": [30.5, 41.0], "taxonomy": ["x", "y"]}, index=pd.Index(["a", "b"])
    )
    old = profile_of(np.eye(2), species(["Blautia obeum", "Blautia wexlerae"]), ["a", "b"], sample_metadata=frame)
    new = round_trip(tmp_path, old, suffix)
    assert_same(old, new)
    assert new.sample_metadata is not None
    assert list(new.sample_metadata.index) == ["a", "b"]
    assert [float(age) for age in new.sample_metadata["age"]] == [30.5, 41.0]
    site = "body_site" if suffix == ".h5ad" else "body/site"
    assert new.sample_metadata[site].iloc[0] == "gut"
    empty = new.sample_metadata[site].iloc[1]
    assert empty == "" or pd.isna(empty)


@pytest.mark.parametrize("suffix", OUTPUTS)
def test_dropping_what_is_not_classified(suffix: str, tmp_path: Path) -> None:
    old = profile_of(np.array([[0.25, 0.5]]), species(["Blautia obeum", "Dorea longicatena"]), ["a"], np.array([0.25]))
    write_profile(tmp_path / f"kept{suffix}", old)
    write_profile(tmp_path / f"dropped{suffix}", old, unclassified="drop")
    assert read_table(tmp_path / f"kept{suffix}").unclassified.tolist() == [0.25]
    assert read_table(tmp_path / f"dropped{suffix}").unclassified.tolist() == [0.0]


def test_one_label_beside_two_lineages() -> None:
    taxa = [Taxon("OTU1", "A b", ("g__A", "s__b"), "species"), Taxon("OTU1", "C d", ("g__C", "s__d"), "species")]
    assert rows_of(profile_of(np.eye(2), taxa, ["a", "b"])).ids == ["OTU1", "OTU1 (2)"]


def test_a_taxon_that_is_called_unclassified(tmp_path: Path) -> None:
    taxa = [Taxon("UNCLASSIFIED", "A b", ("g__Abcd", "s__Abcd efgh"), "species")]
    rows = rows_of(profile_of(np.array([[0.5]]), taxa, ["a"], np.array([0.5])))
    assert rows.ids == ["UNCLASSIFIED", "-1"]


def test_json_is_plain_biom_1(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    write_profile(path, profile_of(np.array([[0.1, 0.0]]), species(["Blautia obeum", "Dorea longicatena"]), ["a"]))
    content = json.loads(path.read_text("utf-8"))
    assert content["type"] == "Taxon table"
    assert content["matrix_element_type"] == "float"
    assert content["data"] == [[0, 0, 0.1]]
    assert content["rows"][0]["metadata"] == {"taxonomy": ["k__Bacteria", "g__Blautia", "s__Blautia obeum"]}
    assert content["columns"] == [{"id": "a", "metadata": None}]
    assert json.loads(content["comment"])["units"] == "fraction"


def test_text_as_other_programs_read_it(tmp_path: Path) -> None:
    old = profile_of(np.array([[3.0, 1.0]]), species(["Blautia obeum", "Dorea longicatena"]), ["001"], unit="counts")
    for name, separator in (("t.tsv", "\t"), ("t.csv", ",")):
        write_profile(tmp_path / name, old)
        frame = pd.read_csv(tmp_path / name, sep=separator, index_col=0)
        assert frame["001"].tolist() == [3, 1]
        assert frame["taxonomy"].iloc[1] == "k__Bacteria; g__Dorea; s__Dorea longicatena"
    write_profile(tmp_path / "t.parquet", old)
    assert pl.read_parquet(tmp_path / "t.parquet").columns == ["taxon", "taxonomy", "001"]


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".parquet"])
def test_a_sample_that_no_column_can_be_named_after(suffix: str, tmp_path: Path) -> None:
    old = profile_of(np.array([[1.0]]), species(["Blautia obeum"]), ["Taxonomy"])
    with pytest.raises(OutputError, match="'Taxonomy'"):
        write_profile(tmp_path / f"t{suffix}", old)
    assert not list(tmp_path.iterdir())


def test_checks_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"'\.xyz'"):
        check_profile_output(tmp_path / "t.xyz")
    with pytest.raises(UsageError, match="no suffix"):
        check_profile_output(tmp_path / "t")
    with pytest.raises(UsageError, match="no format 'nonesuch'"):
        check_profile_output(tmp_path / "t.biom", "nonesuch")
    with pytest.raises(UsageError, match="biom"):
        check_profile_output("-", "biom")
    with pytest.raises(OutputError, match="directory"):
        check_profile_output(tmp_path, "biom")
    assert check_profile_output(tmp_path / "dataset.dat", "biom1") == "BIOM 1.0 (JSON)"
    monkeypatch.setattr("mbembed.extras.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="anndata"):
        check_profile_output(tmp_path / "t.h5ad")
    assert set(FORMATS) == {"biom", "biom1", "tsv", "csv", "parquet", "h5ad"}
    assert set(OUTPUTS) <= set(PROFILE_SUFFIXES)


@pytest.mark.parametrize("suffix", OUTPUTS)
def test_an_old_file_survives_a_failure(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"t{suffix}"
    path.write_text("old")
    limited = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)); "
        "from tests.outputs.test_convert import *; "
        "profile = profile_of(np.random.default_rng(0).dirichlet(np.ones(40), 9), "
        "species([f'Blautia a{i}' for i in range(40)]), [f's{i}' for i in range(9)]); "
        f"write_profile({str(path)!r}, profile)"
    )
    result = subprocess.run([sys.executable, "-c", limited], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "OutputError" in result.stderr
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
