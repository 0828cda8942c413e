"""Nearest neighbours."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import mbembed
from mbembed.errors import UsageError
from mbembed.explanation import neighbours as module
from mbembed.explanation.neighbours import MEASURES


def vectors(n: int = 50, *, seed: int = 0) -> SimpleNamespace:
    values = np.random.default_rng(seed).normal(size=(n, 12)).astype(np.float32)
    return SimpleNamespace(values=values, sample_ids=[f"S{i}" for i in range(n)])


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("block", [1, 60, 10**6])
def test_against_comparing_each_with_each(measure: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_NUMBERS", block)
    made = vectors()
    exact = made.values.astype(np.float64)
    if measure == "cosine":
        unit = exact / np.linalg.norm(exact, axis=1, keepdims=True)
        similar = unit @ unit.T
    else:
        similar = -np.linalg.norm(exact[:, None] - exact[None], axis=2)
    np.fill_diagonal(similar, -np.inf)
    found = mbembed.neighbours(made, 4, measure=measure)
    assert list(found.columns) == ["sample", "neighbour", "rank", "similarity"]
    assert len(found) == 50 * 4
    for i, own in enumerate(found.groupby("sample", sort=False)):
        order = np.argsort(-similar[i], kind="stable")[:4]
        assert own[0] == f"S{i}"
        assert list(own[1].neighbour) == [f"S{j}" for j in order]
        assert list(own[1]["rank"]) == [1, 2, 3, 4]
        np.testing.assert_allclose(own[1].similarity, similar[i][order], atol=1e-9)


def test_near_duplicates_are_told_of_once() -> None:
    made = vectors()
    made.values[7] = made.values[31] + 1e-4
    with pytest.warns(UserWarning, match="1 pair of samples have nearly the same vector: S7 and S31; the same person"):
        found = mbembed.neighbours(made, 1)
    assert found.set_index("sample").neighbour["S7"] == "S31"


def test_an_offset_of_all_vectors_is_no_likeness() -> None:
    made = vectors()
    made.values += 1000.0  # all cosines are 1 to five digits
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mbembed.neighbours(made, 1)


def test_few_samples_and_missing_vectors() -> None:
    made = vectors(4)
    made.values[2] = np.nan
    found = mbembed.neighbours(made, 10)
    assert len(found) == 3 * 2
    assert "S2" not in set(found["sample"]) | set(found.neighbour)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"k": 0}, "k is 0"), ({"measure": "manhattan"}, "measure is 'manhattan'")],
)
def test_refusals(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        mbembed.neighbours(vectors(), **arguments)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="1 sample with a vector"):
        mbembed.neighbours(vectors(1))


def test_of_an_embedding() -> None:
    species = mbembed.load_model().species
    table = pd.DataFrame(np.eye(4) * 90 + 2.5, index=list("abcd"), columns=species[:4])
    found = mbembed.neighbours(mbembed.embed(table, units="percent"), 2)
    assert set(found["sample"]) == set("abcd")
    assert (found["sample"] != found.neighbour).all()
