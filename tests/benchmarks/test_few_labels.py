"""The protocol behind the card of the default model: honest draws, a head that finds what is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from benchmarks.few_labels import protocol
from benchmarks.few_labels.__main__ import main
from benchmarks.few_labels.corpus import METADATA, PROFILES, read_corpus
from benchmarks.few_labels.draws import MIN_SCORED, draws
from benchmarks.few_labels.head import score
from benchmarks.few_labels.protocol import Score, run
from benchmarks.few_labels.report import by_task, difference_table, mean_table
from benchmarks.few_labels.representations import CLR, LOG10, PRESENCE, PRETRAININGS, Pretraining, baselines
from benchmarks.few_labels.tasks import TASKS, Task, deal
from mbembed.errors import TableError, UsageError
from mbembed.outputs.profile_writers import write_profile
from tests.benchmarks import synthetic
from tests.helpers import ROOT, SHARED, needs_shared
from tests.training.synthetic import settings

CASES, NUMBER = Task("A", "condition", "CRC"), Task("A", "age")


def test_two_folds_are_those_of_the_card():
    studies = [sorted({task.study for task in fold}) for fold in deal(TASKS, 2)]
    assert studies == [
        ["AsnicarF_2021", "FengQ_2015", "KarlssonFH_2013", "NagySzakalD_2017", "QinN_2014", "RubelMA_2020",
         "ThomasAM_2019_a", "WirbelJ_2018", "YachidaS_2019", "YeZ_2018"],
        ["HanniganGD_2017", "JieZ_2017", "LifeLinesDeep_2016", "NielsenHB_2014", "QinJ_2012", "ThomasAM_2019_b",
         "VogtmannE_2016", "XieH_2016", "YuJ_2015", "ZellerG_2014"],
    ]  # fmt: skip


@pytest.mark.parametrize("n_folds", [1, 3, 20])
def test_every_task_is_in_one_fold_with_all_of_its_study(n_folds):
    folds = deal(TASKS, n_folds)
    assert sorted(task for fold in folds for task in fold) == sorted(TASKS)
    of_fold = [{task.study for task in fold} for fold in folds]
    assert sum(map(len, of_fold)) == len(set().union(*of_fold)) == 20


@pytest.mark.parametrize("n_folds", [0, 21])
def test_impossible_folds(n_folds):
    with pytest.raises(UsageError, match="20 studies cannot be dealt"):
        deal(TASKS, n_folds)


@pytest.mark.parametrize(
    ("task", "labels", "measures"),
    [
        (CASES, np.repeat([-1.0, 1.0], [28, 60]), ["AUC n=20", "AUC n=40"]),
        (CASES, np.repeat([-1.0, 1.0], [27, 60]), ["AUC n=20"]),
        (CASES, np.repeat([-1.0, 1.0], [60, 17]), []),
        (NUMBER, np.linspace(20, 70, 208), ["r n=50", "r n=200"]),
        (NUMBER, np.linspace(20, 70, 207), ["r n=50"]),
    ],
)
def test_draws(task, labels, measures):
    made = list(draws(task, labels, 3))
    assert list(dict.fromkeys(draw.measure for draw in made)) == measures
    assert [draw.seed for draw in made] == [0, 1, 2] * len(measures)
    for draw in made:
        n_labels = int(draw.measure.split("=")[1])
        assert len(draw.labelled) == len(set(draw.labelled)) == n_labels
        assert not set(draw.labelled) & set(draw.scored)
        assert sorted([*draw.labelled, *draw.scored]) == list(range(len(labels)))
        if task.case:
            assert (labels[draw.labelled] == 1).sum() == n_labels / 2
            assert min((labels[draw.scored] == sign).sum() for sign in (-1, 1)) >= MIN_SCORED
    for draw, again in zip(made, draws(task, labels, 3), strict=True):
        np.testing.assert_array_equal(draw.labelled, again.labelled)
    assert len({tuple(draw.labelled) for draw in made}) == len(made)


def test_nothing_is_learnt_from_the_scored_samples():
    generator = np.random.default_rng(0)
    labels = np.where(np.arange(60) % 2, 1.0, -1.0)
    features = generator.normal(size=(60, 5)) + 0.3 * labels[:, None]
    draw = next(draws(CASES, labels, 1))
    cases, controls = (draw.scored[labels[draw.scored] == sign][:5] for sign in (1, -1))
    together = score(CASES, draw._replace(scored=np.concatenate([cases, controls])), features, labels)
    by_pair = [
        score(CASES, draw._replace(scored=np.array([case, control])), features, labels)
        for case in cases
        for control in controls
    ]
    # The AUC is the share of pairs in the right order: a prediction that depended on the company would differ.
    assert 0 < together < 1
    assert together == pytest.approx(np.mean(by_pair))


def test_scores_by_hand():
    labels = np.where(np.arange(60) % 2, 1.0, -1.0)
    draw = next(draws(CASES, labels, 1))
    assert score(CASES, draw, labels[:, None], labels) == 1.0
    years = np.linspace(20, 80, 60)
    draw = next(draws(NUMBER, years, 1))
    assert score(NUMBER, draw, np.column_stack([years, np.ones(60)]), years) == pytest.approx(1.0)
    # No column varies among the labelled samples: nothing can be said, and nothing is.
    only_elsewhere = np.isin(np.arange(60), draw.scored[:1]).astype(float)
    assert score(NUMBER, draw, np.column_stack([np.ones(60), only_elsewhere]), years) == 0.0


def test_labels_leave_other_diagnoses_and_gaps_out():
    corpus = synthetic.corpus()
    task = synthetic.TASKS[0]
    metadata = corpus.metadata.with_columns(
        condition=pl.when(pl.col("sample") == "Ill_1-0").then(pl.lit("T2D")).otherwise("condition"),
        age=pl.when(pl.col("sample") == "Cohort-3").then(pl.lit("")).otherwise("age"),
    )
    changed = replace(corpus, metadata=metadata)
    rows, labels = task.labels(changed)
    names = [corpus.profile.sample_ids[row] for row in rows]
    assert sorted(names) == sorted(f"Ill_1-{i}" for i in range(1, 64))
    assert dict(zip(names, labels, strict=True)) == {f"Ill_1-{i}": 1.0 if i % 2 else -1.0 for i in range(1, 64)}
    rows, ages = synthetic.TASKS[2].labels(changed)
    assert "Cohort-3" not in [corpus.profile.sample_ids[row] for row in rows]
    assert len(rows) == 259
    assert ages.min() >= 30
    assert ages.max() <= 70


def test_columns_are_chosen_by_the_samples_that_are_not_scored():
    corpus = synthetic.corpus()
    scored = corpus.rows_of(["Ill_1"])
    training = np.setdiff1d(np.arange(corpus.profile.n_samples), scored)
    values = corpus.profile.values.toarray()
    values[training, 0] = 0
    values[scored, 0] = 0.5
    only_in_scored = replace(corpus, profile=replace(corpus.profile, values=csr_array(values)))
    for name, table in baselines(only_in_scored, training, scored).items():
        assert table.shape == (64, synthetic.N_SPECIES - 1), name


def test_baselines_by_hand():
    corpus = synthetic.corpus()
    rows = np.arange(5)
    tables = baselines(corpus, np.arange(5, corpus.profile.n_samples), rows)
    values = corpus.profile.values.toarray()[rows]
    np.testing.assert_allclose(tables[LOG10], np.log10(np.where(values < 1e-4, 1e-4, values)))
    np.testing.assert_allclose(tables[CLR].sum(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(tables[CLR] - tables[CLR][:, :1], np.log((values + 1e-6) / (values[:, :1] + 1e-6)))
    np.testing.assert_array_equal(tables[PRESENCE], values > 1e-5)


def test_planted_signal_is_found_and_nothing_where_there_is_none(tmp_path):
    found, nothing = (
        by_task(run(synthetic.corpus(planted=planted), (), tmp_path, tasks=synthetic.TASKS, n_draws=4))
        for planted in (True, False)
    )
    assert found.keys() == nothing.keys()
    assert {measure for measure, _ in found} == {"AUC n=20", "AUC n=40", "r n=50", "r n=200"}
    for task in ("Ill_1 CRC", "Ill_2 IBD"):
        assert found["AUC n=40", PRESENCE][task] > 0.85
        assert 0.3 < nothing["AUC n=40", PRESENCE][task] < 0.7
    assert found["r n=200", PRESENCE]["Cohort age"] > 0.5
    assert abs(nothing["r n=200", PRESENCE]["Cohort age"]) < 0.3


TINY = Pretraining("tiny", settings("hurdle", epochs=3, validation_fraction=0.0), ("first layer", "bottleneck"))


def test_models_get_the_draws_of_the_baselines_and_are_used_again(tmp_path, monkeypatch):
    corpus, drawn = synthetic.corpus(), {}

    def spy(task, draw, features, labels):
        drawn.setdefault((task, draw.measure, draw.seed), []).append((tuple(draw.labelled), features.shape))
        return score(task, draw, features, labels)

    monkeypatch.setattr(protocol, "score", spy)
    told: list[str] = []
    first = run(corpus, [TINY], tmp_path, tasks=synthetic.TASKS, n_draws=2, say=told.append)
    for seen in drawn.values():
        assert len({labelled for labelled, _ in seen}) == 1
        assert [shape[1] for _, shape in seen] == [synthetic.N_SPECIES] * 3 + [32, 16]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny-0of2", "tiny-1of2"]
    assert sum("pre-training" in line for line in told) == 2
    assert all(score.value > 0.6 for score in first if score.measure == "AUC n=40")

    told.clear()
    assert run(corpus, [TINY], tmp_path, tasks=synthetic.TASKS, n_draws=2, say=told.append) == first
    assert [line for line in told if "tiny" in line] == [f"tiny-{i}of2: found, not trained again" for i in (0, 1)]
    other = TINY._replace(settings=replace(TINY.settings, seed=1))
    with pytest.raises(UsageError, match="other settings or other samples"):
        run(corpus, [other], tmp_path, tasks=synthetic.TASKS)


def test_scored_studies_are_not_trained_on(tmp_path):
    from mbembed.models.folder import load_folder

    run(synthetic.corpus(), [TINY], tmp_path, tasks=synthetic.TASKS, n_draws=1)
    studies = [load_folder(tmp_path / f"tiny-{i}of2").config["training"]["studies"] for i in (0, 1)]
    assert studies == [{"Ill_2": 64, "Unscored": 260}, {"Cohort": 260, "Ill_1": 64, "Unscored": 260}]


def test_several_samples_of_a_person_stay_in_training_but_are_not_scored(tmp_path):
    corpus = synthetic.corpus()

    def one_person(study):
        both = pl.col("sample").is_in([f"{study}-0", f"{study}-1"])
        metadata = corpus.metadata.with_columns(subject=pl.when(both).then(pl.lit("Ada")).otherwise("subject"))
        return replace(corpus, metadata=metadata)

    unchanged = run(corpus, (), tmp_path, tasks=synthetic.TASKS, n_draws=1)
    assert run(one_person("Unscored"), (), tmp_path, tasks=synthetic.TASKS, n_draws=1) == unchanged
    with pytest.raises(TableError, match="1 people of Ill_2 have several samples, such as Ada"):
        run(one_person("Ill_2"), (), tmp_path, tasks=synthetic.TASKS, n_draws=1)


def test_a_study_that_is_not_there(tmp_path):
    with pytest.raises(TableError, match="no samples of Elsewhere"):
        run(synthetic.corpus(), (), tmp_path, tasks=[*synthetic.TASKS, Task("Elsewhere", "age")])


def test_tables_by_hand():
    values = {("a", "X"): (0.6, 0.8), ("a", "Y"): (0.5, 0.7), ("b", "X"): (0.9, 0.9), ("b", "Y"): (0.6, 0.6)}
    scores = [
        Score("AUC n=20", task, name, 0, draw, value)
        for (task, name), drawn in values.items()
        for draw, value in enumerate(drawn)
    ]
    means = by_task(scores)
    assert means["AUC n=20", "X"] == pytest.approx({"a": 0.7, "b": 0.9})
    assert mean_table(means).splitlines() == [
        "| representation | AUC n=20 |",
        "|---|---|",
        "| X | **0.800** |",
        "| Y | 0.600 |",
        "",
        "Scored tasks: AUC n=20 (2).",
    ]
    # Differences 0.1 and 0.3: standard deviation 0.1414, standard error 0.1.
    assert difference_table(means, "X").splitlines()[2:] == ["| Y | +0.200 ± 0.196 |"]


def test_the_card_names_the_command_and_its_rows():
    evaluation = (ROOT / "model" / "evaluation.md").read_text(encoding="utf-8").strip()
    assert evaluation in (ROOT / "model" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "python -m benchmarks.few_labels CORPUS" in evaluation
    for name in (LOG10, CLR, PRESENCE, *(label for pretraining in PRETRAININGS for label in pretraining.labels)):
        assert f"\n| {name} | " in evaluation


@pytest.mark.slow
@pytest.mark.shared
@needs_shared("corpus/profiles.biom")
def test_plain_rows_of_the_card_come_out_again(capsys):
    """Without bold, which depends on the other rows. (The rows of models take ten minutes.)"""
    assert main([str(SHARED / "corpus"), "--only-baselines"]) == 0
    rows = capsys.readouterr().out.replace("**", "").splitlines()[2:5]
    evaluation = (ROOT / "model" / "evaluation.md").read_text(encoding="utf-8").replace("**", "")
    assert [row.split(" | ")[0] for row in rows] == [f"| {name}" for name in (LOG10, CLR, PRESENCE)]
    for row in rows:
        assert row in evaluation


@pytest.fixture
def folder(tmp_path):
    """The studies of the card in miniature, as files."""
    corpus = synthetic.corpus(TASKS, n_samples=60, n_cohort=220)
    write_profile(tmp_path / PROFILES, corpus.profile)
    corpus.metadata.write_csv(tmp_path / METADATA, separator="\t")
    return tmp_path


def test_command(folder, capsys):
    words = [str(folder), "--only-baselines", "--draws", "1"]
    assert main([*words, "--out", str(folder / "out")]) == 0
    told = capsys.readouterr()
    assert "Scored tasks: AUC n=20 (18), AUC n=40 (18), r n=50 (4), r n=200 (4)." in told.out
    assert told.out == (folder / "out" / "tables.md").read_text()
    assert told.err.splitlines()[0] == "fold 0: 760 samples to score, 980 to train on"
    scores = pl.read_csv(folder / "out" / "scores.tsv", separator="\t")
    assert scores.height == 3 * (18 * 2 + 2 * 2 * 2)
    assert scores["value"].is_between(-1, 1).all()
    assert main(words) == 0
    assert capsys.readouterr().out == told.out


def test_corpus_as_files_is_the_corpus(folder):
    read, made = read_corpus(folder), synthetic.corpus(TASKS, n_samples=60, n_cohort=220)
    assert read.profile.sample_ids == made.profile.sample_ids
    assert read.metadata.equals(made.metadata)


def lines(path):
    return path.read_text().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("change", "message", "status"),
    [
        (lambda path: path.unlink(), "cannot be read", 2),
        (lambda path: path.write_text(path.read_text().replace("subject", "person", 1)), "no column subject", 2),
        (lambda path: path.write_text("".join(lines(path)[:-1])), "1 samples of profiles.biom are not", 1),
        (lambda path: path.write_text("".join([*lines(path), lines(path)[-1]])), "several lines for one", 1),
    ],
)
def test_metadata_that_cannot_be_used(folder, capsys, change, message, status):
    change(folder / METADATA)
    assert main([str(folder), "--only-baselines"]) == status
    assert message in capsys.readouterr().err
