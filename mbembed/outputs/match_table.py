"""The match table: which taxon of the input went to which species of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.outputs.atomic import atomic_path
from mbembed.outputs.text import quote

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

__all__ = ["write_match_table"]


def write_match_table(path: str | os.PathLike[str], rows: Iterable[Sequence[object]], columns: Sequence[str]) -> None:
    r"""Write rows as tab-separated text in UTF-8.

    Parameters
    ----------
    path : path-like
    rows : iterable of sequences
        One cell for each column; ``None`` is an empty cell, anything else is written as ``str``.
    columns : sequence of str

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as handle:
        for row in (columns, *rows):
            cells = (quote(str(cell), "\t") if cell not in (None, "") else "" for cell in row)
            handle.write("\t".join(cells) + "\n")
