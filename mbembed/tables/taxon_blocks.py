"""The taxa of a table in blocks of samples: kept from the first pass over it, or read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.errors import TableError
from mbembed.tables.scan import read_as_zero

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scipy.sparse import csr_array

    from mbembed.tables.blocks import SampleBlocks
    from mbembed.tables.columns import Columns
    from mbembed.tables.source import Source

__all__ = ["TaxonBlocks"]


class TaxonBlocks:
    """Samples × taxa of a table that was found in order.

    Parameters
    ----------
    raw : SampleBlocks
        Of shape (n_samples, n_labels).
    columns : Columns
    kept : sequence of csr_array
        The first blocks, as the pass over the table made them.
    block_rows : int
        Samples per block.
    source, state : Source and tuple of int, optional
        The file, and its ``state`` before it was looked at: if it changes, nothing more is taken from it.
    """

    def __init__(
        self,
        raw: SampleBlocks,
        columns: Columns,
        kept: Sequence[csr_array],
        *,
        block_rows: int,
        source: Source | None = None,
        state: tuple[int, int] | None = None,
    ) -> None:
        self.shape = (raw.shape[0], columns.n_taxa)
        self.block_rows = block_rows
        self._raw = raw
        self._columns = columns
        self._kept = kept
        self._source = source
        self._state = state

    def blocks(self, start: int = 0) -> Iterator[csr_array]:
        """Yield the rows from ``start`` on; blocks end where they would if it were 0.

        Yields
        ------
        csr_array of shape (n_rows, n_taxa)
            float64, no explicit zeros.
        """
        first, offset = divmod(start, self.block_rows)
        for block in self._kept[first:]:
            yield block[offset:] if offset else block
            offset = 0
        first = max(first, len(self._kept)) * self.block_rows
        if first >= self.shape[0]:
            return
        self._check()
        for raw in self._raw.blocks(self.block_rows, first):
            block = self._columns.select(read_as_zero(raw))
            self._check()
            yield block[offset:] if offset else block
            offset = 0

    def _check(self) -> None:
        """Refuse a file that is another by now: what was decided need not hold for it.

        Raises
        ------
        TableError
        """
        if self._source and _state(self._source) != self._state:
            raise TableError(
                f"{self._source.path} changed while it was read",
                expected="a table that stays as it is until the end",
                hint="the same command again, once the file is complete",
                path=str(self._source.path),
            )


def _state(source: Source) -> tuple[int, int] | None:
    """Return the state of a file; None where it is gone."""
    try:
        return source.state
    except OSError:
        return None
