"""From a raw table to a profile: checked, one rank, named, in a known unit; the same for all dialects.

The names decide which columns are taken; then the values go by once, in blocks of samples, and what
is counted of them decides the rest. Whether the blocks stay in memory makes no difference to it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.errors import DuplicateIdError, EmptyTableError, UnitError
from mbembed.overlap import ahead
from mbembed.tables.axis import some
from mbembed.tables.blocks import BLOCK_ROWS, InMemory, in_blocks, joined
from mbembed.tables.columns import Columns
from mbembed.tables.profile import Decision, Profile, StreamedProfile
from mbembed.tables.rows import SGB_RANK, SPECIES
from mbembed.tables.scan import Scan
from mbembed.tables.strangers import check_unit_without, stranger_notes
from mbembed.tables.taxon_blocks import TaxonBlocks
from mbembed.tables.units import check_values, decide_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.profile import Taxon
    from mbembed.tables.raw import RawTable, ReadOptions
    from mbembed.tables.scan import Fold
    from mbembed.tables.source import Source

__all__ = ["assemble"]


def assemble(
    raw: RawTable,
    source: Source | None,
    options: ReadOptions,
    *,
    folds: Callable[[Sequence[Taxon]], Sequence[Fold]] = lambda _: (),
    keep_bytes: int | None = None,
    block_rows: int = BLOCK_ROWS,
) -> Profile:
    """Turn what a reader found into a profile.

    Parameters
    ----------
    raw : RawTable
    source : Source, optional
        Where it came from; None for an object in memory.
    options : ReadOptions
    folds : callable
        Given the taxa, returns what else is to be computed in the same pass over the values.
    keep_bytes : int, optional
        How much of the values may stay in memory; the rest is read again when needed. Default: all.
    block_rows : int
        Samples per block.

    Returns
    -------
    Profile
        A `StreamedProfile` if ``keep_bytes`` is given.

    Raises
    ------
    EmptyTableError
        If there are no samples, no taxa, or nothing but zeros.
    DuplicateIdError
        If a sample id stands more than once.
    CellError
        If values are missing, infinite or negative.
    UnitError
        If they look log- or CLR-transformed, or their unit is mixed or unknown.
    AxisError
        If the taxa are named by tax ids or hashes, or data about samples stand among them.
    TableError
        If the table has no rows of the rank that was asked for, or is damaged further on.
    """
    table = _Table(raw, source, options)
    began = source.state if source else None
    if keep_bytes is not None and isinstance(table.values, InMemory):
        keep_bytes = 0  # what lies in memory need not be kept twice
    kept = table.scan(folds(table.columns.taxa), keep_bytes, block_rows)
    facts = table.facts()
    if keep_bytes is None:
        return Profile(values=joined(kept, table.columns.n_taxa), **facts)
    rows = TaxonBlocks(table.values, table.columns, kept, block_rows=block_rows, source=source, state=began)
    return StreamedProfile(rows, table.found.classified, **facts)


class _Table:
    """A raw table on its way to a profile."""

    def __init__(self, raw: RawTable, source: Source | None, options: ReadOptions) -> None:
        self.raw = raw
        self.source = source
        self.options = options
        self.path = str(source.path) if source else ""
        _check_ids(raw, self.path)
        self.values = in_blocks(raw.values)
        self.columns = Columns.of(raw, options.rank, self.path)

    def scan(self, folds: Sequence[Fold], keep_bytes: int | None, block_rows: int) -> list[csr_array]:
        """Let the values go by; return the blocks of the first samples, as many as are to be kept (None: all)."""
        raw, columns = self.raw, self.columns
        found = Scan(columns, raw.sample_ids, raw.labels, missing=self.options.missing, path=self.path, folds=folds)
        kept: list[csr_array] = []
        size = 0
        blocks = self.values.blocks(block_rows)
        # A block is unpacked by one thread while another counts the one before.
        for block in blocks if isinstance(self.values, InMemory) else ahead(blocks):
            table = found.add(block)
            if table is None:
                kept.clear()
                keep_bytes = 0
                continue
            size += table.data.nbytes + table.indices.nbytes
            if keep_bytes is None or size <= keep_bytes:
                kept.append(table)
        self.warnings = [*raw.warnings, *found.check()]
        self.found = found
        return kept

    def facts(self) -> dict[str, Any]:
        """Decide about the table, by what was found in it; returns the fields of a profile but its values."""
        raw, columns, found, path, options = self.raw, self.columns, self.found, self.path, self.options
        rank, taxa, merged = columns.rank, columns.taxa, columns.merged
        warnings = list(self.warnings)
        lost = found.lost
        if rank not in (SPECIES, SGB_RANK) and options.rank is None:
            warnings.append(f"there are no rows at species rank; {rank} was taken, which no model knows")
        if lost:
            warnings.append(
                f"{len(lost)} row{'s' * (len(lost) > 1)} only above or below the rank {rank} "
                f"({some([raw.labels[i] for i in lost])}); their abundance was counted as not classified"
            )
        unclassified, classified = found.unclassified, found.classified
        sums = classified + unclassified
        self._check_sums(sums)
        if not any(raw.taxids or ()):
            totals = np.zeros(columns.n_taxa)
            np.add.at(totals, columns.targets, found.totals[columns.chosen])
            labels = [taxon.source for taxon in taxa]
            warnings += stranger_notes(labels, columns.odd, raw.sample_ids, found.odd, totals, sums)
        empty = [raw.sample_ids[i] for i in np.flatnonzero(sums == 0).tolist()]
        if empty:
            warnings.append(f"{len(empty)} of {len(raw.sample_ids)} samples are all zero: {some(empty)}")
        whole = found.values.whole and np.array_equal(unclassified, np.rint(unclassified))
        if raw.unit is None:
            if options.units is None:
                self._check_unit(sums, integers=whole)
            warnings += check_values(found.values, sums, given=options.units, path=path)
        unit, notes = decide_unit(sums, raw.sample_ids, integers=whole, given=options.units, stated=raw.unit, path=path)
        rows = columns.rows
        dropped = Counter(rows.ranks[i] for i in rows.leftovers(columns.chosen, nested=found.nested)[0])
        return {
            "sample_ids": list(raw.sample_ids),
            "taxa": taxa,
            "unit": unit.value,
            "dialect": raw.dialect,
            "unclassified": unclassified,
            "unclassified_labels": {raw.labels[i]: found.column(i) for i in rows.unclassified},
            "decisions": [*raw.decisions, _rank_decision(rank, columns.chosen, dropped, options), unit],
            "warnings": [*warnings, *notes, *_merge_note(merged)],
            "path": path,
            "sha256": self.source.sha256 if self.source else "",
            "merged": merged,
            "dropped": dict(dropped),
            "sample_metadata": raw.sample_metadata,
        }

    def _check_sums(self, sums: NDArray[np.float64]) -> None:
        if not sums.any():
            raise EmptyTableError(
                f"{self.path or 'the table'} holds nothing but zeros ({len(self.raw.sample_ids)} samples)",
                expected="at least one abundance above zero",
                hint="check the step that wrote it",
                path=self.path,
            )

    def _check_unit(self, sums: NDArray[np.float64], *, integers: bool) -> None:
        """Refuse a table whose unit hangs on columns that may be no taxa."""
        odd, found = self.columns.odd, self.found
        rest = sums - found.odd
        if not odd or not found.odd.any() or not (rest > 0).any():
            return
        units = []
        for amounts, whole in ((sums, integers), (rest, found.others.whole)):
            try:
                units.append(decide_unit(amounts, self.raw.sample_ids, integers=whole)[0].value)
            except UnitError:
                units.append("")
        names = [self.columns.taxa[i].source for i in odd]
        check_unit_without(names, units[0] or None, units[1] or None, path=self.path)


def _check_ids(raw: RawTable, path: str) -> None:
    if not len(raw.sample_ids) or not len(raw.labels):
        raise EmptyTableError(
            f"{path or 'the table'} has {len(raw.sample_ids)} samples and {len(raw.labels)} taxa",
            expected="at least one of each",
            hint="run the step that wrote it again",
            path=path,
        )
    if len(set(raw.sample_ids)) == len(raw.sample_ids):
        return
    repeated = [name for name, count in Counter(raw.sample_ids).items() if count > 1]
    raise DuplicateIdError(
        f"{len(repeated)} sample {'id stands' if len(repeated) == 1 else 'ids stand'} more than once "
        f"in {path or 'the table'}: {some(repeated)}",
        expected="every sample once",
        hint="rename or remove the repeated samples",
        path=path,
        ids=repeated,
    )


def _rank_decision(rank: str, chosen: Sequence[int], dropped: Counter[str], options: ReadOptions) -> Decision:
    reason = "given" if options.rank else f"{len(chosen)} rows of this rank"
    if dropped:
        reason += "; rows that repeat them left out: " + ", ".join(f"{count} {name}" for name, count in dropped.items())
    return Decision("rank", rank, reason)


def _merge_note(merged: dict[str, int]) -> list[str]:
    if not merged:
        return []
    subject = "1 taxon stands" if len(merged) == 1 else f"{len(merged)} taxa stand"
    return [f"{subject} more than once; their rows were summed: {some(list(merged))}"]
