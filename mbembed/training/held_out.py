"""How well a network of the same recipe predicts samples of studies that it never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.models.decoder import Decoder
from mbembed.models.encoder import Stage
from mbembed.training.loop import start_state, train

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.training.folds import Folds
    from mbembed.training.loop import TrainingState
    from mbembed.training.settings import Settings

__all__ = ["decoder_of", "held_out_surprise", "stored_decoder"]


def held_out_surprise(
    training: csr_array,
    validation: csr_array,
    folds: Folds,
    settings: Settings,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> NDArray[np.float64]:
    """Return the reconstruction error of each training sample, by a network that was trained without its part.

    Parameters
    ----------
    training, validation : csr_array of shape (n, n_species)
        Fractions, as the model itself was trained on; ``validation`` may have no rows.
    folds : Folds
        Of the training samples.
    settings : Settings
    say : callable
        Gets a sentence per part.

    Returns
    -------
    ndarray of shape (n_training,)
        See :meth:`mbembed.models.decoder.Decoder.surprise`.
    """
    errors = np.full(training.shape[0], np.nan)
    for part in range(folds.number):
        inside = np.flatnonzero(folds.of_sample == part)
        outside = training[np.flatnonzero(folds.of_sample != part)]
        state = start_state(training.shape[1], outside.shape[0], settings)
        train(state, outside, validation, settings, on_epoch=lambda _: None)
        errors[inside] = decoder_of(state).surprise(settings.preprocessing.above_absent(training[inside]))
        say(
            f"Part {part + 1} of {folds.number}: {len(inside)} samples, reconstruction error {np.nanmedian(errors[inside]):.2f}"
        )
    return errors


def decoder_of(state: TrainingState) -> Decoder:
    """Return the decoder of a trained network, rounded as it is stored."""
    stages = [_rounded(stage) for stage in state.network.decoder_stages()]
    return Decoder(state.network.first_stage(), stages)


def stored_decoder(first: Stage, stages: Sequence[Stage]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return a decoder as a model folder holds it: the entry for ``config.json`` and half-precision tensors."""
    layers: list[dict[str, object]] = []
    tensors: dict[str, NDArray[Any]] = {}
    for number, stage in enumerate(stages):
        names = {role: f"decoder.{number}.{role}" for role in ("weight", "bias")}
        layers.append({"type": "linear", **names})
        if stage.gelu:
            layers.append({"type": "gelu"})
        tensors |= {names["weight"]: stage.weight.T.astype(np.float16), names["bias"]: stage.bias.astype(np.float16)}
    return {"reads": first.weight.shape[1], "layers": layers}, tensors


def _rounded(stage: Stage) -> Stage:
    weight, bias = (array.astype(np.float16).astype(np.float32) for array in (stage.weight, stage.bias))
    return Stage(weight, bias, stage.gelu)
