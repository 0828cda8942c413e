from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from mbembed.errors import TrainingError
from mbembed.tables.profile import Profile, Taxon
from mbembed.training.data import MIN_SAMPLES, stack_profiles
from tests.training.synthetic import N_SPECIES, corpus


@pytest.mark.parametrize("unit", ["percent", "counts"])
def test_units_become_fractions(unit):
    fractions = stack_profiles([corpus(unit="fraction")[0]]).fractions.toarray()
    other = stack_profiles([corpus(unit=unit)[0]]).fractions.toarray()
    np.testing.assert_allclose(other, fractions, atol=1e-5)  # counts are rounded to a millionth


def test_unclassified_belongs_to_the_whole_of_counts_unless_closed_to_the_classified():
    profile, _ = corpus(unit="counts")
    half_unknown = replace(profile, unclassified=profile.classified.copy())
    np.testing.assert_allclose(stack_profiles([half_unknown]).fractions.sum(axis=1), 0.5)
    np.testing.assert_allclose(stack_profiles([half_unknown], closure="classified").fractions.sum(axis=1), 1.0)


def test_tables_are_stacked_on_the_union_of_their_names_whatever_the_order():
    first, _ = corpus(40, prefix="A")
    second, _ = corpus(40, seed=1, prefix="B")
    order = np.random.default_rng(2).permutation(N_SPECIES)
    renamed = [taxon if i else Taxon("s__Only_here", "Only here") for i, taxon in enumerate(second.taxa)]
    shuffled = replace(second, values=second.values[:, order], taxa=[renamed[i] for i in order])
    stacked = stack_profiles([first, shuffled])
    assert stacked.species == sorted({*first.taxon_names, "Only here"})
    assert stacked.sample_ids == first.sample_ids + second.sample_ids
    rows = stacked.fractions.toarray()
    np.testing.assert_allclose(rows[40:, stacked.species.index("Only here")], second.values.toarray()[:, 0])
    assert not rows[:40, stacked.species.index("Only here")].any()
    np.testing.assert_allclose(rows[3, stacked.species.index("Species 7")], first.values.toarray()[3, 7])


def test_taxa_of_one_name_are_summed():
    profile, _ = corpus()
    twice = replace(
        profile, taxa=[Taxon(t.source, "Species 1" if t.name == "Species 0" else t.name) for t in profile.taxa]
    )
    stacked = stack_profiles([twice])
    expected = profile.values.toarray()[:, :2].sum(axis=1)
    np.testing.assert_allclose(stacked.fractions.toarray()[:, stacked.species.index("Species 1")], expected)


def test_empty_samples_are_left_out_and_named():
    profile, groups = corpus()
    values = profile.values.toarray()
    values[5] = 0
    stacked = stack_profiles([replace(profile, values=csr_array(values))], groups)
    assert stacked.left_out == ["S0005"]
    assert stacked.n_samples == 239
    assert stacked.groups[5] == groups["S0006"]


def test_too_few_samples():
    with pytest.raises(TrainingError, match=rf"there are 31 samples.*at least {MIN_SAMPLES}"):
        stack_profiles([corpus(31)[0]])


def test_a_sample_in_two_tables():
    with pytest.raises(
        TrainingError, match="240 sample ids stand in more than one table \\(S0000, S0001, S0002 and 237 more\\)"
    ):
        stack_profiles([corpus()[0], corpus(seed=1)[0]])


def test_mismatched_ids_show_both_sides():
    profile, groups = corpus()
    other = {f"run-{sample}": study for sample, study in groups.items()}
    with pytest.raises(TrainingError) as caught:
        stack_profiles([profile], other)
    assert "240 of 240 samples are not in the metadata: S0000, S0001, S0002 and 237 more" in str(caught.value)
    assert "run-S0000" in str(caught.value)


def test_units_gather_the_names_of_every_nomenclature():
    from mbembed.training.units import unit_names, unobservable_columns

    names = ["Bacteroides vulgatus", "Phocaeicola vulgatus", "Escherichia coli", "Clostridium sp."]
    values = csr_array(np.tile([[0.1, 0.2, 0.3, 0.4]], (40, 1)))
    taxa = [Taxon(name, name) for name in names]
    profile = Profile(values, [f"s{i}" for i in range(40)], taxa, "fraction", "synthetic", np.zeros(40))
    units = unit_names(profile)
    assert units[0] == units[1] != ""
    assert units[3] == ""
    stacked = stack_profiles([profile], closure="classified", columns="units")
    assert stacked.species == sorted({units[0], units[2]})
    # What leads to no unit stays part of the whole.
    assert stacked.fractions[[0]].toarray().tolist() == [
        [pytest.approx(0.3), pytest.approx(0.3)],
    ]
    blind = unobservable_columns(stacked.species)
    assert blind["GTDB names, R220"] == []
    assert set(blind) >= {"MetaPhlAn 2", "MetaPhlAn 3", "mOTUs 3"}
