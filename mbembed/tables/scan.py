"""One pass over the values of a table: everything that decisions about the whole of it rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from mbembed.errors import CellError, UnitError
from mbembed.tables.blocks import carry_on, row_sums
from mbembed.tables.units import ValueCounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.columns import Columns

__all__ = ["Fold", "Scan", "read_as_zero"]

#: Share of the non-zero values that must be negative, and of the samples that must have such, for a table
#: to look transformed. CLR makes about half of the values of each sample negative, the logarithm of
#: fractions all; single negative cells come from corrections.
TRANSFORMED_SHARE = 0.05
TRANSFORMED_SAMPLES = 0.5


class Fold(Protocol):
    """Something else that is computed in the same pass, such as the match to a model."""

    def add(self, table: csr_array, classified: NDArray[np.float64]) -> None:
        """Take the next samples: their taxa, and the sum of these."""


class Scan:
    """What is found while the samples of a raw table go by, block by block.

    Parameters
    ----------
    columns : Columns
    sample_ids, labels : sequence of str
        Of the raw table.
    missing : {"error", "zero"}
        What NaN means.
    path : str
        For messages.
    folds : sequence of Fold
        What else looks at the blocks.

    Attributes
    ----------
    values : ValueCounts
        Of all values of taxa.
    totals : ndarray of shape (n_labels,)
        What each column adds up to.
    """

    def __init__(
        self,
        columns: Columns,
        sample_ids: Sequence[str],
        labels: Sequence[str],
        *,
        missing: str,
        path: str,
        folds: Sequence[Fold] = (),
    ) -> None:
        self.columns = columns
        self.values = ValueCounts()
        self.others = ValueCounts()
        self.totals = np.zeros(len(labels))
        self._folds = folds
        self._cells = _Cells(sample_ids, labels, missing, path)
        rows = columns.rows
        #: Columns that are not of the chosen rank and that nothing covers, were the table nested or not.
        self._lost = {nested: rows.leftovers(columns.chosen, nested=nested)[1] for nested in (True, False)}
        self._needs_totals = bool(columns.odd) or self._lost[True] != self._lost[False]
        self._classified: list[NDArray[np.float64]] = []
        self._odd: list[NDArray[np.float64]] = []
        self._sums: dict[tuple[int, ...], list[NDArray[np.float64]]] = {}
        for nested in self._lost:
            self._sums[self._unclassified_columns(nested)] = []
        for i in rows.unclassified:
            self._sums[(i,)] = []
        self._is_odd = np.zeros(columns.n_taxa)
        self._is_odd[columns.odd] = 1.0

    def add(self, raw: csr_array) -> csr_array | None:
        """Take the next samples.

        Parameters
        ----------
        raw : csr_array of shape (n_rows, n_labels)

        Returns
        -------
        csr_array of shape (n_rows, n_taxa), or None
            Their taxa; None once a value was found that no table may have: `check` then says which.
        """
        clean = self._cells.add(raw)
        if clean is None:
            return None
        if self._needs_totals:
            self.totals = carry_on(self.totals, clean, np.ones(clean.shape[0]))
        for columns, sums in self._sums.items():
            sums.append(_sum_columns(clean, columns))
        table = self.columns.select(clean)
        classified = row_sums(table)
        self._classified.append(classified)
        self.values.add(table.data)
        if self.columns.odd:
            self._odd.append(np.asarray(table @ self._is_odd))
            self.others.add(table.data[self._is_odd[table.indices] == 0])
        for fold in self._folds:
            fold.add(table, classified)
        return table

    def check(self) -> list[str]:
        """Refuse values that no table may have; return what to warn of.

        Raises
        ------
        CellError
            If values are missing, infinite or negative.
        UnitError
            If so many are negative that the table looks log- or CLR-transformed.
        """
        return self._cells.check()

    @property
    def nested(self) -> bool:
        """Whether the columns above others hold their sum; where it makes a difference."""
        return self._lost[True] != self._lost[False] and self.columns.rows.is_nested(self.totals)

    @property
    def lost(self) -> list[int]:
        """Columns that are not of the chosen rank, and that nothing of it covers."""
        return self._lost[self.nested]

    @property
    def classified(self) -> NDArray[np.float64]:
        """Sum of the taxa of each sample; shape (n_samples,)."""
        return np.concatenate(self._classified)

    @property
    def unclassified(self) -> NDArray[np.float64]:
        """What each sample has of columns that are no taxon, or are lost; shape (n_samples,)."""
        return np.concatenate(self._sums[self._unclassified_columns(self.nested)])

    @property
    def odd(self) -> NDArray[np.float64]:
        """What each sample has of the odd taxa; shape (n_samples,)."""
        return np.concatenate(self._odd) if self._odd else np.zeros(sum(map(len, self._classified)))

    def column(self, label: int) -> NDArray[np.float64]:
        """Return what each sample has of one column that holds what was not classified."""
        return np.concatenate(self._sums[(label,)])

    def _unclassified_columns(self, nested: bool) -> tuple[int, ...]:  # noqa: FBT001 - private
        return (*self.columns.rows.unclassified, *self._lost[nested])


def read_as_zero(raw: csr_array) -> csr_array:
    """Read missing values as 0; returns the block itself where none is missing."""
    missing = np.isnan(raw.data)
    if not missing.any():
        return raw
    block = raw.copy()
    block.data[missing] = 0.0
    block.eliminate_zeros()
    return block


class _Bad:
    """Values of one kind that no table may have: how many, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.n_samples = 0
        self.first: tuple[int, int, float] | None = None

    def add(self, block: csr_array, bad: NDArray[np.bool_], start: int) -> None:
        at = np.flatnonzero(bad)
        if not at.size:
            return
        rows = np.searchsorted(block.indptr, at, side="right") - 1
        self.count += at.size
        self.n_samples += np.unique(rows).size
        if self.first is None:
            self.first = (start + int(rows[0]), int(block.indices[at[0]]), float(block.data[at[0]]))


