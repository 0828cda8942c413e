"""Which samples are trained on, and which are scored."""

from __future__ import annotations

import numpy as np
import pytest

from mbembed.errors import UsageError
from mbembed.evaluation.splits import PROTOCOLS, plan_splits
from mbembed.evaluation.target import read_target
from tests.evaluation.synthetic import classes, planned


@pytest.fixture(scope="module")
def cohort() -> tuple[list[str], np.ndarray, np.ndarray]:
    """240 samples in three studies; some persons have several of them."""
    labels = classes(240)
    groups = np.array([f"study_{i // 2 % 3}" for i in range(240)])
    subjects = np.array(["" if i % 5 == 0 else f"{groups[i]}-{i // 2 % 90}" for i in range(240)])
    return labels, groups, subjects


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ["binary", "continuous"])
def test_no_person_straddles(protocol: str, kind: str, cohort: tuple[list[str], np.ndarray, np.ndarray]) -> None:
    labels, groups, subjects = cohort
    target = read_target(labels if kind == "binary" else [str(i) for i in range(240)])
    assert target.kind == kind
    plan = plan_splits(target, groups, subjects, protocols=[protocol], repeats=6)
    assert plan.splits
    for split in plan.splits:
        people = [set(subjects[part][subjects[part] != ""]) for part in (split.train, split.test)]
        assert not people[0] & people[1]
        assert not set(split.train) & set(split.test)
        assert set(groups[split.test]) == {split.study}
        if protocol in ("limited-data", "cross-validation"):
            assert set(groups[split.train]) == {split.study}
        else:
            assert split.study not in groups[split.train]
        if protocol == "study-transfer":
            assert set(groups[split.train]) == {split.train_study}


def test_draws_are_balanced_and_of_one_sample_per_person(cohort: tuple[list[str], np.ndarray, np.ndarray]) -> None:
    labels, groups, subjects = cohort
    target, plan = planned(
        labels, groups=groups, subjects=subjects, protocols=["limited-data"], repeats=3, sizes=[7, 10]
    )
    for split in plan.splits:
        assert len(split.train) == split.n_labels
        ones = int(target.values[split.train].sum())
        assert abs(2 * ones - split.n_labels) <= 1
        named = subjects[split.train][subjects[split.train] != ""]
        assert len(set(named)) == len(named)


def test_sizes_double_as_far_as_they_fit() -> None:
    _, plan = planned(classes(120), protocols=["limited-data"], repeats=2)
    assert sorted({split.n_labels for split in plan.splits}) == [10, 20, 40, 80]
    assert min(len(split.test) for split in plan.splits) == 40


def test_splits_depend_on_nothing_else() -> None:
    labels, groups = classes(120), ["b", "a"] * 0 + ["b"] * 60 + ["a"] * 60
    _, plan = planned(labels, groups=groups, repeats=5)
    _, again = planned(labels, groups=groups, protocols=["limited-data"], sizes=[20], repeats=2)
    for split in again.splits:
        same = next(one for one in plan.splits if one[:5] == split[:5])
        np.testing.assert_array_equal(split.train, same.train)
    _, other = planned(labels, groups=groups, protocols=["limited-data"], sizes=[20], repeats=2, seed=1)
    assert any((one.train != two.train).any() for one, two in zip(again.splits, other.splits, strict=True))


def test_studies_that_cannot_be_scored_are_named() -> None:
    labels = [*classes(40), *classes(40), *["case"] * 40, *classes(6)]
    groups = ["one"] * 40 + ["two"] * 40 + ["cases"] * 40 + ["tiny"] * 6
    _, plan = planned(labels, groups=groups, repeats=2)
    assert plan.skipped["leave-one-study-out"] == [
        "cases: one class only (case)",
        "tiny: fewer than two classes with 5 persons (control 3, case 3)",
    ]
    left_out = [split for split in plan.splits if split.protocol == "leave-one-study-out"]
    assert [split.study for split in left_out] == ["one", "two"]
    # A study of one class is not trained on: it would teach to recognise the study.
    assert all(len(split.train) == 40 for split in left_out)


def test_fewer_samples_than_folds() -> None:
    _, plan = planned([*["a"] * 30, *["b"] * 7], protocols=["cross-validation"], folds=8)
    assert not plan.splits
    assert plan.skipped["cross-validation"] == ["fewer than two classes with 8 persons (a 30, b 7)"]


def test_sizes_that_do_not_fit_are_named() -> None:
    _, plan = planned(classes(60), protocols=["limited-data"], sizes=[10, 100], repeats=1)
    assert {split.n_labels for split in plan.splits} == {10}
    assert plan.skipped["limited-data"] == ["too few samples to draw 100 and leave 8 to score"]


def test_persons_before_and_after() -> None:
    """Each person has one sample of each class: drawing one takes both away from the scored part."""
    target, plan = planned(
        classes(60), subjects=[f"P{i // 2}" for i in range(60)], protocols=["limited-data"], sizes=[20, 40], repeats=20
    )
    assert plan.splits
    for split in plan.splits:
        assert len(split.train) == split.n_labels == 20
        assert min(target.counts(split.test).values()) >= 8
    assert plan.skipped["limited-data"] == [
        "40 persons cannot be drawn with 8 samples of each class left: some have several classes"
    ]


def test_studies_without_common_classes_are_named() -> None:
    labels = [*classes(40, ("a", "b")), *classes(40, ("c", "d"))]
    protocols = ["leave-one-study-out", "study-transfer"]
    _, plan = planned(labels, groups=["one"] * 40 + ["two"] * 40, protocols=protocols)
    assert not plan.splits
    sentence = "no two studies have two classes in common, of different persons"
    assert plan.skipped == {protocol: [sentence] for protocol in protocols}


def test_folds_of_too_few_numbers() -> None:
    _, plan = planned([str(i) for i in range(30)], protocols=["cross-validation"], folds=10)
    assert not plan.splits
    assert plan.skipped["cross-validation"] == ["fewer than 4 persons in each of 10 folds"]


@pytest.mark.parametrize(
    "options",
    [{"protocols": ["bootstrap"]}, {"repeats": 0}, {"folds": 1}, {"sizes": [2]}],
    ids=lambda one: next(iter(one)),
)
def test_options_out_of_range(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        planned(classes(40), **options)
