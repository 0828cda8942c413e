"""Names resolved and units changed, with nothing lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from mbembed.conversion import change_unit, resolve_names, unit_when_read
from mbembed.errors import UnitError
from mbembed.tables import read_table
from tests.outputs.test_convert import profile_of, species
from tests.tables.fixtures import metaphlan_single

if TYPE_CHECKING:
    from pathlib import Path

    from mbembed.tables.profile import Profile


def frame(**columns: list[float]) -> Profile:
    table = pd.DataFrame({name.replace("_", " "): values for name, values in columns.items()})
    return read_table(table.set_axis([f"S{i}" for i in range(len(table))]))


def test_synonyms_become_one_species_with_its_lineage() -> None:
    old = frame(Bacteroides_vulgatus=[0.25, 0.5], Phocaeicola_vulgatus=[0.25, 0.0], Nonesuch_fictus=[0.5, 0.5])
    new, found = resolve_names(old)
    assert new.taxon_names == ["Phocaeicola vulgatus", "Nonesuch fictus"]
    assert new.taxa[0].lineage[0] == "d__Bacteria"
    assert new.taxa[0].lineage[-2:] == ("g__Phocaeicola", "s__Phocaeicola vulgatus")
    assert len(new.taxa[0].lineage) == 7
    assert new.values.toarray().tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert len(found) == old.n_taxa
    decision = new.decisions[-1]
    assert (decision.what, decision.value) == ("names", "resolve")
    assert decision.reason.startswith("2 of 3 taxa (50.0% of the classified abundance) are 1 GTDB R220 species")


def test_unresolved_strains_become_species_of_their_own_name(tmp_path: Path) -> None:
    path = metaphlan_single(tmp_path)
    text = path.read_text().replace("SGB1\t", "SGB15316\t").replace("t__SGB2", "t__SGB999999999")
    path.write_text(text)
    old = read_table(path)
    new, _ = resolve_names(old)
    assert "Faecalibacterium longum" in new.taxon_names  # what GTDB R220 has of SGB15316
    kept = next(taxon for taxon in new.taxa if taxon.name == "SGB999999999")
    assert kept.lineage[-1] == "s__SGB999999999"
    assert not any(part.startswith("t__") for part in kept.lineage)
    assert {taxon.rank for taxon in new.taxa} == {"species"}
    assert np.allclose(new.classified, old.classified, rtol=1e-15)


def test_nothing_resolved_changes_nothing() -> None:
    old = profile_of(np.eye(2), species(["Nonesuch fictus", "Nonesuch falsus"]), ["a", "b"])
    new, _ = resolve_names(old)
    assert new.taxa == old.taxa
    assert new.decisions[-1].reason.startswith("none of the 2 names")


@pytest.mark.parametrize(
    ("unit", "values", "rest", "target", "expected"),
    [
        ("percent", [[40.0, 10.0]], [25.0], "fraction", ([[0.4, 0.1]], [0.25])),
        ("fraction", [[0.5, 0.25]], [0.0], "percent", ([[50.0, 25.0]], [0.0])),
        ("counts", [[3.0, 1.0], [0.0, 0.0]], [4.0, 0.0], "fraction", ([[0.375, 0.125], [0.0, 0.0]], [0.5, 0.0])),
        ("counts", [[3.0, 1.0]], [0.0], "percent", ([[75.0, 25.0]], [0.0])),
        ("fraction", [[0.1, 0.2]], [0.3], "fraction", ([[0.1, 0.2]], [0.3])),
    ],
)
def test_units(unit: str, values: list, rest: list, target: str, expected: tuple[list, list]) -> None:
    names = species(["Blautia obeum", "Dorea longicatena"])
    old = profile_of(np.array(values), names, [f"S{i}" for i in range(len(values))], np.array(rest), unit=unit)
    new = change_unit(old, target)
    assert new.unit == target
    assert new.values.toarray().tolist() == expected[0]
    assert new.unclassified.tolist() == expected[1]
    assert (new is old) == (unit == target)


def test_shares_are_no_counts() -> None:
    with pytest.raises(UnitError, match="fraction, percent"):
        change_unit(frame(Blautia_obeum=[1.0]), "counts")


def test_the_unit_that_content_shows() -> None:
    names = species(["Blautia obeum", "Dorea longicatena"])
    percent = profile_of(np.array([[20.0, 10.0]]), names, ["a"], np.array([70.0]), unit="percent")
    assert unit_when_read(percent) == "percent"
    assert unit_when_read(percent, unclassified="drop") != "percent"
    rarefied = profile_of(np.array([[60.0, 40.0]]), names, ["a"], unit="counts")
    assert unit_when_read(rarefied) == "percent"
