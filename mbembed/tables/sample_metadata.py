"""Sample metadata: a table of what is known of the samples, read as text."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mbembed.errors import MetadataError, UsageError
from mbembed.tables.cells import MISSING
from mbembed.tables.metadata_text import read_lines
from mbembed.words import count

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["SampleMetadata", "cell_text", "check_column", "is_unknown", "read_metadata"]

#: Cells that mean that a value is not known, lower case: those of abundance tables, the words of the public
#: archives (INSDC missing value reporting terms), and what people type.
UNKNOWN = MISSING | {
    "missing", "not applicable", "not collected", "not provided", "restricted access",
    "not available", "unknown", ".", "-", "?",
}  # fmt: skip
#: How alike a name must be to be offered (0 to 1; difflib's own choice).
ALIKE = 0.6


@dataclass(frozen=True, eq=False)
class SampleMetadata:
    """What is known of some samples.

    Attributes
    ----------
    frame : DataFrame of shape (n_lines, n_columns)
        Text; ``None`` where a value is not known.
    ids : dict of str to list of str
        The texts of each column that may hold the sample ids, the most likely one first: the first
        column of a file, the index of a DataFrame. Empty where a line has none.
    source : str
        The file; ``the metadata`` for an object in memory.
    """

    frame: pd.DataFrame
    ids: dict[str, list[str]]
    source: str

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [str(name) for name in self.frame.columns]

    def check_column(self, column: str, flag: str) -> None:
        """Refuse a column that does not exist; see :func:`check_column`."""
        check_column(column, self.columns, flag, self.source)


def read_metadata(metadata: str | os.PathLike[str] | pd.DataFrame) -> SampleMetadata:
    r"""Read a table of what is known of the samples.

    Parameters
    ----------
    metadata : path-like or DataFrame
        A file: tabs, commas or semicolons, a header, one line per sample; compressed or not, in UTF-8,
        UTF-16 or Latin-1, with R's row names, QIIME 2's directives and comments in front of the header.
        Everything is read as text, so that the sample ``001`` stays ``001``.

    Returns
    -------
    SampleMetadata

    Raises
    ------
    MetadataError
        If the file cannot be read, is no table, has no line or column besides the ids, or a column
        stands twice.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "metadata.tsv")
    ...     _ = path.write_text("#SampleID\tage\n001\t42\n002\tnot collected\n")
    ...     read_metadata(path).frame.to_dict("list")
    {'#SampleID': ['001', '002'], 'age': ['42', None]}
    """
    import pandas as pd

    if isinstance(metadata, pd.DataFrame):
        return _from_frame(metadata)
    path = str(metadata)
    header, rows = read_lines(metadata)
    if not rows or len(header) < 2:
        raise MetadataError(
            f"{path} has {count(len(rows), 'line')} below its header, and {count(len(header), 'column')}",
            expected="a column of sample ids and at least one more, separated by tabs or commas",
            hint="save it as TSV, one line per sample",
            path=path,
        )
    columns = [[row[i] for row in rows] for i in range(len(header))]
    return SampleMetadata(_known(header, columns), dict(zip(header, columns, strict=True)), path)


def check_column(column: str, columns: Sequence[str], flag: str, source: str = "the metadata") -> None:
    """Refuse a column that a table does not have.

    Parameters
    ----------
    column : str
    columns : sequence of str
    flag : str
        The option that named it.
    source : str

    Raises
    ------
    UsageError
        Naming the columns that there are, and one that is spelled alike.
    """
    if column in columns:
        return
    folded = {one.casefold(): one for one in columns}
    near = [folded[one] for one in get_close_matches(column.casefold(), list(folded), n=1, cutoff=ALIKE)]
    raise UsageError(
        f"{source} has no column {column!r}",
        expected=f"one of its columns: {', '.join(columns) or '(it has none)'}",
        hint=f"{flag} {near[0] if near else 'COLUMN'}",
        column=column,
        near=near,
    )


def is_unknown(text: str) -> bool:
    """Tell whether a cell says that a value is not known.

    >>> is_unknown("NA"), is_unknown(" not collected"), is_unknown("missing: third party data"), is_unknown("0")
    (True, True, True, False)
    """
    text = text.strip().lower()
    return text in UNKNOWN or text.startswith("missing:")


def _from_frame(frame: pd.DataFrame) -> SampleMetadata:
    import pandas as pd

    if frame.empty:
        raise MetadataError(
            f"the metadata have {count(len(frame), 'line')} and {count(frame.shape[1], 'column')}",
            expected="one line per sample and at least one column",
        )
    names = [str(name) for name in frame.columns]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise MetadataError(
            f"the metadata have column {twice[0]!r} more than once",
            expected="columns of different names",
            hint="rename or remove one of them",
            columns=twice,
        )
    columns = [[cell_text(value) for value in frame.iloc[:, i]] for i in range(len(names))]
    index = {str(frame.index.name or "index"): [cell_text(value) for value in frame.index]}
    ids = dict(zip(names, columns, strict=True))
    # Lines that are merely counted are named by that only if no column names them.
    counted = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    return SampleMetadata(_known(names, columns), {**ids, **index} if counted else {**index, **ids}, "the metadata")


def _known(names: Sequence[str], columns: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Return the columns as a table with ``None`` where nothing is known."""
    import numpy as np
    import pandas as pd

    cells = [[None if is_unknown(text) else text for text in column] for column in columns]
    return pd.DataFrame(np.array(cells, dtype=object).T, columns=list(names), dtype=object)


def cell_text(value: object) -> str:
    """Return a cell of a table in memory as a file would hold it; empty for missing values.

    >>> cell_text(3.0), cell_text(0.5), cell_text(float("nan")), cell_text(" a")
    ('3', '0.5', '', 'a')
    """
    import pandas as pd

    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
