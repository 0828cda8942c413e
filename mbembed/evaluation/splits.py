"""Splits: which samples are trained on and which are scored, the same for every representation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

import numpy as np

from mbembed.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mbembed.evaluation.target import Target

__all__ = ["PROTOCOLS", "Plan", "Split", "plan_splits"]

#: The protocols, in the order in which they are run and reported.
PROTOCOLS = ("limited-data", "cross-validation", "leave-one-study-out", "study-transfer")
#: Protocols that need studies.
ACROSS = PROTOCOLS[2:]
#: The smallest number of labelled samples of a learning curve; the next ones double it.
FIRST_SIZE = 10
#: Samples of each class that must be left to score: an AUC over fewer jumps by more than a hundredth per pair.
MIN_SCORED = 8
#: Samples with a number that must be left to score: r of fewer pairs has an interval wider than ± 0.4.
MIN_SCORED_NUMBERS = 20
#: Samples of each class that a study must have to be trained on or scored across studies.
MIN_IN_STUDY = 5
#: Labelled samples of each class in the smallest draw: a spread needs two.
MIN_DRAWN = 2


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


class Plan(NamedTuple):
    """All splits, and what had to be left out.

    Attributes
    ----------
    splits : list of Split
    skipped : dict of str to list of str
        Protocol → sentences on studies that it could not use.
    """

    splits: list[Split]
    skipped: dict[str, list[str]]


def plan_splits(
    target: Target,
    groups: Sequence[str] | NDArray[np.str_] | None = None,
    subjects: Sequence[str] | NDArray[np.str_] | None = None,
    *,
    protocols: Sequence[str] = PROTOCOLS,
    sizes: Sequence[int] | None = None,
    repeats: int = 20,
    folds: int = 5,
    seed: int = 0,
) -> Plan:
    """Plan the splits of all protocols.

    A split depends on the labels, studies and persons, its own number and the seed, on nothing
    else: not on the representations, the other protocols or the order of the studies.

    Parameters
    ----------
    target : Target
        Without missing labels.
    groups : sequence of str of shape (n_samples,), optional
        The study of each sample. With studies, draws and folds are made within each of them.
    subjects : sequence of str of shape (n_samples,), optional
        The person of each sample; an empty text is a person of its own.
    protocols : sequence of str
        Some of `PROTOCOLS`; those across studies need ``groups``.
    sizes : sequence of int, optional
        Numbers of labelled samples of limited-data; default: 10, 20, 40 and so on.
    repeats : int
        Draws per number of labelled samples; cross-validation repeats its folds until there are as many fits.
    folds : int
    seed : int

    Returns
    -------
    Plan

    Raises
    ------
    UsageError
        If a protocol is not known or a number is out of range.
    """
    for protocol in protocols:
        if protocol not in PROTOCOLS:
            raise UsageError(
                f"there is no protocol {protocol!r}",
                expected=f"some of {', '.join(PROTOCOLS)}",
                hint=f"--protocols {PROTOCOLS[0]}",
            )
    if repeats < 1 or folds < 2 or (sizes is not None and min(sizes, default=0) < MIN_DRAWN * 2):
        raise UsageError(
            f"repeats is {repeats}, folds {folds}, sizes {list(sizes) if sizes is not None else 'by doubling'}",
            expected=f"repeats of 1 or more, folds of 2 or more, sizes of {MIN_DRAWN * 2} or more",
            hint="--repeats 20 --folds 5 --sizes 10 20 40",
        )
    cohort = _Cohort(target, groups, subjects, seed)
    plan = Plan([], {})
    for protocol in PROTOCOLS:
        if protocol not in protocols or (groups is None and protocol in ACROSS):
            continue
        skipped: list[str] = []
        if protocol == "limited-data":
            found = list(_limited(cohort, sizes, repeats, skipped))
        elif protocol == "cross-validation":
            found = list(_folds(cohort, folds, -(-repeats // folds), skipped))
        else:
            found = list(_across(cohort, skipped, pairs=protocol == "study-transfer"))
        plan.splits.extend(found)
        if skipped:
            plan.skipped[protocol] = skipped
    return plan


class _Cohort:
    """Labels, studies and persons as codes."""

    def __init__(
        self,
        target: Target,
        groups: Sequence[str] | NDArray[np.str_] | None,
        subjects: Sequence[str] | NDArray[np.str_] | None,
        seed: int,
    ) -> None:
        self.target = target
        self.y = target.values
        self.seed = seed
        self.grouped = groups is not None
        self.groups = np.full(len(self.y), "") if groups is None else np.asarray(groups).astype(np.str_)
        self.persons = person_codes(subjects, len(self.y))
        self.studies = sorted(set(self.groups.tolist()))

    def rows(self, study: str) -> NDArray[np.intp]:
        return np.flatnonzero(self.groups == study)

    def generator(self, *what: object) -> np.random.Generator:
        return np.random.default_rng([self.seed, crc32(repr(what).encode())])

    def persons_per_class(self, rows: NDArray[np.intp]) -> dict[int, int]:
        """Return how many persons each class has; classes without any are not among them."""
        return {int(code): len(np.unique(self.persons[rows][self.y[rows] == code])) for code in np.unique(self.y[rows])}

    def without(self, rows: NDArray[np.intp], taken: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the rows of persons who have no row in ``taken``."""
        return rows[~np.isin(self.persons[rows], self.persons[taken])]

    def usable(self, rows: NDArray[np.intp], least: int) -> tuple[NDArray[np.intp], str]:
        """Return the rows of classes that are large enough, or none and why."""
        if self.target.kind == "continuous":
            if np.ptp(self.y[rows]) == 0:
                return rows[:0], f"{self.target.name} is the same in all its samples"
            enough = len(np.unique(self.persons[rows])) >= MIN_SCORED_NUMBERS
            return (rows, "") if enough else (rows[:0], f"fewer than {MIN_SCORED_NUMBERS} persons")
        counts = self.persons_per_class(rows)
        large = [code for code, count in counts.items() if count >= least]
        if len(counts) < 2:
            return rows[:0], f"one class only ({self.target.classes[next(iter(counts))]})"
        if len(large) < 2:
            some = ", ".join(f"{self.target.classes[code]} {count}" for code, count in counts.items())
            return rows[:0], f"fewer than two classes with {least} persons ({some})"
        return rows[np.isin(self.y[rows], large)], ""


