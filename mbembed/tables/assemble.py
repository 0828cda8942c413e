"""From a raw table to a profile: checked, one rank, named, in a known unit; the same for all dialects."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from mbembed.errors import CellError, DuplicateIdError, EmptyTableError, UnitError
from mbembed.tables.axis import check_names, some
from mbembed.tables.labels import identity, make_taxon
from mbembed.tables.profile import Decision, Profile
from mbembed.tables.rows import SGB_RANK, SPECIES, Rows
from mbembed.tables.strangers import check_strangers, check_unit_without, odd_words, stranger_notes
from mbembed.tables.units import check_values, decide_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mbembed.tables.profile import Taxon
    from mbembed.tables.raw import RawTable, ReadOptions
    from mbembed.tables.source import Source

__all__ = ["assemble"]

#: Share of the non-zero values that must be negative, and of the samples that must have such, for a table
#: to look transformed. CLR makes about half of the values of each sample negative, the logarithm of
#: fractions all; single negative cells come from corrections.
TRANSFORMED_SHARE = 0.05
TRANSFORMED_SAMPLES = 0.5


def assemble(raw: RawTable, source: Source | None, options: ReadOptions) -> Profile:
    """Turn what a reader found into a profile.

    Parameters
    ----------
    raw : RawTable
    source : Source, optional
        Where it came from; None for an object in memory.
    options : ReadOptions

    Returns
    -------
    Profile

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
        If the table has no rows of the rank that was asked for.
    """
    path = str(source.path) if source else ""
    _check_ids(raw, path)
    values, warnings = _checked_values(raw, options, path)
    warnings = [*raw.warnings, *warnings]
    rows = Rows.of(raw, values)
    if not rows.has_lineage and not any(raw.taxids or ()):
        check_names([raw.labels[i] for i in rows.taxa], path=path)
    check_strangers([raw.labels[i] for i in rows.taxa], [rows.lineages[i] for i in rows.taxa], path=path)
    chosen, rank = rows.choose(options.rank, path)
    taxa, merged, selector = _merge(raw, rows, chosen)
    table = (values @ selector).tocsr()
    table.sort_indices()
    table.eliminate_zeros()
    repeats, lost = rows.leftovers(chosen)
    unclassified = _sum_columns(values, [*rows.unclassified, *lost])
    if rank not in (SPECIES, SGB_RANK) and options.rank is None:
        warnings.append(f"there are no rows at species rank; {rank} was taken, which no model knows")
    if lost:
        warnings.append(
            f"{len(lost)} row{'s' * (len(lost) > 1)} only above or below the rank {rank} ({some([raw.labels[i] for i in lost])}); "
            "their abundance was counted as not classified"
        )
    sums = np.asarray(table.sum(axis=1)).ravel() + unclassified
    _check_sums(raw, sums, path)
    if not any(raw.taxids or ()):
        warnings += stranger_notes(
            [taxon.source for taxon in taxa], [taxon.lineage for taxon in taxa], raw.sample_ids, table, sums
        )
    empty = [raw.sample_ids[i] for i in np.flatnonzero(sums == 0).tolist()]
    if empty:
        warnings.append(f"{len(empty)} of {len(raw.sample_ids)} samples are all zero: {some(empty)}")
    whole = np.array_equal(table.data, np.rint(table.data)) and np.array_equal(unclassified, np.rint(unclassified))
    if raw.unit is None:
        if options.units is None:
            _check_unit(raw, taxa, table, sums, integers=whole, path=path)
        warnings += check_values(table.data, sums, given=options.units, path=path)
    unit, notes = decide_unit(sums, raw.sample_ids, integers=whole, given=options.units, stated=raw.unit, path=path)
    dropped = Counter(rows.ranks[i] for i in repeats)
    return Profile(
        values=table,
        sample_ids=list(raw.sample_ids),
        taxa=taxa,
        unit=unit.value,
        dialect=raw.dialect,
        unclassified=unclassified,
        unclassified_labels={raw.labels[i]: _sum_columns(values, [i]) for i in rows.unclassified},
        decisions=[*raw.decisions, _rank_decision(rank, chosen, dropped, options), unit],
        warnings=[*warnings, *notes, *_merge_note(merged)],
        path=path,
        sha256=source.sha256 if source else "",
        merged=merged,
        dropped=dict(dropped),
        sample_metadata=raw.sample_metadata,
    )


def _check_ids(raw: RawTable, path: str) -> None:
    if not len(raw.sample_ids) or not len(raw.labels):
        raise EmptyTableError(
            f"{path or 'the table'} has {len(raw.sample_ids)} samples and {len(raw.labels)} taxa",
            expected="at least one of each",
            hint="run the step that wrote it again",
            path=path,
        )
    repeated = [name for name, count in Counter(raw.sample_ids).items() if count > 1]
    if repeated:
        raise DuplicateIdError(
            f"{len(repeated)} sample {'id stands' if len(repeated) == 1 else 'ids stand'} more than once "
            f"in {path or 'the table'}: {some(repeated)}",
            expected="every sample once",
            hint="rename or remove the repeated samples",
            path=path,
            ids=repeated,
        )


def _checked_values(raw: RawTable, options: ReadOptions, path: str) -> tuple[sparse.csr_array, list[str]]:
    values = sparse.csr_array(raw.values, dtype=np.float64)
    data = values.data
    if np.isfinite(data).all() and (not data.size or data.min() >= 0):
        return values, []
    warnings = []
    missing = np.isnan(data)
    if missing.any():
        if options.missing != "zero":
            raise _cell_error(raw, values, missing, path, "are missing (NaN)", "--missing zero reads them as 0")
        values = values.copy()
        data = values.data
        data[missing] = 0.0
        values.eliminate_zeros()
        data = values.data
        warnings.append(f"{int(missing.sum()):,} missing values were read as 0")
    if np.isinf(data).any():
        raise _cell_error(raw, values, np.isinf(data), path, "are infinite", "correct them where the table was made")
    negative = data < 0
    affected = np.unique(_rows_of(values, np.flatnonzero(negative))).size
    if negative.mean() >= TRANSFORMED_SHARE and affected >= TRANSFORMED_SAMPLES * values.shape[0]:
        raise UnitError(
            f"{negative.mean():.0%} of the values of {path or 'the table'} are negative: it looks log- or CLR-transformed",
            expected="untransformed abundances (fractions, percent or counts)",
            hint="export the table again without the transformation",
            path=path,
        )
    if negative.any():
        raise _cell_error(raw, values, negative, path, "are negative", "correct them where the table was made")
    return values, warnings


def _rows_of(values: sparse.csr_array, at: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the rows of some stored values."""
    return np.searchsorted(values.indptr, at, side="right") - 1


