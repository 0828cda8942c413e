"""What the head gets: plain transformations of the profile, and embeddings of pre-trained models."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import UsageError
from mbembed.match import match_profile
from mbembed.models.encoder import Encoder
from mbembed.training.data import stack_profiles, to_fractions
from mbembed.training.settings import HURDLE, MASKED_MSE, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.few_labels.corpus import LabelledCorpus
    from mbembed.models.folder import Model

__all__ = ["CLR", "LOG10", "PRESENCE", "PRETRAININGS", "SHIPPED", "Pretraining", "baselines", "embeddings"]

#: Species of the plain representations: found in this share of the training samples, as at pre-training.
MIN_PREVALENCE = 0.01
#: Fractions: floor of the logarithm and the pseudo-count of CLR; above which a species counts as present.
LOG10_FLOOR, CLR_PSEUDO_COUNT, PRESENCE_THRESHOLD = 1e-4, 1e-6, 1e-5
LOG10 = "log10 abundance, floor 1e-4 (the baseline of the publication)"
CLR = "CLR (pseudo-count 1e-6)"
PRESENCE = "presence/absence (> 1e-5)"
SHIPPED = "**this recipe, first layer (1,024): what ships**"
#: The last digits of the weights depend on the number; 2 made the default model.
THREADS = 2


class Pretraining(NamedTuple):
    """A model to pre-train, once per fold.

    Attributes
    ----------
    name : str
        Of its folder.
    settings : Settings
    labels : tuple of str
        Row of the table of the first layer's output, of the second's, and so on.
    """

    name: str
    settings: Settings
    labels: tuple[str, ...]


def _settings(loss: str, **changes: object) -> Settings:
    # Nothing is held out from training, so that no epoch is chosen by a study. The corpus has no
    # unclassified part: the closure of the default model ("classified") gives the same fractions.
    return Settings.from_recipe(loss, validation_fraction=0.0, threads=THREADS, **changes)


PRETRAININGS: tuple[Pretraining, ...] = (
    Pretraining(
        "published",
        _settings(MASKED_MSE, epochs=100),
        ("masked autoencoder as published (30 %, `--loss masked-mse`, 100 epochs)",),
    ),
    Pretraining("shipped", _settings(HURDLE), (SHIPPED, "this recipe, bottleneck (256)")),
    Pretraining(
        "150-epochs",
        _settings(HURDLE, epochs=150),
        ("the same with 150 epochs, first layer", "the same with 150 epochs, bottleneck"),
    ),
)


def baselines(
    corpus: LabelledCorpus, training: NDArray[np.intp], scored: NDArray[np.intp]
) -> dict[str, NDArray[np.float64]]:
    """Return the plain representations.

    Parameters
    ----------
    corpus : LabelledCorpus
    training : ndarray of int
        Rows of the studies that are not scored; they alone choose the columns.
    scored : ndarray of int
        Rows to represent.

    Returns
    -------
    dict of str to ndarray of shape (n_scored, n_species)
    """
    fractions = to_fractions(corpus.profile, "input")
    prevalence = np.bincount(fractions[training].indices, minlength=corpus.profile.n_taxa) / len(training)
    values = fractions[scored][:, np.flatnonzero(prevalence >= MIN_PREVALENCE)].toarray()
    logarithm = np.log(values + CLR_PSEUDO_COUNT)
    return {
        LOG10: np.log10(np.maximum(values, LOG10_FLOOR)),
        CLR: logarithm - logarithm.mean(axis=1, keepdims=True),
        PRESENCE: (values > PRESENCE_THRESHOLD).astype(np.float64),
    }


def embeddings(
    pretraining: Pretraining,
    corpus: LabelledCorpus,
    training: NDArray[np.intp],
    scored: NDArray[np.intp],
    *,
    folder: Path,
    say: Callable[[str], None] = lambda _: None,
) -> Mapping[str, NDArray[np.float32]]:
    """Pre-train on some samples and embed others, layer by layer.

    Parameters
    ----------
    pretraining : Pretraining
    corpus : LabelledCorpus
    training, scored : ndarray of int
        Rows of the corpus.
    folder : Path
        Of the model. One that is there already is used, if it is of the same settings and
        samples; an interrupted run goes on.
    say : callable
        Gets what is being done.

    Returns
    -------
    dict of str to ndarray of shape (n_scored, n_dimensions)

    Raises
    ------
    UsageError
        If the folder holds another model.
    """
    model = _model(pretraining, corpus, training, folder, say)
    profile = corpus.subset(scored)
    inputs = model.preprocessing.above_absent(match_profile(profile, model, names="exact").fractions())
    stages = model.encoder_above_absent.stages
    return {label: Encoder(stages[:depth]).encode(inputs) for depth, label in enumerate(pretraining.labels, start=1)}


def _model(
    pretraining: Pretraining,
    corpus: LabelledCorpus,
    training: NDArray[np.intp],
    folder: Path,
    say: Callable[[str], None],
) -> Model:
    from mbembed.models.folder import load_folder
    from mbembed.training.pretrain import Description, pretrain

    profile, settings, groups = corpus.subset(training), pretraining.settings, corpus.groups()
    if not folder.exists():
        say(f"{folder.name}: pre-training, {settings.epochs} epochs")
        return pretrain([profile], folder, settings, Description(name=folder.name), groups=groups, resume=True, say=say)
    model = load_folder(folder)
    found = (model.config["training"]["settings"], model.config["training"]["data_sha256"])
    if found != (settings.to_json(), stack_profiles([profile], groups, closure=settings.closure).sha256()):
        raise UsageError(
            f"{folder} holds a model of other settings or other samples",
            expected="models of this very protocol and corpus",
            hint="another folder for --out",
            path=str(folder),
        )
    say(f"{folder.name}: found, not trained again")
    return model
