"""The report on an embedding: its sections in order, as one page."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from mbembed.errors import UsageError
from mbembed.report.page import check_report, render, write_html
from mbembed.tables.metadata_join import JoinedMetadata, join_metadata

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd

    from mbembed.embedding import Embedding

__all__ = ["make_report", "split_columns", "write_report"]


def make_report(
    embedding: Embedding,
    metadata: pd.DataFrame | str | os.PathLike[str] | None = None,
    *,
    color_by: str | Sequence[str] | None = None,
    command: Sequence[str] = (),
) -> str:
    """Make the report on an embedding.

    Parameters
    ----------
    embedding : Embedding
    metadata : DataFrame or path-like, optional
        What is known of the samples; default: what the table itself carries.
    color_by : str or sequence of str, optional
        Columns of the metadata that colour the map, at most three, in a text separated by
        commas; default: the first that tell samples apart.
    command : sequence of str
        The command line that led here, if one did.

    Returns
    -------
    str
        One HTML page without scripts that needs nothing but itself; the same for the same
        embedding.

    Raises
    ------
    MissingExtraError
        If Jinja2 or matplotlib is not installed.
    UsageError
        If a column does not exist.
    MetadataError
        If the metadata cannot be read, or no id of them is that of a sample.
    """
    check_report()
    from mbembed.report.sections.map import make_map
    from mbembed.report.sections.match import make_match
    from mbembed.report.sections.provenance import make_provenance
    from mbembed.report.sections.verdict import make_verdict

    joined = _metadata_of(embedding, metadata)
    if color_by and joined is None:
        raise UsageError(
            "columns to colour the map by were named, but there are no metadata",
            expected="a metadata table with the ids of the samples",
            hint="--metadata metadata.tsv",
        )
    columns = split_columns(color_by, list(joined.frame.columns) if joined else [])
    sections = [
        make_verdict(embedding),
        make_match(embedding),
        make_map(embedding, joined, columns),
        make_provenance(embedding, command),
    ]
    profile = embedding.match.profile
    title = f"Embedding of {PurePath(profile.path).name or 'a table'}"
    return render("mbembed.report", "embedding.html", title=title, sections=sections, model=embedding.match.model.name)


def write_report(
    path: str | os.PathLike[str],
    embedding: Embedding,
    metadata: pd.DataFrame | str | os.PathLike[str] | None = None,
    *,
    color_by: str | Sequence[str] | None = None,
    command: Sequence[str] = (),
) -> None:
    """Write the report on an embedding; see :func:`make_report`.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    write_html(path, make_report(embedding, metadata, color_by=color_by, command=command))


def split_columns(color_by: str | Sequence[str] | None, columns: Sequence[str]) -> list[str]:
    """Return the names of columns that a text or a list names.

    Examples
    --------
    >>> split_columns("study, age", ["study", "age"]), split_columns("age, years", ["age, years"])
    (['study', 'age'], ['age, years'])
    """
    if not color_by:
        return []
    if not isinstance(color_by, str):
        return [str(name) for name in color_by]
    if color_by in columns:
        return [color_by]
    return [name.strip() for name in color_by.split(",") if name.strip()]


def _metadata_of(embedding: Embedding, metadata: pd.DataFrame | str | os.PathLike[str] | None) -> JoinedMetadata | None:
    if metadata is None:
        metadata = embedding.sample_metadata
        if metadata is None or metadata.empty:
            return None
    return join_metadata(metadata, embedding.sample_ids, id_flag="")
