"""The map: where the samples lie, by the embedding and by the table itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import UsageError
from mbembed.report.ordinations import LEAST_SAMPLES, METHODS, PCOA_SAMPLES, PSEUDOCOUNT, Ordination, ordination
from mbembed.report.scatter import draw_map
from mbembed.report.sections.section import Section
from mbembed.report.variables import Variable, choose_variables
from mbembed.words import count, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.embedding import Embedding
    from mbembed.report.picture import Picture
    from mbembed.tables.metadata_join import JoinedMetadata

__all__ = ["make_map"]

#: Most differences of two abundances that Bray–Curtis dissimilarities may take; some ten seconds of one core.
BRAY_CURTIS_WORK = 1e10


def make_map(embedding: Embedding, metadata: JoinedMetadata | None, color_by: Sequence[str]) -> Section:
    """Ordinate the vectors, and the table beside them, coloured by metadata.

    Parameters
    ----------
    embedding : Embedding
    metadata : JoinedMetadata, optional
        Of the samples of the embedding, in its order.
    color_by : sequence of str
        Columns of the metadata; empty: the first that tell samples apart.

    Returns
    -------
    Section

    Raises
    ------
    UsageError
        If a column of ``color_by`` does not exist.
    """
    variables: list[Variable] = []
    notes: list[str] = []
    if metadata:
        known = metadata.frame.drop(columns=[metadata.id_column], errors="ignore")
        variables, notes = choose_variables(known, color_by)
        notes = [*_join_notes(metadata), *notes]
    content: dict[str, object] = {"rows": [], "notes": notes, "caption": "", "excuse": ""}
    n_placed = int(np.isfinite(embedding.values).all(axis=1).sum())
    if n_placed < LEAST_SAMPLES:
        content["excuse"] = (
            f"There is no map: it takes {LEAST_SAMPLES} samples with a vector, and this table has {n_placed}."
        )
        return Section("map", "Map", "map.html", content)
    try:
        vectors = ordination(embedding)
        table = ordination(embedding, _method_for_table(embedding))
    except UsageError as error:
        content["excuse"] = f"There is no map: {error.found}."
    else:
        colours: list[Variable | None] = [*variables] or [None]
        rows = [_pair(embedding, vectors, table, variable) for variable in colours]
        content.update(rows=rows, caption=_caption(table))
    return Section("map", "Map", "map.html", content)


def _join_notes(metadata: JoinedMetadata) -> list[str]:
    """Return sentences on how the metadata were joined."""
    n_samples, n_found = len(metadata.found), int(metadata.found.sum())
    notes = [f"Joined by {metadata.id_column!r}: {n_found:,} of {n_samples:,} samples have metadata."]
    notes += [sentence(text) for text in (*metadata.notes, metadata.warning) if text]
    if metadata.n_spare:
        notes.append(f"{count(metadata.n_spare, 'sample')} of the metadata without a vector.")
    return notes


def _method_for_table(embedding: Embedding) -> str:
    n_samples, n_taxa = embedding.n_samples, embedding.match.profile.n_taxa
    small = n_samples <= PCOA_SAMPLES and n_samples**2 / 2 * n_taxa <= BRAY_CURTIS_WORK
    return "bray-curtis" if small else "aitchison"


def _pair(
    embedding: Embedding, vectors: Ordination, table: Ordination, variable: Variable | None
) -> tuple[str, list[Picture]]:
    if variable is not None:
        with_vector = np.isfinite(embedding.values).all(axis=1)
        variable = replace(variable, values=variable.values[with_vector])
    pictures = [
        draw_map(vectors, "The embedding", variable),
        draw_map(table, "The table itself", variable),
    ]
    return (variable.name if variable else ""), pictures


def _caption(table: Ordination) -> str:
    words = METHODS[table.method]
    if table.method == "aitchison":
        words += f", {PSEUDOCOUNT:g} added to each share before the logarithm"
    return (
        f"Left or above: {METHODS['pca']}. Right or below: {words}. Each point is a sample; close points are similar samples. "
        "Percentages are the shares of the variation that lie along an axis. The axes of the two maps mean different things, "
        "and their signs mean nothing."
    )
