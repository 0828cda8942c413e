"""Resamples and directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mbembed.errors import UsageError
from mbembed.explanation.design import MIN_STUDIES, Design
from mbembed.explanation.direction import PENALTIES, choose_penalty, fit_contrast, principal_axis
from mbembed.explanation.scores import AxisScore

if TYPE_CHECKING:
    from collections.abc import Sequence


def design(n: int = 24, *, n_studies: int = 1, per_person: int = 1) -> Design:
    persons = np.arange(n) // 2 // per_person * 2 + np.arange(n) % 2
    return Design(np.arange(n) % 2 == 1, np.arange(n) // 2 % n_studies, persons)


def vectors(made: Design, *, signal: float = 2.0, n_dimensions: int = 40, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(made.n_samples, n_dimensions))
    assert made.case is not None
    values[:, 0] += signal * made.case
    return values


def test_draws_keep_groups_persons_and_size() -> None:
    made = design(24, per_person=2)
    assert made.case is not None
    for draw in made.draws(50, np.random.default_rng(0)):
        assert draw.weights.sum() == 24
        assert draw.weights[made.case].sum() == 12
        for person in np.unique(made.persons):
            assert len(set(draw.weights[made.persons == person])) == 1
        assert len(draw.held_out)
        assert set(made.case[draw.held_out]) == {False, True}


def test_studies_are_drawn_from_five_on() -> None:
    few, enough = design(60, n_studies=MIN_STUDIES - 1), design(60, n_studies=MIN_STUDIES)
    assert not few.draws_studies
    assert enough.draws_studies
    for draw in enough.draws(20, np.random.default_rng(0)):
        drawn = {int(one) for one in enough.studies[draw.drawn]}
        assert not drawn & {int(one) for one in enough.studies[draw.held_out]}
        for study in drawn:
            assert len(set(draw.weights[enough.studies == study])) == 1


def test_folds_share_no_person() -> None:
    made = design(40, per_person=2)
    seen = []
    for train, test in made.folds(5, np.random.default_rng(0)):
        assert not set(made.persons[train]) & set(made.persons[test])
        seen += test.tolist()
    assert sorted(seen) == list(range(40))


def test_contrast_is_scaled_and_ignores_differences_of_studies() -> None:
    made = design(60, n_studies=3)
    assert made.case is not None
    values = vectors(made)
    shifted = values + 100.0 * made.studies[:, None]
    found = fit_contrast(values, made, 1.0)
    scores = values @ found.weights + found.intercept
    assert scores[made.case].mean() - scores[~made.case].mean() == pytest.approx(1.0)
    assert scores[~made.case].mean() == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(fit_contrast(shifted, made, 1.0).weights, found.weights, atol=1e-8)


def test_contrast_is_the_ridge_of_scikit_learn() -> None:
    from sklearn.linear_model import Ridge

    made = design(40)
    assert made.case is not None
    values = vectors(made)
    scaled = (values - values.mean(axis=0)) / values.std(axis=0) / np.sqrt(values.shape[1])
    theirs = Ridge(alpha=0.7).fit(scaled, made.case.astype(float)).coef_ / values.std(axis=0)
    ours = fit_contrast(values, made, 0.7).weights
    np.testing.assert_allclose(ours / np.linalg.norm(ours), theirs / np.linalg.norm(theirs), atol=1e-10)


def test_weights_count_samples_as_often_as_repeating_them() -> None:
    made = design(30)
    assert made.case is not None
    values = vectors(made)
    counts = np.random.default_rng(1).integers(0, 3, 30).astype(float)
    rows = np.repeat(np.arange(30), counts.astype(int))
    repeated = fit_contrast(values[rows], made.take(rows), 1.0)
    weighted = fit_contrast(values, made, 1.0, counts)
    np.testing.assert_allclose(weighted.weights, repeated.weights, atol=1e-9)
    assert weighted.intercept == pytest.approx(repeated.intercept)
    axis, share = principal_axis(values, 2, counts)
    theirs, their_share = principal_axis(values[rows], 2)
    np.testing.assert_allclose(axis.weights, theirs.weights, atol=1e-9)
    assert share == pytest.approx(their_share)


def test_more_noise_asks_for_more_penalty() -> None:
    made = design(60)
    generator = np.random.default_rng(0)
    clear = choose_penalty(vectors(made, signal=20.0), made, generator)
    noise = choose_penalty(vectors(made, signal=0.0), made, generator)
    assert clear < noise
    assert {clear, noise} <= set(PENALTIES)


def test_axes_are_those_of_the_ordination() -> None:
    pytest.importorskip("skbio")
    import mbembed
    from tests.explanation.cohort import cohort

    embedding = mbembed.embed(cohort(20)[0])
    coordinates = mbembed.ordination(embedding, "pca").samples
    for number in (1, 2, 3):
        axis, _ = principal_axis(embedding.values.astype(np.float64), number)
        found = embedding.values @ axis.weights + axis.intercept
        np.testing.assert_allclose(found, coordinates.iloc[:, number - 1], atol=1e-5)


def test_an_axis_without_variance_has_no_weights() -> None:
    values = np.random.default_rng(0).normal(size=(6, 3))
    counts = np.array([2.0, 2.0, 2.0, 0.0, 0.0, 0.0])
    assert principal_axis(values, 2, counts)[0].weights.any()
    for number in (3, 4):  # three points lie in a plane
        axis, share = principal_axis(values, number, counts)
        assert (axis.weights.tolist(), axis.intercept, share) == ([0.0] * 3, 0.0, 0.0)
    # Draws of few samples go on.
    wide = np.random.default_rng(1).normal(size=(6, 8))
    turned = AxisScore(wide, 5)
    assert not turned.again(np.array([3.0, 3.0, 0, 0, 0, 0])).weights.any()
    with pytest.raises(UsageError, match="do not differ along axis 2"):
        AxisScore(np.outer(np.arange(6.0), np.ones(8)), 2)


@pytest.mark.parametrize(
    ("case", "studies", "persons", "drawable"),
    [
        # One study has a single control, the other a single case: these are drawn each time.
        ([1] * 5 + [0] + [1] + [0] * 5, [0] * 6 + [1] * 6, range(12), False),
        ([1] * 5 + [0] * 2 + [1] + [0] * 4, [0] * 7 + [1] * 5, range(12), True),
        (None, [0] * 5, [0, 0, 0, 0, 1], True),
        (None, [0] * 5, [0] * 5, False),
    ],
)
def test_what_can_be_drawn(
    case: list[int] | None, studies: list[int], persons: Sequence[int], *, drawable: bool
) -> None:
    made = Design(None if case is None else np.array(case) == 1, np.array(studies), np.array(persons))
    assert made.drawable == drawable
    if drawable:
        assert len(list(made.draws(20, np.random.default_rng(0)))) == 20
