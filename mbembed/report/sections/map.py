"""The map: where the samples lie, by the embedding and by the table itself."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from mbembed.embedding import Embedding
from mbembed.errors import UsageError
from mbembed.report.cloud import draw_cloud
from mbembed.report.distances import MOST_COMPARED, PSEUDOCOUNT, rows_with_vector
from mbembed.report.ordinations import LEAST_SAMPLES, METHODS, ordination
from mbembed.report.permutation_test import Permanova, measure
from mbembed.report.picture import Picture, Table
from mbembed.report.scatter import draw_map
from mbembed.report.sections.section import Section
from mbembed.report.variables import choose_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from skbio.stats.ordination import OrdinationResults

    from mbembed.report.cohorts import Cohort
    from mbembed.report.variables import Variable
    from mbembed.stored import StoredEmbedding

__all__ = ["make_map"]

#: Most differences of two abundances that Bray–Curtis dissimilarities may take; some ten seconds of one core.
BRAY_CURTIS_WORK = 1e10
#: Most columns of the metadata that are tested, and samples: of more, a page would take minutes, and 1,000 samples find
#: what is worth finding.
MOST_TESTED, MOST_TESTED_SAMPLES = 10, 1_000
#: Permutations of each test, and their seed.
PERMUTATIONS, SEED = 999, 0
#: Most samples of which a UMAP is drawn: with a seed it works in one thread, and nobody waits an hour for a page.
MOST_UMAP = 20_000
#: What each distance is called in the table of tests.
SHORT = {"bray-curtis": "Bray–Curtis", "aitchison": "Aitchison"}


def make_map(
    cohorts: Sequence[Cohort],
    embedding: Embedding | StoredEmbedding,
    frame: pd.DataFrame | None,
    color_by: Sequence[str],
    notes: Sequence[str],
) -> Section:
    """Ordinate the vectors, and the table beside them, coloured by metadata; test each column.

    Parameters
    ----------
    cohorts : sequence of Cohort
    embedding : Embedding or StoredEmbedding
        Of all of them together.
    frame : DataFrame, optional
        What is known of its samples, in its order: text, ``None`` where a value is not known.
    color_by : sequence of str
        Columns of the metadata; empty: the first that tell samples apart.
    notes : sequence of str
        How the metadata were joined.

    Returns
    -------
    Section

    Raises
    ------
    UsageError
        If a column of ``color_by`` does not exist.
    """
    variables: list[Variable] = []
    spare: list[Variable] = []
    chosen_notes: list[str] = []
    kept = rows_with_vector(embedding)
    if frame is not None:
        # What is known of samples without a vector neither colours nor is tested.
        shown = np.broadcast_to(np.isin(np.arange(len(frame)), kept)[:, None], frame.shape)
        variables, spare, chosen_notes = choose_variables(frame.where(shown, None), color_by)
    content: dict[str, object] = {
        "rows": [], "notes": [*notes, *chosen_notes], "caption": "", "excuse": "", "further": [], "cloud": None, "tests": None,
    }  # fmt: skip
    if frame is None:
        content["notes"] = [
            "Without metadata (`--metadata samples.tsv`) the maps have no colours and nothing is tested."
        ]
    placed = [replace(one, values=one.values[kept]) for one in variables]
    content.update(_cloud(cohorts, embedding, placed))
    if kept.size < LEAST_SAMPLES:
        content["excuse"] = (
            f"There is no map of these samples alone: it takes {LEAST_SAMPLES} samples with a vector, and this table has "
            f"{kept.size}."
        )
        return Section("map", "Map", "map.html", content)
    try:
        vectors = ordination(embedding)
        table = ordination(embedding, _method_for_table(embedding)) if isinstance(embedding, Embedding) else None
    except UsageError as error:
        content["excuse"] = f"There is no map: {error.found}."
        return Section("map", "Map", "map.html", content)
    colours: list[Variable | None] = [*placed] or [None]
    content.update(
        rows=[_pair(vectors, table, variable) for variable in colours],
        caption=_caption(table, cohorts),
        further=_further(embedding, colours[0]),
    )
    if frame is not None:
        content.update(_tests(embedding, [*variables, *spare]))
    return Section("map", "Map", "map.html", content)


def _method_for_table(embedding: Embedding) -> str:
    n_samples, n_taxa = embedding.n_samples, embedding.match.profile.n_taxa
    small = n_samples <= MOST_COMPARED and n_samples**2 / 2 * n_taxa <= BRAY_CURTIS_WORK
    return "bray-curtis" if small else "aitchison"


def _pair(
    vectors: OrdinationResults, table: OrdinationResults | None, variable: Variable | None
) -> tuple[str, list[Picture]]:
    pictures = [draw_map(vectors, "The embedding", variable)]
    if table is not None:
        pictures.append(draw_map(table, "The table itself", variable))
    return (variable.name if variable else ""), pictures


def _caption(table: OrdinationResults | None, cohorts: Sequence[Cohort]) -> str:
    axes = (
        "Each point is a sample; close points are similar samples. Percentages are the shares of the variation that lie "
        "along an axis."
    )
    if table is None:
        missing = (
            "The table itself is not shown beside it: tables of several cohorts name their taxa in their own ways."
            if len(cohorts) > 1
            else "The table itself is shown beside it if it is given (`--table TABLE`)."
        )
        return f"{METHODS['pca']}. {axes} The signs of axes mean nothing. {missing}"
    words = METHODS[table.short_method_name]
    if table.short_method_name == "aitchison":
        words += f", {PSEUDOCOUNT:g} added to each share before the logarithm"
    return (
        f"Left or above: {METHODS['pca']}. Right or below: {words}. {axes} The axes of the two maps mean different things, "
        "and their signs mean nothing."
    )


def _further(embedding: Embedding | StoredEmbedding, variable: Variable | None) -> list[Picture]:
    """Return other maps of the embedding: by cosine distances, and UMAP where it is installed."""
    methods = ["cosine"] if rows_with_vector(embedding).size <= MOST_COMPARED else []
    if rows_with_vector(embedding).size <= MOST_UMAP and find_spec("umap"):
        methods.append("umap")
    return [draw_map(ordination(embedding, method, axes=2), METHODS[method], variable) for method in methods]


def _cloud(
    cohorts: Sequence[Cohort], embedding: Embedding | StoredEmbedding, variables: Sequence[Variable]
) -> dict[str, object]:
    """Draw the samples over the training corpus, or say why that cannot be."""
    model, kept = cohorts[0].model, rows_with_vector(embedding)
    if model is None:
        return {
            "cloud_excuse": "It is not known here which model made the vectors, so that its corpus cannot be shown (`--summary run.json`)."
        }
    if model.reference is None:
        return {"cloud_excuse": f"The model {model.name} has no map of its training corpus."}
    if not kept.size:
        return {"cloud_excuse": "No sample has a vector."}
    pictures = draw_cloud(model.reference, embedding.values[kept], variables[0] if variables else None)
    return {"cloud": pictures, "n_reference": f"{model.reference.n_samples:,}", "model": model.name}


def _tests(embedding: Embedding | StoredEmbedding, variables: Sequence[Variable]) -> dict[str, object]:
    """Test each variable on the vectors, and on the table beside them."""
    tested = variables[:MOST_TESTED]
    left_out = [one.name for one in variables[MOST_TESTED:]]
    if not tested:
        return {}
    test = partial(measure, embedding, tested, permutations=PERMUTATIONS, seed=SEED, most=MOST_TESTED_SAMPLES)
    ours = test("cosine")
    distance = ""
    theirs: Sequence[Permanova | None] = [None] * len(ours)
    if isinstance(embedding, Embedding):
        compared = min(embedding.n_samples, MOST_TESTED_SAMPLES)
        work = compared**2 / 2 * embedding.match.profile.n_taxa
        again = len(tested) if embedding.n_samples > MOST_TESTED_SAMPLES else 1  # samples are drawn for each column
        distance = "bray-curtis" if work * again <= BRAY_CURTIS_WORK else "aitchison"
        theirs = test(distance)
    return {
        "tests": _test_table(ours, theirs, SHORT.get(distance, "")),
        "permutations": f"{PERMUTATIONS:,}",
        "untested": ", ".join(left_out),
        "distance": SHORT.get(distance, ""),
    }


def _test_table(ours: Sequence[Permanova], theirs: Sequence[Permanova | None], distance: str) -> Table:
    columns = ["column", "samples", "groups", "R² embedding", "p embedding"]
    columns += [f"R² {distance}", f"p {distance}"] if distance else []
    with_notes = any(one.note for one in ours)
    rows = []
    for mine, other in zip(ours, theirs, strict=True):
        row = [mine.column, f"{mine.n:,}", f"{mine.groups:,}" if mine.groups else "–", _share(mine.R2), _p(mine.p)]
        if other is not None:
            row += [_share(other.R2), _p(other.p)]
        rows.append([*row, mine.note or "–"] if with_notes else row)
    return Table("PERMANOVA of each column by itself", [*columns, "note"] if with_notes else columns, rows)


def _share(value: float) -> str:
    return f"{value:.1%}" if np.isfinite(value) else "–"


def _p(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "–"
