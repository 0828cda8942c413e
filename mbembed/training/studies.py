"""What is known of each training sample: its study and its labels, from a metadata table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.errors import TrainingError
from mbembed.tables.metadata_join import join_metadata
from mbembed.words import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.tables.sample_metadata import SampleMetadata

__all__ = ["columns_of", "groups_of"]


def groups_of(
    metadata: SampleMetadata, column: str, sample_ids: Sequence[str], id_column: str | None = None
) -> dict[str, str]:
    """Return the study of each sample.

    Parameters
    ----------
    metadata : SampleMetadata
    column : str
        The column with the studies.
    sample_ids : sequence of str
    id_column : str, optional
        The column with the sample ids; default: the first.

    Returns
    -------
    dict of str to str
        Sample id → study.

    Raises
    ------
    UsageError
        If there is no such column.
    MetadataError
        If no ids join, or a sample stands on lines that differ.
    TrainingError
        If a sample is not in the metadata, or has no study.
    """
    groups = columns_of(metadata, {column: "--group"}, sample_ids, id_column)[column]
    without = [sample for sample, group in zip(sample_ids, groups, strict=True) if not group]
    if without:
        raise TrainingError(
            f"{len(without)} of {len(sample_ids)} samples have no {column!r} in {metadata.source}: {some(without)}",
            expected="a study for every sample",
            hint="fill it in, or remove these samples",
            missing=without,
        )
    return dict(zip(sample_ids, groups, strict=True))


def columns_of(
    metadata: SampleMetadata, flags: dict[str, str], sample_ids: Sequence[str], id_column: str | None = None
) -> dict[str, list[str]]:
    """Return some columns of the metadata for some samples.

    Parameters
    ----------
    metadata : SampleMetadata
    flags : dict of str to str
        Column → the option that named it.
    sample_ids : sequence of str
    id_column : str, optional

    Returns
    -------
    dict of str to list of str
        Column → text of each sample, in their order; empty where nothing is known.

    Raises
    ------
    UsageError
        If a column does not exist.
    MetadataError
        If no ids join, or a sample stands on lines that differ.
    TrainingError
        If a sample is not in the metadata.
    """
    for column, flag in flags.items():
        metadata.check_column(column, flag)
    joined = join_metadata(metadata, sample_ids, id_column)
    if joined.unjoined:
        raise TrainingError(
            joined.unjoined,
            expected="all samples in the metadata",
            hint=joined.hint or "leave these samples out of the tables",
            missing=[one for one, found in zip(sample_ids, joined.found.tolist(), strict=True) if not found],
        )
    return {column: [text or "" for text in joined.frame[column]] for column in flags}
