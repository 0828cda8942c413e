"""Lumped species units as columns: which a table's names lead to, and which a profiler can see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.taxonomy.nomenclature import Nomenclature, detect_nomenclature
from mbembed.taxonomy.resolver import resolve
from mbembed.taxonomy.target import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.tables.profile import Profile

__all__ = ["UNIT_NOMENCLATURE", "unit_names", "unobservable_columns"]

#: The nomenclature of a model whose columns are units, as its configuration states it.
UNIT_NOMENCLATURE = "lumped species units of GTDB R220"
#: Profilers and namings whose blind spots a model states.
NAMINGS = {
    "MetaPhlAn 2": Nomenclature("ncbi", "MetaPhlAn 2"),
    "MetaPhlAn 3": Nomenclature("ncbi", "MetaPhlAn 3"),
    "MetaPhlAn 4 with SGB rows": Nomenclature("metaphlan4-sgb"),
    "MetaPhlAn 4 without SGB rows": Nomenclature("metaphlan4"),
    "mOTUs 3": Nomenclature("motus3"),
    "NCBI names": Nomenclature("ncbi"),
    "GTDB names, R95": Nomenclature("gtdb", "R95"),
    "GTDB names, R220": Nomenclature("gtdb", "R220"),
}


def unit_names(profile: Profile) -> list[str]:
    """Return the unit that each taxon of a profile leads to; empty where it leads to none.

    Examples
    --------
    >>> import pandas as pd
    >>> from mbembed import read_table
    >>> table = pd.DataFrame([[0.4, 0.6]], index=["a"], columns=["Bacteroides vulgatus", "Phocaeicola vulgatus"])
    >>> len(set(unit_names(read_table(table))))
    1
    """
    return [found.unit for found in resolve(profile.taxa, detect_nomenclature(profile.taxa))]


def unobservable_columns(units: Sequence[str]) -> dict[str, list[int]]:
    """Return, for each naming, the columns that none of its names leads to.

    Parameters
    ----------
    units : sequence of str
        The columns of a model.

    Returns
    -------
    dict of str to list of int
        Naming → columns, counted from 0.
    """
    target = Target(units, UNIT_NOMENCLATURE)
    return {words: np.flatnonzero(~target.observable_columns(naming)).tolist() for words, naming in NAMINGS.items()}
