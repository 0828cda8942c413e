"""Profiles as columns: text and Parquet, taxa in rows, a column for each sample."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import OutputError
from mbembed.outputs.atomic import atomic_path
from mbembed.outputs.content import SUMMARY_KEY
from mbembed.outputs.profile_content import LINEAGE_COLUMN, TAXID_COLUMN
from mbembed.outputs.summary import to_json
from mbembed.outputs.text import quote
from mbembed.tables.layout import TEXT_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    import polars as pl
    from numpy.typing import NDArray

    from mbembed.outputs.profile_content import Rows

__all__ = ["write_parquet_rows", "write_text_rows"]

#: Header of the column of taxa. In TSV it is that of ``biom convert --to-tsv``, which says by
#: itself that taxa are in rows, and by which ``biom convert`` and QIIME 2 know such a table.
TSV_HEADER, PLAIN_HEADER = "#OTU ID", "taxon"
#: Numbers per block of text (64 MiB of float64).
BLOCK_NUMBERS = 8 * 1024 * 1024
#: Whole numbers up to here are the same as int64 and as float64.
EXACT_INTEGER = 2.0**53


def write_text_rows(handle: BinaryIO, rows: Rows, name: str) -> None:
    """Write a profile as text: taxa in rows, the lineage in the last column, ``taxonomy``.

    Numbers are the shortest text that reads back as the same float64. There is no place for
    sample metadata.

    Parameters
    ----------
    handle : binary file
    rows : Rows
    name : {"tsv", "csv"}

    Raises
    ------
    OutputError
        If a sample id would be read as something else.
    """
    import polars as pl

    delimiter = "\t" if name == "tsv" else ","
    _check_samples(rows, f".{name}")
    lead = {TSV_HEADER: rows.ids} if name == "tsv" else {PLAIN_HEADER: rows.ids, **_taxids(rows)}
    texts = rows.lineage_texts()
    columns = rows.values.tocsc()
    header = [*lead, *rows.sample_ids, LINEAGE_COLUMN]
    handle.write((delimiter.join(quote(cell, delimiter) for cell in header) + "\n").encode())
    integers = rows.unit == "counts" and rows.whole and columns.data.max(initial=0.0) < EXACT_INTEGER
    step = max(1, BLOCK_NUMBERS // max(1, len(rows.sample_ids)))
    for start in range(0, len(rows.ids), step):
        some = slice(start, start + step)
        block = _numbers(columns[:, some].toarray(), as_integers=integers)
        names = [pl.Series(f"lead {i}", values[some], pl.String) for i, values in enumerate(lead.values())]
        frame = pl.DataFrame([*names, *block, pl.Series(LINEAGE_COLUMN, texts[some], pl.String)])
        text = BytesIO()  # polars hides why a write failed (full disk, closed pipe): writing is left to Python
        frame.write_csv(text, separator=delimiter, include_header=False)
        handle.write(text.getvalue())


def write_parquet_rows(path: Path, rows: Rows) -> None:
    """Write a profile as Parquet: columns ``taxon`` and ``taxonomy``, and a column of float64 per sample.

    How the table was read is in the key-value metadata. There is no place for sample metadata.

    Raises
    ------
    OutputError
        If a sample has the name of one of the other columns, or the file cannot be written.
    """
    import polars as pl

    _check_samples(rows, ".parquet")
    texts = {PLAIN_HEADER: rows.ids, LINEAGE_COLUMN: rows.lineage_texts(), **_taxids(rows)}
    columns = [pl.Series(name, values, pl.String) for name, values in texts.items()]
    values = rows.values.T.toarray()
    numbers = [pl.Series(one, values[:, i]) for i, one in enumerate(rows.sample_ids)]
    file = BytesIO()  # as above
    pl.DataFrame([*columns, *numbers]).write_parquet(file, metadata={SUMMARY_KEY: to_json(rows.summary)})
    with atomic_path(path) as temporary:
        temporary.write_bytes(file.getvalue())


def _numbers(block: NDArray[np.float64], *, as_integers: bool) -> list[pl.Series]:
    import polars as pl

    numbers = block.astype(np.int64) if as_integers else block
    return [pl.Series(f"value {i}", row) for i, row in enumerate(numbers)]


def _taxids(rows: Rows) -> dict[str, list[str]]:
    return {TAXID_COLUMN: rows.taxids} if rows.taxids else {}


def _check_samples(rows: Rows, suffix: str) -> None:
    reserved = TEXT_COLUMNS | {PLAIN_HEADER}
    for one in rows.sample_ids:
        broken = suffix != ".parquet" and (one != one.strip() or not one or "\n" in one or "\r" in one)
        if one.lower() in reserved or broken:
            raise OutputError(
                f"the sample id {one!r} cannot head a column: it would be read as "
                + ("something else" if broken else "a column about the taxa"),
                expected="another id, or a format that keeps ids apart",
                hint=f"write .biom instead of {suffix}",
                sample=one,
            )
