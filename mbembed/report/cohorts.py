"""Cohorts: the embeddings that a report is about, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.embedding import Embedding
from mbembed.errors import UsageError
from mbembed.report.told import tells_all
from mbembed.stored import StoredEmbedding
from mbembed.words import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.match import Match
    from mbembed.models.folder import Model

__all__ = ["COHORT_COLUMN", "Cohort", "make_cohorts", "together"]

#: Column of the metadata that tells the cohorts of a report apart.
COHORT_COLUMN = "cohort"


@dataclass(frozen=True, eq=False)
class Cohort:
    """One embedding of a report.

    Attributes
    ----------
    name : str
        As its file is called; unique in a report.
    embedding : Embedding or StoredEmbedding
    """

    name: str
    embedding: Embedding | StoredEmbedding

    @property
    def summary(self) -> dict[str, Any]:
        """What is known of how it was made; empty if nothing is."""
        return self.embedding.summary

    @property
    def match(self) -> Match | None:
        """The match, where the table is there."""
        return self.embedding.match if isinstance(self.embedding, Embedding) else None

    @property
    def model(self) -> Model | None:
        """The model, where it is known and installed."""
        return self.embedding.match.model if isinstance(self.embedding, Embedding) else self.embedding.model

    @property
    def n_missing(self) -> int:
        """Rows without a vector."""
        return int((~np.isfinite(self.embedding.values).all(axis=1)).sum())


def make_cohorts(embeddings: Sequence[Embedding | StoredEmbedding]) -> list[Cohort]:
    """Name the embeddings of a report by their files, and check that their vectors can be compared.

    Raises
    ------
    UsageError
        If they are not known to be of one model and closure, or a summary lacks what was matched in each sample.
    """
    names: list[str] = []
    for one in embeddings:
        path = one.match.profile.path if isinstance(one, Embedding) else one.path
        name = PurePath(path).name or "the table"
        names.append(name if name not in names else f"{name} ({len(names) + 1})")
    cohorts = [Cohort(name, one) for name, one in zip(names, embeddings, strict=True)]
    partly = [one.name for one in cohorts if one.summary and not tells_all(one.summary)]
    if partly:
        raise UsageError(
            f"the summary of {some(partly)} does not say what was matched in each sample",
            expected="the whole summary of the run, which files of very many samples do not carry",
            hint="--summary run.json (of mbembed embed --summary), or --table TABLE",
        )
    if len(cohorts) > 1:
        _check_one_model(cohorts)
    return cohorts


def _check_one_model(cohorts: Sequence[Cohort]) -> None:
    unknown = [one.name for one in cohorts if "model" not in one.summary]
    if unknown:
        raise UsageError(
            f"which model made {some(unknown)} is not known",
            expected="embeddings of one model, each with its summary, as vectors of different models cannot be compared",
            hint="write embeddings as .parquet, .h5ad or .biom, which carry it; or name one --table for each",
        )
    made_by = {one.name: one.summary["model"] for one in cohorts}
    if len({model["weights_sha256"] for model in made_by.values()}) > 1:
        told = ", ".join(
            f"{name} by {model['name']} ({model['weights_sha256'][:12]}…)" for name, model in made_by.items()
        )
        raise UsageError(
            f"the embeddings are of different models: {told}",
            expected="embeddings of one model, as vectors of different models cannot be compared",
            hint="embed all tables with the same --model",
        )
    closures = {one.name: one.summary["match"]["closure"] for one in cohorts}
    if len(set(closures.values())) > 1:
        told = ", ".join(f"{name} with {closure}" for name, closure in closures.items())
        raise UsageError(
            f"the embeddings were made with different closures: {told}",
            expected="one closure, as it changes the vectors of the same sample",
            hint="embed all tables with the same --closure",
        )


def together(cohorts: Sequence[Cohort]) -> Embedding | StoredEmbedding:
    """Return the only embedding, or all samples as one; ids that two cohorts have get the cohort's name in front."""
    if len(cohorts) == 1:
        return cohorts[0].embedding
    ids = [sample for one in cohorts for sample in one.embedding.sample_ids]
    if len(set(ids)) < len(ids):
        ids = [f"{one.name}: {sample}" for one in cohorts for sample in one.embedding.sample_ids]
    values = np.concatenate([one.embedding.values for one in cohorts])
    return StoredEmbedding(values, ids, {"model": cohorts[0].summary["model"]})
