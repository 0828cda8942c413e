"""Protocols: the ways in which labelled samples are divided into training parts and scored parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.evaluation.labelled import MIN_SCORED_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mbembed.evaluation.labelled import LabelledSamples

__all__ = ["MIN_DRAWN", "PROTOCOLS", "Split", "across_studies", "cross_validation", "limited_data"]

#: The protocols, in the order in which they are run and reported.
PROTOCOLS = ("limited-data", "cross-validation", "leave-one-study-out", "study-transfer")
#: The smallest number of labelled samples of a learning curve; the next ones double it.
FIRST_SIZE = 10
#: Samples of each class that must be left to score: an AUC over fewer jumps by more than a hundredth per pair.
MIN_SCORED = 8
#: Samples of each class that a study must have to be trained on or scored across studies.
MIN_IN_STUDY = 5
#: Labelled samples of each class in the smallest draw: a spread needs two.
MIN_DRAWN = 2
#: Persons with a number in each fold: r of fewer pairs is mostly ± 1.
MIN_IN_FOLD = 4


class Split(NamedTuple):
    """One training part and one scored part.

    Attributes
    ----------
    protocol : str
    study : str
        The study that is scored; empty without studies.
    train_study : str
        The study that is trained on (study-transfer), else empty.
    n_labels : int
        Size of the training part.
    number : int
        Number of the draw or fold.
    train, test : ndarray of int
        Rows; none in both, and no person in both.
    """

    protocol: str
    study: str
    train_study: str
    n_labels: int
    number: int
    train: NDArray[np.intp]
    test: NDArray[np.intp]


def limited_data(
    samples: LabelledSamples, sizes: Sequence[int] | None, repeats: int, skipped: list[str]
) -> Iterator[Split]:
    """Yield draws of few samples, each scored on the rest of its study.

    Parameters
    ----------
    samples : LabelledSamples
    sizes : sequence of int, optional
        Numbers of labelled samples; default: `FIRST_SIZE` and its doubles, as far as they fit.
    repeats : int
        Draws per size.
    skipped : list of str
        Gets a sentence for each study that cannot be used.
    """
    continuous = samples.target.kind == "continuous"
    for study in samples.studies:
        rows, why = samples.usable(samples.rows(study), MIN_SCORED + MIN_DRAWN)
        counts = {0: len(np.unique(samples.persons[rows]))} if continuous else samples.persons_per_class(rows)
        left = MIN_SCORED_NUMBERS if continuous else MIN_SCORED
        room = (min(counts.values()) - left) * len(counts) if len(rows) else 0
        wanted = sizes or [FIRST_SIZE * 2**i for i in range(20)]
        fitting = [size for size in sorted(set(wanted)) if size <= room and size // len(counts) >= MIN_DRAWN]
        if not fitting:
            skipped.append(_sentence(study, why or f"too few samples to draw {min(wanted)} and leave {left} to score"))
            continue
        if unfit := sorted(set(sizes or ()) - set(fitting)):
            numbers = ", ".join(map(str, unfit))
            skipped.append(_sentence(study, f"too few samples to draw {numbers} and leave {left} to score"))
        strata = np.zeros(len(rows)) if continuous else samples.y[rows]
        for size in fitting:
            n_yielded = 0
            for number in range(repeats):
                generator = samples.generator("limited-data", study, size, number)
                train = _draw(rows, strata, samples.persons, size, generator)
                test = samples.without(rows, train)
                # Persons with samples of several classes are drawn once and leave with all of them.
                whole = len(train) == size and (continuous or min(_sizes_of(samples, test, strata)) >= left)
                if whole and _scorable(samples, test):
                    n_yielded += 1
                    yield Split("limited-data", study, "", size, number, np.sort(train), test)
            if not n_yielded:
                why = (
                    f"{size} persons cannot be drawn with {left} samples of each class left: some have several classes"
                )
                skipped.append(_sentence(study, why))


def _draw(
    rows: NDArray[np.intp],
    strata: NDArray[np.float64],
    persons: NDArray[np.intp],
    size: int,
    generator: np.random.Generator,
) -> NDArray[np.intp]:
    """Draw labelled samples, one per person and as many of each class."""
    order = generator.permutation(len(rows))
    _, first = np.unique(persons[rows[order]], return_index=True)
    order = order[np.sort(first)]
    codes = generator.permutation(np.unique(strata))
    shares = [size // len(codes) + (i < size % len(codes)) for i in range(len(codes))]
    return np.concatenate(
        [rows[order[strata[order] == code][:share]] for code, share in zip(codes, shares, strict=True)]
    )


def cross_validation(samples: LabelledSamples, folds: int, repeats: int, skipped: list[str]) -> Iterator[Split]:
    """Yield the folds of each study, dealt ``repeats`` times; ``skipped`` as in `limited_data`."""
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    continuous = samples.target.kind == "continuous"
    for study in samples.studies:
        rows, why = samples.usable(samples.rows(study), folds)
        if continuous and len(rows) and len(np.unique(samples.persons[rows])) < MIN_IN_FOLD * folds:
            rows, why = rows[:0], f"fewer than {MIN_IN_FOLD} persons in each of {folds} folds"
        if not len(rows):
            skipped.append(_sentence(study, why))
            continue
        repeated = len(np.unique(samples.persons[rows])) < len(rows)
        persons = samples.persons[rows] if repeated else None
        kinds = (KFold, GroupKFold) if continuous else (StratifiedKFold, StratifiedGroupKFold)
        for repeat in range(repeats):
            state = int(samples.generator("cross-validation", study, repeat).integers(2**31))
            cut = kinds[repeated](n_splits=folds, shuffle=True, random_state=state)
            for fold, (train, test) in enumerate(cut.split(rows, samples.y[rows], persons)):
                sides = rows[train], rows[test]
                if all(_scorable(samples, side) for side in sides) and _shares_classes(samples, *sides):
                    number = repeat * folds + fold
                    yield Split("cross-validation", study, "", len(train), number, *sides)


def across_studies(samples: LabelledSamples, skipped: list[str], *, pairs: bool) -> Iterator[Split]:
    """Yield each study as the scored part, all others (or, as ``pairs``, each other) as the training part.

    ``skipped`` as in `limited_data`.
    """
    scored = {}
    for study in samples.studies:
        rows, why = samples.usable(samples.rows(study), MIN_IN_STUDY)
        if len(rows):
            scored[study] = rows
        else:
            skipped.append(_sentence(study, why))
    n_yielded = 0
    for study, test in scored.items():
        if pairs:
            sources = {other: rows for other, rows in scored.items() if other != study}
        else:
            # Studies of one class teach to recognise the study: they are not trained on either.
            others = [rows for other, rows in scored.items() if other != study]
            sources = {"": np.sort(np.concatenate(others))} if others else {}
        for other, rows in sources.items():
            train = samples.without(rows, test)
            if len(train) and np.ptp(samples.y[train]) > 0 and _shares_classes(samples, train, test):
                n_yielded += 1
                yield Split(
                    "study-transfer" if pairs else "leave-one-study-out", study, other, len(train), 0, train, test
                )
    if len(scored) == 1:
        skipped.append(
            f"{next(iter(scored))}: it is the only study that could be scored, and nothing is left to train on"
        )
    elif scored and not n_yielded:
        skipped.append("no two studies have two classes in common, of different persons")


def _shares_classes(samples: LabelledSamples, train: NDArray[np.intp], test: NDArray[np.intp]) -> bool:
    return samples.target.kind == "continuous" or len(np.intersect1d(samples.y[train], samples.y[test])) > 1


def _sizes_of(samples: LabelledSamples, rows: NDArray[np.intp], strata: NDArray[np.float64]) -> list[int]:
    """Return how many of the rows are of each class of a study."""
    return [int((samples.y[rows] == code).sum()) for code in np.unique(strata)]


def _scorable(samples: LabelledSamples, rows: NDArray[np.intp]) -> bool:
    """Tell whether a score over these rows is defined."""
    return len(rows) > 1 and float(np.ptp(samples.y[rows])) > 0


def _sentence(study: str, why: str) -> str:
    return f"{study}: {why}" if study else why
