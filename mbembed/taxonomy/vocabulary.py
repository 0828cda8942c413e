"""The species names that are known here: those of the installed models."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mbembed.models.store import list_models
from mbembed.taxonomy.names import canonical_key

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["known_names"]


def known_names() -> frozenset[str]:
    """Return the canonical keys of the species of all installed models.

    Returns
    -------
    frozenset of str
        Empty where no model is installed. The columns that no table can fill
        (``unknown`` in the published reference) are left out.
    """
    return frozenset().union(*(_keys(tuple(model.species), model.unnamed) for model in list_models()))


@lru_cache
def _keys(species: Sequence[str], unnamed: str) -> frozenset[str]:
    return frozenset(canonical_key(name) for name in species if name != unnamed)
