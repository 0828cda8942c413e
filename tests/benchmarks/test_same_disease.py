from __future__ import annotations

import pytest

from benchmarks.representation import same_disease
from benchmarks.representation.models import fold_models
from benchmarks.representation.rows import SHIPPED
from benchmarks.representation.same_disease import KNOWN, same_disease_scores, same_disease_table
from tests.benchmarks import synthetic


@pytest.mark.slow
def test_the_disease_is_learnt_from_every_study_but_the_scored_one(tmp_path, monkeypatch):
    corpus, fold = synthetic.corpus(), synthetic.FOLDS[0]
    models = fold_models(corpus, fold, tmp_path, settings=synthetic.SETTINGS)
    seen = []
    make = same_disease.make_labels

    def recorded(columns, groups, **options):
        labels = make(columns, groups, **options)
        seen.append((set(groups), labels.counts()))
        return labels

    monkeypatch.setattr(same_disease, "make_labels", recorded)
    question = fold.questions[0]
    scores = same_disease_scores(corpus, question, models, repeats=2, jobs=1)
    for study, (groups, counts) in zip(question.studies, seen, strict=True):
        assert study not in groups
        assert set(question.studies) - {study} < groups
        assert counts["condition: CRC"] > 0
    assert list(scores.columns) == ["presence", SHIPPED, KNOWN]
    assert {study for study, _ in scores.index} == set(question.studies)
    assert scores.to_numpy().min() >= 0
    assert scores.to_numpy().max() <= 1
    table = same_disease_table(scores, question)
    size = max(n for _, n in scores.index)
    assert f"{scores.xs(size, level='n_labels')[KNOWN].mean():.3f}" in table
    assert "minus presence/absence" in table
