"""The study signal: how well samples give away their batch, by their vectors and by the table itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.embedding import Embedding
from mbembed.errors import EvaluationError
from mbembed.report.distances import abundances, rows_with_vector
from mbembed.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mbembed.evaluation.intervals import Interval, Measured
    from mbembed.evaluation.protocols import Split
    from mbembed.evaluation.representations import Representation
    from mbembed.evaluation.target import Target
    from mbembed.stored import StoredEmbedding

__all__ = ["Signal", "study_signal"]

#: Folds of the cross-validation.
FOLDS = 5
#: How often they are dealt anew, up to so many samples, and for more: one deal of 100 samples moves a balanced
#: accuracy by some hundredths, one of 1,000 by thousandths.
ROUNDS, FEW_SAMPLES, FEWER_ROUNDS = 4, 500, 2
#: Most samples, drawn evenly from many: the fits on 2,000 samples take about half a minute on two cores.
MOST_SAMPLES = 2_000
#: Most batches, the largest: a hundredth of chance cannot be told from the next one.
MOST_BATCHES = 40
#: Representations of the table beside the embedding.
RAW = ("log", "clr")
SEED = 0


class Signal(NamedTuple):
    """How well batches can be told apart.

    Attributes
    ----------
    batches : dict of str to int
        Their samples, as used.
    n_samples : int
    rounds : int
        How often the folds were dealt.
    persons : bool
        Whether samples of one person were kept in one fold.
    scores : dict of str to Interval
        Balanced accuracy (0 to 1) of ``embedding``, and of ``log`` and ``clr`` if the table is there.
    difference : Interval, optional
        That of the embedding minus that of the best of the others, on the same folds.
    beside : str
        The best of the others.
    notes : list of str
        What was left out.
    """

    batches: dict[str, int]
    n_samples: int
    rounds: int
    persons: bool
    scores: dict[str, Interval]
    difference: Interval | None
    beside: str
    notes: list[str]

    @property
    def chance(self) -> float:
        """Balanced accuracy by chance."""
        return 1.0 / len(self.batches)


def study_signal(
    embedding: Embedding | StoredEmbedding, batch: Sequence[str | None], persons: Sequence[str | None] | None = None
) -> Signal:
    """Predict the batch of each sample from the others.

    Ridge regression, its penalty chosen within each training part, in five folds that are dealt several times;
    the same folds for every representation.

    Parameters
    ----------
    embedding : Embedding or StoredEmbedding
    batch : sequence of str or None of shape (n_samples,)
    persons : sequence of str or None of shape (n_samples,), optional
        Samples of one person are kept in one fold.

    Returns
    -------
    Signal

    Raises
    ------
    EvaluationError
        If there are no two batches of five samples.
    """
    from threadpoolctl import threadpool_limits

    from mbembed.evaluation.intervals import interval_of
    from mbembed.evaluation.labelled import LabelledSamples
    from mbembed.evaluation.protocols import cross_validation
    from mbembed.evaluation.target import read_target

    kept = rows_with_vector(embedding)
    target = read_target([batch[i] for i in kept.tolist()], name="batch", kind="multiclass")
    chosen, notes = _choose(target)
    rows, target = kept[chosen], target.take(chosen)
    notes = [*target.warnings, *notes]
    subjects = None if persons is None else [str(persons[i] or "") for i in rows.tolist()]
    samples = LabelledSamples(target, None, subjects, SEED)
    rounds = ROUNDS if rows.size <= FEW_SAMPLES else FEWER_ROUNDS
    skipped: list[str] = []
    splits = list(cross_validation(samples, FOLDS, rounds, skipped))
    if not splits:
        raise EvaluationError(skipped[0] if skipped else "its batches cannot be dealt into folds")
    used = np.unique(np.concatenate([split.test for split in splits]))
    measured: dict[str, Measured] = {}
    with threadpool_limits(1):  # sums that are shared out among threads differ in their last digits
        for one in _representations(embedding, rows):
            measured[one.name] = _measure(one, target.values, samples.persons, splits)
    scores = {name: _share(interval_of([one], seed=SEED, key="signal")) for name, one in measured.items()}
    others = [name for name in scores if name != "embedding"]
    beside = max(others, key=lambda name: scores[name].mean, default="")
    difference = None
    if beside:
        difference = interval_of([measured["embedding"].minus(measured[beside])], seed=SEED, key="signal")
    batches = {name: n for name, n in target.counts(used).items() if n}
    return Signal(batches, len(used), rounds, subjects is not None, scores, difference, beside, notes)


def _share(one: Interval) -> Interval:
    """Return an interval of a share: its ends may not leave 0 to 1, as those of a bootstrap about the mean can."""
    return one._replace(low=max(one.low, 0.0), high=min(one.high, 1.0))


def _choose(target: Target) -> tuple[NDArray[np.intp], list[str]]:
    """Return the positions that are used: with a batch, of the largest ones, no more than can be fitted."""
    rows = np.flatnonzero(~np.isnan(target.values))
    notes = []
    if rows.size < target.values.size:
        notes.append(
            f"{count(target.values.size - rows.size, 'sample')} without a batch, or of too small a one, left out"
        )
    codes, sizes = np.unique(target.values[rows], return_counts=True)
    if codes.size > MOST_BATCHES:
        largest = codes[np.argsort(-sizes, kind="stable")[:MOST_BATCHES]]
        rows = rows[np.isin(target.values[rows], largest)]
        notes.append(f"the {MOST_BATCHES} largest of {codes.size} batches are used")
    if rows.size > MOST_SAMPLES:
        notes.append(f"{MOST_SAMPLES:,} of {rows.size:,} samples were drawn")
        rows = np.sort(np.random.default_rng(SEED).choice(rows, MOST_SAMPLES, replace=False))
    return rows, notes


def _representations(embedding: Embedding | StoredEmbedding, rows: NDArray[np.intp]) -> list[Representation]:
    from mbembed.evaluation.representations import from_vectors, raw

    vectors = from_vectors("embedding", embedding.values[rows])
    if not isinstance(embedding, Embedding):
        return [vectors]
    fractions = np.asarray(abundances(embedding, rows).toarray())
    return [vectors, *raw(fractions, RAW).values()]


def _measure(
    one: Representation, truth: NDArray[np.float64], persons: NDArray[np.intp], splits: Sequence[Split]
) -> Measured:
    """Return the balanced accuracy of each deal of the folds, and how much each person counts for it."""
    from mbembed.evaluation.heads import fit_head
    from mbembed.evaluation.intervals import Measured

    n_people = int(persons.max()) + 1
    rounds: dict[int, list[tuple[NDArray[np.intp], NDArray[np.bool_]]]] = {}
    for split in splits:
        preparation = one.preparation().fit(one.values[split.train].astype(np.float64))
        train, test = (preparation.transform(one.values[part].astype(np.float64)) for part in (split.train, split.test))
        said = fit_head("linear", "multiclass", train, truth[split.train], test, SEED)
        codes = np.unique(truth[split.train])
        # Of two classes the head gives one score: that of the second.
        best = (
            codes[said.scores.argmax(axis=1)]
            if said.scores.shape[1] > 1
            else codes[(said.scores[:, 0] > 0).astype(int)]
        )
        rounds.setdefault(split.number // FOLDS, []).append((split.test, best == truth[split.test]))
    values, influence = [], np.zeros(n_people)
    for dealt in rounds.values():
        tested = np.concatenate([test for test, _ in dealt])
        hit = np.concatenate([right for _, right in dealt]).astype(np.float64)
        codes, place, sizes = np.unique(truth[tested], return_inverse=True, return_counts=True)
        recall = np.bincount(place, hit) / sizes
        values.append(float(recall.mean()))
        moved = (hit - recall[place]) / (sizes[place] * codes.size)
        influence += np.bincount(persons[tested], moved, minlength=n_people) / len(rounds)
    present = np.unique(np.concatenate([persons[split.test] for split in splits]))
    return Measured(np.array(values), influence[present], 1.0)
