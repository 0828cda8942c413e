"""A linear readout on a pre-trained encoder: which of what it knows should weigh, and how much.

The hidden units of a masked autoencoder weigh what helps to fill in species. The readout keeps
them, adds the detection of each species, stresses the directions along which labelled
training samples of one study differ, and sets beside them a block of abundances above a
floor that every profiler reaches, scaled so that it decides distances. All of it is one
linear layer, fitted in closed form with NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed import __version__
from mbembed.errors import TrainingError, UsageError
from mbembed.models.encoder import Encoder, fold
from mbembed.models.folder import STATISTICS, read_species
from mbembed.models.writing import FILLED_IN, write_folder
from mbembed.training.calibration import calibrate
from mbembed.training.card import write_card
from mbembed.training.data import stack_profiles
from mbembed.training.describe import column_kind, kept_texts, pass_on
from mbembed.training.features import DETECTED, Features, hidden_stage, join_stages, switch_stage
from mbembed.training.statistics import embedding_statistics

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mbembed.models.encoder import Stage
    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile
    from mbembed.training.data import Corpus
    from mbembed.training.features import UnitMap
    from mbembed.training.labels import Labels
    from mbembed.training.record import Description

__all__ = ["add_readout"]

#: Dimensions of the two blocks. 384 + 128, 448 + 64 and 768 + 256 score the same (docs/evidence.md).
N_CONTENT, N_ROBUST = 448, 64
#: Variance that the axes of the labels add to that of the features (1: as much as all features).
#: 0.3, 0.6 and 1 score the same, 0 loses what labels give.
AXES_VARIANCE = 0.6
#: Ridge penalty of the axes, in mean eigenvalues of the features' scatter matrix. 1 to 30 score the same.
AXES_PENALTY = 10.0
#: Components of the content block are divided by their variance to the power of half of this: 0 leaves
#: them, 1 makes them equal. 0.3 gained 0.01 AUC at 40 labels, 0.7 lost as much at 20.
EQUALISING = 0.3
#: Variance of the robust block, that of the content block being 1: enough that it decides cosines,
#: without effect on heads that standardise. From 4 on, the same 191 samples by three profilers
#: find themselves in 99 %.
ROBUST_VARIANCE = 8.0
#: Seed of the rotations that spread each block's components evenly over its dimensions. Heads that
#: standardise each dimension then keep the components' weights.
ROTATION_SEED = 0


def add_readout(
    model: Model,
    profiles: Sequence[Profile],
    out: str | os.PathLike[str],
    description: Description,
    *,
    groups: Mapping[str, str] | None = None,
    labels: Labels | None = None,
    map_columns: Mapping[str, Sequence[str]] | None = None,
) -> Model:
    """Fit a readout on a pre-trained model and write both as a new model folder.

    Parameters
    ----------
    model : Model
        One linear layer with GELU, as :func:`mbembed.training.pretrain.pretrain` makes it
        without a bottleneck, with an absent species as 0 (``--loss hurdle``).
    profiles : sequence of Profile
        Training samples: those that the model was trained on, in general.
    out : path-like
        The model folder to make.
    description : Description
        Texts for the configuration and the card.
    groups : mapping of str to str, optional
        Sample id → study; needed with labels.
    labels : Labels, optional
        One row per sample of the profiles, in their order. Without, the readout is self-supervised.
    map_columns : mapping of str to sequence of str, optional
        Metadata column → text of each sample of the profiles: large groups get a place on the map of the
        training samples.

    Returns
    -------
    Model

    Raises
    ------
    UsageError
        If the model is of another kind, or labels come without studies.
    TrainingError
        If the samples do not fit the labels, or are fewer than there are dimensions.
    OutputError
        If ``out`` exists or cannot be written.
    """
    hidden = hidden_stage(model)
    corpus = stack_profiles(profiles, groups, closure=str(model.config["closure"]), columns=column_kind(model))
    if labels is not None:
        _check_labels(labels, corpus, profiles)
    fractions = corpus.in_columns(model.species)
    switches = switch_stage(model.n_inputs, model.preprocessing)
    features = Features(hidden, switches, model.preprocessing.above_absent(fractions))
    if len(features.content) <= N_CONTENT:
        raise TrainingError(
            f"there are {len(features.content)} samples to fit a readout on",
            expected=f"more than its {N_CONTENT} dimensions",
            hint="give more tables, or use the model without a readout",
            n_samples=len(features.content),
        )
    axes = None if labels is None else _label_axes(features.content, labels, np.asarray(corpus.groups))
    blocks = [
        features.map_content(_content_weight(features.content, axes)),
        features.map_abundance(_robust_weight(features.abundance)),
    ]
    layers, tensors = _network(join_stages(hidden, switches), blocks)
    encoder = Encoder(fold(layers, tensors))
    tensors["embedding_mean"], tensors["embedding_std"] = embedding_statistics(encoder, fractions, model.preprocessing)
    # The joined first layer begins with the hidden units that the decoder reads.
    _, optional, held_out = pass_on(model)
    entry, optional[STATISTICS] = calibrate(
        encoder.encode(model.preprocessing.apply(fractions)),
        fractions,
        corpus.groups,
        held_out=held_out,
        columns=kept_texts(map_columns or {}, corpus, profiles),
    )
    config = {
        **{key: value for key, value in model.config.items() if key not in FILLED_IN},
        "name": description.name,
        "licence": description.licence or model.config["licence"],
        "citation": description.citation or model.config["citation"],
        "layers": layers,
        "statistics": entry,
        "readout": _record(corpus, labels, description),
    }
    species = read_species(model.path)
    return write_folder(
        out,
        config=config,
        tensors=tensors,
        species=species,
        card=write_card(config, description.notes),
        optional=optional,
    )


def _check_labels(labels: Labels, corpus: Corpus, profiles: Sequence[Profile]) -> None:
    n_samples = sum(profile.n_samples for profile in profiles)
    if len(labels.values) != n_samples:
        raise UsageError(
            f"there are labels of {len(labels.values)} samples, and {n_samples} samples",
            expected="one row of labels per sample, in the order of the tables",
        )
    if not corpus.groups:
        raise UsageError(
            "labels were given, but it is not known which sample is of which study",
            expected="the study of each sample: axes are fitted within studies",
            hint="--metadata metadata.tsv --group study",
        )
    if corpus.left_out:
        raise TrainingError(
            f"{len(corpus.left_out)} samples have no abundance ({corpus.left_out[0]}, …)",
            expected="abundances for every labelled sample",
            hint="leave these samples out of the tables",
        )


def _label_axes(content: NDArray[np.float64], labels: Labels, groups: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return the direction of each label in the features; shape (n_features, n_axes).

    Ridge regression of the labels on features that are centred within each study, so that no
    difference between studies counts. Each direction is scaled to a spread of 1.
    """
    directions = []
    for values in labels.values.T:
        rows = np.flatnonzero(np.isfinite(values))
        centred = content[rows].copy()
        for study in np.unique(groups[rows]):
            own = groups[rows] == study
            centred[own] -= centred[own].mean(axis=0)
        scatter = centred.T @ centred
        scatter[np.diag_indices_from(scatter)] += AXES_PENALTY * np.trace(scatter) / len(scatter)
        direction = np.linalg.solve(scatter, centred.T @ values[rows])
        directions.append(direction / (content @ direction).std())
    return np.column_stack(directions)


