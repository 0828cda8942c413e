"""Cohorts in which the answer is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import mbembed
from mbembed.evaluation.comparison import Comparison
from mbembed.evaluation.fits import fit_splits
from mbembed.evaluation.representations import Representation, from_vectors
from mbembed.evaluation.splits import plan_splits
from mbembed.evaluation.target import read_target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbembed.evaluation.splits import Plan
    from mbembed.evaluation.target import Target


def classes(n: int, names: tuple[str, ...] = ("control", "case")) -> list[str]:
    """Return n labels, as many of each class."""
    return [names[i % len(names)] for i in range(n)]


def vectors(target: Target, signal: float, *, n_noise: int = 30, seed: int = 0) -> NDArray[np.float64]:
    """Return columns of noise, and one that differs between the classes by ``signal`` standard deviations."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(size=(len(target.values), n_noise))
    noise[:, 0] += signal * target.values
    return noise


def compared(
    target: Target, parts: dict[str, tuple[str, NDArray[np.float64]]], plan: Plan, heads: tuple[str, ...] = ("linear",)
) -> Comparison:
    """Fit and compare representations given as name → (kind, vectors)."""
    shown: dict[str, Representation] = {
        name: from_vectors(name, values, kind=kind) for name, (kind, values) in parts.items()
    }
    fits = fit_splits(shown, target, plan.splits, heads=heads)
    return Comparison(
        plan.splits, fits, {name: kind for name, (kind, _) in parts.items()}, n_samples=len(target.values)
    )


def planned(labels: list[str], **options: object) -> tuple[Target, Plan]:
    """Return target and splits."""
    target = read_target(labels)
    return target, plan_splits(target, **options)  # type: ignore[arg-type]


def table_and_metadata(n: int = 60, *, seed: int = 0, n_species: int = 40) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return abundances of species of the default model, of which ten are found in cases three times as often."""
    generator = np.random.default_rng(seed)
    species = mbembed.load_model().species[:n_species]
    labels = classes(n)
    chance = np.full((n, n_species), 0.6)
    chance[:, 1:11] = np.where(np.array(labels) == "case", 0.9, 0.3)[:, None]
    values = np.exp(generator.normal(size=(n, n_species))) * (generator.random((n, n_species)) < chance)
    values[:, 0] += 1.0
    ids = pd.Index([f"S{i:03d}" for i in range(n)], name="sample")
    metadata = pd.DataFrame(
        {
            "disease": labels,
            "age": generator.integers(20, 80, n).astype(str),
            "person": [f"P{i // 2}" for i in range(n)],
            "study": [f"study_{i // 2 % 2}" for i in range(n)],
        },
        index=ids,
    )
    return pd.DataFrame(values / values.sum(axis=1, keepdims=True), index=ids, columns=species), metadata
