from __future__ import annotations

import pytest

from mbembed.cli.main import main
from mbembed.models.folder import load_folder
from mbembed.training.pretrain import pretrain
from mbembed.training.record import Description
from tests.training.synthetic import corpus, settings

N_SAMPLES = 480


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A pre-trained model, its table, and metadata with an age that is not known of every third sample."""
    path = tmp_path_factory.mktemp("readout")
    profile, groups = corpus(N_SAMPLES)
    profile.to_frame().to_csv(path / "table.tsv", sep="\t")
    rows = [f"{one}\t{study}\t{'' if i % 3 == 0 else 20 + i % 50}" for i, (one, study) in enumerate(groups.items())]
    (path / "samples.tsv").write_text("\n".join(["sample\tstudy\tage", *rows]) + "\n")
    chosen = settings("hurdle", bottleneck=0, embedding=None, validation_fraction=0.0, epochs=1)
    pretrain([profile], path / "model", chosen, Description(name="tiny"), groups=groups)
    return path


def readout(folder, out, *words):
    return main(
        [
            "readout",
            str(folder / "model"),
            str(folder / "table.tsv"),
            "--orientation",
            "samples-in-rows",
            "-o",
            str(out),
            *words,
        ]
    )


def test_labels_from_the_metadata_reach_the_model(folder, tmp_path, capsys):
    words = ("--metadata", str(folder / "samples.tsv"), "--group", "study", "--labels", "age")
    assert readout(folder, tmp_path / "mine", *words) == 0
    assert "Label age: 320 samples" in capsys.readouterr().err
    model = load_folder(tmp_path / "mine")
    assert model.config["readout"]["label_axes"] == {"age": 320}
    assert model.config["training"] == load_folder(folder / "model").config["training"]
    assert "age (320)" in (tmp_path / "mine" / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_a_table_given_twice_is_refused_in_words(folder, tmp_path, capsys):
    words = ("--metadata", str(folder / "samples.tsv"), "--group", "study", "--labels", "age")
    assert main(["readout", str(folder / "model"), *[str(folder / "table.tsv")] * 2, "-o", str(tmp_path / "mine"),
                 "--orientation", "samples-in-rows", *words]) != 0  # fmt: skip
    assert "480 sample ids stand in more than one table" in capsys.readouterr().err


def test_without_labels_nothing_but_the_tables_is_needed(folder, tmp_path):
    assert readout(folder, tmp_path / "mine") == 0
    assert load_folder(tmp_path / "mine").config["readout"]["label_axes"] == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--labels", "age"), "--labels was given without --metadata and --group"),
        (("--group", "study"), "--group was given without --metadata"),
        (("--metadata", "SAMPLES", "--group", "study", "--labels", "height"), "has no column 'height'"),
    ],
)
def test_what_is_missing_is_said(folder, tmp_path, capsys, words, message):
    words = [str(folder / "samples.tsv") if word == "SAMPLES" else word for word in words]
    assert readout(folder, tmp_path / "mine", *words) != 0
    assert message in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()
