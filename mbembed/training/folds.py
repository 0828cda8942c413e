"""Parts of a corpus that are held out in turn, so that every sample is judged by numbers that never saw it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Folds", "make_folds"]


class Folds(NamedTuple):
    """A division of samples into parts.

    Attributes
    ----------
    of_sample : ndarray of int, shape (n_samples,)
        Part of each sample, from 0.
    number : int
    unit : str
        What a part is made of: ``studies`` or ``samples``.
    """

    of_sample: NDArray[np.intp]
    number: int
    unit: str


def make_folds(groups: Sequence[str], n_samples: int, number: int) -> Folds:
    """Divide samples into parts of about equal size, whole studies where they are known.

    Parameters
    ----------
    groups : sequence of str
        Study of each sample; empty without studies.
    n_samples : int
    number : int
        Parts wanted; there are fewer where there are fewer studies.

    Returns
    -------
    Folds
        The largest study goes first, each into the part that is smallest so far. Of one study or none, every
        n-th sample goes into the same part.

    Examples
    --------
    >>> make_folds(["a", "a", "b", "c"], 4, 2)
    Folds(of_sample=array([0, 0, 1, 1]), number=2, unit='studies')
    """
    sizes = Counter(groups)
    if len(sizes) < 2:
        return Folds(np.arange(n_samples, dtype=np.intp) % number, number, "samples")
    number = min(number, len(sizes))
    filled = np.zeros(number, dtype=np.intp)
    part_of: dict[str, int] = {}
    for study in sorted(sizes, key=lambda name: (-sizes[name], name)):
        part_of[study] = int(filled.argmin())
        filled[part_of[study]] += sizes[study]
    return Folds(np.array([part_of[study] for study in groups], dtype=np.intp), number, "studies")
