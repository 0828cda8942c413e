"""From a table and its labels to an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import EvaluationError, UsageError
from mbembed.extras import require_extra
from mbembed.options import EVALUATE

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import biom
    import pandas as pd
    from numpy.typing import NDArray

    from mbembed.embedding import Embedding
    from mbembed.evaluation.account import Choices
    from mbembed.evaluation.evaluation import Evaluation
    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile

__all__ = ["evaluate"]

#: Largest seed: scikit-learn's forests take 32 bits, and each split adds its number to it.
MAX_SEED = 2**31


def evaluate(
    table: str | os.PathLike[str] | Sequence[str] | Profile | pd.DataFrame | biom.Table,
    metadata: str | os.PathLike[str] | pd.DataFrame,
    *,
    target: str,
    group: str | None = None,
    subject: str | None = None,
    models: Sequence[Model | str | os.PathLike[str]] = ("default",),
    id_column: str | None = None,
    kind: str | None = None,
    positive: str | None = None,
    protocols: Sequence[str] | None = None,
    sizes: Sequence[int] | None = None,
    repeats: int = 20,
    folds: int = 5,
    heads: Sequence[str] = ("linear", "forest"),
    representations: Sequence[str] = ("log", "clr", "presence", "pca", "model", "joined"),
    seed: int = 0,
    jobs: int = 1,
    folder: str | os.PathLike[str] | None = None,
    restart: bool = False,
    progress: bool = False,
    format: str | None = None,  # noqa: A002 - the option is called so on every surface
    orientation: str | None = None,
    units: str | None = None,
    rank: str | None = None,
    missing: str = "error",
    taxonomy: str | os.PathLike[str] | None = None,
    closure: str | None = None,
    names: str = "resolve",
) -> Evaluation:
    """Measure whether embeddings help to predict a target, and from how few labelled samples.

    Parameters
    ----------
    table
        As in :func:`mbembed.read_table`.
    metadata : path-like or DataFrame
        What is known of the samples, with their ids in the first column or the index.
    target : str
        Column to predict.
    group : str, optional
        Column with the study of each sample: draws and scores are then within studies.
    subject : str, optional
        Column with the person of each sample: no person is trained on and scored.
    models : sequence of Model, str or path-like
        Loaded models, names or folders.
    id_column : str, optional
        Column with the sample ids, if that is another.
    kind : {"binary", "multiclass", "continuous"}, optional
        Where the values should not decide.
    positive : str, optional
        Positive class of two.
    protocols : sequence of str, optional
        Some of ``limited-data``, ``cross-validation``, ``leave-one-study-out``, ``study-transfer``;
        default: all that the data allow.
    sizes : sequence of int, optional
        Numbers of labelled samples; default: 10, 20, 40 and so on, as far as they fit.
    repeats : int
        Draws for each of them; cross-validation is repeated until there are as many fits.
    folds : int
    heads : sequence of {"linear", "forest"}
        The first one gives the verdict.
    representations : sequence of str
        Some of ``log``, ``clr``, ``presence``, ``pca`` (of each of these), ``model``, ``joined``.
    seed : int
        The same seed gives the same bytes, whatever ``jobs`` is.
    jobs : int
        Processes; -1: one per core.
    folder : path-like, optional
        Keep finished fits there, and go on with those of an interrupted run.
    restart : bool
        Begin anew, whatever is in ``folder``.
    progress : bool
        Show a progress bar on stderr, if that is a terminal.
    format, orientation, units, rank, missing, taxonomy
        As in :func:`mbembed.read_table`.
    closure, names
        As in :func:`mbembed.match_profile`.

    Returns
    -------
    Evaluation

    Raises
    ------
    MissingExtraError
        If the extra ``evaluate`` is not installed.
    UsageError
        If an option or a column does not exist.
    MetadataError
        If the metadata cannot be read, or no ids join.
    EvaluationError
        If the labels or studies do not allow it.
    TableError, NoMatchError, ModelError
        As in :func:`mbembed.embed`.
    """
    require_extra("evaluate", "mbembed evaluate")
    from mbembed.evaluation.account import Choices, conclude
    from mbembed.evaluation.cohort import make_cohort
    from mbembed.evaluation.fitting import fit_plan
    from mbembed.evaluation.heads import check_heads
    from mbembed.evaluation.side_by_side import represent
    from mbembed.evaluation.splits import PROTOCOLS, plan_splits
    from mbembed.tables import read_table
    from mbembed.tables.metadata_join import join_metadata
    from mbembed.tables.sample_metadata import read_metadata

    asked = tuple(protocols) if protocols is not None else PROTOCOLS
    choices = Choices(
        asked, tuple(sizes) if sizes else None, repeats, folds, tuple(heads), tuple(representations), seed
    )
    _check(choices, group, jobs, explicit=protocols is not None)
    check_heads(choices.heads)
    lines = read_metadata(metadata)
    for option, column in {"target": target, "group": group, "subject": subject}.items():
        if column is not None:
            lines.check_column(column, EVALUATE[option].flag)
    profile = read_table(
        table, format=format, orientation=orientation, units=units, rank=rank, missing=missing, taxonomy=taxonomy
    )
    joined = join_metadata(lines, profile.sample_ids, id_column)
    labelled = joined.frame[target].notna().to_numpy()
    embeddings = _embed(profile, labelled, models, choices, closure, names)
    with_vector = profile.classified > 0
    for one in embeddings:
        with_vector &= ~np.isin(profile.sample_ids, list(one.left_out))
    cohort = make_cohort(joined, with_vector, target=target, group=group, subject=subject, kind=kind, positive=positive)
    plan = plan_splits(
        cohort.target,
        cohort.groups,
        cohort.subjects,
        protocols=asked,
        sizes=sizes,
        repeats=repeats,
        folds=folds,
        seed=seed,
    )
    if not plan.splits:
        reasons = "; ".join(dict.fromkeys(one for some in plan.skipped.values() for one in some))
        raise EvaluationError(
            f"nothing can be scored: {reasons}",
            expected=f"two classes with at least {folds} persons each, or {folds} × 4 numbers, in a study",
            hint="a larger cohort, fewer --folds, or smaller --sizes",
        )
    shown = represent(profile, embeddings, cohort.rows, choices)
    fits = fit_plan(shown, cohort, plan, choices, jobs, folder, restart=restart, progress=progress)
    return conclude(profile, embeddings, shown, cohort, plan, fits, choices, group, subject)


def _check(choices: Choices, group: str | None, jobs: int, *, explicit: bool) -> None:
    if jobs == 0 or not 0 <= choices.seed <= MAX_SEED:
        raise UsageError(
            f"jobs is {jobs}, seed {choices.seed}",
            expected=f"jobs of 1 or more, or -1 for one per core; a seed from 0 to {MAX_SEED}",
            hint="--jobs 1 --seed 0",
        )
    known = EVALUATE["representations"].choices
    for name in choices.representations:
        if name not in known:
            raise UsageError(
                f"there is no representation {name!r}",
                expected=f"some of {', '.join(EVALUATE['representations'].choices)}",
                hint="--representations clr model",
            )
    if not choices.representations or not choices.heads:
        raise UsageError("no representation or no head was named", expected="at least one", hint="leave the option out")
    across = [name for name in choices.protocols if name in ("leave-one-study-out", "study-transfer")]
    if explicit and across and group is None:
        raise UsageError(
            f"{across[0]} needs to know the study of each sample",
            expected="a column of the metadata",
            hint="--group STUDY",
        )


def _embed(
    profile: Profile,
    labelled: NDArray[np.bool_],
    models: Sequence[Model | str | os.PathLike[str]],
    choices: Choices,
    closure: str | None,
    names: str,
) -> list[Embedding]:
    """Embed the samples that have a label, by each model."""
    from mbembed.pipeline import embed

    if not labelled.any() or not {"model", "joined"} & set(choices.representations):
        return []
    part = profile.select_samples(np.flatnonzero(labelled).tolist())
    return [embed(part, model, closure=closure, names=names) for model in models]
