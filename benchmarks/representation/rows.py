"""The rows of the tables: plain transformations of the profile, and vectors of models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

import mbembed
from mbembed.evaluation.representations import (
    PRESENT,
    Representation,
    UnitSpread,
    fractions_of,
    from_vectors,
    joined,
    pca,
    raw,
)
from mbembed.training.data import to_fractions
from mbembed.training.units import unit_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile

__all__ = [
    "BESIDE",
    "PUBLISHED",
    "SHIPPED",
    "WORDS",
    "corpus_components",
    "model_row",
    "plain",
    "unit_fractions",
    "vectors",
    "with_joined",
]

#: The row of the recipe that ships, and of the published model.
SHIPPED, PUBLISHED = "readout-labels", "published"
#: The plain representation that the shipped recipe is put beside: the best single one of the search.
BESIDE = "presence"
#: Components of the linear control; and its units: found in this share of the training samples, as at pre-training.
N_COMPONENTS, MIN_PREVALENCE = 256, 0.01
#: Names of rows, and what they are in the tables.
WORDS = {
    "log": "log10 abundance, floor 1e-4 (the baseline of the publication)",
    "clr": "CLR, pseudo-count 1e-6",
    "presence": "presence/absence of species (> 1e-5)",
    "pca(log)": "PCA of log10 abundance",
    "pca(clr)": "PCA of CLR",
    "pca(presence)": "PCA of presence/absence",
    "presence-units": "presence/absence of species units (> 1e-5)",
    PUBLISHED: "published MAE-30 %, names resolved",
    "masked-mse": "masked autoencoder as published, trained here",
    "corpus-pca": "PCA of presence/absence of units, fitted on the training studies (a linear control)",
    "vae": "variational autoencoder in the manner of scVI, trained here",
    "transformer": "masked-bin transformer in the manner of scGPT, trained here",
    "mae-units": "hurdle masked autoencoder on units, hidden layer",
    "readout-self": "… with readout, self-supervised",
    SHIPPED: "**… with readout, supervised: the recipe that ships**",
    f"{BESIDE}+{SHIPPED}": "the shipped recipe and presence/absence of species, side by side",
}


def plain(profile: Profile) -> list[Representation]:
    """Return the plain representations of a profile.

    Parameters
    ----------
    profile : Profile

    Returns
    -------
    list of Representation
        Those of ``mbembed evaluate`` on the species names of the table, and presence/absence on
        lumped species units. What is learnt (columns, components) is learnt in each training part.
    """
    raws = raw(fractions_of(profile))
    units, _ = unit_fractions(profile)
    on_units = replace(raw(units.toarray(), ["presence"])["presence"], name="presence-units")
    return [*raws.values(), *(pca(one) for one in raws.values()), on_units]


def unit_fractions(profile: Profile) -> tuple[csr_array, list[str]]:
    """Return the abundances of lumped species units.

    Parameters
    ----------
    profile : Profile

    Returns
    -------
    fractions : csr_array of shape (n_samples, n_units)
        Of the classified part. Taxa that lead to no unit stay part of the whole.
    units : list of str
        Sorted.
    """
    named = unit_names(profile)
    units = sorted({unit for unit in named if unit})
    column_of = {unit: column for column, unit in enumerate(units)}
    taxa = [taxon for taxon, unit in enumerate(named) if unit]
    lumping = csr_array(
        (np.ones(len(taxa)), (taxa, [column_of[named[taxon]] for taxon in taxa])), shape=(profile.n_taxa, len(units))
    )
    return csr_array(to_fractions(profile, "classified") @ lumping), units


def corpus_components(training: csr_array, held_out: csr_array) -> Representation:
    """Return what a linear model learns from the same unlabelled samples: principal components.

    Parameters
    ----------
    training, held_out : csr_array of shape (n_samples, n_units)
        Fractions of units, of the training and of the held-out samples of a fold.

    Returns
    -------
    Representation
        Components keep their spread, as those of `mbembed.evaluation.representations.pca` do.
    """
    present = (training > PRESENT).toarray().astype(np.float64)
    columns = np.flatnonzero(present.mean(axis=0) >= MIN_PREVALENCE)
    mean = present[:, columns].mean(axis=0)
    centred = present[:, columns] - mean
    _, directions = np.linalg.eigh(centred.T @ centred)
    directions = directions[:, ::-1][:, :N_COMPONENTS]
    values = ((held_out[:, columns] > PRESENT).toarray() - mean) @ directions
    return Representation("corpus-pca", "model", WORDS["corpus-pca"], values, UnitSpread)


def vectors(profile: Profile, model: Model, *, names: str = "resolve") -> NDArray[np.float32]:
    """Embed all samples of a profile, in its order; shape (n_samples, n_dimensions)."""
    return mbembed.embed(profile, model, names=names, on_empty="floor").values


def with_joined(shown: list[Representation]) -> list[Representation]:
    """Return the rows, and the shipped recipe beside presence/absence where it is among them."""
    by_name = {one.name: one for one in shown}
    if SHIPPED not in by_name:
        return shown
    return [*shown, joined(by_name[BESIDE], by_name[SHIPPED])]


def model_row(name: str, values: NDArray[np.floating]) -> Representation:
    """Return vectors as a row."""
    return from_vectors(name, values, words=WORDS[name])
