from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from mbembed.errors import TrainingError, UsageError
from mbembed.tables.profile import Profile, Taxon
from mbembed.training.data import stack_profiles
from mbembed.training.split import split_corpus
from tests.training.synthetic import corpus, settings


def test_whole_studies_are_held_out():
    profile, groups = corpus()
    stacked = stack_profiles([profile], groups)
    split = split_corpus(stacked, settings(validation_fraction=0.34))
    assert len(split.studies) == 2
    assert {stacked.groups[row] for row in split.validation} == set(split.studies)
    assert not {stacked.groups[row] for row in split.training} & set(split.studies)
    assert len(split.training) + len(split.validation) == stacked.n_samples
    again = split_corpus(stacked, settings(validation_fraction=0.34))
    assert again.studies == split.studies


def test_named_studies_are_held_out():
    profile, groups = corpus()
    split = split_corpus(stack_profiles([profile], groups), settings(validation_studies=("study_3",)))
    assert split.studies == ["study_3"]
    assert len(split.validation) == 40


def test_without_studies_a_share_of_the_samples_is_held_out():
    split = split_corpus(stack_profiles([corpus()[0]]), settings(validation_fraction=0.25))
    assert (len(split.training), len(split.validation), split.studies) == (180, 60, [])


def test_nothing_held_out():
    profile, groups = corpus()
    split = split_corpus(stack_profiles([profile], groups), settings(validation_fraction=0.0))
    assert (len(split.training), len(split.validation), split.studies) == (240, 0, [])


@given(st.floats(0.0, 0.9))
def test_columns_are_those_that_training_samples_have(share):
    stacked = stack_profiles([corpus()[0]])
    chosen = settings(min_prevalence=share, validation_fraction=0.2)
    try:
        split = split_corpus(stacked, chosen)
    except TrainingError:
        found = stacked.fractions.toarray()[split_corpus(stacked, settings(validation_fraction=0.2)).training] > 0
        assert found.mean(axis=0).max() < share
        return
    dense = stacked.fractions.toarray()[split.training]
    np.testing.assert_array_equal(split.columns, np.flatnonzero((dense > 0).mean(axis=0) >= share))
    np.testing.assert_allclose(split.prevalence, (dense > 0).mean(axis=0)[split.columns])
    np.testing.assert_allclose(split.mean, dense.mean(axis=0)[split.columns])


def test_one_study_only():
    profile, groups = corpus()
    with pytest.raises(TrainingError, match="all samples are of one study, 'only'"):
        split_corpus(stack_profiles([profile], dict.fromkeys(groups, "only")), settings())


def test_a_study_that_is_not_there():
    profile, groups = corpus()
    with pytest.raises(UsageError, match="no samples of the study nowhere"):
        split_corpus(stack_profiles([profile], groups), settings(validation_studies=("nowhere",)))


def test_named_studies_need_the_metadata():
    with pytest.raises(UsageError, match="--metadata"):
        split_corpus(stack_profiles([corpus()[0]]), settings(validation_studies=("study_1",)))


def test_too_few_samples_left():
    profile, groups = corpus(60)
    with pytest.raises(TrainingError, match="30 samples are left to train on, 30 are held out"):
        split_corpus(stack_profiles([profile], groups), settings(validation_studies=("study_1", "study_2", "study_3")))


def test_no_species_is_shared():
    n = 50
    profile = Profile(
        csr_array(np.eye(n)),
        [f"S{i}" for i in range(n)],
        [Taxon(f"t{i}", f"t{i}") for i in range(n)],
        "fraction",
        "synthetic",
        np.zeros(n),
    )
    with pytest.raises(TrainingError, match=r"no species is found in 0.1 of the 45 training samples; .* 0.0222"):
        split_corpus(stack_profiles([profile]), settings(min_prevalence=0.1))
