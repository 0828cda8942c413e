"""The same samples by several profilers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.representation.crossprofiler import PAIRS, PROFILERS, input_shares, read_twins, self_nearest, shares
from mbembed.errors import TableError
from tests.benchmarks import synthetic
from tests.helpers import SHARED, needs_shared


def test_self_nearest_by_hand():
    generator = np.random.default_rng(0)
    points = generator.normal(size=(20, 6))
    assert self_nearest(points, points) == 1.0
    # An offset of a profiler and the length of a vector do not matter; who is who does.
    assert self_nearest(points, 3.0 * points + 7.0) == 1.0
    swapped = points.copy()
    swapped[[0, 1]] = swapped[[1, 0]]
    assert self_nearest(points, swapped) == pytest.approx(18 / 20)
    assert self_nearest(points, generator.normal(size=(20, 6))) < 0.4


def test_both_directions_count():
    left = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]])
    right = np.array([[1.0, 0.1], [1.0, -0.1], [-2.0, 0.0]])
    there, back = self_nearest(left, right), self_nearest(right, left)
    assert there == back


@pytest.fixture
def folder(tmp_path):
    """Three tables of the same people with different orders, units and names of the samples."""
    profile = synthetic.corpus().profile.select_samples(range(12))
    values = profile.values.toarray()
    names = [taxon.name for taxon in profile.taxa]
    ids = [f"P{i}" for i in range(12)]
    for file in PROFILERS.values():
        if file.startswith("metaphlan"):
            header = ["clade_name", *(f"{one}_concat_metaphlan_bugs_list" for one in ids[::-1])]
            rows = [
                [f"k__Bacteria|s__{name.replace(' ', '_')}", *map(str, 100 * of[::-1])]
                for name, of in zip(names, values.T, strict=True)
            ]
        else:
            header = ["", *ids]
            rows = [[name, *(str(round(1e6 * one)) for one in of)] for name, of in zip(names, values.T, strict=True)]
        text = "\n".join("\t".join(row) for row in [header, *rows])
        (tmp_path / file).write_text(f"{text}\n", encoding="utf-8")
    return tmp_path


def test_twins_are_aligned_by_sample(folder):
    twins = read_twins(folder)
    assert twins.n_samples == 12
    assert {profile.n_samples for profile in twins.profiles.values()} == {12}
    for row in input_shares(twins).values():
        assert row == dict.fromkeys(PAIRS, 1.0)
    noise = shares(twins, lambda profile: np.random.default_rng(profile.n_taxa).normal(size=(12, 3)))
    assert set(noise) == set(PAIRS)


def test_tables_of_other_people(folder):
    path = folder / PROFILERS["Bracken, NCBI"]
    path.write_text(path.read_text(encoding="utf-8").replace("P", "Q"), encoding="utf-8")
    with pytest.raises(TableError, match="no sample in common"):
        read_twins(folder)


@pytest.mark.shared
@needs_shared("crossprofiler/metaphlan3_merged.txt")
def test_units_of_real_twins_find_themselves():
    twins = read_twins(SHARED / "crossprofiler")
    assert twins.n_samples == 191
    logs, presence = input_shares(twins).values()
    assert min(logs.values()) > 0.97
    assert max(presence.values()) < 0.97
