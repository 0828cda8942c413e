from __future__ import annotations

import argparse

import pytest

from mbembed.cli import pretrain as command
from mbembed.errors import UsageError
from mbembed.models.folder import load_folder
from tests.training.synthetic import corpus


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return parser.parse_args(["pretrain", *words])


@pytest.fixture
def tables(tmp_path):
    """Two tables of fractions, samples in rows, and their metadata."""
    rows = ["sample\tstudy"]
    for number, prefix in enumerate("AB"):
        profile, groups = corpus(60, seed=number, prefix=prefix)
        profile.to_frame().to_csv(tmp_path / f"{prefix}.tsv", sep="\t")
        rows += [f"{sample}\t{prefix}_{study}" for sample, study in groups.items()]
    (tmp_path / "samples.tsv").write_text("\n".join(rows) + "\n")
    return tmp_path


SMALL = ("--orientation", "samples-in-rows", "--epochs", "3", "--hidden", "16", "--threads", "1", "--batch-size", "32")


@pytest.mark.parametrize(("text", "expected"), [("0.3", (0.3, 0.3)), ("0.1-0.9", (0.1, 0.9))])
def test_mask(text, expected):
    assert parse("x.tsv", "-o", "m", "--mask", text).mask == expected


@pytest.mark.parametrize("text", ["most", "0.1-", "-0.2-0.4", "0.1-0.2-0.3"])
def test_mask_that_is_no_number(text, capsys):
    with pytest.raises(SystemExit) as caught:
        parse("x.tsv", "-o", "m", f"--mask={text}")
    assert caught.value.code == 2
    assert "neither a ratio such as 0.3 nor a range such as 0.1-0.9" in capsys.readouterr().err


def test_tables_in_model_folder_out(tables, capsys):
    words = [
        "--metadata",
        str(tables / "samples.tsv"),
        "--group",
        "study",
        "--validation-studies",
        "A_study_1",
        "B_study_2",
    ]
    args = parse(
        str(tables / "A.tsv"), str(tables / "B.tsv"), "-o", str(tables / "mine"), *words, *SMALL, "--loss", "hurdle"
    )
    assert args.run(args) == 0
    model = load_folder(tables / "mine")
    assert model.name == "mine"
    assert (model.n_inputs, model.n_dimensions) == (40, 256)
    assert model.config["training"]["studies_held_out"] == {"A_study_1": 10, "B_study_2": 10}
    assert [table["samples"] for table in model.config["training"]["tables"]] == [60, 60]
    told = capsys.readouterr()
    assert told.out == ""
    for text in (
        "Training on 100 samples of 10 studies × 40 of 40 species",
        "Epoch 3 of 3: loss",
        "Held-out loss",
        "Wrote",
    ):
        assert text in told.err


def test_notes_and_texts_reach_the_card(tables):
    (tables / "notes.md").write_text("## Evaluation\n\nnot yet\n")
    texts = (
        "--name",
        "own",
        "--licence",
        "CC0-1.0",
        "--citation",
        "nobody",
        "--nomenclature",
        "invented names",
        "--corpus",
        "two tables",
    )
    args = parse(str(tables / "A.tsv"), "-o", str(tables / "mine"), *SMALL, *texts, "--notes", str(tables / "notes.md"))
    assert args.run(args) == 0
    card = (tables / "mine" / "MODEL_CARD.md").read_text()
    for text in ("# own", "CC0-1.0", "invented names", "two tables", "nobody", "## Evaluation\n\nnot yet"):
        assert text in card


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--metadata", "x.tsv"], "--metadata was given without --group"),
        (["--group", "study"], "--group was given without --metadata"),
        (["--mask", "1.5"], "--mask 1.5-1.5 is not possible"),
        (["--embedding", "bottleneck"], "--bottleneck 256"),
        (["--notes", "none.md"], "the notes none.md cannot be read"),
        (["--epochs", "0"], "--epochs 0 is not possible"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_read(words, message):
    args = parse("no-such-table.tsv", "-o", "m", *words)
    with pytest.raises(UsageError) as caught:
        args.run(args)
    assert message in str(caught.value)


def test_without_torch_the_extra_is_named_first(monkeypatch):
    monkeypatch.setattr("mbembed.extras.find_spec", lambda module: None)
    args = parse("no-such-table.tsv", "-o", "m", "--epochs", "0")
    with pytest.raises(UsageError, match=r'pip install "mbembed\[torch\]"'):
        args.run(args)
