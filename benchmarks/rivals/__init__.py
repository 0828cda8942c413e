"""Two other ways to pre-train on profiles, borrowed from single-cell RNA, trained here on the same samples.

The publication adapted both beside its masked autoencoder, and did not publish how; these are
the plainest versions of them:

:func:`train_vae`
    The variational autoencoder of scVI, by scvi-tools itself: zero-inflated negative binomial
    on pseudo-counts, the study as the batch, the embedding being the mean of the latent space.
:func:`train_transformer`
    A masked-bin transformer in the manner of scGPT: a token for each species present, made of
    the species and of the bin of its abundance.

Both take fractions of shape (n_samples, n_units), the study of every sample and a seed, and
return a function from fractions to embeddings, which knows no study.
"""

from __future__ import annotations

from benchmarks.rivals.transformer import train_transformer
from benchmarks.rivals.vae import train_vae

__all__ = ["train_transformer", "train_vae"]
