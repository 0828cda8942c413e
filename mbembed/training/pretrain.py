"""One pre-training run: from profiles to a model folder."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from mbembed import __version__
from mbembed.errors import OutputError, UsageError
from mbembed.models.encoder import Encoder, fold
from mbembed.models.folder import DECODER, STATISTICS
from mbembed.models.writing import write_folder
from mbembed.training.calibration import HeldOut, calibrate, quantiles_of
from mbembed.training.card import NOT_STATED, write_card
from mbembed.training.checkpoint import checkpoint_path, load_checkpoint, save_checkpoint
from mbembed.training.data import stack_profiles
from mbembed.training.folds import make_folds
from mbembed.training.held_out import held_out_surprise, stored_decoder
from mbembed.training.loop import baseline_loss, start_state, train
from mbembed.training.record import Description, run_record, versions
from mbembed.training.settings import HURDLE, UNITS
from mbembed.training.split import split_corpus
from mbembed.training.statistics import embedding_statistics
from mbembed.training.units import UNIT_NOMENCLATURE, unobservable_columns

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scipy.sparse import csr_array

    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile
    from mbembed.training.data import Corpus
    from mbembed.training.loop import Epoch, TrainingState
    from mbembed.training.settings import Settings
    from mbembed.training.split import Split

__all__ = ["Description", "pretrain"]


def pretrain(
    profiles: Sequence[Profile],
    out: str | os.PathLike[str],
    settings: Settings,
    description: Description,
    *,
    groups: Mapping[str, str] | None = None,
    resume: bool = False,
    say: Callable[[str], None] = lambda _: None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
) -> Model:
    """Pre-train a masked autoencoder and write its encoder as a model folder.

    A checkpoint lies beside ``out`` (``OUT.checkpoint``) until the folder is written. The
    same profiles, settings and versions give the same weights, byte for byte on one machine,
    interrupted and resumed or not.

    Parameters
    ----------
    profiles : sequence of Profile
        Stacked on the union of their species names. They must be of one nomenclature.
    out : path-like
        The model folder to make; must not exist.
    settings : Settings
    description : Description
    groups : mapping of str to str, optional
        Sample id → study; whole studies are then held out.
    resume : bool
        Whether to go on from the checkpoint of an interrupted run, if there is one.
    say : callable
        Gets sentences about what was decided, before the first epoch.
    on_epoch : callable
        Gets every finished epoch; after resuming, also those before the interruption.

    Returns
    -------
    Model

    Raises
    ------
    TrainingError
        If the data are not enough or the loss stops being a number.
    UsageError
        If an interrupted run is in the way, or the checkpoint is of another run.
    OutputError
        If ``out`` exists or cannot be written.
    """
    target = Path(out)
    checkpoint = checkpoint_path(target)
    _check_target(target, checkpoint, resume=resume)
    corpus = stack_profiles(profiles, groups, closure=settings.closure, columns=settings.columns)
    split = split_corpus(corpus, settings)
    training, validation = (corpus.fractions[rows][:, split.columns] for rows in (split.training, split.validation))
    _say_data(say, corpus, split)
    with _threads(settings.threads):
        state = start_state(len(split.columns), len(split.training), settings)
        identity = {**settings.to_json(), "data": corpus.sha256(), "versions": versions()}
        if resume and checkpoint.exists():
            load_checkpoint(checkpoint, state, identity)
            say(f"Resumed after epoch {len(state.history)} of {settings.epochs}")
            for epoch in state.history:
                on_epoch(epoch)

        def after_epoch(state: TrainingState) -> None:
            save_checkpoint(checkpoint, state, identity)
            on_epoch(state.history[-1])

        train(state, training, validation, settings, on_epoch=after_epoch)
        baseline = baseline_loss(training, validation, settings) if len(split.validation) else None
        studies = [corpus.groups[row] for row in split.training] if corpus.groups else []
        held_out = None
        if settings.calibration_folds:
            folds = make_folds(studies, len(split.training), settings.calibration_folds)
            say(
                f"Training {folds.number} networks, each without a part of the {folds.unit}, to see what they make of it"
            )
            errors = held_out_surprise(training, validation, folds, settings, say=say)
            held_out = HeldOut(quantiles_of(errors), folds.number)
    model = _write(
        target,
        state,
        corpus,
        split,
        settings,
        description,
        profiles=profiles,
        baseline=baseline,
        training=training,
        studies=studies,
        held_out=held_out,
    )
    checkpoint.unlink(missing_ok=True)
    return model


def _write(
    target: Path,
    state: TrainingState,
    corpus: Corpus,
    split: Split,
    settings: Settings,
    description: Description,
    *,
    profiles: Sequence[Profile],
    baseline: float | None,
    training: csr_array,
    studies: Sequence[str],
    held_out: HeldOut | None,
) -> Model:
    layers, tensors = state.network.embedding_layers(), state.network.embedding_tensors()
    encoder = Encoder(fold(layers, tensors))
    tensors["embedding_mean"], tensors["embedding_std"] = embedding_statistics(
        encoder, training, settings.preprocessing
    )
    entries: dict[str, object] = {}
    optional = {}
    entries["statistics"], optional[STATISTICS] = calibrate(
        encoder.encode(settings.preprocessing.apply(training)), training, studies, held_out=held_out
    )
    if settings.loss == HURDLE:
        entries["decoder"], optional[DECODER] = stored_decoder(
            state.network.first_stage(), state.network.decoder_stages()
        )
    names = [corpus.species[column] for column in split.columns]
    record = run_record(state, corpus, split, settings, description, profiles=profiles, baseline=baseline)
    config = {
        "name": description.name,
        "licence": description.licence or NOT_STATED,
        "citation": description.citation or NOT_STATED,
        "source": f"pre-trained by mbembed {__version__} on {record['n_samples']} samples: {description.corpus or NOT_STATED}",
        "species": _species_entry(names, settings, description),
        "closure": settings.closure,
        "preprocessing": settings.preprocessing.to_config(),
        "layers": layers,
        **entries,
        "training": record,
    }
    species = [
        {"name": name, "prevalence": f"{prevalence:.6g}", "mean_fraction": f"{mean:.6g}"}
        for name, prevalence, mean in zip(names, split.prevalence, split.mean, strict=True)
    ]
    return write_folder(
        target,
        config=config,
        tensors=tensors,
        species=species,
        card=write_card(config, description.notes),
        optional=optional,
    )


def _species_entry(names: Sequence[str], settings: Settings, description: Description) -> dict[str, object]:
    if settings.columns != UNITS:
        return {"nomenclature": description.nomenclature}
    return {"nomenclature": UNIT_NOMENCLATURE, "unobservable": unobservable_columns(names)}


def _check_target(target: Path, checkpoint: Path, *, resume: bool) -> None:
    if target.exists():
        raise OutputError(
            f"{target} exists already", expected="a new folder", hint="another name for -o, or remove it first"
        )
    if checkpoint.exists() and not resume:
        raise UsageError(
            f"an interrupted run has left {checkpoint}",
            expected="to go on with it, or to start anew",
            hint="--resume to go on; remove that file to start anew",
            path=str(checkpoint),
        )


def _say_data(say: Callable[[str], None], corpus: Corpus, split: Split) -> None:
    if corpus.left_out:
        say(f"Left out {len(corpus.left_out)} samples without any abundance, such as {corpus.left_out[0]}")
    studies = f" of {len(corpus.group_sizes()) - len(split.studies)} studies" if corpus.groups else ""
    say(f"Training on {len(split.training)} samples{studies} × {len(split.columns)} of {len(corpus.species)} species")
    if len(split.validation):
        names = f" ({', '.join(split.studies)})" if split.studies else ""
        say(f"Held out {len(split.validation)} samples{names}")
    else:
        say("Nothing is held out: the last epoch is kept")


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Compute on so many CPU threads: the way sums are split decides their last digits."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
