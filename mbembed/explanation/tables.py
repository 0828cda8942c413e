"""Tables as text: numbers in full, names quoted only where they need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.outputs.match_table import write_match_table

if TYPE_CHECKING:
    import os

    import pandas as pd

__all__ = ["write_frame"]


def write_frame(path: str | os.PathLike[str], frame: pd.DataFrame) -> None:
    """Write a DataFrame, without its index, as tab-separated text in UTF-8.

    Parameters
    ----------
    path : path-like
    frame : DataFrame
        ``yes`` and ``no`` are written for true and false, numbers with six significant digits.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    write_match_table(
        path, ([_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)), list(frame.columns)
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
