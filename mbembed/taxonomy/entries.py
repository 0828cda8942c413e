"""What the maps hold: entries, put together when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Accessions", "Entry", "GtdbName", "Names", "UnitFact", "parse_candidates"]


class Entry(NamedTuple):
    """What one name leads to.

    Attributes
    ----------
    name : str
        The name as the map spells it.
    unit : str
        Its lumped unit.
    candidates : tuple of (str, float)
        GTDB R220 species with their share (0 to 1) of the public genomes that ever carried
        the name, those of the unit first. Empty for units without an R220 species.
    """

    name: str
    unit: str
    candidates: tuple[tuple[str, float], ...]


class Names(Mapping[str, Entry]):
    """Key → :class:`Entry`, where an entry is put together when it is asked for.

    Parameters
    ----------
    rows : dict of str to tuple of str
        Key → name, candidates as text (``species:share|species:share``), and unit where it
        is not that of the first candidate.
    units : callable
        Returns species → unit; called only if needed.
    """

    def __init__(self, rows: dict[str, tuple[str, str, str]], units: Callable[[], dict[str, str]]) -> None:
        self._rows, self._units = rows, units

    def __getitem__(self, key: str) -> Entry:
        name, text, unit = self._rows[key]
        candidates = parse_candidates(text)
        return Entry(name, unit or self._units()[candidates[0][0]], candidates)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class Accessions:
    """Genome accession → species, by binary search (67,000 of them load in a few milliseconds).

    Parameters
    ----------
    species : tuple of str
    steps : tuple of str
        For each species its accession numbers in order, each as the step from the one before.
    """

    def __init__(self, species: tuple[str, ...], steps: tuple[str, ...]) -> None:
        counts = [text.count(",") + 1 for text in steps]
        numbers = np.array(",".join(steps).split(","), dtype=np.int64)
        total = np.cumsum(numbers)
        ends = np.cumsum(counts)
        before = np.concatenate([[0], total[ends[:-1] - 1]])
        numbers = total - np.repeat(before, counts)
        order = np.argsort(numbers, kind="stable")
        self._numbers, self._owner, self._species = (
            numbers[order],
            np.repeat(np.arange(len(species)), counts)[order],
            species,
        )

    def get(self, digits: str) -> str:
        """Return the GTDB R220 species of a genome, by the nine digits of its accession; empty if unknown."""
        place = int(np.searchsorted(self._numbers, int(digits)))
        found = place < len(self._numbers) and self._numbers[place] == int(digits)
        return self._species[int(self._owner[place])] if found else ""

    def __len__(self) -> int:
        return len(self._numbers)


class UnitFact(NamedTuple):
    """How common a unit is in 8,272 public gut metagenomes.

    Attributes
    ----------
    mean : float
        Mean abundance, as a fraction.
    prevalence : float
        Share of samples that have it.
    species : tuple of str
        MetaPhlAn 3 names of those samples that fall into the unit, the most abundant first.
    """

    mean: float
    prevalence: float
    species: tuple[str, ...]


class GtdbName(NamedTuple):
    """What a GTDB name meant in a stretch of releases.

    Attributes
    ----------
    first, last : int
        Releases.
    name : str
    species : str
        As in :class:`Names`.
    """

    first: int
    last: int
    name: str
    species: str


def parse_candidates(text: str) -> tuple[tuple[str, float], ...]:
    """Read candidates as the files write them.

    Examples
    --------
    >>> parse_candidates("Prevotella copri_B:0.6|Prevotella copri:0.2")
    (('Prevotella copri_B', 0.6), ('Prevotella copri', 0.2))
    >>> parse_candidates("")
    ()
    """
    pairs = (part.rsplit(":", 1) for part in text.split("|") if part)
    return tuple((species, float(share)) for species, share in pairs)