def person_codes(subjects: Sequence[str] | NDArray[np.str_] | None, n_samples: int) -> NDArray[np.intp]:
    """Return a number for each person; samples without a subject are persons of their own."""
    if subjects is None:
        return np.arange(n_samples)
    texts = np.asarray(subjects).astype(np.str_)
    named = texts != ""
    codes = np.empty(n_samples, dtype=np.intp)
    _, codes[named] = np.unique(texts[named], return_inverse=True)
    codes[~named] = n_samples + np.arange((~named).sum())
    return codes


def _limited(cohort: _Cohort, sizes: Sequence[int] | None, repeats: int, skipped: list[str]) -> Iterator[Split]:
    continuous = cohort.target.kind == "continuous"
    for study in cohort.studies:
        rows, why = cohort.usable(cohort.rows(study), MIN_SCORED + MIN_DRAWN)
        counts = {0: len(np.unique(cohort.persons[rows]))} if continuous else cohort.persons_per_class(rows)
        left = MIN_SCORED_NUMBERS if continuous else MIN_SCORED
        room = (min(counts.values()) - left) * len(counts) if len(rows) else 0
        wanted = sizes or [FIRST_SIZE * 2**i for i in range(20)]
        fitting = [size for size in sorted(set(wanted)) if size <= room and size // len(counts) >= MIN_DRAWN]
        if not fitting:
            skipped.append(_sentence(study, why or f"too few samples to draw {min(wanted)} and leave {left} to score"))
            continue
        strata = np.zeros(len(rows)) if continuous else cohort.y[rows]
        for size in fitting:
            for number in range(repeats):
                generator = cohort.generator("limited-data", study, size, number)
                train = _draw(rows, strata, cohort.persons, size, generator)
                test = cohort.without(rows, train)
                if _scorable(cohort, test):
                    yield Split("limited-data", study, "", size, number, np.sort(train), test)


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


def _folds(cohort: _Cohort, folds: int, repeats: int, skipped: list[str]) -> Iterator[Split]:
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    continuous = cohort.target.kind == "continuous"
    for study in cohort.studies:
        rows, why = cohort.usable(cohort.rows(study), folds)
        if not len(rows):
            skipped.append(_sentence(study, why))
            continue
        repeated = len(np.unique(cohort.persons[rows])) < len(rows)
        persons = cohort.persons[rows] if repeated else None
        kinds = (KFold, GroupKFold) if continuous else (StratifiedKFold, StratifiedGroupKFold)
        for repeat in range(repeats):
            state = int(cohort.generator("cross-validation", study, repeat).integers(2**31))
            cut = kinds[repeated](n_splits=folds, shuffle=True, random_state=state)
            for fold, (train, test) in enumerate(cut.split(rows, cohort.y[rows], persons)):
                if _scorable(cohort, rows[test]) and _scorable(cohort, rows[train]):
                    number = repeat * folds + fold
                    yield Split("cross-validation", study, "", len(train), number, rows[train], rows[test])


def _across(cohort: _Cohort, skipped: list[str], *, pairs: bool) -> Iterator[Split]:
    scored = {}
    for study in cohort.studies:
        rows, why = cohort.usable(cohort.rows(study), MIN_IN_STUDY)
        if len(rows):
            scored[study] = rows
        else:
            skipped.append(_sentence(study, why))
    for study, test in scored.items():
        if pairs:
            sources = {other: rows for other, rows in scored.items() if other != study}
        else:
            # Studies of one class teach to recognise the study: they are not trained on either.
            others = [rows for other, rows in scored.items() if other != study]
            sources = {"": np.sort(np.concatenate(others))} if others else {}
        for other, rows in sources.items():
            train = cohort.without(rows, test)
            if len(train) and np.ptp(cohort.y[train]) > 0 and _shares_classes(cohort, train, test):
                yield Split(
                    "study-transfer" if pairs else "leave-one-study-out", study, other, len(train), 0, train, test
                )
    if len(scored) == 1:
        skipped.append(
            f"{next(iter(scored))}: it is the only study that could be scored, and nothing is left to train on"
        )


def _shares_classes(cohort: _Cohort, train: NDArray[np.intp], test: NDArray[np.intp]) -> bool:
    return cohort.target.kind == "continuous" or len(np.intersect1d(cohort.y[train], cohort.y[test])) > 1


def _scorable(cohort: _Cohort, rows: NDArray[np.intp]) -> bool:
    """Tell whether a score over these rows is defined."""
    return len(rows) > 1 and float(np.ptp(cohort.y[rows])) > 0


def _sentence(study: str, why: str) -> str:
    return f"{study}: {why}" if study else why
