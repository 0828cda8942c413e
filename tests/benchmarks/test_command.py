"""``python -m benchmarks.representation``: files, tables, and refusals."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from benchmarks.representation.__main__ import MODELS, SCORES, SUMMARY, TABLES, main
from benchmarks.representation.corpus import METADATA, PROFILES, read_corpus
from benchmarks.representation.rows import SHIPPED, WORDS
from benchmarks.representation.tasks import FOLDS
from benchmarks.representation.writing import BEGIN, END
from mbembed.errors import TableError, UsageError
from mbembed.outputs.profile_writers import write_profile
from tests.benchmarks import synthetic
from tests.helpers import SHARED, needs_shared


@pytest.fixture
def folder(tmp_path):
    """The studies of fold C in miniature and some to train on, as files."""
    cases: dict[str, tuple[str, ...]] = dict.fromkeys(FOLDS[2].studies, ())
    cases |= {question.studies[0]: (question.case,) for question in FOLDS[2].questions if question.case}
    corpus = synthetic.corpus({**cases, "Elsewhere": ("CRC", "IBD", "T2D"), "Cohort": ()}, n_samples=48)
    write_profile(tmp_path / PROFILES, corpus.profile)
    corpus.metadata.write_csv(tmp_path / METADATA, separator="\t")
    return tmp_path


def test_baselines(folder, capsys):
    page, out = folder / "page.md", folder / "out"
    page.write_text(f"Before\n{BEGIN}\n{END}\nAfter\n", encoding="utf-8")
    command = [str(folder), "--out", str(out), "--only-baselines", "--only-folds", "C", "--repeats", "2"]
    assert main([*command, "--write", str(page)]) == 0
    tables = capsys.readouterr().out
    assert tables == (out / TABLES).read_text(encoding="utf-8")
    assert tables.strip() in page.read_text(encoding="utf-8")
    assert SHIPPED not in tables
    frame = pd.read_csv(out / SCORES, sep="\t")
    assert set(frame["fold"]) == {"C"}
    assert set(frame["task"]) >= {"NielsenHB_2014 IBD", "YeZ_2018 BD", "QinN_2014 bmi (controls)"}
    summary = json.loads((out / SUMMARY).read_text(encoding="utf-8"))
    assert list(summary["folds"]) == ["C"]
    assert "LiJ_2014" in summary["folds"]["C"]["held_out"]
    assert "LiJ_2014" not in set(frame["study"])
    first = (out / SCORES).read_bytes()
    assert main(command) == 0
    assert (out / SCORES).read_bytes() == first
    assert not (out / MODELS).exists()


@pytest.mark.slow
def test_models(folder, capsys):
    out = folder / "out"
    command = [str(folder), "--out", str(out), "--epochs", "1", "--only-folds", "C", "--repeats", "1"]
    assert main([*command, "--as-published"]) == 0
    tables = capsys.readouterr().out
    for row in ("masked-mse", "mae-units", "readout-self", SHIPPED):
        assert f"| {WORDS[row]} |" in tables
    assert "### Against the goals" in tables
    assert (out / "gains.svg").exists()
    models = json.loads((out / SUMMARY).read_text(encoding="utf-8"))["folds"]["C"]["models"]
    assert {studies for model in models.values() for studies in model["studies"]} == {"Elsewhere", "Cohort"}
    assert "condition: IBD" not in models[SHIPPED]["label_axes"]
    assert "condition: CRC" in models[SHIPPED]["label_axes"]


def test_what_is_wrong_is_said_before_work_begins(folder, capsys):
    assert main([str(folder), "--only-baselines", "--write", str(folder / METADATA)]) == 2
    assert "does not say where the tables belong" in capsys.readouterr().err
    assert main([str(folder), "--only-baselines", "--only-folds", "A", "--out", str(folder / "out")]) == 1
    assert "the corpus has no samples of FengQ_2015" in capsys.readouterr().err


def test_a_corpus_that_cannot_be_read(folder):
    with pytest.raises(UsageError, match="cannot be read"):
        read_corpus(folder / "nowhere")
    text = (folder / METADATA).read_text(encoding="utf-8")
    (folder / METADATA).write_text(text.rsplit("\n", 2)[0] + "\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"1 samples of profiles\.biom are not in metadata\.tsv"):
        read_corpus(folder)
    (folder / METADATA).write_text("sample\tstudy\na\tb\n", encoding="utf-8")
    with pytest.raises(UsageError, match="has no column subject, condition, age, bmi, sex"):
        read_corpus(folder)


@pytest.mark.slow
@pytest.mark.shared
@needs_shared("corpus/profiles.biom")
def test_baselines_on_the_corpus(tmp_path, capsys):
    out = tmp_path / "out"
    command = [str(SHARED / "corpus"), "--only-baselines", "--only-folds", "C", "--repeats", "2", "--out", str(out)]
    assert main(command) == 0
    scores = json.loads((out / SUMMARY).read_text(encoding="utf-8"))["scores"]
    found = {(one["measure"], one["row"]): one["mean"] for one in scores}
    # Case-control studies of strong diseases: cirrhosis and soil-transmitted helminths are told easily.
    assert found["AUC, 40 labels", "presence"] > 0.75
    assert found["AUC, 20 labels", "log"] < found["AUC, 20 labels", "presence-units"]
