"""A made-up cohort in which it is known which taxa differ."""

from __future__ import annotations

import numpy as np
import pandas as pd

import mbembed

#: Positions of the species that cases have three times as often, and of those that they have a third as often.
MORE, LESS = range(1, 4), range(4, 7)


def cohort(
    n: int = 60, *, seed: int = 0, n_species: int = 30, signal: bool = True, n_studies: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return fractions of species of the default model, and metadata with group, study and person."""
    generator = np.random.default_rng(seed)
    species = mbembed.load_model().species[:n_species]
    case = np.arange(n) % 2 == 1
    chance = np.full((n, n_species), 0.5)
    if signal:
        chance[:, MORE] = np.where(case, 0.9, 0.3)[:, None]
        chance[:, LESS] = np.where(case, 0.3, 0.9)[:, None]
    values = np.exp(generator.normal(size=(n, n_species))) * (generator.random((n, n_species)) < chance)
    values[:, 0] += 1.0
    ids = pd.Index([f"S{i:03d}" for i in range(n)], name="sample")
    metadata = pd.DataFrame(
        {
            "disease": np.where(case, "CRC", "control"),
            "stage": np.where(case, np.where(np.arange(n) % 4 == 1, "early", "late"), "control"),
            "age": generator.integers(20, 80, n).astype(str),
            "person": [f"P{i // 4 * 2 + i % 2}" for i in range(n)],
            "study": [f"study_{i // 2 % n_studies}" for i in range(n)],
        },
        index=ids,
    )
    return pd.DataFrame(values / values.sum(axis=1, keepdims=True), index=ids, columns=species), metadata


def planted(table: pd.DataFrame) -> tuple[set[str], set[str]]:
    """Return the names of the species that cases have more and less of."""
    return {table.columns[i] for i in MORE}, {table.columns[i] for i in LESS}
