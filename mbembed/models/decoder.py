"""The decoder in NumPy: which species a sample should have, and how much, given its other species.

A masked autoencoder learns to fill in species that were hidden from it. Its decoder says, from the
hidden units of the first layer, how likely each species is present and how abundant it then is.
To ask for a species *given the rest*, that species is hidden: for an absent one nothing changes
(hidden and absent look the same to the encoder), for a present one its share of the first
layer's sums is taken off, which costs one row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.models.encoder import Stage

__all__ = ["Decoder", "Expectation", "presence_of", "surprise_of"]

#: Rows that pass through the decoder at once: one row per present species of a sample. 1,024 rows of
#: 1,024 float32 are 4 MiB.
BLOCK_ROWS = 1024
#: Samples of which the surprise is worked out at a time.
BLOCK_SAMPLES = 512


class Expectation(NamedTuple):
    """What a decoder expects of each species of each sample, given the sample's other species.

    Attributes
    ----------
    logit : ndarray of shape (n_samples, n_species)
        Natural log-odds of presence.
    log_abundance : ndarray of shape (n_samples, n_species)
        Expected abundance if the species is present: log10 of its fraction, above the floor of the model
        (0: the floor).
    """

    logit: NDArray[np.float32]
    log_abundance: NDArray[np.float32]

    @property
    def presence(self) -> NDArray[np.float32]:
        """Probability of presence, 0 to 1."""
        from scipy.special import expit

        return np.asarray(expit(self.logit))


class Decoder:
    """First layer and decoder of a masked autoencoder with the hurdle loss.

    Parameters
    ----------
    first : Stage
        The hidden units that the decoder reads, for inputs of which an absent species is 0.
    stages : sequence of Stage
        From the hidden units to two numbers per species: first all log-odds of presence, then all
        log10 abundances above the floor. The last one without GELU.

    Raises
    ------
    ModelError
        If the stages do not chain, or do not end in two numbers per species.
    """

    def __init__(self, first: Stage, stages: Sequence[Stage]) -> None:
        self.first = first
        *self.middle, self.last = stages
        widths = [first.weight.shape[1], *(width for stage in stages for width in stage.weight.shape)]
        chained = widths[0::2][: len(stages)] == widths[1::2]
        if not chained or self.last.gelu or widths[-1] != 2 * self.n_species:
            raise ModelError(
                f"the decoder's layers have widths {', '.join(map(str, widths))}",
                expected=f"layers that chain and end in two numbers for each of the {self.n_species} species",
                hint="install the model again; 'mbembed models verify' says whether its files changed",
            )

    @property
    def n_species(self) -> int:
        """Number of species."""
        return int(self.first.weight.shape[0])

    def expect(self, above_absent: csr_array) -> Expectation:
        """Return what is expected of each species given the rest of its sample.

        Parameters
        ----------
        above_absent : csr_array of shape (n_samples, n_species)
            As :meth:`mbembed.models.preprocess.Preprocessing.above_absent` gives it.

        Returns
        -------
        Expectation
            A sample's numbers do not depend on the other samples (but for the last digits of float32).
        """
        shape = (above_absent.shape[0], self.n_species)
        logit, log_abundance = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
        sums = np.asarray(above_absent @ self.first.weight + self.first.bias, dtype=np.float32)
        for start in range(0, shape[0], BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            output = _apply(self._inner(_gelu(sums[rows])), self.last)
            logit[rows], log_abundance[rows] = output[:, : self.n_species], output[:, self.n_species :]
        samples = np.repeat(np.arange(shape[0]), np.diff(above_absent.indptr))
        for start in range(0, above_absent.nnz, BLOCK_ROWS):
            entries = slice(start, start + BLOCK_ROWS)
            at, species = samples[entries], above_absent.indices[entries]
            without = sums[at] - above_absent.data[entries, None] * self.first.weight[species]
            inner = self._inner(_gelu(without))
            for target, columns in ((logit, species), (log_abundance, species + self.n_species)):
                products = np.einsum("ij,ji->i", inner, self.last.weight[:, columns])
                target[at, species] = products + self.last.bias[columns]
        return Expectation(logit, log_abundance)

    def surprise(self, above_absent: csr_array, observable: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """Return how badly the species of each sample predict each other: :func:`surprise_of`.

        Parameters
        ----------
        above_absent : csr_array of shape (n_samples, n_species)
        observable : ndarray of bool, shape (n_species,), optional
            Species that count; default: all.
        """
        from scipy.sparse import csr_array

        counted = np.ones(self.n_species, dtype=bool) if observable is None else observable
        result = np.full(above_absent.shape[0], np.nan)
        for start in range(0, len(result), BLOCK_SAMPLES):
            rows = csr_array(above_absent[start : start + BLOCK_SAMPLES])
            result[start : start + BLOCK_SAMPLES] = surprise_of(self.expect(rows).logit, presence_of(rows), counted)
        return result

    def _inner(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        for stage in self.middle:
            hidden = _apply(hidden, stage)
            if stage.gelu:
                hidden = _gelu(hidden)
        return hidden


def presence_of(above_absent: csr_array) -> NDArray[np.bool_]:
    """Return which species each sample has: those that are stored."""
    present = np.zeros(above_absent.shape, dtype=bool)
    present[np.repeat(np.arange(len(present)), np.diff(above_absent.indptr)), above_absent.indices] = True
    return present


def surprise_of(
    logit: NDArray[np.float32], present: NDArray[np.bool_], counted: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the reconstruction error of samples.

    The cross-entropy (natural logarithm) between what is present and what is expected given the rest,
    summed over species and divided by the number of those present. The sum grows with the number of species in a
    sample, its mean over all species would call every poor sample well predicted; per present species
    it compares samples of any richness. Abundances do not count: profilers measure them in different
    units (cells or reads).

    Parameters
    ----------
    logit : ndarray of shape (n_samples, n_species)
        Expected log-odds of presence.
    present : ndarray of bool, of the same shape
    counted : ndarray of bool, shape (n_species,)
        Species that count.

    Returns
    -------
    ndarray of shape (n_samples,)
        Nats per present species; NaN where none is present.

    Examples
    --------
    >>> surprise_of(np.zeros((1, 4)), np.array([[True, True, False, False]]), np.ones(4, bool)).round(3).tolist()
    [1.386]
    """
    entropy = np.logaddexp(0, np.where(present, -1.0, 1.0) * logit)[:, counted].sum(axis=1)
    number = present[:, counted].sum(axis=1)
    return np.asarray(np.divide(entropy, number, out=np.full(len(number), np.nan), where=number > 0))


def _apply(values: NDArray[np.float32], stage: Stage) -> NDArray[np.float32]:
    return np.asarray(values @ stage.weight + stage.bias)


def _gelu(values: NDArray[np.float32]) -> NDArray[np.float32]:
    from scipy.special import ndtr

    return np.asarray(values * ndtr(values))
