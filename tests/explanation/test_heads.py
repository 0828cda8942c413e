"""Heads that an evaluation keeps, and what explains them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import mbembed
from mbembed.errors import EvaluationError, UsageError
from mbembed.evaluation.saved_heads import HEADS_FILE, final_heads, heads_content, read_head
from mbembed.evaluation.target import read_target
from mbembed.outputs.summary import write_summary
from tests.explanation.cohort import cohort, planted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mbembed.evaluation.evaluation import Evaluation

#: Small enough for a test.
QUICK: dict[str, Any] = {
    "repeats": 1,
    "sizes": (10,),
    "representations": ("clr", "model"),
    "protocols": ("cross-validation",),
}


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    table, metadata = cohort()
    return mbembed.evaluate(table, metadata, target="disease", heads=("linear",), **QUICK)


@pytest.fixture(scope="module")
def file(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluation")
    assert folder / HEADS_FILE in evaluation.write(folder)
    return folder / HEADS_FILE


def fitted(path: Path, target: str) -> Path:
    """Write the head for another target, as an evaluation would."""
    table, metadata = cohort()
    labels = read_target(metadata[target].tolist(), name=target)
    write_summary(path, heads_content(final_heads([mbembed.embed(table)], list(table.index), labels)))
    return path


def test_a_head_is_the_ridge_of_the_evaluation(file: Path) -> None:
    from sklearn.linear_model import RidgeClassifierCV

    from mbembed.evaluation.heads import PENALTIES
    from mbembed.evaluation.representations import standardised

    table, metadata = cohort()
    embedding = mbembed.embed(table)
    head = read_head(file, embedding.match.model)
    assert (head.target, head.kind, head.classes, head.n_samples) == ("disease", "binary", ("CRC",), 60)
    case = (metadata.disease == "CRC").to_numpy().astype(float)
    prepared = standardised().fit_transform(embedding.values.astype(np.float64))
    theirs = RidgeClassifierCV(PENALTIES).fit(prepared, case).decision_function(prepared)
    np.testing.assert_allclose(embedding.values @ head.weights[0] + head.intercept[0], theirs, atol=1e-8)


def test_explained(file: Path) -> None:
    table, _ = cohort()
    explanation = mbembed.explain(table, head=file, resamples=40)
    more, less = planted(table)
    assert set(explanation.taxa.head(4).name) <= more | less
    assert explanation.taxa.attribution.sum() == pytest.approx(1.0, abs=1e-4)
    assert explanation.summary["explained"]["words"] == "the head for disease: CRC"
    shown = explanation.taxa[explanation.taxa.stable & explanation.taxa.name.isin(more)]
    assert (shown.change > 0).all()


def test_classes_and_numbers(tmp_path: Path) -> None:
    table, _ = cohort()
    stages = fitted(tmp_path / "stage.json", "stage")
    assert "late" in mbembed.explain(table, head=stages, case="late", resamples=20).summary["explained"]["words"]
    with pytest.raises(UsageError, match="'stage': control, early, late"):
        mbembed.explain(table, head=stages, resamples=20)
    with pytest.raises(UsageError, match="not 'middle'"):
        mbembed.explain(table, head=stages, case="middle", resamples=20)
    ages = fitted(tmp_path / "age.json", "age")
    assert mbembed.explain(table, head=ages, resamples=20).summary["explained"]["class"] is None
    with pytest.raises(UsageError, match="it predicts a number"):
        mbembed.explain(table, head=ages, case="old", resamples=20)


def test_without_linear_heads_an_old_file_goes(evaluation: Evaluation, tmp_path: Path) -> None:
    (tmp_path / HEADS_FILE).write_text("of an earlier run")
    replace(evaluation, heads=[]).write(tmp_path)
    assert not (tmp_path / HEADS_FILE).exists()


def test_refusals(file: Path, tmp_path: Path, snapshot: Callable[[str, str], None]) -> None:
    table, _ = cohort()
    content = json.loads(file.read_text())

    def changed(name: str, **values: Any) -> Path:
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({**content, "heads": [{**content["heads"][0], **values}]}))
        return path

    broken = tmp_path / "broken.json"
    broken.write_text("{")
    newer = tmp_path / "newer.json"
    newer.write_text(json.dumps({"format": 99, "heads": []}))
    texts = []
    for path in (
        changed("model", model="other", weights_sha256="ab" * 32),
        changed("hash", weights_sha256="ab" * 32),
        changed("infinite", intercept=[float("nan")]),
        broken,
        newer,
        tmp_path / "missing.json",
    ):
        with pytest.raises(EvaluationError) as caught:
            mbembed.explain(table, head=path, resamples=20)
        texts.append(str(caught.value).replace(mbembed.load_model().weights_sha256[:12], "HASH"))
    with pytest.raises(UsageError, match="the head was fitted on vectors made with --closure classified"):
        mbembed.explain(table, head=file, closure="matched", resamples=20)
    snapshot("explanation/heads", "\n".join(texts))
