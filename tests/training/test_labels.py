from __future__ import annotations

import numpy as np
import pytest

from mbembed.errors import TrainingError, UsageError
from mbembed.training.labels import make_labels

STUDIES = ["one"] * 30 + ["two"] * 30


def test_numbers_are_z_scores_within_each_study():
    ages = [str(20 + i) for i in range(30)] + [str(60 + i) for i in range(30)]
    labels = make_labels({"age": ages}, STUDIES)
    assert labels.names == ["age"]
    for half in (labels.values[:30], labels.values[30:]):
        assert half.mean() == pytest.approx(0)
        assert half.std() == pytest.approx(1)


def test_two_values_are_one_axis_and_the_later_one_is_high():
    labels = make_labels({"sex": ["female", "male"] * 30}, STUDIES)
    assert labels.names == ["sex"]
    assert (labels.values[1::2] > 0).all()
    assert (labels.values[::2] < 0).all()


def test_each_case_stands_against_the_controls_of_its_study_and_all_against_all():
    condition = ["control", "CRC"] * 15 + ["healthy", "T2D", "healthy"] * 10
    labels = make_labels({"condition": condition}, STUDIES)
    assert labels.counts() == {"condition: any": 60}  # 30 of CRC alone, 30 of T2D alone: too few for an axis
    condition = ["control", "CRC"] * 30 + ["healthy", "T2D"] * 30
    labels = make_labels({"condition": condition}, ["one"] * 60 + ["two"] * 60)
    assert labels.counts() == {"condition: CRC": 60, "condition: T2D": 60, "condition: any": 120}
    column = labels.values[:, labels.names.index("condition: CRC")]
    assert np.isnan(column[60:]).all()
    assert (column[1:60:2] > 0).all()


def test_a_study_of_one_class_or_of_few_samples_says_nothing():
    condition = ["CRC"] * 30 + ["control", "CRC"] * 30
    labels = make_labels({"condition": condition}, ["all cases"] * 30 + ["both"] * 60)
    assert np.isnan(labels.values[:30]).all()
    ages = [str(i) for i in range(70)]
    labels = make_labels({"age": ages}, ["small"] * 10 + ["large"] * 60)
    assert np.isnan(labels.values[:10]).all()


def test_a_person_counts_once_and_an_unknown_person_not_at_all():
    ages = [str(i) for i in range(100)]
    subjects = [f"p{i}" for i in range(50)] + [f"p{i}" for i in range(20)] + [""] * 30
    labels = make_labels({"age": ages}, ["one"] * 100, subjects=subjects)
    assert np.isfinite(labels.values[:50]).all()
    assert np.isnan(labels.values[50:]).all()


def test_missing_values_stay_missing():
    labels = make_labels({"age": ["", "nan", *[str(i) for i in range(58)]]}, ["one"] * 60)
    assert np.isnan(labels.values[:2]).all()
    assert labels.counts() == {"age": 58}


def test_text_of_many_values_without_a_control_is_refused():
    with pytest.raises(UsageError, match="none of which is a control"):
        make_labels({"country": ["A", "B", "C"] * 20}, STUDIES)


def test_too_few_labels_are_refused():
    with pytest.raises(TrainingError, match="40 labelled samples"):
        make_labels({"age": ["1", "2", *[""] * 58]}, STUDIES)
