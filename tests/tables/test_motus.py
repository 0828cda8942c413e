"""mOTUs 2, 3 and 4."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mbembed.errors import EmptyTableError
from mbembed.tables import read_table
from mbembed.taxonomy.resolver import resolve
from tests.helpers import SHARED, needs_shared
from tests.tables import profilers
from tests.tables.fixtures import rows, write

if TYPE_CHECKING:
    from pathlib import Path


def merged(folder: Path, *body: tuple[object, ...], header: tuple[str, ...] = ("#consensus_taxonomy", "S1")) -> Path:
    return write(
        folder / "motus.tsv", "# motus version 3.0.3 | merge 3.0.3\n# call: motus merge\n" + rows(header, *body)
    )


def test_the_id_stays_in_the_source_and_leaves_the_name(tmp_path: Path) -> None:
    profile = read_table(profilers.motus(tmp_path))
    assert profile.taxa[0].name == "Blautia obeum"
    assert profile.taxa[0].source == "Blautia obeum [ref_mOTU_v3_00001]"


def test_the_id_of_version_4_stays_in_the_source(tmp_path: Path) -> None:
    taxon = read_table(profilers.motus4(tmp_path)).taxa[0]
    assert taxon.name == "Blautia obeum"
    assert taxon.source.endswith("[mOTUv4.0_000000]")
    assert taxon.lineage[-2:] == ("g__Blautia", "s__Blautia obeum")


def test_motus_of_one_name_stay_apart(tmp_path: Path) -> None:
    names = ("Clostridiales species incertae sedis", "Streptococcus anginosus")
    body = [(f"{name} [meta_mOTU_v3_1234{i}{k}]", 0.25) for i, name in enumerate(names) for k in range(2)]
    profile = read_table(merged(tmp_path, *body))
    assert profile.n_taxa == 4
    assert len({taxon.source for taxon in profile.taxa}) == 4
    assert not profile.merged
    assert any("2 of 4 mOTUs have no species name" in decision.reason for decision in profile.decisions)


def test_incertae_sedis_is_no_species(tmp_path: Path) -> None:
    profile = read_table(merged(tmp_path, ("Clostridiales species incertae sedis [meta_mOTU_v3_99999]", 1.0)))
    (found,) = resolve(profile.taxa)
    assert not found.species
    assert found.reason


@pytest.mark.parametrize("name", ["unassigned", "-1"])
def test_what_is_not_assigned_is_no_taxon(name: str, tmp_path: Path) -> None:
    profile = read_table(merged(tmp_path, ("Blautia obeum [ref_mOTU_v3_00001]", 0.25), (name, 0.75)))
    assert profile.n_taxa == 1
    assert profile.unclassified.tolist() == [0.75]


def test_all_ranks(tmp_path: Path) -> None:
    body = [
        ("k__Bacteria", 1.0),
        ("k__Bacteria|p__Firmicutes", 1.0),
        ("k__Bacteria|p__Firmicutes|s__Blautia obeum", 0.5),
        ("k__Bacteria|p__Firmicutes|s__Blautia wexlerae", 0.5),
    ]
    profile = read_table(merged(tmp_path, *body))
    assert profile.dropped == {"domain": 1, "phylum": 1}
    assert profile.classified.tolist() == [1.0]


def test_a_table_of_genera_says_its_rank(tmp_path: Path) -> None:
    head = profilers.MOTUS_HEAD.format(flags=" -c").replace("-k mOTU", "-k genus")
    text = head + rows(("#consensus_taxonomy", "S1"), ("Blautia", 20), ("unassigned", 80))
    profile = read_table(write(tmp_path / "a.tsv", text))
    assert profile.taxa[0].rank == "genus"
    assert profile.unit == "counts", "although they add up to 100"
    assert profile.unclassified.tolist() == [80]


def test_an_unnamed_sample_is_named_by_its_file(tmp_path: Path) -> None:
    path = merged(
        tmp_path, ("Blautia obeum [ref_mOTU_v3_00001]", 1.0), header=("#consensus_taxonomy", "unnamed sample")
    )
    assert read_table(path.rename(tmp_path / "gut7.motus")).sample_ids == ["gut7"]


def test_comments_without_a_table(tmp_path: Path) -> None:
    with pytest.raises(EmptyTableError, match="no header"):
        read_table(write(tmp_path / "a.tsv", "# motus version 3.0.3\n# call: motus merge\n"))


@pytest.mark.shared
@needs_shared("formats/motus")
def test_real_profile() -> None:
    (path,) = (SHARED / "formats/motus").glob("*.out")
    profile = read_table(path)
    assert profile.n_taxa == 33570
    assert profile.unit == "counts"
    assert profile.unclassified.tolist() == [17]
    assert profile.taxa[0].taxid == "100053"
    assert profile.taxa[-1].taxid == ""
