from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from mbembed.errors import OutputError, TrainingError, UsageError
from mbembed.models.folder import load_folder
from mbembed.training.checkpoint import checkpoint_path
from mbembed.training.pretrain import pretrain
from mbembed.training.record import Description
from tests.helpers import ROOT
from tests.training.interrupted import train
from tests.training.synthetic import corpus, settings

if TYPE_CHECKING:
    from pathlib import Path


def run(out: Path, chosen, *, groups: bool = True, **options):
    profile, studies = corpus()
    return pretrain([profile], out, chosen, Description(name="tiny"), groups=studies if groups else None, **options)


def weights(model) -> bytes:
    return (model.path / "weights.safetensors").read_bytes()


class InterruptionError(Exception):
    """Stands for whatever ends a run between two epochs."""


def stop_after(number: int):
    def on_epoch(epoch):
        if epoch.number == number:
            raise InterruptionError

    return on_epoch


@pytest.mark.parametrize("loss", ["masked-mse", "hurdle"])
def test_learns_more_than_the_mean_on_held_out_studies(tmp_path, loss):
    model = run(tmp_path / "m", settings(loss, epochs=25, validation_fraction=0.3))
    record = model.config["training"]
    assert len(record["studies_held_out"]) == 2
    assert record["held_out_loss"] < 0.8 * record["held_out_baseline"]


def test_noise_has_nothing_to_learn(tmp_path):
    profile, groups = corpus()
    generator = np.random.default_rng(1)
    dense = profile.values.toarray()
    for column in dense.T:
        generator.shuffle(column)
    noise = replace(profile, values=type(profile.values)(dense))
    model = pretrain(
        [noise], tmp_path / "m", settings(epochs=10), Description(name="noise"), groups=groups, on_epoch=lambda _: None
    )
    record = model.config["training"]
    assert record["held_out_loss"] > 0.95 * record["held_out_baseline"]


def test_same_command_same_bytes_and_another_seed_others(tmp_path):
    first = weights(run(tmp_path / "a", settings("hurdle")))
    torch.rand(7)  # the state of torch's own generator must not matter, nor be touched
    before = torch.get_rng_state()
    assert weights(run(tmp_path / "b", settings("hurdle"))) == first
    assert torch.equal(torch.get_rng_state(), before)
    assert weights(run(tmp_path / "c", settings("hurdle", seed=1))) != first


def test_the_folder_is_whole_and_says_how_it_was_made(tmp_path):
    profile, groups = corpus()
    description = Description(
        name="tiny",
        corpus="synthetic",
        nomenclature="made up",
        licence="CC0",
        notes="## Evaluation\n\nnone",
        command="mbembed pretrain x",
    )
    pretrain([profile], tmp_path / "m", settings("hurdle"), description, groups=groups)
    model = load_folder(tmp_path / "m")
    record = model.config["training"]
    assert (model.name, model.nomenclature, model.config["licence"], model.config["closure"]) == (
        "tiny",
        "made up",
        "CC0",
        "input",
    )
    assert (model.n_inputs, model.n_dimensions) == (40, 16)
    assert model.preprocessing.absent == 0.0
    assert record["n_samples"] + record["n_held_out"] == 240
    assert record["n_studies"] == 5
    assert sum(record["studies"].values()) == record["n_samples"]
    assert record["settings"]["seed"] == 0
    assert set(record["versions"]) == {"mbembed", "torch", "numpy", "python"}
    card = (tmp_path / "m" / "MODEL_CARD.md").read_text()
    for text in (
        "# tiny",
        "CC0",
        "made up",
        "synthetic",
        "## Evaluation",
        "mbembed pretrain x",
        "| study_0 | 40 |",
        "seed 0",
        "Limits",
    ):
        assert text in card
    header, *rows = (tmp_path / "m" / "species.tsv").read_text().splitlines()
    assert header == "name\tprevalence\tmean_fraction"
    assert len(rows) == 40
    vectors = model.encoder.encode(model.preprocessing.apply(profile.values))
    assert vectors.shape == (240, 16)
    assert np.isfinite(vectors).all()
    assert vectors.std(axis=0).min() > 0


