"""Plain matrices in every spelling: the same profile comes out."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbembed.errors import AxisError, CellError, MbembedError
from mbembed.tables import numbers, read_table
from tests.tables.fixtures import (
    SAMPLES,
    SPECIES,
    VALUES,
    all_ranks,
    biom_tsv,
    matrix,
    metaphlan,
    metaphlan_single,
    rows,
    transposed,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mbembed.tables.profile import Profile


def assert_is_fixture(profile: Profile) -> None:
    assert profile.sample_ids == list(SAMPLES)
    assert profile.taxon_names == list(SPECIES)
    assert profile.unit == "fraction"
    np.testing.assert_array_equal(profile.values.toarray(), VALUES)
    assert not profile.unclassified.any()


def quoted(text: str) -> str:
    return f'"{text}"'


def by_taxon(decimal: str = ".", quote: bool = False) -> list[tuple[str, ...]]:
    name = quoted if quote else str
    return [
        (name(species), *(str(value).replace(".", decimal) for value in values))
        for species, values in zip(SPECIES, VALUES.T.tolist(), strict=True)
    ]


def samples(quote: bool = False) -> list[str]:
    return [quoted(sample) if quote else sample for sample in SAMPLES]


SPELLINGS = {
    "tab": rows(("name", *SAMPLES), *by_taxon()),
    "comma": rows(("name", *SAMPLES), *by_taxon(), delimiter=","),
    "write.csv": rows(('""', *samples(True)), *by_taxon(quote=True), delimiter=","),
    "write.csv2": rows(('""', *samples(True)), *by_taxon(",", quote=True), delimiter=";"),
    "write.table": rows(tuple(samples(True)), *by_taxon(quote=True)),
    "write.table, quote=FALSE": rows(SAMPLES, *by_taxon()),
    "col.names=NA": rows(('""', *samples(True)), *by_taxon(quote=True)),
    "decimal comma and tab": rows(("name", *SAMPLES), *by_taxon(",")),
    "trailing tab": rows(("name", *SAMPLES, ""), *((*row, "") for row in by_taxon())),
    "trailing tab below the header": rows(("name", *SAMPLES), *((*row, "") for row in by_taxon())),
    "header with #": rows(("#NAME", *SAMPLES), *by_taxon()),
    "comment lines": "# made by us\n# today\n" + rows(("name", *SAMPLES), *by_taxon()),
    "CRLF": rows(("name", *SAMPLES), *by_taxon(), end="\r\n"),
    "CR": rows(("name", *SAMPLES), *by_taxon(), end="\r"),
    "blank lines": rows(("name", *SAMPLES), *by_taxon()) + "\n\n\t\t\n",
    "no last line end": rows(("name", *SAMPLES), *by_taxon()).rstrip("\n"),
    "text columns": rows(
        ("name", "rank", *SAMPLES, "note"), *((row[0], "species", *row[1:], "abc") for row in by_taxon())
    ),
    "text between": rows(
        ("name", SAMPLES[0], "note", *SAMPLES[1:]), *((*row[:2], "abc", *row[2:]) for row in by_taxon())
    ),
    "numbers quoted": rows(("name", *SAMPLES), *((row[0], *map(quoted, row[1:])) for row in by_taxon())),
    "blanks around": rows(("name", *SAMPLES), *((row[0], *(f" {cell} " for cell in row[1:])) for row in by_taxon())),
    "prefix": rows(("name", *SAMPLES), *((f"s__{row[0]}", *row[1:]) for row in by_taxon())),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings(spelling: str, tmp_path: Path) -> None:
    assert_is_fixture(read_table(write(tmp_path / "table.txt", SPELLINGS[spelling])))


@pytest.mark.parametrize("large", [False, True], ids=["float", "polars"])
def test_both_parsers_agree(large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "SMALL_BLOCK_BYTES", 0 if large else 10**9)
    for name, text in SPELLINGS.items():
        assert_is_fixture(read_table(write(tmp_path / f"{name}.txt", text)))


@pytest.mark.parametrize("block", [1, 7, 64])
def test_block_borders_do_not_matter(block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbembed.tables.text.BLOCK_BYTES", block)
    for name in ("tab", "CRLF", "write.csv", "blank lines"):
        assert_is_fixture(read_table(write(tmp_path / f"{name}.txt", SPELLINGS[name])))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    bom = "\ufeff" if encoding.endswith(("le", "be")) else ""
    path.write_bytes((bom + SPELLINGS["CRLF"]).encode(encoding))
    assert_is_fixture(read_table(path))


def test_latin_1_is_stated(tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_bytes(SPELLINGS["tab"].replace("001", "Müller").encode("latin-1"))
    profile = read_table(path)
    assert profile.sample_ids[0] == "Müller"
    assert any("Latin-1" in warning for warning in profile.warnings)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compression_without_a_suffix(compress, tmp_path: Path) -> None:
    path = tmp_path / "dataset_19.dat"
    path.write_bytes(compress(SPELLINGS["tab"].encode()))
    assert_is_fixture(read_table(path))


def test_both_orientations(tmp_path: Path) -> None:
    assert_is_fixture(read_table(matrix(tmp_path)))
    assert_is_fixture(read_table(transposed(tmp_path)))


def test_a_lone_quote_in_a_name_survives(tmp_path: Path) -> None:
    text = (
        SPELLINGS["tab"].replace("Blautia obeum", "Blautia obeum 5'-end").replace("Blautia wexlerae", 'Blautia "w" x')
    )
    assert read_table(write(tmp_path / "table.tsv", text)).taxon_names[:2] == ["Blautia obeum 5'-end", 'Blautia "w" x']


def test_a_comma_in_a_quoted_name_survives(tmp_path: Path) -> None:
    text = SPELLINGS["write.csv"].replace("Blautia obeum", "Blautia obeum, type")
    assert read_table(write(tmp_path / "table.csv", text)).taxon_names[0] == "Blautia obeum, type"


def test_mangled_names_are_undone_and_stated(tmp_path: Path) -> None:
    names = ("Faecalibacterium.prausnitzii", "Blautia.sp..CAG.257")
    profile = read_table(write(tmp_path / "table.csv", rows(("", *names), ("X101", 0.5, 0.5), delimiter=",")))
    assert profile.taxon_names == ["Faecalibacterium prausnitzii", "Blautia sp CAG 257"]
    assert profile.taxa[0].source == names[0]
    assert profile.sample_ids == ["X101"]
    assert "names" in {decision.what for decision in profile.decisions}


def test_mangled_lineages(tmp_path: Path) -> None:
    names = (
        "k__Bacteria.p__Firmicutes.g__Blautia.s__Blautia_obeum",
        "k__Bacteria.p__Firmicutes.g__Dorea.s__Dorea_longicatena",
    )
    profile = read_table(write(tmp_path / "table.csv", rows(("", *names), ("a", 0.5, 0.5), delimiter=",")))
    assert profile.taxon_names == ["Blautia obeum", "Dorea longicatena"]


def test_curated_metagenomic_data(tmp_path: Path) -> None:
    """An export of the Bioconductor package: lineages as row names, percent, comma-separated and quoted."""
    body = [(quoted(name), *values) for name, values in all_ranks() if "|s__" in name]
    profile = read_table(write(tmp_path / "cmd.csv", rows(('""', *samples(True)), *body, delimiter=",")))
    assert (profile.dialect, profile.unit, profile.n_taxa) == ("matrix", "percent", len(SPECIES))
    assert profile.taxa[0].lineage[0] == "k__Bacteria"


def test_taxonomy_and_tax_ids_beside_the_taxa_are_used(tmp_path: Path) -> None:
    body = [
        ("OTU1", "40520", 3, "k__Bacteria; g__Blautia; s__obeum"),
        ("OTU2", "88431", 4, "k__Bacteria; g__Dorea; s__"),
    ]
    path = write(tmp_path / "table.tsv", rows(("id", "tax_id", "S1", "taxonomy"), *body))
    profile = read_table(path, orientation="taxa-in-rows")
    assert profile.taxon_names == ["Blautia obeum", "unnamed species of Dorea"]
    assert [taxon.taxid for taxon in profile.taxa] == ["40520", "88431"]


def test_header_beyond_the_head(tmp_path: Path) -> None:
    """10,000 samples: the header line alone is longer than what is looked at first."""
    names = [f"sample-number-{i:05d}" for i in range(10_000)]
    body = [(species, *(["0.25"] * len(names))) for species in SPECIES]
    profile = read_table(write(tmp_path / "wide.tsv", rows(("name", *names), *body)))
    assert profile.sample_ids == names
    assert profile.n_taxa == len(SPECIES)


def test_missing_zero(tmp_path: Path) -> None:
    text = SPELLINGS["tab"].replace("\t0.0", "\tNA")
    profile = read_table(write(tmp_path / "table.tsv", text), missing="zero")
    assert_is_fixture(profile)
    assert any("missing" in warning for warning in profile.warnings)


def test_known_names_decide_before_syntax(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = rows(("", "Alpha beta", "Gamma delta"), ("Thing one", 0.5, 0.5), ("Thing two", 0.5, 0.5))
    path = write(tmp_path / "table.tsv", text)
    with pytest.raises(AxisError, match="both look like taxa"):
        read_table(path)
    monkeypatch.setattr("mbembed.tables.axis.known_names", lambda: frozenset({"gamma delta"}))
    assert read_table(path).taxon_names == ["Alpha beta", "Gamma delta"]


def test_orientation_is_obeyed(tmp_path: Path) -> None:
    path = write(tmp_path / "table.tsv", rows(("", "a", "b"), ("x", 0.5, 0.5), ("y", 0.5, 0.5)))
    assert read_table(path, orientation="taxa-in-rows").taxon_names == ["x", "y"]
    assert read_table(path, orientation="samples-in-rows").taxon_names == ["a", "b"]


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.lists(st.floats(0, 1e6), min_size=3, max_size=3), min_size=2, max_size=5),
    large=st.booleans(),
)
def test_values_come_back_exactly(
    values: list[list[float]], large: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("values") / "table.tsv"
    write(path, rows(("", *SPECIES[:3]), *((f"s{i}", *row) for i, row in enumerate(values))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbers, "SMALL_BLOCK_BYTES", 0 if large else 10**9)
        if not np.any(values):
            return
        np.testing.assert_array_equal(read_table(path, units="counts").values.toarray(), values)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_only_our_errors_come_out(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Mutated tables of all text dialects give a profile or an error of ours, never another exception."""
    folder = tmp_path_factory.mktemp("fuzz")
    tables = [text.encode() for text in SPELLINGS.values()]
    tables += [make(folder).read_bytes() for make in (metaphlan, metaphlan_single, biom_tsv)]
    raw = bytearray(data.draw(st.sampled_from(tables)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 4))] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b"\t", b"\n", b'"', b",", b"NA", b"-1"])
        )
        raw = raw or bytearray(b"x")
    path = folder / "table.txt"
    path.write_bytes(bytes(raw))
    with contextlib.suppress(MbembedError):
        read_table(path)


def test_a_line_without_a_label_is_ragged(tmp_path: Path) -> None:
    path = write(tmp_path / "table.tsv", "name\tS1\nBlautia obeum\t0.5\n0.5\n")
    with pytest.raises(CellError, match=r"line 3 .* has 1 cell,"):
        read_table(path)
