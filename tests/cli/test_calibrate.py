"""``mbembed calibrate``: a model learns what its training samples look like."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file

from mbembed.cli.main import main
from mbembed.models.folder import load_folder
from mbembed.training.pretrain import pretrain
from mbembed.training.record import Description
from tests.helpers import ROOT
from tests.training.synthetic import corpus, settings


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A pre-trained model and its samples, as files."""
    folder = tmp_path_factory.mktemp("calibrate")
    profile, groups = corpus()
    chosen = settings("hurdle", bottleneck=0, validation_fraction=0.0, epochs=1)
    pretrain([profile], folder / "m", chosen, Description(name="m"), groups=groups)
    profile.to_frame().to_csv(folder / "table.tsv", sep="\t")
    lines = [f"{sample}\t{study}\t{'AUT' if i % 2 else 'ITA'}" for i, (sample, study) in enumerate(groups.items())]
    (folder / "samples.tsv").write_text("\n".join(["sample\tstudy\tcountry", *lines]) + "\n", encoding="utf-8")
    return folder


def test_command(files, tmp_path, capsys) -> None:
    table, metadata, out = files / "table.tsv", files / "samples.tsv", tmp_path / "known"
    argv = ["calibrate", str(files / "m"), str(table), "-o", str(out), "--orientation", "samples-in-rows"]
    assert main([*argv, "--metadata", str(metadata), "--group", "study", "--map-columns", "country"]) == 0
    told = capsys.readouterr().err
    assert "the vectors of m as before" in told
    assert "no sample can be judged" in told  # it was pre-trained without --calibration-folds
    model, before = load_folder(out), load_folder(files / "m")
    assert model.weights_sha256 == before.weights_sha256
    assert [one.name for one in model.reference.centroids] == ["country: AUT", "country: ITA"]
    first, second = (load_file(one.path / "decoder.safetensors") for one in (model, before))
    assert all(np.array_equal(first[name], second[name]) for name in second)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--map-columns", "country"], "--map-columns was given without --metadata and --group"),
        (["--group", "study"], "--group was given without --metadata"),
        (["--pretrained", "nosuch"], "no model named 'nosuch' is installed"),
    ],
)
def test_command_refuses(files, tmp_path, capsys, options: list[str], message: str) -> None:
    out = tmp_path / "no"
    assert main(["calibrate", str(files / "m"), str(files / "table.tsv"), "-o", str(out), *options]) != 0
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_a_model_without_a_record_of_its_training_is_refused(files, tmp_path, capsys) -> None:
    golden = ROOT / "tests" / "data" / "golden" / "model"
    out = tmp_path / "no"
    reading = [str(files / "table.tsv"), "--orientation", "samples-in-rows"]
    assert main(["calibrate", str(golden), *reading, "-o", str(out)]) == 2
    assert "the model 'golden' holds no record of its training" in capsys.readouterr().err
    assert not out.exists()