class _Cells:
    """Values that are missing, infinite or negative."""

    def __init__(self, sample_ids: Sequence[str], labels: Sequence[str], missing: str, path: str) -> None:
        self.sample_ids = sample_ids
        self.labels = labels
        self.zero = missing == "zero"
        self.path = path
        self.missing, self.infinite, self.negative = _Bad(), _Bad(), _Bad()
        self.n_rows = 0
        self.n_stored = 0

    def add(self, block: csr_array) -> csr_array | None:
        data = block.data
        start, self.n_rows = self.n_rows, self.n_rows + block.shape[0]
        # NaN compares as false: one look at the smallest and the largest tells good blocks.
        if not data.size or (data.min() >= 0 and data.max() < np.inf):
            self.n_stored += data.size
            return None if self._refused else block
        self.missing.add(block, np.isnan(data), start)
        if self.zero:
            block = read_as_zero(block)
        self.infinite.add(block, np.isinf(block.data), start)
        self.negative.add(block, block.data < 0, start)
        self.n_stored += block.data.size
        return None if self._refused else block

    @property
    def _refused(self) -> bool:
        return bool(self.infinite.count or self.negative.count or (self.missing.count and not self.zero))

    def check(self) -> list[str]:
        where = self.path or "the table"
        if self.missing.count and not self.zero:
            raise self._error(self.missing, "are missing (NaN)", "--missing zero reads them as 0")
        if self.infinite.count:
            raise self._error(self.infinite, "are infinite", "correct them where the table was made")
        negative = self.negative
        share = negative.count / self.n_stored if self.n_stored else 0.0
        if share >= TRANSFORMED_SHARE and negative.n_samples >= TRANSFORMED_SAMPLES * self.n_rows:
            raise UnitError(
                f"{share:.0%} of the values of {where} are negative: it looks log- or CLR-transformed",
                expected="untransformed abundances (fractions, percent or counts)",
                hint="export the table again without the transformation",
                path=self.path,
            )
        if negative.count:
            raise self._error(negative, "are negative", "correct them where the table was made")
        return [f"{self.missing.count:,} missing values were read as 0"] if self.missing.count else []

    def _error(self, bad: _Bad, what: str, hint: str) -> CellError:
        row, column, value = bad.first or (0, 0, 0.0)
        sample, taxon = self.sample_ids[row], self.labels[column]
        what = what if bad.count > 1 else what.replace("are", "is", 1)
        return CellError(
            f"{bad.count:,} value{'s' * (bad.count > 1)} of {self.path or 'the table'} {what}; "
            f"the first is {value:g} in sample '{sample}', taxon '{taxon}'",
            expected="a finite number that is not negative in every cell",
            hint=hint,
            path=self.path,
            sample=sample,
            taxon=taxon,
            value=value,
            count=bad.count,
        )


def _sum_columns(block: csr_array, columns: Sequence[int]) -> NDArray[np.float64]:
    if not columns:
        return np.zeros(block.shape[0])
    picked = np.zeros(block.shape[1])
    picked[list(columns)] = 1.0
    return np.asarray(block @ picked, dtype=np.float64)
