"""Where the vectors of each fold come from: the published model, models of the fold, rivals."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import mbembed
from benchmarks.representation.crossprofiler import input_shares, shares
from benchmarks.representation.models import AS_PUBLISHED, RECIPE, fold_models, masked_mse_model, training_rows
from benchmarks.representation.rivals import rival_rows
from benchmarks.representation.rows import PUBLISHED, corpus_components, model_row, unit_fractions, vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.representation.corpus import LabelledCorpus
    from benchmarks.representation.crossprofiler import Twins
    from benchmarks.representation.tables import CrossProfiler
    from benchmarks.representation.tasks import Fold
    from mbembed.evaluation.representations import Representation
    from mbembed.models.folder import Model

__all__ = ["Providers"]

#: Row of the model that travels with mbembed; it has seen all studies of the corpus, so that no task can score it.
DEFAULT = "the embedded default model, trained on all studies"


class Providers:
    """Makes the rows of models, fold by fold.

    Parameters
    ----------
    corpus : LabelledCorpus
    folder : Path
        Where models are kept and found.
    published : str, optional
        Name or folder of the published model.
    trained : bool
        Whether models are pre-trained.
    as_published : bool
        Whether the published recipe is trained too.
    rivals : sequence of str
        Rival architectures to train too, of `benchmarks.representation.rivals.RIVALS`.
    epochs : int, optional
        Of all pre-trainings, instead of the recipes'.
    say : callable
        Gets what is being done.

    Attributes
    ----------
    units : csr_array of shape (n_samples, n_units)
        Fractions of units, of the whole corpus.
    models : dict of str to dict of str to Model
        Fold → row → model, of the folds that were asked for.
    """

    def __init__(
        self,
        corpus: LabelledCorpus,
        folder: Path,
        *,
        published: str | None = None,
        trained: bool = True,
        as_published: bool = False,
        rivals: Sequence[str] = (),
        epochs: int | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.corpus, self.folder, self.say = corpus, folder, say
        self.published = mbembed.load_model(published) if published else None
        self.trained, self.as_published, self.rivals = trained, as_published, rivals
        self.recipe = replace(RECIPE, epochs=epochs or RECIPE.epochs)
        self.published_recipe = replace(AS_PUBLISHED, epochs=epochs or AS_PUBLISHED.epochs)
        self.units, _ = unit_fractions(corpus.profile)
        self.models: dict[str, dict[str, Model]] = {}

    def rows(self, fold: Fold) -> list[Representation]:
        """Return the rows of a fold: vectors of all samples of its studies."""
        found = self.models[fold.name] = self._fold_models(fold)
        rows = self.corpus.rows_of(fold.studies)
        held_out = self.corpus.profile.select_samples(rows.tolist())
        shown = [corpus_components(self.units[training_rows(self.corpus, fold)], self.units[rows])]
        if self.published:
            shown.append(model_row(PUBLISHED, vectors(held_out, self.published)))
        shown += rival_rows(self.corpus, fold, self.rivals, self.folder, self.say)
        # Names of one profiler need no bridge.
        return shown + [
            model_row(name, vectors(held_out, model, names="exact" if name == "masked-mse" else "resolve"))
            for name, model in found.items()
        ]

    def crossprofiler(self, twins: Twins) -> CrossProfiler:
        """Return the share of samples that find themselves between profilers.

        Models of folds are averaged; none of them has seen these samples.
        """
        found: CrossProfiler = dict(input_shares(twins))
        if self.published:
            found[PUBLISHED] = shares(twins, partial(vectors, model=self.published))
        for row in next(iter(self.models.values()), {}):
            self.say(f"the same samples by three profilers: {row}")
            each = [shares(twins, partial(vectors, model=of[row])) for of in self.models.values()]
            found[row] = {pair: float(np.mean([one[pair] for one in each])) for pair in each[0]}
        found[DEFAULT] = shares(twins, partial(vectors, model=mbembed.load_model()))
        return found

    def _fold_models(self, fold: Fold) -> dict[str, Model]:
        found: dict[str, Model] = {}
        if self.as_published:
            found["masked-mse"] = masked_mse_model(
                self.corpus, fold, self.folder, settings=self.published_recipe, say=self.say
            )
        if self.trained:
            found |= fold_models(self.corpus, fold, self.folder, settings=self.recipe, say=self.say)
        return found
