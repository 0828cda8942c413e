"""Splits: which samples are trained on and which are scored, the same for every representation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mbembed.errors import UsageError
from mbembed.evaluation.labelled import LabelledSamples
from mbembed.evaluation.protocols import (
    MIN_DRAWN,
    PROTOCOLS,
    Split,
    across_studies,
    cross_validation,
    limited_data,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mbembed.evaluation.target import Target

__all__ = ["PROTOCOLS", "Plan", "Split", "plan_splits"]

#: Protocols that need studies.
ACROSS = PROTOCOLS[2:]


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
    samples = LabelledSamples(target, groups, subjects, seed)
    plan = Plan([], {})
    for protocol in PROTOCOLS:
        if protocol not in protocols or (groups is None and protocol in ACROSS):
            continue
        skipped: list[str] = []
        if protocol == "limited-data":
            found = list(limited_data(samples, sizes, repeats, skipped))
        elif protocol == "cross-validation":
            found = list(cross_validation(samples, folds, -(-repeats // folds), skipped))
        else:
            found = list(across_studies(samples, skipped, pairs=protocol == "study-transfer"))
        plan.splits.extend(found)
        if skipped:
            plan.skipped[protocol] = skipped
    return plan
