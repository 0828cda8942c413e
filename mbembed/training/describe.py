"""Add to a model what it should know of its training samples; its vectors stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load_file

from mbembed import __version__
from mbembed.errors import UsageError
from mbembed.models.folder import DECODER, STATISTICS, WEIGHTS, read_species
from mbembed.models.statistics import RECONSTRUCTION
from mbembed.models.writing import FILLED_IN, write_folder
from mbembed.training.calibration import HeldOut, calibrate
from mbembed.training.card import write_card
from mbembed.training.data import stack_profiles
from mbembed.training.settings import NAMES, UNITS

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile
    from mbembed.training.data import Corpus

__all__ = ["column_kind", "describe", "kept_texts", "pass_on"]


def describe(
    model: Model,
    profiles: Sequence[Profile],
    out: str | os.PathLike[str],
    *,
    pretrained: Model | None = None,
    groups: Mapping[str, str] | None = None,
    map_columns: Mapping[str, Sequence[str]] | None = None,
    command: str = "",
    notes: str = "",
) -> Model:
    """Write a copy of a model with statistics of its training samples, and with a decoder.

    Parameters
    ----------
    model : Model
    profiles : sequence of Profile
        Its training samples.
    out : path-like
        The model folder to make.
    pretrained : Model, optional
        The model that its readout was fitted on; its decoder, the percentiles of its reconstruction
        error and the record of its training are taken over. Default: those of ``model`` itself.
    groups : mapping of str to str, optional
        Sample id → study: distances are calibrated on studies that were held out.
    map_columns : mapping of str to sequence of str, optional
        As in :func:`mbembed.training.readout.add_readout`.
    command, notes : str
        For the configuration and the card.

    Returns
    -------
    Model

    Raises
    ------
    UsageError
        If the first layers of the two models differ, or nothing is known of the training.
    TrainingError
        If the tables do not fit the model.
    OutputError
        If ``out`` exists or cannot be written.
    """
    source = pretrained or model
    _check_trained_here(source)
    _check_same_layer(model, source)
    corpus = stack_profiles(profiles, groups, closure=str(model.config["closure"]), columns=column_kind(model))
    entries, optional, held_out = pass_on(source)
    fractions = corpus.in_columns(model.species)
    entries["statistics"], optional[STATISTICS] = calibrate(
        model.encode(fractions),
        fractions,
        corpus.groups,
        held_out=held_out,
        columns=kept_texts(map_columns or {}, corpus, profiles),
    )
    entries["statistics"] |= {"mbembed": __version__, "command": command, "data_sha256": corpus.sha256()}
    config = {**{key: value for key, value in model.config.items() if key not in FILLED_IN}, **entries}
    config["training"] = source.config["training"]
    return write_folder(
        out,
        config=config,
        tensors=load_file(model.path / WEIGHTS),
        species=read_species(model.path),
        card=write_card(config, notes),
        optional=optional,
    )


def pass_on(source: Model) -> tuple[dict[str, Any], dict[str, Mapping[str, NDArray[Any]]], HeldOut | None]:
    """Return what a copy of a pre-trained model takes over, all of it possibly empty.

    Returns
    -------
    entries : dict
        The decoder in ``config.json``.
    optional : dict
        Its tensors.
    held_out : HeldOut or None
    """
    if source.decoder is None:
        return {}, {}, None
    held_out = None
    if source.statistics and RECONSTRUCTION in source.statistics.quantiles:
        n_networks = int(source.config["statistics"]["n_networks"])
        held_out = HeldOut(source.statistics.quantiles[RECONSTRUCTION], n_networks)
    return {"decoder": source.config["decoder"]}, {DECODER: load_file(source.path / DECODER)}, held_out


def column_kind(model: Model) -> str:
    """Return what the columns of a model are: names or units."""
    return UNITS if "unit" in model.nomenclature else NAMES


def kept_texts(
    columns: Mapping[str, Sequence[str]], corpus: Corpus, profiles: Sequence[Profile]
) -> dict[str, list[str]]:
    """Return the texts of the samples that the corpus kept; given for all samples of the profiles."""
    ids = [sample for profile in profiles for sample in profile.sample_ids]
    gone = set(corpus.left_out)
    return {
        name: [text for sample, text in zip(ids, texts, strict=True) if sample not in gone]
        for name, texts in columns.items()
    }


def _check_trained_here(source: Model) -> None:
    if "training" not in source.config:
        raise UsageError(
            f"the model {source.name!r} holds no record of its training",
            expected="a model of 'mbembed pretrain' or 'mbembed readout': its closure and columns are needed",
            hint="mbembed pretrain, as docs/pretraining.md shows",
        )


def _check_same_layer(model: Model, source: Model) -> None:
    first, own = model.encoder.stages[0].weight, source.encoder.stages[0].weight
    width = own.shape[1]
    if model.species != source.species or not np.array_equal(first[:, :width], own):
        raise UsageError(
            f"the first layer of {model.name!r} is not that of {source.name!r}",
            expected="the model that the readout was fitted on: its decoder reads that layer",
            hint="--pretrained DIR, as given to 'mbembed readout'",
        )
