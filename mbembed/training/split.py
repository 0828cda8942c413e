"""Which samples teach, which are held out, and which species become columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import TrainingError, UsageError
from mbembed.training.data import MIN_SAMPLES
from mbembed.words import some

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbembed.training.data import Corpus
    from mbembed.training.settings import Settings

__all__ = ["Split", "split_corpus"]

#: Purpose of the seed: the choice of what is held out (see :mod:`mbembed.training.loop`).
SPLIT_CHOICE = 1


@dataclass(frozen=True, eq=False)
class Split:
    """Which samples teach and which are held out, and the species that become columns.

    Attributes
    ----------
    training, validation : ndarray of int
        Rows of the corpus; ``validation`` may be empty.
    studies : list of str
        Names of the held-out studies; empty without studies.
    columns : ndarray of int
        Columns of the corpus that are prevalent enough among the training samples.
    prevalence : ndarray of float
        Share of the training samples in which each of ``columns`` was found.
    mean : ndarray of float
        Mean fraction of each of ``columns`` over the training samples.
    """

    training: NDArray[np.intp]
    validation: NDArray[np.intp]
    studies: list[str]
    columns: NDArray[np.intp]
    prevalence: NDArray[np.float64]
    mean: NDArray[np.float64]


def split_corpus(corpus: Corpus, settings: Settings) -> Split:
    """Hold samples out and choose the columns.

    Whole studies are held out where studies are known: samples of one study resemble each
    other so much that a random share would only measure how well they are remembered.
    The columns are chosen by the training samples alone, so the held-out ones stay unseen.

    Raises
    ------
    TrainingError
        If there is only one study, a named study does not exist, too few samples are left,
        or no species is prevalent enough.
    """
    generator = np.random.default_rng([settings.seed, SPLIT_CHOICE])
    held_out, studies = _held_out(corpus, settings, generator)
    training, validation = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    if len(training) < MIN_SAMPLES:
        raise TrainingError(
            f"{len(training)} samples are left to train on, {len(validation)} are held out",
            expected=f"at least {MIN_SAMPLES}",
            hint="--validation-fraction 0, or hold out fewer studies",
        )
    seen = corpus.fractions[training]
    found = np.bincount(seen.indices, minlength=len(corpus.species)) / len(training)
    columns = np.flatnonzero((found > 0) & (found >= settings.min_prevalence))
    if len(columns) == 0:
        raise TrainingError(
            f"no species is found in {settings.min_prevalence:.3g} of the {len(training)} training samples; "
            f"the most frequent is found in {found.max(initial=0.0):.3g}",
            expected="species that many samples share",
            hint="--min-prevalence with a lower share; or check that all tables use the same names",
        )
    mean = np.asarray(seen.sum(axis=0)).ravel() / len(training)
    return Split(training, validation, studies, columns, found[columns], mean[columns])


def _held_out(
    corpus: Corpus, settings: Settings, generator: np.random.Generator
) -> tuple[NDArray[np.bool_], list[str]]:
    """Return which samples are held out, and the names of their studies."""
    if not corpus.groups:
        if settings.validation_studies:
            raise UsageError(
                "studies to hold out were named, but it is not known which sample is of which study",
                expected="a metadata table with a column of studies",
                hint="--metadata metadata.tsv --group study",
            )
        held_out = np.zeros(corpus.n_samples, dtype=bool)
        held_out[generator.permutation(corpus.n_samples)[: round(settings.validation_fraction * corpus.n_samples)]] = (
            True
        )
        return held_out, []
    sizes = corpus.group_sizes()
    absent = [study for study in settings.validation_studies if study not in sizes]
    if absent:
        raise UsageError(
            f"there are no samples of the study {some(absent)}",
            expected=f"some of the studies: {', '.join(sizes)}",
            hint="--validation-studies NAME …",
        )
    studies = sorted(settings.validation_studies)
    if not studies and settings.validation_fraction > 0:
        if len(sizes) < 2:
            raise TrainingError(
                f"all samples are of one study, {next(iter(sizes))!r}: none can be held out",
                expected="at least two studies in the --group column",
                hint="without --group, a random share of the samples is held out",
            )
        n_studies = min(max(1, round(settings.validation_fraction * len(sizes))), len(sizes) - 1)
        studies = sorted(generator.permutation(list(sizes))[:n_studies].tolist())
    return np.isin(np.array(corpus.groups), studies), studies
