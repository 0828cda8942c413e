"""The target: the columns of one model, and which of them a resolved taxon feeds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.tables.profile import Taxon
from mbembed.taxonomy import maps
from mbembed.taxonomy.nomenclature import Nomenclature
from mbembed.taxonomy.possible import possible_taxa
from mbembed.taxonomy.resolver import SURE_SHARE, resolve
from mbembed.taxonomy.spelling import normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mbembed.taxonomy.resolver import Resolution

__all__ = ["MAJORITY", "MODES", "Placement", "Target"]

#: How taxa find columns. ``exact``: equal strings only, as the published script does; ``resolve``:
#: through the maps; ``strict``: the same without ambiguous names.
MODES = ("exact", "resolve", "strict")

#: A species of another epithet stands for a name only if it has most of the name's public
#: genomes (one mislabelled genome would else send Staphylococcus haemolyticus to E. coli).
MAJORITY = 0.5

#: The one species that is divided. Its four commonest GTDB species are about equally common in
#: the gut, so a single one would be wrong for most samples: equal parts have the least
#: error of all rules tried (0.128 against 0.168 log10 units for the largest alone).
EQUAL_PARTS = {
    "faecalibacterium prausnitzii": (
        "Faecalibacterium prausnitzii",
        "Faecalibacterium prausnitzii_D",
        "Faecalibacterium duncaniae",
        "Faecalibacterium longum",
    )
}

#: Reasons why a resolved taxon feeds no column.
OUTSIDE_MODEL, LEFT_OUT = "outside the model", "ambiguous, left out"

_LETTERS = re.compile(r"_[A-Z]{1,3}$")
#: Stages of names that may cover several GTDB species.
_LATIN_STAGES = ("ncbi name", "taxid")
#: Stages of names of older GTDB releases, whose genomes may be several species now.
_GTDB_STAGES = ("gtdb name", "motus id")


class Placement(NamedTuple):
    """Where the abundance of one taxon goes.

    Attributes
    ----------
    columns : tuple of (int, float)
        Column of the model and the share of the taxon's abundance that goes there; shares
        add up to 1. Empty: the taxon feeds nothing.
    rule : str
        How the two were brought together, in words.
    ambiguous : bool
        Whether another column could have been meant.
    reason : str
        Why nothing is fed; empty if something is.
    """

    columns: tuple[tuple[int, float], ...] = ()
    rule: str = ""
    ambiguous: bool = False
    reason: str = ""


class Target:
    """The columns of a model.

    Parameters
    ----------
    names : sequence of str
        One per column. A name that stands k times gets 1/k of its abundance in each place,
        as published.
    nomenclature : str
        As in the model's configuration: containing ``unit`` (lumped units), ``GTDB`` (R220
        species), or anything else (names as NCBI and MetaPhlAn write them).
    unnamed : str
        Name of columns that no table can fill.

    Attributes
    ----------
    kind : {"units", "gtdb", "names"}

    Examples
    --------
    >>> from mbembed.tables.profile import Taxon
    >>> target = Target(["Blautia_A wexlerae", "Ruminococcus_E bromii_B"], "GTDB R220")
    >>> taxa = [Taxon(name, name) for name in ("Blautia wexlerae", "Ruminococcus bromii", "Dorea longicatena")]
    >>> for place in target.columns_for(resolve(taxa, "ncbi")):
    ...     print(place.columns, place.rule or place.reason)
    ((0, 1.0),) ncbi name
    ((1, 1.0),) ncbi name
    () outside the model
    """

    def __init__(self, names: Sequence[str], nomenclature: str = "GTDB R220", *, unnamed: str = "unknown") -> None:
        self.n_columns = len(names)
        self.kind = _kind(nomenclature)
        self._by_name: dict[str, list[int]] = {}
        for column, name in enumerate(names):
            if name != unnamed:
                self._by_name.setdefault(name, []).append(column)
        self._by_key: dict[str, str] = {}
        for name in self._by_name:
            self._by_key.setdefault(normalise(name).key, name)
        self._by_unit = self._units()

    def _units(self) -> dict[str, str]:
        """Return unit → the column's name that stands for it."""
        if self.kind == "gtdb":
            return {}
        if self.kind == "units":
            return {name: name for name in self._by_name}
        resolved = resolve([Taxon(name, name) for name in self._by_name], "ncbi")
        by_unit: dict[str, list[str]] = {}
        for name, found in zip(self._by_name, resolved, strict=True):
            if found.unit:
                by_unit.setdefault(found.unit, []).append(name)
        return {unit: _commonest(unit, names) for unit, names in by_unit.items()}

    def columns_for(self, resolutions: Sequence[Resolution], mode: str = "resolve") -> list[Placement]:
        """Place resolved taxa.

        Parameters
        ----------
        resolutions : sequence of Resolution
        mode : {"resolve", "strict"}
            ``strict`` leaves ambiguous taxa out.

        Returns
        -------
        list of Placement
            One per resolution.
        """
        look_up = {"gtdb": self._place_gtdb, "units": self._place_unit, "names": self._place_name}[self.kind]
        placements = [look_up(found) for found in resolutions]
        if mode == "strict":
            return [Placement(reason=LEFT_OUT, ambiguous=True) if p.ambiguous and p.columns else p for p in placements]
        return placements

    def equal_names(self, taxa: Sequence[Taxon]) -> list[Placement]:
        """Place taxa by equal strings only: what the published script does with the same names."""
        return [
            Placement(self._spread(taxon.name), "equal name")
            if taxon.name in self._by_name
            else Placement(reason="no column of that name")
            for taxon in taxa
        ]

    def match(
        self, taxa: Sequence[Taxon], mode: str = "resolve", nomenclature: Nomenclature | str | None = None
    ) -> list[Placement]:
        """Place the taxa of a table: :func:`resolve` and :meth:`columns_for`, or :meth:`equal_names`.

        Parameters
        ----------
        taxa : sequence of Taxon
        mode : {"resolve", "strict", "exact"}
        nomenclature : Nomenclature or str, optional
            Detected when not given.

        Returns
        -------
        list of Placement
        """
        return self.equal_names(taxa) if mode == "exact" else self.columns_for(resolve(taxa, nomenclature), mode)

    def observable_columns(
        self, nomenclature: Nomenclature | str, release: str = "", *, filled: Sequence[Placement] = ()
    ) -> NDArray[np.bool_]:
        """Tell which columns could have been seen at all with a naming.

        A column that no name of the naming leads to is *unobservable*, which is not the
        same as absent.

        Parameters
        ----------
        nomenclature : Nomenclature or str
            ``gtdb``, ``ncbi``, ``metaphlan4-sgb``, …
        release : str
            ``R95`` and the like for GTDB; ``MetaPhlAn 2`` or ``MetaPhlAn 3`` narrows NCBI names
            down to those that this profiler reports in gut samples.
        filled : sequence of Placement
            Placements of a table: what it fills is observable, whatever the maps know.

        Returns
        -------
        ndarray of bool, shape (n_columns,)
            All true for a naming that is not known.

        Examples
        --------
        >>> target = Target(["Blautia_A wexlerae", "Gemmiger sp900540595"], "GTDB R220")
        >>> target.observable_columns("ncbi").tolist(), target.observable_columns("gtdb").tolist()
        ([True, False], [True, True])
        """
        if isinstance(nomenclature, str):
            nomenclature = Nomenclature(nomenclature, release)
        if nomenclature.name == "unknown":
            return np.ones(self.n_columns, dtype=bool)
        seen = np.zeros(self.n_columns, dtype=bool)
        possible = self.columns_for(resolve(possible_taxa(nomenclature), nomenclature))
        for placement in (*possible, *filled):
            seen[[column for column, _ in placement.columns]] = True
        return seen

    def _spread(self, *names: str) -> tuple[tuple[int, float], ...]:
        """Share equally between names, and within a name between its columns."""
        return tuple(
            (column, 1 / len(names) / len(self._by_name[name])) for name in names for column in self._by_name[name]
        )

    def _equal(self, found: Resolution) -> Placement | None:
        """Place a name that is the column's own."""
        name = self._by_key.get(found.key)
        return Placement(self._spread(name), "equal name") if name else None

    def _place_unit(self, found: Resolution) -> Placement:
        if not found.unit:
            return Placement(reason=found.reason)
        name = self._by_unit.get(found.unit)
        if name is None:
            return Placement(reason=OUTSIDE_MODEL)
        return Placement(self._spread(name), found.stage, found.ambiguous)

    def _place_name(self, found: Resolution) -> Placement:
        own = self._equal(found)
        if own and (not found.unit or self._same_unit(found)):
            return own
        return self._place_unit(found)

    def _same_unit(self, found: Resolution) -> bool:
        """Tell whether the column of a taxon's own name means what the taxon means."""
        own = maps.ncbi_names().get(found.key)
        return own is None or own.unit == found.unit

    def _place_gtdb(self, found: Resolution) -> Placement:
        if not found.candidates:
            own = self._equal(found) if not found.unit else None
            return own or Placement(reason=found.reason or OUTSIDE_MODEL)
        inside = [(species, share) for species, share in found.candidates if species in self._by_name]
        if found.stage in _LATIN_STAGES:
            return self._place_latin(found, inside)
        if not inside:
            return Placement(reason=OUTSIDE_MODEL)
        # Ids and GTDB names: the species itself. Else what MetaPhlAn's own table says of the
        # SGB, or where most of an older name's genomes went, or its namesake among them.
        species, share = inside[0]
        main = species == found.species
        if not main and found.stage in _GTDB_STAGES:
            namesakes = [pair for pair in inside if _epithet(pair[0]) == _epithet(found.matched)]
            if share < MAJORITY and not namesakes:
                return Placement(reason=OUTSIDE_MODEL)
            species, share = (inside if share >= MAJORITY else namesakes)[0]
        return Placement(self._spread(species), found.stage, not main or share < SURE_SHARE)

    def _place_latin(self, found: Resolution, inside: list[tuple[str, float]]) -> Placement:
        """Split rule: the largest by public genomes of the species with the name's own epithet."""
        name = normalise(found.matched).key
        parts = [species for species in EQUAL_PARTS.get(name, ()) if species in self._by_name]
        if parts:
            return Placement(self._spread(*parts), f"{found.stage}, in {len(parts)} equal parts", ambiguous=True)
        epithet = name.split()[-1]
        own = [(species, share) for species, share in inside if _epithet(species) == epithet]
        if own:
            genomes = maps.species_genomes()
            species, share = max(own, key=lambda candidate: (genomes[candidate[0]], candidate[1]))
            alone = len(inside) == 1 or share >= MAJORITY
            sure = alone and (len(own) == 1 or share >= MAJORITY)
            return Placement(self._spread(species), found.stage, not sure)
        species, share = max(inside, key=lambda candidate: candidate[1], default=("", 0.0))
        if share >= MAJORITY or (species and len(found.candidates) == 1):
            return Placement(self._spread(species), found.stage)
        return Placement(reason=OUTSIDE_MODEL)


def _kind(nomenclature: str) -> str:
    text = nomenclature.lower()
    return "units" if "unit" in text else "gtdb" if "gtdb" in text else "names"


def _epithet(species: str) -> str:
    return _LETTERS.sub("", species.rsplit(" ", 1)[-1]).lower()


def _commonest(unit: str, names: Sequence[str]) -> str:
    """Of several columns in one unit, the one most abundant in public gut samples."""
    known = maps.unit_facts().get(unit)
    order = {normalise(name).key: place for place, name in enumerate(known.species if known else ())}
    return min(names, key=lambda name: order.get(normalise(name).key, len(order)))