def _cell_error(
    raw: RawTable, values: sparse.csr_array, bad: NDArray[np.bool_], path: str, what: str, hint: str
) -> CellError:
    at = int(np.flatnonzero(bad)[0])
    row = int(_rows_of(values, np.array([at]))[0])
    sample, taxon = raw.sample_ids[row], raw.labels[int(values.indices[at])]
    count = int(bad.sum())
    what = what if count > 1 else what.replace("are", "is", 1)
    return CellError(
        f"{count:,} value{'s' * (count > 1)} of {path or 'the table'} {what}; "
        f"the first is {values.data[at]:g} in sample '{sample}', taxon '{taxon}'",
        expected="a finite number that is not negative in every cell",
        hint=hint,
        path=path,
        sample=sample,
        taxon=taxon,
        value=float(values.data[at]),
        count=count,
    )


def _check_sums(raw: RawTable, sums: NDArray[np.float64], path: str) -> None:
    if not sums.any():
        raise EmptyTableError(
            f"{path or 'the table'} holds nothing but zeros ({len(raw.sample_ids)} samples)",
            expected="at least one abundance above zero",
            hint="check the step that wrote it",
            path=path,
        )


def _check_unit(
    raw: RawTable,
    taxa: Sequence[Taxon],
    table: sparse.csr_array,
    sums: NDArray[np.float64],
    *,
    integers: bool,
    path: str,
) -> None:
    """Refuse a table whose unit hangs on columns that may be no taxa."""
    odd = odd_words([taxon.source for taxon in taxa], [taxon.lineage for taxon in taxa])
    share = _sum_columns(table, odd)
    rest = sums - share
    if not odd or not share.any() or not (rest > 0).any():
        return
    left = np.delete(np.arange(len(taxa)), odd)
    others = table[:, left].data
    units = []
    for amounts, whole in ((sums, integers), (rest, np.array_equal(others, np.rint(others)))):
        try:
            units.append(decide_unit(amounts, raw.sample_ids, integers=whole)[0].value)
        except UnitError:
            units.append("")
    check_unit_without([taxa[i].source for i in odd], units[0] or None, units[1] or None, path=path)


def _merge(raw: RawTable, rows: Rows, chosen: Sequence[int]) -> tuple[list[Taxon], dict[str, int], sparse.csr_array]:
    """Name the chosen rows, and give the matrix that takes them out and sums equal names."""
    taxids = raw.taxids or [""] * len(raw.labels)
    taxa: dict[tuple[str, str], Taxon] = {}
    column: dict[tuple[str, str], int] = {}
    counts: Counter[tuple[str, str]] = Counter()
    targets = []
    for i in chosen:
        taxon = make_taxon(raw.labels[i], rows.lineages[i], taxids[i])
        key = identity(taxon)
        targets.append(column.setdefault(key, len(column)))
        taxa.setdefault(key, taxon)
        counts[key] += 1
    selector = sparse.csr_array(
        (np.ones(len(chosen)), (np.asarray(chosen, np.intp), np.asarray(targets, np.intp))),
        shape=(len(raw.labels), len(column)),
    )
    return list(taxa.values()), {name: count for (name, _), count in counts.items() if count > 1}, selector


def _sum_columns(values: sparse.csr_array, columns: Sequence[int]) -> NDArray[np.float64]:
    picked = np.zeros(values.shape[1])
    picked[list(columns)] = 1.0
    return np.asarray(values @ picked, dtype=np.float64)


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
