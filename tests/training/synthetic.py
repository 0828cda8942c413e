"""Small corpora with structure that a masked autoencoder can learn."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from mbembed.tables.profile import Profile, Taxon
from mbembed.training.settings import Settings

N_SPECIES = 40
N_STUDIES = 6
#: Community types, each with its own set of species: whoever sees half of a sample knows the rest.
N_TYPES = 4


def corpus(
    n_samples: int = 240, *, seed: int = 0, prefix: str = "S", unit: str = "fraction"
) -> tuple[Profile, dict[str, str]]:
    """Return a profile and the study of each sample, drawn from N_TYPES community types."""
    generator = np.random.default_rng(seed)
    kind = generator.integers(N_TYPES, size=n_samples)
    home = np.arange(N_SPECIES) % N_TYPES
    chance = np.where(kind[:, None] == home[None, :], 0.9, 0.05)
    present = generator.random(chance.shape) < chance
    present[:, 0] |= ~present.any(axis=1)
    weights = np.where(present, np.exp(generator.normal(size=chance.shape) + np.linspace(0, 2, N_SPECIES)), 0.0)
    fractions = weights / weights.sum(axis=1, keepdims=True)
    values = {"fraction": fractions, "percent": fractions * 100, "counts": np.round(fractions * 1e6)}[unit]
    ids = [f"{prefix}{i:04d}" for i in range(n_samples)]
    taxa = [Taxon(f"s__Species_{i}", f"Species {i}") for i in range(N_SPECIES)]
    profile = Profile(csr_array(values), ids, taxa, unit, "synthetic", np.zeros(n_samples))
    return profile, {sample: f"study_{i % N_STUDIES}" for i, sample in enumerate(ids)}


def settings(loss: str = "masked-mse", **changes: object) -> Settings:
    """Return settings small enough for a test; one thread, so that nothing depends on the machine's load."""
    small = {"epochs": 6, "hidden": 32, "batch_size": 32, "threads": 1, "learning_rate": 1e-2, **changes}
    if loss == "hurdle":
        small = {"bottleneck": 16, **small}
    return Settings.from_recipe(loss, **small)
