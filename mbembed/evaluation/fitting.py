"""The fitting of a whole plan: with a bar to look at, and a checkpoint to go on from."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mbembed.evaluation.checkpoint import Checkpoint, digest
from mbembed.evaluation.fits import fit_splits

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mbembed.evaluation.account import Choices
    from mbembed.evaluation.cohort import Cohort
    from mbembed.evaluation.fits import Fit
    from mbembed.evaluation.representations import Representation
    from mbembed.evaluation.splits import Plan

__all__ = ["fit_plan"]


def fit_plan(
    shown: Sequence[Representation],
    cohort: Cohort,
    plan: Plan,
    choices: Choices,
    jobs: int,
    folder: str | os.PathLike[str] | None,
    *,
    restart: bool,
    progress: bool,
) -> list[list[Fit]]:
    """Fit all representations on all splits of a plan.

    Parameters
    ----------
    shown : sequence of Representation
    cohort : Cohort
    plan : Plan
    choices : Choices
    jobs : int
        Processes.
    folder : path-like, optional
        Keep finished fits there, and go on with those of an interrupted run.
    restart : bool
        Begin anew, whatever is there.
    progress : bool
        Show a bar on stderr, if that is a terminal.

    Returns
    -------
    list of list of Fit
        One list per split.

    Raises
    ------
    EvaluationError
        If the folder holds fits of other inputs.
    OutputError
        If it cannot be written.
    """
    from tqdm import tqdm

    with ExitStack() as stack:
        checkpoint = None
        if folder is not None:
            inputs = {
                "the samples, their abundances or the models": digest(*[part for one in shown for part in (one.name, one.values)]),
                "the labels, studies or persons": digest(
                    cohort.target.name, cohort.target.kind, list(cohort.target.classes), cohort.target.values,
                    _listed(cohort.groups), _listed(cohort.subjects),
                ),
                "the options": digest(asdict(choices)),
                "the versions of the software": digest([version(name) for name in ("mbembed", "numpy", "scikit-learn", "scipy")]),
            }  # fmt: skip
            checkpoint = stack.enter_context(Checkpoint(Path(folder), inputs, restart=restart))
        done = checkpoint.done if checkpoint else {}
        # disable=None: no bar where stderr is no terminal.
        bar = stack.enter_context(
            tqdm(
                total=len(plan.splits), initial=len(done), desc="Splits", unit="split", file=sys.stderr,
                disable=None if progress else True, leave=False,
            )
        )  # fmt: skip

        def each(number: int, fits: list[Fit]) -> None:
            if checkpoint:
                checkpoint.add(number, fits)
            bar.update()

        return fit_splits(
            shown, cohort.target, plan.splits, heads=choices.heads, seed=choices.seed, jobs=jobs, done=done, each=each
        )


def _listed(values: NDArray[np.str_] | None) -> list[str] | None:
    return None if values is None else values.tolist()
