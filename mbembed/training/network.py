"""The masked autoencoder in torch, the masking, and the two losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from mbembed.models.encoder import fold
from mbembed.training.settings import HURDLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mbembed.models.encoder import Stage
    from mbembed.training.settings import Settings

__all__ = ["ABUNDANCE_WEIGHT", "MaskedAutoencoder", "mask_inputs"]

#: Weight of the squared error of log abundance beside the cross-entropy of presence.
#: Measured: 1.0 in its place costs about 0.005 AUC (docs/pretraining.md).
ABUNDANCE_WEIGHT = 0.3
#: Modules of the first layer: Linear, BatchNorm, GELU, Dropout.
FIRST = 4


class MaskedAutoencoder(nn.Module):
    """Encoder and decoder.

    The encoder is Linear–BatchNorm–GELU–Dropout, then, with a bottleneck, Linear–BatchNorm–GELU.
    The decoder gives one number per species (its log abundance) for the masked squared error,
    two (the logit of its presence, its log abundance) for the hurdle loss.

    Parameters
    ----------
    n_species : int
    settings : Settings
    """

    def __init__(self, n_species: int, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        layers = [
            nn.Linear(n_species, settings.hidden),
            nn.BatchNorm1d(settings.hidden),
            nn.GELU(),
            nn.Dropout(settings.dropout),
        ]
        width = settings.hidden
        if settings.bottleneck:
            width = settings.bottleneck
            layers += [nn.Linear(settings.hidden, width), nn.BatchNorm1d(width), nn.GELU()]
        self.encoder = nn.Sequential(*layers)
        n_outputs = 2 * n_species if settings.loss == HURDLE else n_species
        if settings.decoder == "hidden":
            self.decoder = nn.Sequential(
                nn.Linear(width, settings.hidden), nn.GELU(), nn.Linear(settings.hidden, n_outputs)
            )
        else:
            self.decoder = nn.Sequential(nn.Linear(width, n_outputs))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the decoder's output, shape (n_samples, n_species) or (n_samples, 2 × n_species)."""
        output: Tensor = self.decoder(self.encoder(inputs))
        return output

    def loss(self, inputs: Tensor, mask: Tensor, ratio: Tensor) -> Tensor:
        """Mask a batch, reconstruct it and return the loss.

        Parameters
        ----------
        inputs : Tensor of shape (n_samples, n_species)
            Preprocessed abundances.
        mask : Tensor of bool, of the same shape
            True where the encoder must not see the value.
        ratio : Tensor of shape (n_samples, 1)
            Masking ratio of each sample.
        """
        absent = self.settings.preprocessing.absent
        seen = inputs.masked_fill(mask, absent)
        if self.settings.loss == HURDLE:
            # As in dropout: what is left stands for all, so that the sum of the input keeps its scale.
            seen = seen / (1.0 - ratio)
        return reconstruction_loss(self(seen), inputs, mask, absent, hurdle=self.settings.loss == HURDLE)

    def embedding_layers(self) -> list[dict[str, object]]:
        """Return the chain of layers up to the embedding, as ``config.json`` lists it."""
        end = FIRST if self.settings.embedding_layer == "hidden" else len(self.encoder)
        return _listed([(f"encoder.{number}", layer) for number, layer in enumerate(self.encoder)][:end])

    def embedding_tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return the tensors that :meth:`embedding_layers` names."""
        return self._tensors(self.embedding_layers())

    def first_stage(self) -> Stage:
        """Return the first layer, whose hidden units the decoder reads."""
        layers = _listed([(f"encoder.{number}", layer) for number, layer in enumerate(self.encoder)][:FIRST])
        return fold(layers, self._tensors(layers))[0]

    def decoder_stages(self) -> list[Stage]:
        """Return everything from the hidden units of the first layer to the output, folded."""
        behind = [(f"encoder.{number}", layer) for number, layer in enumerate(self.encoder)][FIRST:]
        layers = _listed(behind + [(f"decoder.{number}", layer) for number, layer in enumerate(self.decoder)])
        return fold(layers, self._tensors(layers))

    def _tensors(self, layers: Sequence[Mapping[str, object]]) -> dict[str, NDArray[np.float32]]:
        names = {value for layer in layers for role, value in layer.items() if role != "type"}
        return {name: tensor.detach().numpy().copy() for name, tensor in self.state_dict().items() if name in names}


def _listed(named: Sequence[tuple[str, nn.Module]]) -> list[dict[str, object]]:
    """Return layers as ``config.json`` lists them."""
    layers: list[dict[str, object]] = []
    for name, layer in named:
        if isinstance(layer, nn.Linear):
            layers.append({"type": "linear", "weight": f"{name}.weight", "bias": f"{name}.bias"})
        elif isinstance(layer, nn.BatchNorm1d):
            roles = ("weight", "bias", "running_mean", "running_var")
            layers.append({"type": "batch_norm", "eps": layer.eps, **{role: f"{name}.{role}" for role in roles}})
        elif isinstance(layer, nn.Dropout):
            layers.append({"type": "dropout", "p": layer.p})
        else:
            layers.append({"type": "gelu"})
    return layers


def mask_inputs(
    shape: tuple[int, int], limits: tuple[float, float], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw which entries are masked.

    Parameters
    ----------
    shape : tuple of int
        (n_samples, n_species).
    limits : tuple of float
        Lowest and highest ratio. Each sample draws its ratio uniformly between them, then
        each entry is masked with that probability.
    generator : torch.Generator

    Returns
    -------
    mask : Tensor of bool, of shape (n_samples, n_species)
    ratio : Tensor of shape (n_samples, 1)
    """
    low, high = limits
    ratio = low + (high - low) * torch.rand((shape[0], 1), generator=generator)
    return torch.rand(shape, generator=generator) < ratio, ratio


def reconstruction_loss(output: Tensor, inputs: Tensor, mask: Tensor, absent: float, *, hurdle: bool) -> Tensor:
    """Return the loss of a reconstruction, a mean over entries.

    Masked squared error: over the masked entries, present or not. Hurdle: cross-entropy of
    presence over all entries, plus ``ABUNDANCE_WEIGHT`` times the squared error of the log
    abundance over the present ones.
    """
    if not hurdle:
        return _mean_where((output - inputs) ** 2, mask)
    present = inputs > absent
    logits, abundance = output.chunk(2, dim=1)
    presence = functional.binary_cross_entropy_with_logits(logits, present.to(logits.dtype))
    return presence + ABUNDANCE_WEIGHT * _mean_where((abundance - inputs) ** 2, present)


def _mean_where(values: Tensor, where: Tensor) -> Tensor:
    return (values * where).sum() / where.sum().clamp(min=1)
