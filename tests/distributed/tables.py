"""Tables for the tests of `mbembed.distributed`."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import mbembed

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Share of the species that a sample has.
PRESENT = 0.3


def fractions(n_samples: int, *, n_species: int = 40, seed: int = 0, foreign: int = 0) -> pd.DataFrame:
    """Return fractions of species of the default model, and of some that it does not know."""
    model = mbembed.load_model()
    names = [name for name in dict.fromkeys(model.species) if name != model.unnamed][:n_species]
    names += [f"Madeupia inventa{chr(97 + i)}" for i in range(foreign)]
    rng = np.random.default_rng(seed)
    values = rng.lognormal(size=(n_samples, len(names))) * (rng.random((n_samples, len(names))) < PRESENT)
    values[:, 0] += 0.01  # no sample is empty
    values /= values.sum(axis=1, keepdims=True)
    return pd.DataFrame(values, index=[f"sample{i:03d}" for i in range(n_samples)], columns=names)


def cut(table: pd.DataFrame, sizes: Sequence[int]) -> list[pd.DataFrame]:
    """Cut a table into blocks of samples."""
    ends = np.cumsum([0, *sizes])
    assert ends[-1] == len(table)
    return [table.iloc[start:stop] for start, stop in pairwise(ends.tolist())]
