"""A table that was opened: its names are known, its values have still to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.tables.assemble import assemble
from mbembed.tables.blocks import BLOCK_ROWS, SampleBlocks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mbembed.tables.profile import Profile, Taxon
    from mbembed.tables.raw import RawTable, ReadOptions
    from mbembed.tables.scan import Fold
    from mbembed.tables.source import Source

__all__ = ["OpenTable"]


class OpenTable:
    """What a reader found, before anything is decided on its values.

    Parameters
    ----------
    raw : RawTable
    source : Source, optional
        None for an object in memory.
    options : ReadOptions
    """

    def __init__(self, raw: RawTable, source: Source | None, options: ReadOptions) -> None:
        self._raw = raw
        self._source = source
        self._options = options

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self._raw.sample_ids)

    @property
    def reads_blocks(self) -> bool:
        """Whether the values are still in the file, and can be read in blocks of samples."""
        return isinstance(self._raw.values, SampleBlocks)

    def profile(
        self,
        *,
        folds: Callable[[Sequence[Taxon]], Sequence[Fold]] = lambda _: (),
        keep_bytes: int | None = None,
        block_rows: int = BLOCK_ROWS,
    ) -> Profile:
        """Look at all values, and make a profile; see `mbembed.tables.assemble.assemble`."""
        return assemble(
            self._raw, self._source, self._options, folds=folds, keep_bytes=keep_bytes, block_rows=block_rows
        )
