"""What a readout reads: hidden units of a pre-trained layer, and two switches per species.

A switch is a hidden unit that is 0 below a threshold and rises with the logarithm above it: a
GELU so steep that it is a ramp. The difference of a species' two switches says how surely it is
detected (0 to 1), the higher one alone its abundance above a floor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import UsageError
from mbembed.models.encoder import Encoder, Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.models.folder import Model
    from mbembed.models.preprocess import Preprocessing

__all__ = ["Features", "UnitMap", "hidden_stage", "join_stages", "switch_stage"]

#: Fractions at which a species begins to count as detected, and from which on it does so wholly. Below
#: 3e-6 MetaPhlAn reports hardly anything; 1e-4 is what the published preprocessing calls detectable.
#: Between 1e-5.5 and 1e-4.5 or 1e-4 nothing changes; a hard threshold at 1e-4 loses 0.01 AUC.
DETECTED = (10**-5.5, 1e-4)
#: Switches per species: one per threshold.
N_SWITCHES = len(DETECTED)
#: Steepness of a switch (per log10 unit): its rounded corner reaches 0.1 log10 units to each side, and a switch
#: of an absent species is off to the last bit of float32.
STEEPNESS = 20.0


class UnitMap(NamedTuple):
    """An affine map from units to some dimensions of an embedding.

    Attributes
    ----------
    weight : ndarray of shape (n_units, n_dimensions)
    bias : ndarray of shape (n_dimensions,)
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]


def hidden_stage(model: Model) -> Stage:
    """Return the one layer of a pre-trained model.

    Raises
    ------
    UsageError
        If the model has more layers, no GELU, or an absent species is not 0.
    """
    stages = model.encoder.stages
    if len(stages) != 1 or not stages[0].gelu or model.preprocessing.absent != 0:
        kinds = ", ".join(str(layer["type"]) for layer in model.config["layers"])
        raise UsageError(
            f"{model.name!r} cannot take a readout: its layers are {kinds}, an absent species is "
            f"{model.preprocessing.absent:g}",
            expected="one linear layer with GELU, and 0 for an absent species",
            hint="mbembed pretrain … --loss hurdle --bottleneck 0",
        )
    if model.preprocessing.floor > DETECTED[0]:
        raise UsageError(
            f"the floor of {model.name!r} is {model.preprocessing.floor:g}",
            expected=f"a floor of at most {DETECTED[0]:.1g}, below which a readout counts nothing as detected",
            hint="mbembed pretrain … --floor 1e-6",
        )
    return stages[0]


def switch_stage(n_species: int, preprocessing: Preprocessing) -> Stage:
    """Return the switches of all species: first all lower ones, then all higher ones."""
    thresholds = np.log10(np.array(DETECTED)) - np.log10(preprocessing.floor)
    weight = np.hstack([STEEPNESS * np.eye(n_species, dtype=np.float32)] * N_SWITCHES)
    bias = np.repeat(-STEEPNESS * thresholds, n_species).astype(np.float32)
    return Stage(weight, bias, gelu=True)


class Features:
    """The features of samples, and the way back from maps of features to maps of units.

    Parameters
    ----------
    hidden, switches : Stage
    above_absent : csr_array of shape (n_samples, n_species)
        As :meth:`mbembed.models.preprocess.Preprocessing.above_absent` gives it.

    Attributes
    ----------
    n_units : int
        Units of the joined layer: hidden ones, then switches.
    content : ndarray of shape (n_samples, n_hidden + n_species)
        float64: hidden units, then detection; each block centred and divided by its total spread.
    abundance : ndarray of shape (n_samples, n_species)
        float64: log10 units above the higher threshold, centred.
    """

    def __init__(self, hidden: Stage, switches: Stage, above_absent: csr_array) -> None:
        units = Encoder([join_stages(hidden, switches)]).encode(above_absent).astype(np.float64)
        self.n_units = units.shape[1]
        self.n_hidden = hidden.weight.shape[1]
        self.n_species = switches.weight.shape[0]
        self._steps = np.log10(DETECTED[1]) - np.log10(DETECTED[0])
        lower, higher = (
            units[:, self.n_hidden + i * self.n_species :][:, : self.n_species] / STEEPNESS for i in range(N_SWITCHES)
        )
        blocks = [units[:, : self.n_hidden], (lower - higher) / self._steps]
        self._means = [block.mean(axis=0) for block in blocks]
        self._spreads = [float(np.sqrt(block.var(axis=0).sum())) or 1.0 for block in blocks]
        self.content = np.hstack(
            [(block - mean) / spread for block, mean, spread in zip(blocks, self._means, self._spreads, strict=True)]
        )
        self._abundance_mean = higher.mean(axis=0)
        self.abundance = higher - self._abundance_mean

    def map_content(self, weight: NDArray[np.float64]) -> UnitMap:
        """Return a map of ``content`` as a map of the units; shape of weight (n_hidden + n_species, n_dimensions)."""
        hidden = weight[: self.n_hidden] / self._spreads[0]
        detection = weight[self.n_hidden :] / self._spreads[1]
        per_switch = detection / (STEEPNESS * self._steps)
        bias = -(self._means[0] @ hidden + self._means[1] @ detection)
        return UnitMap(np.vstack([hidden, per_switch, -per_switch]), bias)

    def map_abundance(self, weight: NDArray[np.float64]) -> UnitMap:
        """Return a map of ``abundance`` as a map of the units; shape of weight (n_species, n_dimensions)."""
        unused = np.zeros((self.n_units - self.n_species, weight.shape[1]))
        return UnitMap(np.vstack([unused, weight / STEEPNESS]), -(self._abundance_mean @ weight))


def join_stages(left: Stage, right: Stage) -> Stage:
    """Return two stages on the same inputs as one."""
    return Stage(np.hstack([left.weight, right.weight]), np.concatenate([left.bias, right.bias]), gelu=True)