def test_statistics_of_the_embedding_are_those_of_the_training_samples(tmp_path):
    model = run(tmp_path / "m", settings(validation_fraction=0.0))
    profile, _ = corpus()
    order = [profile.taxon_names.index(name) for name in model.species]
    vectors = model.encoder.encode(model.preprocessing.apply(profile.values[:, order]))
    tensors = load_file(model.path / "weights.safetensors")
    np.testing.assert_allclose(tensors["embedding_mean"], vectors.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(tensors["embedding_std"], vectors.std(axis=0), atol=1e-5)


@pytest.mark.parametrize("loss", ["masked-mse", "hurdle"])
def test_resuming_gives_what_the_uninterrupted_run_gives(tmp_path, loss):
    whole = weights(run(tmp_path / "whole", settings(loss)))
    with pytest.raises(InterruptionError):
        run(tmp_path / "m", settings(loss), on_epoch=stop_after(4))
    assert checkpoint_path(tmp_path / "m").exists()
    assert not (tmp_path / "m").exists()
    seen, said = [], []
    resumed = run(tmp_path / "m", settings(loss), resume=True, on_epoch=seen.append, say=said.append)
    assert weights(resumed) == whole
    assert [epoch.number for epoch in seen] == [1, 2, 3, 4, 5, 6]
    assert "Resumed after epoch 4 of 6" in said
    assert not checkpoint_path(tmp_path / "m").exists()


@pytest.mark.slow
def test_resuming_after_kill_9(tmp_path):
    whole = train(str(tmp_path / "whole"))
    out = tmp_path / "m"
    command = [sys.executable, "-m", "tests.training.interrupted", str(out)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if int(line) == 7:
                process.send_signal(signal.SIGKILL)
                break
        assert process.wait() == -signal.SIGKILL
    assert not out.exists()
    assert checkpoint_path(out).exists()
    assert train(str(out), resume=True) == whole


def test_resume_without_a_checkpoint_starts_from_the_beginning(tmp_path):
    assert weights(run(tmp_path / "a", settings(), resume=True)) == weights(run(tmp_path / "b", settings()))


def test_early_stopping_keeps_the_best_epoch(tmp_path):
    # A huge learning rate at its peak makes the held-out loss worse after a good start.
    chosen = settings(epochs=60, patience=3, learning_rate=0.3, seed=2)
    epochs = []
    record = run(tmp_path / "m", chosen, on_epoch=epochs.append).config["training"]
    losses = [epoch.validation_loss for epoch in epochs]
    assert record["epochs_run"] == len(losses) < 60
    assert record["epoch_kept"] == losses.index(min(losses)) + 1 == len(losses) - 3
    assert record["held_out_loss"] == min(losses)


def test_nothing_held_out_runs_all_epochs(tmp_path):
    record = run(tmp_path / "m", settings(validation_fraction=0.0, patience=1)).config["training"]
    assert (record["epochs_run"], record["epoch_kept"], record["held_out_loss"]) == (6, 6, None)
    assert "No samples were held out" in (tmp_path / "m" / "MODEL_CARD.md").read_text()


def test_a_checkpoint_holds_no_pickle(tmp_path):
    with pytest.raises(InterruptionError):
        run(tmp_path / "m", settings(), on_epoch=stop_after(1))
    data = checkpoint_path(tmp_path / "m").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert json.loads(header["__metadata__"]["state"])["best_epoch"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["m.checkpoint"]


def test_an_interrupted_run_is_not_overwritten(tmp_path):
    with pytest.raises(InterruptionError):
        run(tmp_path / "m", settings(), on_epoch=stop_after(1))
    with pytest.raises(UsageError, match="--resume"):
        run(tmp_path / "m", settings())


@pytest.mark.parametrize("change", [{"seed": 5}, {"epochs": 7}, {"hidden": 33}, {"min_prevalence": 0.3}])
def test_resume_with_other_settings(tmp_path, change):
    with pytest.raises(InterruptionError):
        run(tmp_path / "m", settings(), on_epoch=stop_after(1))
    name, value = next(iter(change.items()))
    with pytest.raises(UsageError, match=f"of another run: {name} was .*, now {value}"):
        run(tmp_path / "m", settings(**change), resume=True)


def test_resume_with_other_data(tmp_path):
    with pytest.raises(InterruptionError):
        run(tmp_path / "m", settings(), on_epoch=stop_after(1))
    with pytest.raises(UsageError, match="of another run: data was"):
        run(tmp_path / "m", settings(), resume=True, groups=False)


@pytest.mark.parametrize("damage", [lambda data: data[:100], lambda data: b"", lambda data: b"\x80\x04cos\nsystem\n."])
def test_resume_from_a_damaged_checkpoint(tmp_path, damage):
    with pytest.raises(InterruptionError):
        run(tmp_path / "m", settings(), on_epoch=stop_after(1))
    path = checkpoint_path(tmp_path / "m")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(TrainingError, match="is damaged"):
        run(tmp_path / "m", settings(), resume=True)


def test_output_exists(tmp_path):
    (tmp_path / "m").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        run(tmp_path / "m", settings())


def test_a_loss_that_explodes(tmp_path):
    with pytest.raises(TrainingError, match=r"the (training|held-out) loss became (nan|inf).*--learning-rate 1e\+29"):
        run(tmp_path / "m", settings(learning_rate=1e30))
    assert not (tmp_path / "m").exists()
