"""The variational autoencoder of scVI (Lopez et al. 2018, doi:10.1038/s41592-018-0229-2), by scvi-tools."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, csr_matrix

from mbembed.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anndata import AnnData
    from numpy.typing import NDArray
    from scvi.model import SCVI

__all__ = [
    "BATCH_SIZE",
    "DIMENSIONS",
    "EPOCHS",
    "HIDDEN",
    "PSEUDO_DEPTH",
    "fit",
    "latent_means",
    "pseudo_counts",
    "train_vae",
]

#: Reads of the pseudo-counts: a fraction of 1e-6, the floor of our logarithms, is one read.
PSEUDO_DEPTH = 1_000_000
#: Dimensions of the latent space. scvi-tools has 10, for tens of cell types in thousands of genes.
DIMENSIONS = 64
#: Width of the one hidden layer of encoder and decoder. scvi-tools has 128.
HIDDEN = 256
#: Passes over the training samples.
EPOCHS = 100
#: Samples per step. scvi-tools has 128.
BATCH_SIZE = 128
#: Column of the batch variable, which the decoder alone is given.
STUDY = "study"


def pseudo_counts(fractions: csr_array) -> csr_matrix:
    """Turn fractions into the counts that the negative binomial is a law of.

    Rounded up: what is present stays present.

    Parameters
    ----------
    fractions : csr_array of shape (n_samples, n_units)
        From 0 to 1.

    Returns
    -------
    csr_matrix of float32, of the same shape
        Whole numbers; a matrix, as anndata wants it.

    Examples
    --------
    >>> pseudo_counts(csr_array([[0.5, 0.0, 3e-8]])).toarray()
    array([[5.e+05, 0.e+00, 1.e+00]], dtype=float32)
    """
    table = csr_matrix(fractions, copy=True)
    table.data = np.ceil(table.data * PSEUDO_DEPTH).astype(np.float32)
    return table.astype(np.float32)


def train_vae(
    fractions: csr_array, groups: Sequence[str], seed: int, *, epochs: int = EPOCHS
) -> Callable[[csr_array], NDArray[np.float32]]:
    """Train scVI and return its encoder.

    The encoder is not told the study, so that it can be used on studies that it has not seen;
    the decoder is, so that the latent space need not hold it. The weight of the KL term grows
    from 0 to 1 over the whole training, as scvi-tools' own defaults (400 epochs, 400 of
    warm-up) have it. Uses as many threads as torch is set to, and torch's and NumPy's global
    random state, which scvi-tools seeds.

    Parameters
    ----------
    fractions : csr_array of shape (n_samples, n_units)
        From 0 to 1. Samples in which nothing is present are left out.
    groups : sequence of str
        Study of every sample.
    seed : int
    epochs : int

    Returns
    -------
    callable
        From a csr_array of shape (n, n_units) to a float32 array of shape (n, ``DIMENSIONS``).

    Raises
    ------
    MissingExtraError
        If scvi-tools is not installed.
    """
    model, studies = fit(fractions, groups, seed, epochs)

    def encode(new: csr_array) -> NDArray[np.float32]:
        # A study must be named; the encoder does not see it.
        return latent_means(model, new, studies[0])

    return encode


def fit(fractions: csr_array, groups: Sequence[str], seed: int, epochs: int) -> tuple[SCVI, list[str]]:
    """Return the trained model and the studies that it was trained on; see :func:`train_vae`."""
    if find_spec("scvi") is None:
        raise MissingExtraError(
            "the scVI rival needs scvi, which is not installed",
            expected="scvi-tools 1.4 or later, best in a virtual environment of its own",
            hint="pip install scvi-tools",
            extra="scvi-tools",
        )
    import scvi

    present = np.flatnonzero(fractions.sum(axis=1) > 0)
    studies = [groups[row] for row in present]
    scvi.settings.seed = seed
    table = _table(fractions[present], studies)
    scvi.model.SCVI.setup_anndata(table, batch_key=STUDY)
    model = scvi.model.SCVI(
        table, n_latent=DIMENSIONS, n_hidden=HIDDEN, gene_likelihood="zinb", encode_covariates=False
    )
    model.train(
        max_epochs=epochs,
        accelerator="cpu",
        train_size=1.0,
        batch_size=BATCH_SIZE,
        plan_kwargs={"n_epochs_kl_warmup": epochs},
        enable_progress_bar=False,
        enable_model_summary=False,
        logger=False,
    )
    return model, sorted(set(studies))


def latent_means(model: SCVI, fractions: csr_array, study: str) -> NDArray[np.float32]:
    """Return the means of the latent space, shape (n_samples, ``DIMENSIONS``).

    ``study`` must be one of the training, and changes nothing.
    """
    table = _table(fractions, [study] * fractions.shape[0])
    return np.asarray(model.get_latent_representation(table), np.float32)


def _table(fractions: csr_array, studies: Sequence[str]) -> AnnData:
    import pandas as pd
    from anndata import AnnData

    names = [str(row) for row in range(fractions.shape[0])]
    return AnnData(pseudo_counts(fractions), obs=pd.DataFrame({STUDY: list(studies)}, index=names))
