"""A taxonomy beside the table, and tables of 16S."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mbembed.errors import AxisError, DialectError, TableError
from mbembed.tables import read_table
from tests.helpers import SHARED, needs_shared
from tests.tables.fixtures import GENERA, SAMPLES, SPECIES, VALUES, rows, write

if TYPE_CHECKING:
    from pathlib import Path

FEATURES = tuple(f"{i}b5eeb300368260019c1fbc7a3c718fc" for i in range(len(SPECIES)))


def table(folder: Path, *, turned: bool = False) -> Path:
    counts = (1000 * VALUES).astype(int)
    if turned:
        body = [(sample, *counts[s]) for s, sample in enumerate(SAMPLES)]
        return write(folder / "table.csv", rows(("", *FEATURES), *body, delimiter=","))
    body = [(name, *counts[:, i]) for i, name in enumerate(FEATURES)]
    return write(folder / "table.tsv", rows(("#OTU ID", *SAMPLES), *body))


def taxonomy(folder: Path, n: int = 4) -> Path:
    body = [(FEATURES[i], f"d__Bacteria; g__{GENERA[i]}; s__{SPECIES[i].split(' ', 1)[1]}", 0.99) for i in range(n)]
    return write(folder / "taxonomy.tsv", rows(("Feature ID", "Taxon", "Confidence"), *body))


@pytest.mark.parametrize("turned", [False, True])
def test_names_come_from_the_taxonomy(turned: bool, tmp_path: Path) -> None:
    profile = read_table(table(tmp_path, turned=turned), taxonomy=taxonomy(tmp_path))
    assert profile.taxon_names == list(SPECIES)
    assert profile.sample_ids == list(SAMPLES)
    assert [taxon.source for taxon in profile.taxa] == list(FEATURES)
    assert any("4 of 4 ids are in it" in decision.reason for decision in profile.decisions)


def test_without_a_taxonomy_the_error_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(AxisError, match="hashes") as caught:
        read_table(table(tmp_path))
    assert "--taxonomy" in caught.value.hint


def test_ids_that_are_lacking_are_counted(tmp_path: Path) -> None:
    profile = read_table(table(tmp_path), taxonomy=taxonomy(tmp_path, 3))
    assert any(
        f"1 ids are not in {tmp_path / 'taxonomy.tsv'}" in warning and FEATURES[3] in warning
        for warning in profile.warnings
    )


def test_the_taxonomy_of_another_table(tmp_path: Path) -> None:
    other = write(tmp_path / "other.tsv", rows(("Feature ID", "Taxon"), ("x1", "d__Bacteria; p__Firmicutes")))
    with pytest.raises(TableError, match="none of the 4 taxa"):
        read_table(table(tmp_path), taxonomy=other)


def test_a_file_that_is_no_taxonomy(tmp_path: Path) -> None:
    with pytest.raises(DialectError, match="no taxonomy"):
        read_table(table(tmp_path), taxonomy=table(tmp_path))


def test_the_taxonomy_given_as_the_table(tmp_path: Path) -> None:
    with pytest.raises(DialectError, match="a taxonomy without abundances"):
        read_table(taxonomy(tmp_path))


GREENGENES = "k__Bacteria; p__Firmicutes; c__Clostridia; o__Clostridiales; f__Lachnospiraceae; g__Blautia; s__{}"
GREENGENES2 = "d__Bacteria; p__Firmicutes_A; c__Clostridia_258483; o__Lachnospirales; f__Lachnospiraceae; g__Blautia_A_141781; s__{}"
SILVA = "D_0__Bacteria;D_1__Firmicutes;D_2__Clostridia;D_3__Clostridiales;D_4__Lachnospiraceae;D_5__Blautia;D_6__{}"
LINEAGES = {
    "Greengenes": ([GREENGENES.format(name) for name in ("obeum", "producta", "", "")], "Blautia obeum"),
    "Greengenes2": (
        [GREENGENES2.format(name) for name in ("Blautia_A wexlerae", "", "", "")],
        "Blautia_A wexlerae",
    ),
    "SILVA": ([SILVA.format(name) for name in ("Blautia obeum", "uncultured bacterium", "", "")], "Blautia obeum"),
}


@pytest.mark.parametrize("database", LINEAGES)
def test_lineages_of_16s_are_read_and_flagged(database: str, tmp_path: Path) -> None:
    lineages, first = LINEAGES[database]
    body = [(name, 10, 20) for name in dict.fromkeys(lineages)]
    profile = read_table(write(tmp_path / "level-7.tsv", rows(("index", "S1", "S2"), *body)))
    assert profile.taxa[0].name == first
    assert profile.taxa[0].rank == "species"
    assert any("16S" in warning for warning in profile.warnings)


def test_shotgun_tables_are_not_flagged(tmp_path: Path) -> None:
    body = [
        (f"k__Bacteria|g__{genus}|s__{name.replace(' ', '_')}", 50, 50)
        for genus, name in zip(GENERA, SPECIES, strict=True)
    ]
    body = body[:2]
    profile = read_table(write(tmp_path / "a.tsv", rows(("", "S1", "S2"), *body)))
    assert not any("16S" in warning for warning in profile.warnings)


@pytest.mark.shared
@needs_shared("formats/qiime2/table.qza")
def test_real_artifacts() -> None:
    folder = SHARED / "formats/qiime2"
    profile = read_table(folder / "table.qza", taxonomy=folder / "taxonomy.qza")
    assert profile.n_samples > 1
    assert any("16S" in warning for warning in profile.warnings)
    assert any(decision.what == "taxonomy" for decision in profile.decisions)
