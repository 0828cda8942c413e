"""Which axis holds the taxa: by the species of installed models, then by how names look."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbembed.errors import AxisError
from mbembed.tables.axis import check_names, find_orientation, looks_like_taxon
from mbembed.taxonomy.names import canonical_key
from mbembed.taxonomy.vocabulary import known_names
from tests.helpers import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "name",
    [
        "Blautia obeum",
        "Blautia_A wexlerae",
        "CAG-83 sp000431575",
        "Haemophilus_D parainfluenzae",
        "[Ruminococcus] gnavus",
        "Faecalibacterium.prausnitzii",
        "Prevotella sp. AM23-5",
        "s__GGB9699_SGB15216",
        "k__Bacteria|p__Firmicutes",
        "d__Bacteria;p__Bacillota",
    ],
)
def test_taxa(name: str) -> None:
    assert looks_like_taxon(name)


@pytest.mark.parametrize(
    "name", ["001", "S-2", "1e5", "NA", "SRR1234567", "FengQ_2015_SID531333", "CSM5FZ4M", "41.T.5", "AM.AD.1"]
)
def test_samples(name: str) -> None:
    assert not looks_like_taxon(name)


def test_known_names_are_those_of_installed_models(own_model_directory: Path) -> None:
    assert "examplea prima" not in known_names()
    shutil.copytree(ROOT / "tests" / "data" / "golden" / "model", own_model_directory / "golden")
    assert "examplea prima" in known_names()
    assert "unknown" not in known_names()
    decision = find_orientation(["a", "b"], ["examplea_prima", "x"], None)
    assert (decision.value, "installed model" in decision.reason) == ("samples-in-rows", True)


def test_the_axis_with_more_taxa_wins() -> None:
    species = ["Blautia obeum", "Dorea longicatena", "odd one"]
    assert find_orientation(species, ["Control gut", "S2", "S3"], None).value == "taxa-in-rows"
    assert find_orientation(["Control gut", "S2", "S3"], species, None).value == "samples-in-rows"


def test_given_wins() -> None:
    assert find_orientation(["Blautia obeum"], ["S1"], "samples-in-rows") == ("orientation", "samples-in-rows", "given")


def test_three_names_of_each_axis_are_shown() -> None:
    with pytest.raises(AxisError, match=r"named a, b, c, …, the columns w, x, y, ….*--orientation"):
        find_orientation(list("abcd"), list("wxyz"), None)


def test_ids_are_refused_names_are_not() -> None:
    check_names(["Blautia obeum", "853"])
    with pytest.raises(AxisError, match="NCBI Taxonomy ids"):
        check_names(["853", "40520"])


@given(st.text(max_size=40))
def test_canonical_keys_are_stable(name: str) -> None:
    key = canonical_key(name)
    assert canonical_key(key) == key
    assert key == key.strip().lower()
