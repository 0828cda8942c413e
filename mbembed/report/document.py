"""The report on an embedding: its sections in order, as one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.embedding import Embedding
from mbembed.errors import UsageError
from mbembed.report.cohorts import COHORT_COLUMN, make_cohorts, together
from mbembed.report.page import check_report, render, write_html
from mbembed.stored import StoredEmbedding
from mbembed.tables.metadata_join import JoinedMetadata, join_metadata
from mbembed.tables.sample_metadata import check_column
from mbembed.words import count, sentence

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd

    from mbembed.report.cohorts import Cohort

__all__ = ["make_report", "split_columns", "write_report"]


def make_report(
    embedding: Embedding | StoredEmbedding | Sequence[Embedding | StoredEmbedding],
    metadata: pd.DataFrame | str | os.PathLike[str] | None = None,
    *,
    color_by: str | Sequence[str] | None = None,
    batch: str | None = None,
    contrast: str | None = None,
    command: Sequence[str] = (),
) -> str:
    """Make the report on an embedding, or on several of one model.

    Parameters
    ----------
    embedding : Embedding, StoredEmbedding, or a sequence of them
        Several are cohorts on one map.
    metadata : DataFrame or path-like, optional
        What is known of the samples; default: what the table itself carries.
    color_by : str or sequence of str, optional
        Columns of the metadata that colour the map, at most three, in a text separated by
        commas; default: the first that tell samples apart.
    batch : str, optional
        Column that says in which study, batch or run a sample was measured; default: one that is
        called so.
    contrast : str, optional
        Column of two groups between which to say which taxa speak.
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
        If Jinja2, matplotlib or scikit-bio is not installed.
    UsageError
        If a column does not exist, or the embeddings are not known to be of one model.
    MetadataError
        If the metadata cannot be read, or no id of them is that of a sample.
    """
    check_report()
    from mbembed.report.ranges import measure_range
    from mbembed.report.sections.map import make_map
    from mbembed.report.sections.match import make_match
    from mbembed.report.sections.provenance import make_provenance
    from mbembed.report.sections.range import make_range
    from mbembed.report.sections.signal import find_batch, find_person, make_signal
    from mbembed.report.sections.taxa import make_taxa
    from mbembed.report.sections.verdict import make_verdict

    cohorts = make_cohorts([embedding] if isinstance(embedding, Embedding | StoredEmbedding) else embedding)
    whole = together(cohorts)
    frame, notes = _metadata_of(cohorts, metadata)
    known = [] if frame is None else [str(name) for name in frame.columns]
    columns = split_columns(color_by, known)
    for flag, named in (("--color-by", columns), ("--batch", [batch]), ("--contrast", [contrast])):
        _check_named(flag, [name for name in named if name], frame)
    batch, person = batch or find_batch(known), find_person(known)
    ranges, excuse = measure_range(cohorts)
    sections = [
        make_verdict(cohorts, ranges),
        make_match(cohorts),
        make_map(cohorts, whole, frame, columns, notes),
        make_range(cohorts, ranges, excuse),
        make_signal(whole, frame, batch, person),
        make_taxa(whole, frame, contrast, batch, person),
        make_provenance(cohorts, command),
    ]
    title = "Embedding of " + " and ".join(
        filter(None, [", ".join(one.name for one in cohorts[:-1]), cohorts[-1].name])
    )
    return render(
        "mbembed.report",
        "embedding.html",
        title=title,
        sections=sections,
        model=cohorts[0].summary["model"]["name"] if cohorts[0].summary else "",
    )


def write_report(
    path: str | os.PathLike[str],
    embedding: Embedding | StoredEmbedding | Sequence[Embedding | StoredEmbedding],
    metadata: pd.DataFrame | str | os.PathLike[str] | None = None,
    *,
    color_by: str | Sequence[str] | None = None,
    batch: str | None = None,
    contrast: str | None = None,
    command: Sequence[str] = (),
) -> None:
    """Write the report on an embedding; see :func:`make_report`.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    page = make_report(embedding, metadata, color_by=color_by, batch=batch, contrast=contrast, command=command)
    write_html(path, page)


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


def _check_named(flag: str, named: Sequence[str], frame: pd.DataFrame | None) -> None:
    if not named:
        return
    if frame is None:
        raise UsageError(
            f"{flag} names a column of the metadata, but there are no metadata",
            expected="a metadata table with the ids of the samples",
            hint="--metadata metadata.tsv",
        )
    for name in named:
        check_column(name, [str(one) for one in frame.columns], flag)


def _metadata_of(
    cohorts: Sequence[Cohort], metadata: pd.DataFrame | str | os.PathLike[str] | None
) -> tuple[pd.DataFrame | None, list[str]]:
    """Return what is known of all samples in their order, and sentences on how it was joined."""
    import pandas as pd

    parts: list[pd.DataFrame] = []
    notes: list[str] = []
    if metadata is not None:
        ids = [sample for one in cohorts for sample in one.embedding.sample_ids]
        joined = join_metadata(metadata, ids, id_flag="")
        parts, notes = [joined.frame.drop(columns=[joined.id_column], errors="ignore")], _join_notes(joined)
    else:
        for one in cohorts:
            carried = one.embedding.sample_metadata
            ids = one.embedding.sample_ids
            if carried is None or carried.empty:
                parts.append(pd.DataFrame(index=ids, dtype=object))
                continue
            own = join_metadata(carried, ids, id_flag="")
            parts.append(own.frame.drop(columns=[own.id_column], errors="ignore"))
    frame = pd.concat(parts)
    frame = frame.astype(object).where(frame.notna(), None)
    if len(cohorts) > 1 and COHORT_COLUMN not in frame.columns:
        names = [one.name for one in cohorts for _ in one.embedding.sample_ids]
        frame.insert(0, COHORT_COLUMN, names)
    return (frame, notes) if frame.shape[1] else (None, notes)


def _join_notes(metadata: JoinedMetadata) -> list[str]:
    """Return sentences on how the metadata were joined."""
    n_samples, n_found = len(metadata.found), int(metadata.found.sum())
    notes = [f"Joined by {metadata.id_column!r}: {n_found:,} of {n_samples:,} samples have metadata."]
    notes += [sentence(text) for text in (*metadata.notes, metadata.warning) if text]
    if metadata.n_spare:
        notes.append(f"{count(metadata.n_spare, 'sample')} of the metadata without a vector.")
    return notes
