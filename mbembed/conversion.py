"""What can be done to a profile between reading and writing: names resolved, another unit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from mbembed.errors import UnitError
from mbembed.tables.profile import UNITS, Decision, Taxon
from mbembed.tables.units import decide_unit

if TYPE_CHECKING:
    from mbembed.tables.profile import Profile
    from mbembed.taxonomy.resolver import Resolution

__all__ = ["TARGET_UNITS", "change_unit", "resolve_names", "unit_when_read"]

#: Units that values can be converted to; counts cannot be made from shares.
TARGET_UNITS = tuple(unit for unit, total in UNITS.items() if total is not None)
#: Prefixes of GTDB's ranks above the species, as its lineages are written.
_PREFIXES = ("d__", "p__", "c__", "o__", "f__", "g__")
_SPECIES = "species"


def resolve_names(profile: Profile) -> tuple[Profile, list[Resolution]]:
    """Give taxa the name and the lineage of the GTDB R220 species that they stand for.

    A name that covers several R220 species becomes the one with most of its public genomes.
    Taxa of one species are summed. Those that no map knows keep their own name.

    Parameters
    ----------
    profile : Profile

    Returns
    -------
    tuple of (Profile, list of Resolution)
        The renamed profile, with a decision ``names``; and what each taxon of the given one
        stands for. The profile is returned as it is if no name is resolved.

    Examples
    --------
    >>> import pandas as pd
    >>> from mbembed.tables import read_table
    >>> frame = pd.DataFrame({"Bacteroides vulgatus": [0.5], "Phocaeicola vulgatus": [0.5]}, index=["S1"])
    >>> resolve_names(read_table(frame))[0].taxa[0].lineage[-2:]
    ('g__Phocaeicola', 's__Phocaeicola vulgatus')
    """
    from mbembed.taxonomy.resolver import resolve

    found = resolve(profile.taxa)
    known = [one for one in found if one.species]
    if not known:
        nothing = Decision("names", "resolve", f"none of the {profile.n_taxa} names is known; all were kept")
        return replace(profile, decisions=[*profile.decisions, nothing]), found
    place: dict[tuple[bool, str], int] = {}
    taxa: list[Taxon] = []
    targets = []
    for taxon, resolution in zip(profile.taxa, found, strict=True):
        key = (bool(resolution.species), resolution.species or taxon.source)
        if key not in place:
            place[key] = len(taxa)
            taxa.append(_species(resolution.species) if resolution.species else _kept(taxon))
        targets.append(place[key])
    selector = sparse.csr_array(
        (np.ones(profile.n_taxa), (np.arange(profile.n_taxa), np.asarray(targets, np.intp))),
        shape=(profile.n_taxa, len(taxa)),
    )
    values = (profile.values @ selector).tocsr()
    values.sort_indices()
    decision = Decision("names", "resolve", _reason(profile, found))
    return replace(profile, values=values, taxa=taxa, decisions=[*profile.decisions, decision]), found


def change_unit(profile: Profile, unit: str) -> Profile:
    """Convert the values to fractions or percent of all that the table states, unclassified included.

    Parameters
    ----------
    profile : Profile
    unit : {"fraction", "percent"}

    Returns
    -------
    Profile
        Counts are divided by the sum of their sample; percent and fractions are scaled only,
        so that a sample that adds up to less keeps doing so.

    Raises
    ------
    UnitError
        If the unit is no share.
    """
    if unit not in TARGET_UNITS:
        raise UnitError(
            f"values cannot be converted to {unit!r}",
            expected=f"one of {', '.join(TARGET_UNITS)}",
            hint=f"--to-unit {TARGET_UNITS[0]}",
        )
    if unit == profile.unit:
        return profile
    own = UNITS[profile.unit]
    sums = profile.classified + profile.unclassified if own is None else np.full(profile.n_samples, own)
    # An empty sample stays empty. One division, after the multiplication: 100 % is 1 exactly.
    divisor = np.where(sums > 0, sums, 1.0)
    total = UNITS[unit] or 1.0
    values = profile.values.copy()
    values.data = values.data * total / np.repeat(divisor, np.diff(values.indptr))
    decision = Decision("to-unit", unit, f"from {profile.unit}")
    return replace(
        profile,
        values=values,
        unclassified=profile.unclassified * total / divisor,
        unit=unit,
        decisions=[*profile.decisions, decision],
    )


def unit_when_read(profile: Profile, *, unclassified: str = "keep") -> str:
    """Return the unit in which the content alone would be read; empty if it does not say.

    Parameters
    ----------
    profile : Profile
    unclassified : {"keep", "drop"}
        Whether it is written with what is not classified.

    Returns
    -------
    str
    """
    sums = profile.classified + (profile.unclassified if unclassified == "keep" else 0.0)
    data = np.concatenate([profile.values.data, profile.unclassified])
    if not sums.any():
        return ""
    try:
        decision, _ = decide_unit(sums, profile.sample_ids, integers=np.array_equal(data, np.rint(data)))
    except UnitError:
        return ""
    return decision.value


def _species(name: str) -> Taxon:
    from mbembed.taxonomy import maps

    upper = maps.lineages().get(name.split()[0], ())
    lineage = tuple(prefix + part for prefix, part in zip(_PREFIXES, upper, strict=False))
    return Taxon(name, name, (*lineage, f"s__{name}"), _SPECIES)


def _kept(taxon: Taxon) -> Taxon:
    """Return a taxon at species rank, since all others of the table are now: its own name, its own upper ranks."""
    if taxon.rank in {_SPECIES, ""}:
        return taxon
    upper = [part for part in taxon.lineage if not part.startswith(("s__", "t__"))]
    return taxon._replace(lineage=(*upper, f"s__{taxon.name}"), rank=_SPECIES)


def _reason(profile: Profile, found: list[Resolution]) -> str:
    known = np.array([bool(one.species) for one in found])
    totals = np.asarray(profile.values.sum(axis=0)).ravel()
    share = totals[known].sum() / totals.sum() if totals.any() else 0.0
    n_species = len({one.species for one in found if one.species})
    several = sum(one.species != "" and len(one.candidates) > 1 for one in found)
    text = f"{known.sum()} of {len(found)} taxa ({share:.1%} of the classified abundance) are {n_species} GTDB R220 species"
    if several:
        text += f"; {several} names cover several of them, the commonest was taken"
    return text + "; the others keep their names"
