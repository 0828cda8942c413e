"""From a table and its labels to an evaluation, end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import mbembed
from mbembed.errors import EvaluationError, UsageError
from mbembed.evaluation import fits as fits_module
from mbembed.evaluation import heads as heads_module
from mbembed.evaluation.checkpoint import CHECKPOINT
from mbembed.evaluation.fits import COLUMNS
from mbembed.options import EVALUATE
from tests.evaluation.synthetic import table_and_metadata
from tests.helpers import SHARED, needs_shared

if TYPE_CHECKING:
    from pathlib import Path

    from mbembed.evaluation.evaluation import Evaluation

#: Small enough for a test.
QUICK: dict[str, Any] = {
    "target": "disease",
    "heads": ("linear",),
    "repeats": 5,
    "sizes": (10, 20),
    "representations": ("clr", "presence", "model"),
}


def quick(n: int = 60, **options: Any) -> Evaluation:
    table, metadata = table_and_metadata(n)
    return mbembed.evaluate(table, metadata, **{**QUICK, **options})


def test_planted_signal() -> None:
    evaluation = quick()
    assert list(evaluation.results.columns) == list(COLUMNS)
    assert set(evaluation.results.protocol) == {"limited-data", "cross-validation"}
    assert set(evaluation.results.metric) == {"roc_auc", "pr_auc"}
    scores = evaluation.scores().set_index(["protocol", "n_labels", "representation", "metric"])["mean"]
    assert scores.xs(("limited-data", 20, "clr", "roc_auc")) > 0.8
    summary = evaluation.summary
    assert summary["target"]["positive"] == "case"
    assert summary["target"]["classes"] == {"control": 30, "case": 30}
    assert summary["samples"] == {"in_table": 60, "in_metadata": 60, "joined": 60, "used": 60}
    assert [one["kind"] for one in summary["representations"]] == ["raw", "raw", "model"]
    assert len(summary["verdicts"]) == 3
    assert evaluation.verdict.startswith("With ")


def test_all_representations_heads_and_protocols(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads_module, "N_TREES", 5)
    evaluation = quick(
        80, group="study", subject="person", heads=("linear", "forest"), repeats=1, sizes=(10,),
        representations=EVALUATE["representations"].choices,
    )  # fmt: skip
    assert set(evaluation.results.protocol) == {
        "limited-data", "cross-validation", "leave-one-study-out", "study-transfer",
    }  # fmt: skip
    assert len(set(evaluation.results.representation)) == 8
    assert "side by side differs from clr alone by" in evaluation.verdict
    assert len(evaluation.summary["transfer"]) == 2 * 8 * 2 * 2
    assert evaluation.summary["group"]["studies"]["study_0"]["n"] == 40


def test_continuous_target_of_noise_makes_no_difference() -> None:
    evaluation = quick(target="age", sizes=(20,))
    assert evaluation.summary["target"]["kind"] == "continuous"
    assert set(evaluation.results.metric) == {"pearson_r", "r2"}
    assert {row["answer"] for row in evaluation.summary["verdicts"]} == {"no difference"}


@pytest.mark.slow
def test_same_seed_same_bytes_for_any_number_of_processes(tmp_path: Path) -> None:
    for jobs in (1, 2):
        quick(jobs=jobs).write(tmp_path / str(jobs))
    for name in ("results.tsv", "results.parquet", "summary.json"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
    frame = pd.read_csv(tmp_path / "1" / "results.tsv", sep="\t", keep_default_na=False)
    assert list(frame.columns) == list(COLUMNS)
    assert (tmp_path / "1" / "report.html").is_file()
    assert not (quick(seed=1).results.value == quick().results.value).all()


def test_interrupted_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = quick()
    count = 0
    fit = fits_module._fit_split

    def interrupted(*args: Any) -> Any:
        nonlocal count
        count += 1
        if count > 8:
            raise KeyboardInterrupt
        return fit(*args)

    monkeypatch.setattr(fits_module, "_fit_split", interrupted)
    with pytest.raises(KeyboardInterrupt):
        quick(folder=tmp_path)
    assert (tmp_path / CHECKPOINT).read_text().count("\n") == 1 + 5
    count = -100
    again = quick(folder=tmp_path)
    assert count == -100 + len(whole.results) // 6 - 5
    pd.testing.assert_frame_equal(whole.results, again.results, check_exact=True)
    assert whole.summary == again.summary
    with pytest.raises(EvaluationError, match="other inputs: the options changed"):
        quick(folder=tmp_path, seed=1)
    quick(folder=tmp_path, seed=1, restart=True).write(tmp_path)
    assert not (tmp_path / CHECKPOINT).exists()


def test_samples_without_label_study_or_vector_are_left_out_and_counted() -> None:
    table, metadata = table_and_metadata(64)
    metadata.loc["S000", "disease"] = "NA"
    metadata.loc["S001", "study"] = ""
    table.loc["S002"] = 0.0
    metadata = metadata.drop(index="S003")
    evaluation = mbembed.evaluate(table, metadata, **QUICK, group="study")
    assert evaluation.summary["samples"] == {"in_table": 64, "in_metadata": 63, "joined": 63, "used": 60}
    text = "\n".join(evaluation.warnings)
    for sentence in (
        "1 of 64 samples of the table are not in the metadata",
        "1 samples without a vector",
        "1 samples without a 'study'",
        "1 of 61 samples have no usable label",
    ):
        assert sentence in text


def test_studies_of_one_class_each_are_refused() -> None:
    table, metadata = table_and_metadata()
    with pytest.raises(EvaluationError, match="every study has one class of 'disease' only"):
        mbembed.evaluate(table, metadata.assign(study=metadata["disease"] + " cohort"), **QUICK, group="study")


def test_confounded_studies_change_the_verdict() -> None:
    table, metadata = table_and_metadata(120)
    cases = metadata["disease"] == "case"
    mostly = np.arange(120) % 10 < 8
    metadata["study"] = np.where(cases == mostly, "one", "two")
    evaluation = mbembed.evaluate(table, metadata, **QUICK, group="study")
    assert "confounded" in "\n".join(evaluation.warnings)
    left_out = [row for row in evaluation.summary["verdicts"] if row["protocol"] == "leave-one-study-out"]
    assert left_out[0]["answer"] == "cannot be said"
    joined = mbembed.evaluate(table, metadata, **{**QUICK, "representations": ("clr", "joined")}, group="study")
    assert "the target cannot be told from the study here" in joined.verdict


def test_a_subject_column_without_subjects_is_said() -> None:
    table, metadata = table_and_metadata()
    evaluation = mbembed.evaluate(table, metadata.assign(person="NA"), **QUICK, subject="person")
    assert "60 of 60 samples have no 'person', and count as one person each" in evaluation.warnings


def test_same_person_in_several_studies_is_said() -> None:
    evaluation = quick(group="study", subject="person", sizes=(10,), repeats=1)
    assert "stand in several studies" not in "\n".join(evaluation.warnings)
    table, metadata = table_and_metadata()
    metadata["person"] = [f"{i // 4}" for i in range(60)]
    evaluation = mbembed.evaluate(table, metadata, **QUICK, group="study", subject="person")
    assert "stand in several studies" in "\n".join(evaluation.warnings)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"target": "Disease"}, UsageError, "Try: --target disease"),
        ({"group": "studie"}, UsageError, "Try: --group study"),
        ({"protocols": ["study-transfer"]}, UsageError, "needs to know the study"),
        ({"representations": ["pcoa"]}, UsageError, "no representation 'pcoa'"),
        ({"representations": []}, UsageError, "no representation or no head"),
        ({"heads": ["svm"]}, UsageError, "no head 'svm'"),
        ({"jobs": 0}, UsageError, "jobs is 0"),
        ({"seed": -1}, UsageError, "seed -1"),
        ({"target": "age", "protocols": ["cross-validation"], "folds": 16}, EvaluationError, "4 persons in each of 16"),
        ({"models": ["default", "default"]}, UsageError, "two representations are called"),
        ({"protocols": ["limited-data"], "sizes": (100,)}, EvaluationError, "nothing can be scored"),
        ({"protocols": ["cross-validation"], "folds": 31}, EvaluationError, "nothing can be scored"),
    ],
)
def test_what_cannot_be_done(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        quick(**options)


@pytest.mark.shared
@pytest.mark.slow
@needs_shared("corpus/profiles.biom")
def test_colorectal_cancer_in_one_study() -> None:
    """Known from the literature: an AUC near 0.8 with all labels of ZellerG_2014."""
    metadata = pd.read_csv(SHARED / "corpus" / "metadata.tsv", sep="\t", dtype=str, keep_default_na=False)
    metadata = metadata[(metadata["study"] == "ZellerG_2014") & metadata["condition"].isin(["CRC", "control"])]
    evaluation = mbembed.evaluate(
        SHARED / "corpus" / "profiles.biom", metadata.set_index("sample"), target="condition", heads=("linear",),
        repeats=10, representations=("clr", "presence", "model"), subject="subject",
    )  # fmt: skip
    scores = evaluation.scores()
    scores = scores[(scores["protocol"] == "cross-validation") & (scores["metric"] == "roc_auc")]
    assert scores["mean"].between(0.70, 0.92).all()
