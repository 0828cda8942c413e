"""From a table and a question to the taxa that speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.errors import EvaluationError, ModelError, UsageError
from mbembed.options import EXPLAIN
from mbembed.threads import one_blas_thread

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    import biom
    import pandas as pd
    from numpy.typing import NDArray

    from mbembed.embedding import Embedding
    from mbembed.explanation.explanation import Explanation
    from mbembed.explanation.groups import Groups
    from mbembed.explanation.path_gradients import PathGradients
    from mbembed.models.folder import Model
    from mbembed.tables.metadata_join import JoinedMetadata
    from mbembed.tables.profile import Profile

__all__ = ["explain"]

#: Questions, of which one is asked.
QUESTIONS = ("contrast", "head", "dimension", "axis")
#: Fewest samples for which anything is drawn again.
MIN_SAMPLES = 5
#: How far scores of the vectors may be from those of the table, as a share of their range: vectors are rounded to float32.
SAME = 1e-3
#: Fewest resamples: of fewer, the ends of an interval are single draws.
MIN_RESAMPLES = 20


@one_blas_thread()  # many small products: threads of a BLAS would only wait for each other
def explain(
    table: str | os.PathLike[str] | Sequence[str] | Profile | pd.DataFrame | biom.Table | Embedding,
    metadata: str | os.PathLike[str] | pd.DataFrame | None = None,
    *,
    contrast: str | None = None,
    case: str | None = None,
    control: str | None = None,
    head: str | os.PathLike[str] | None = None,
    dimension: int | None = None,
    axis: int | None = None,
    group: str | None = None,
    subject: str | None = None,
    id_column: str | None = None,
    baseline: str = "reference",
    resamples: int = 500,
    seed: int = 0,
    model: Model | str | os.PathLike[str] = "default",
    format: str | None = None,  # noqa: A002 - the option is called so on every surface
    orientation: str | None = None,
    units: str | None = None,
    rank: str | None = None,
    missing: str = "error",
    taxonomy: str | os.PathLike[str] | None = None,
    closure: str | None = None,
    names: str = "resolve",
    min_coverage: float = 0.0,
    each: Callable[[int], None] = lambda _done: None,
) -> Explanation:
    """Say which taxa of a table speak in a score of its embedding.

    A score is a linear function of the embedding. Its difference between a sample and a
    baseline is attributed to the model's species by integrated gradients (Sundararajan, Taly & Yan
    2017), and from there to the taxa of the table that feed them.

    Parameters
    ----------
    table
        As in :func:`mbembed.embed`, or an embedding that it returned.
    metadata : path-like or DataFrame, optional
        What is known of the samples; default: what the table itself carries.
    contrast : str, optional
        Column of the metadata: explain the direction in which two of its groups differ.
    case, control : str, optional
        Values of that column; not needed where it has two. Without ``control``, all other samples.
        For a head of several classes ``case`` says which.
    head : path-like, optional
        Explain the linear head in this file, ``heads.json`` of :func:`mbembed.evaluate`.
    dimension : int, optional
        Explain this dimension of the embedding; 5 is ``embedding_5``.
    axis : int, optional
        Explain this principal axis of the table's embedding; 1 is the widest, as in
        :func:`mbembed.ordination`.
    group : str, optional
        Column with the study of each sample: comparisons are made within studies, and studies are drawn again
        if there are at least five.
    subject : str, optional
        Column with the person of each sample: all samples of a person are drawn together.
    id_column : str, optional
        Column with the sample ids, if that is not the first.
    baseline : {"reference", "absent"}
        What samples are compared with: the mean of the controls, or of all samples where no groups are
        compared; or a sample without any species, which does not exist.
    resamples : int
        How often samples are drawn again, at least 20.
    seed : int
        The same seed gives the same numbers.
    model, format, orientation, units, rank, missing, taxonomy, closure, names, min_coverage
        As in :func:`mbembed.embed`; without effect if an embedding is given.
    each : callable
        Gets the number of finished resamples.

    Returns
    -------
    Explanation

    Raises
    ------
    UsageError
        If not exactly one question is asked, or a column, value, dimension or axis does not exist.
    MetadataError
        If the metadata cannot be read, or no ids join.
    EvaluationError
        If the groups are too small, or the head is of another model.
    TableError, NoMatchError, ModelError
        As in :func:`mbembed.embed`.

    Examples
    --------
    >>> import pandas as pd
    >>> import mbembed
    >>> species = mbembed.load_model().species
    >>> table = pd.DataFrame([[90 - 5 * i, 10 + 5 * i] for i in range(12)], index=[f"S{i}" for i in range(12)],
    ...                      columns=species[:2])
    >>> explanation = mbembed.explain(table, axis=1, units="percent", resamples=20)
    >>> sorted(explanation.taxa.taxon) == sorted(species[:2]), round(float(explanation.taxa.attribution.sum()), 6)
    (True, 1.0)
    """
    from mbembed.explanation.account import conclude
    from mbembed.explanation.feeding import Feeding
    from mbembed.explanation.path_gradients import PathGradients
    from mbembed.explanation.questions import ask
    from mbembed.explanation.stability import Setting, resample

    questions = {"contrast": contrast, "head": head, "dimension": dimension, "axis": axis}
    _check(questions, case, control, metadata, group, subject, baseline, resamples, seed)
    embedding = _embedded(
        table, model, format=format, orientation=orientation, units=units, rank=rank, missing=missing, taxonomy=taxonomy,
        closure=closure, names=names, min_coverage=min_coverage,
    )  # fmt: skip
    with_vector = np.flatnonzero(np.isfinite(embedding.values).all(axis=1))
    ids = [embedding.sample_ids[i] for i in with_vector.tolist()]
    known = _metadata(
        embedding, metadata, ids, id_column, needed={"--contrast": contrast, "--group": group, "--subject": subject}
    )
    groups = _groups(known, len(ids), contrast, case, control, group, subject)
    values = embedding.values[with_vector[groups.rows]].astype(np.float64)
    generator = np.random.default_rng(seed)
    score, asked = ask(questions, values, embedding, groups, case, generator)
    position = {sample: i for i, sample in enumerate(embedding.match.profile.sample_ids)}
    rows = np.array([position[ids[i]] for i in groups.rows.tolist()], dtype=np.intp)
    loaded = embedding.match.model
    inputs = loaded.preprocessing.above_absent(embedding.match.fractions()[rows]).astype(np.float64)
    reference = _baseline(inputs, groups, baseline)
    paths = PathGradients(loaded.encoder_above_absent.stages, inputs, reference)
    error = max(paths.refine(score.direction.weights), _disagreement(paths, values, score.direction.weights))
    setting = Setting(values, paths, Feeding(embedding.match, rows), groups.design)
    stability = resample(setting, score, resamples, generator, each)
    options = {"baseline": baseline, "resamples": resamples, "seed": seed, "group": group, "subject": subject}
    return conclude(
        embedding,
        [ids[i] for i in groups.rows.tolist()],
        rows,
        groups,
        score,
        asked,
        setting,
        stability,
        error,
        options,
    )


def _check(
    questions: dict[str, Any],
    case: str | None,
    control: str | None,
    metadata: object,
    group: str | None,
    subject: str | None,
    baseline: str,
    resamples: int,
    seed: int,
) -> None:
    asked = [name for name in QUESTIONS if questions[name] is not None]
    if len(asked) != 1:
        raise UsageError(
            f"{' and '.join(EXPLAIN[name].flag for name in asked)} were given"
            if asked
            else "it was not said what to explain",
            expected=f"one of {', '.join(EXPLAIN[name].flag for name in QUESTIONS)}",
            hint="--metadata samples.tsv --contrast COLUMN",
        )
    if (case is not None and asked[0] not in ("contrast", "head")) or (control is not None and asked[0] != "contrast"):
        raise UsageError(
            f"{'--control' if control is not None else '--case'} was given with {EXPLAIN[asked[0]].flag}",
            expected="groups only for --contrast, or the class of a --head",
            hint="leave it out",
        )
    if metadata is not None and questions["contrast"] is None and group is None and subject is None:
        raise UsageError(
            "metadata were given, but no column of theirs is used",
            expected=f"--contrast, --group or --subject beside {EXPLAIN[asked[0]].flag}, or no metadata",
            hint="--contrast COLUMN",
        )
    if baseline not in EXPLAIN["baseline"].choices:
        raise UsageError(
            f"baseline is {baseline!r}",
            expected=f"one of {', '.join(EXPLAIN['baseline'].choices)}",
            hint="--baseline reference",
        )
    if resamples < MIN_RESAMPLES or seed < 0:
        raise UsageError(
            f"resamples is {resamples}, seed {seed}",
            expected=f"at least {MIN_RESAMPLES} resamples, and a seed from 0 up",
            hint=f"--resamples {EXPLAIN['resamples'].default} --seed 0",
        )


def _embedded(table: object, model: Model | str | os.PathLike[str], **options: Any) -> Embedding:
    from mbembed.embedding import Embedding
    from mbembed.pipeline import embed

    return table if isinstance(table, Embedding) else embed(table, model, **options)


def _metadata(
    embedding: Embedding,
    metadata: str | os.PathLike[str] | pd.DataFrame | None,
    ids: list[str],
    id_column: str | None,
    needed: dict[str, str | None],
) -> JoinedMetadata | None:
    """Return what is known of the embedded samples; ``None`` if nothing is needed."""
    from mbembed.tables.metadata_join import join_metadata
    from mbembed.tables.sample_metadata import read_metadata

    columns = {flag: column for flag, column in needed.items() if column is not None}
    if not columns:
        return None
    given = embedding.sample_metadata if metadata is None else metadata
    if given is None:
        raise UsageError(
            f"{next(iter(columns))} needs metadata, and the table carries none",
            expected="a table of what is known of the samples",
            hint="--metadata samples.tsv",
        )
    lines = read_metadata(given)
    for flag, column in columns.items():
        lines.check_column(column, flag)
    return join_metadata(lines, ids, id_column)


def _groups(
    known: JoinedMetadata | None,
    n_samples: int,
    contrast: str | None,
    case: str | None,
    control: str | None,
    group: str | None,
    subject: str | None,
) -> Groups:
    from mbembed.explanation.groups import choose_groups, choose_samples

    if contrast is not None:
        assert known is not None
        return choose_groups(known, contrast, case=case, control=control, group=group, subject=subject)
    if n_samples < MIN_SAMPLES:
        raise EvaluationError(
            f"{n_samples} samples have a vector",
            expected=f"at least {MIN_SAMPLES}, to see what differs among them",
            hint="a table of more samples",
        )
    return choose_samples(known, n_samples, group=group, subject=subject)


def _disagreement(paths: PathGradients, values: NDArray[np.float64], direction: NDArray[np.float64]) -> float:
    """Return by how much scores of the table and of the vectors differ, as a share of their spread; refuse other vectors."""
    scores = values @ direction
    error = float(np.abs(paths.scores(direction) - scores).max()) / (float(np.ptp(scores)) or 1.0)
    if error > SAME:
        raise ModelError(
            f"the vectors are not those that {len(scores)} samples of the table have: scores differ by {error:.2%} of their range",
            expected="an embedding as mbembed.embed returned it",
            hint="mbembed.explain with the table",
            error=error,
        )
    return error


def _baseline(inputs: Any, groups: Groups, baseline: str) -> NDArray[np.float64]:
    if baseline == "absent":
        return np.zeros(inputs.shape[1])
    chosen = inputs if groups.design.case is None else inputs[np.flatnonzero(~groups.design.case)]
    return np.asarray(chosen.mean(axis=0)).ravel()
