"""The task list: what is held out together, and what is asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from benchmarks.representation.corpus import read_corpus
from benchmarks.representation.models import training_labels
from benchmarks.representation.tasks import CONDITION, CRC, DISEASE, FOLDS, SEX, TRAITS, Question
from tests.benchmarks import synthetic
from tests.helpers import SHARED, needs_shared


def test_no_study_is_in_two_folds():
    held_out = [study for fold in FOLDS for study in fold.studies]
    assert len(held_out) == len(set(held_out)) == 9 + 6 + 6 + 3


def test_every_scored_disease_is_hidden_where_it_is_scored():
    for fold in FOLDS:
        asked = {question.case for question in fold.questions if question.case}
        assert asked <= set(fold.hidden), fold.name


def test_the_fixed_list():
    tasks = [
        (question.group, question.task(study))
        for fold in FOLDS
        for question in fold.questions
        for study in question.studies
    ]
    assert len(tasks) == len(set(tasks))
    counts = {group: sum(found == group for found, _ in tasks) for group in (DISEASE, TRAITS, SEX)}
    assert counts == {DISEASE: 19, TRAITS: 2 * 8, SEX: 2}
    assert [question.studies for fold in FOLDS for question in fold.questions if question.across] == [CRC]


@pytest.mark.shared
@needs_shared("corpus/metadata.tsv")
def test_on_the_corpus_every_task_has_its_labels():
    corpus = read_corpus(SHARED / "corpus")
    for fold in FOLDS:
        for question in fold.questions:
            rows, target = question.labels(corpus)
            assert set(corpus.column("study")[rows]) == set(question.studies)
            assert target.positive in (question.case or None, "male", "female")
    seen = {fold.name: training_labels(corpus, fold)[CONDITION] for fold in FOLDS}
    assert {"CRC", "IBD", "T2D"} <= set(seen["D"])
    for fold in FOLDS:
        assert not set(fold.hidden) & set(seen[fold.name])


def test_cases_are_held_against_controls_and_healthy_people_of_their_study():
    corpus = synthetic.corpus()
    named = pl.col("sample")
    condition = pl.when(named == "Bowel-0").then(pl.lit("healthy")).when(named == "Bowel-1").then(pl.lit("T2D"))
    changed = replace(corpus, metadata=corpus.metadata.with_columns(condition=condition.otherwise(CONDITION)))
    rows, target = Question(CONDITION, ("Bowel",), "IBD").labels(changed)
    labels = dict(zip((corpus.profile.sample_ids[row] for row in rows), target.values, strict=True))
    assert labels == {f"Bowel-{i}": float(i % 2) for i in range(64) if i != 1}
    assert target.positive == "IBD"


def test_age_among_controls_only_and_without_gaps():
    corpus = synthetic.corpus()
    age = pl.when(pl.col("sample") == "Ill_1-4").then(pl.lit("")).otherwise("age")
    changed = replace(corpus, metadata=corpus.metadata.with_columns(age=age))
    rows, target = Question("age", ("Ill_1",), controls_only=True).labels(changed)
    assert sorted(changed.profile.sample_ids[row] for row in rows) == sorted(
        f"Ill_1-{i}" for i in range(0, 64, 2) if i != 4
    )
    np.testing.assert_array_equal(target.values, changed.column("age")[rows].astype(float))
    everyone, _ = Question("age", ("Ill_1",)).labels(changed)
    assert len(everyone) == 63
