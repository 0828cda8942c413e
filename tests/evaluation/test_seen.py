"""Models that know labels of the samples that they are scored on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import mbembed
from tests.evaluation.synthetic import table_and_metadata

if TYPE_CHECKING:
    from mbembed.evaluation.evaluation import Evaluation
    from mbembed.models.folder import Model


def model(**record: Any) -> Model:
    """Return the default model with another record of its training."""
    loaded = mbembed.load_model()
    kept = {key: value for key, value in loaded.config.items() if key not in ("training", "readout")}
    return replace(loaded, config={**kept, **record})


STUDIES = {"training": {"studies": {"Study_0": 500, "elsewhere": 100}}}
LABELS = {"readout": {"label_axes": {"age": 500, "condition: CRC": 80, "condition: any": 120}}}


def evaluated(one: Model, **options: Any) -> Evaluation:
    table, metadata = table_and_metadata(80)
    return mbembed.evaluate(
        table, metadata, target="disease", models=[one], heads=("linear",), repeats=1, sizes=(10,),
        representations=("clr", "model", "joined"), **options,
    )  # fmt: skip


def test_no_verdict_on_studies_whose_labels_are_known() -> None:
    evaluation = evaluated(model(**STUDIES, **LABELS), group="study")
    assert {row["answer"] for row in evaluation.summary["verdicts"]} == {"cannot be said"}
    why = "has learnt from 1 of these studies (study_0), and from labels of theirs (age, condition)"
    assert why in evaluation.warnings[0]
    assert why in evaluation.verdict
    assert "labels of these studies are known to it" in evaluation.verdict


def test_labels_of_unknown_samples_are_said() -> None:
    evaluation = evaluated(model(**STUDIES, **LABELS))
    assert "has learnt from labels (age, condition) of 2 studies, which its card names" in evaluation.verdict
    assert "cannot be said" not in {row["answer"] for row in evaluation.summary["verdicts"]}


def test_profiles_alone_are_no_answers() -> None:
    for record in (STUDIES, {}):
        evaluation = evaluated(model(**record), group="study", protocols=["cross-validation"])
        assert "learnt from" not in evaluation.verdict
        assert "cannot be said" not in {row["answer"] for row in evaluation.summary["verdicts"]}