def _content_weight(content: NDArray[np.float64], axes: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return the map from features to the content block; shape (n_features, N_CONTENT)."""
    weight = np.eye(content.shape[1])
    if axes is not None:
        share = np.sqrt(AXES_VARIANCE * content.var(axis=0).sum() / axes.shape[1])
        weight = np.hstack([weight, share * axes])
    components, variance = _components(content @ weight, min(N_CONTENT, weight.shape[1]))
    weight = weight @ (components * (variance / variance[0]) ** (-EQUALISING / 2))
    weight = weight @ _rotation(N_CONTENT)[: len(variance)]
    return np.asarray(weight / np.sqrt((content @ weight).var(axis=0).sum()))


def _robust_weight(abundance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the map from abundances to the robust block; shape (n_species, N_ROBUST)."""
    components, variance = _components(abundance, min(N_ROBUST, abundance.shape[1]))
    weight = components @ _rotation(N_ROBUST)[: len(variance)]
    return np.asarray(weight * np.sqrt(ROBUST_VARIANCE / (abundance @ weight).var(axis=0).sum()))


def _components(values: NDArray[np.float64], number: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first principal directions as columns, signs fixed, and their variances."""
    centred = values - values.mean(axis=0)
    variance, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    variance, directions = variance[::-1][:number], directions[:, ::-1][:, :number]
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(directions.shape[1])]
    return directions * np.sign(largest), np.maximum(variance, np.finfo(np.float64).eps * variance[0])


def _rotation(size: int) -> NDArray[np.float64]:
    """Return a random orthogonal matrix, the same every time."""
    drawn = np.random.default_rng(ROTATION_SEED).standard_normal((size, size))
    return np.asarray(np.linalg.qr(drawn)[0])


def _network(first: Stage, blocks: Sequence[UnitMap]) -> tuple[list[dict[str, object]], dict[str, NDArray[np.float32]]]:
    """Return the layers as ``config.json`` lists them, and their tensors."""
    tensors = {
        "encoder.weight": first.weight.T,
        "encoder.bias": first.bias,
        "readout.weight": np.hstack([block.weight for block in blocks]).T.astype(np.float32),
        "readout.bias": np.concatenate([block.bias for block in blocks]).astype(np.float32),
    }
    layers: list[dict[str, object]] = [
        {"type": "linear", "weight": "encoder.weight", "bias": "encoder.bias"},
        {"type": "gelu"},
        {"type": "linear", "weight": "readout.weight", "bias": "readout.bias"},
    ]
    return layers, tensors


def _record(corpus: Corpus, labels: Labels | None, description: Description) -> dict[str, Any]:
    """Return the entry ``readout`` of ``config.json``."""
    return {
        "n_samples": corpus.n_samples,
        "data_sha256": corpus.sha256(),
        "label_axes": {} if labels is None else labels.counts(),
        "constants": {
            "n_content": N_CONTENT,
            "n_robust": N_ROBUST,
            "axes_variance": AXES_VARIANCE,
            "axes_penalty": AXES_PENALTY,
            "equalising": EQUALISING,
            "robust_variance": ROBUST_VARIANCE,
            "detected_fractions": list(DETECTED),
        },
        "mbembed": __version__,
        "command": description.command,
    }
