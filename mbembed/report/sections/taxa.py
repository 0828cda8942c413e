"""Which taxa speak: what drives the difference between two groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.embedding import Embedding
from mbembed.errors import EvaluationError, UsageError
from mbembed.report.sections.section import Section
from mbembed.words import sentence

if TYPE_CHECKING:
    import pandas as pd

    from mbembed.stored import StoredEmbedding

__all__ = ["make_taxa"]

#: Resamples: the ends of an interval vary by some 7 % of its width; a few seconds for 200 samples.
RESAMPLES = 200


def make_taxa(
    embedding: Embedding | StoredEmbedding,
    frame: pd.DataFrame | None,
    contrast: str | None,
    batch: str | None,
    person: str | None,
) -> Section:
    """Say which taxa drive the difference between two groups, where that was asked for.

    Parameters
    ----------
    embedding : Embedding or StoredEmbedding
    frame : DataFrame, optional
        What is known of its samples, in its order.
    contrast : str, optional
        Column of two groups.
    batch, person : str, optional
        Columns with the study and the person of each sample: groups are compared within studies, and the
        samples of a person are drawn together.

    Returns
    -------
    Section

    Raises
    ------
    UsageError
        If the column has not two groups.
    """
    content: dict[str, object] = {"excuse": "", "column": contrast or ""}
    section = Section("taxa", "Which taxa speak", "taxa.html", content)
    if contrast is None or frame is None:
        content["excuse"] = (
            "Not asked for. With `--contrast COLUMN`, a column of the metadata with two groups, this section says which "
            "taxa drive the difference of their vectors."
        )
        return section
    if not isinstance(embedding, Embedding):
        content["excuse"] = (
            "It takes the table, of one embedding: which taxa a sample has is not in its vector (`--table TABLE`)."
        )
        return section
    from mbembed.explanation.explain import explain
    from mbembed.explanation.figure import draw_bars

    try:
        found = explain(
            embedding,
            frame,
            contrast=contrast,
            group=batch if batch != contrast else None,
            subject=person if person != contrast else None,
            resamples=RESAMPLES,
        )
    except UsageError as error:
        raise UsageError(
            error.found,
            expected="a column of two groups",
            hint="--contrast with another column; mbembed explain takes two groups of several (--case, --control)",
        ) from error
    except EvaluationError as error:
        content["excuse"] = f"{sentence(error.found)} What it takes: {error.expected}."
        return section
    content.update(
        picture=draw_bars(found),
        words=[sentence(text) for text in found.words],
        # A sentence may begin with the name of a model, which has no capital.
        warnings=[text if text.startswith(embedding.match.model.name) else sentence(text) for text in found.warnings],
    )
    return section
