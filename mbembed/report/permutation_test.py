"""PERMANOVA: how much of the differences between samples goes with a column of metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

import numpy as np

from mbembed.errors import UsageError
from mbembed.report.distances import DISTANCES, MOST_COMPARED, distances, gower_centred, rows_with_vector
from mbembed.report.variables import Variable, read_variable
from mbembed.tables.metadata_join import JoinedMetadata, join_metadata
from mbembed.tables.sample_metadata import check_column
from mbembed.words import count

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mbembed.embedding import Embedding
    from mbembed.stored import StoredEmbedding

__all__ = ["COLUMNS", "Permanova", "measure", "permanova"]

#: Columns of the result.
COLUMNS = ("column", "kind", "n", "groups", "R2", "pseudo_F", "p", "note")
#: R², pseudo-F and p where there is no answer.
NO_ANSWER = (float("nan"), float("nan"), float("nan"))
#: Permutations that are multiplied at once: enough for a fast product of matrices, little enough for the memory.
AT_ONCE = 32
#: From this many groups on their pairs are added up one by one: of a matrix with a column for each group nearly all is zero.
MANY_GROUPS = 50
#: How much smaller than the true one a permuted sum of squares may be and still count as equal (share of it):
#: permutations that only rename the groups differ in the last digits.
SAME = 1e-9


class Permanova(NamedTuple):
    """The answer for one column; fields as in :func:`permanova`."""

    column: str
    kind: str
    n: int
    groups: int
    R2: float
    pseudo_F: float  # noqa: N815 - as it is written in papers
    p: float
    note: str


def permanova(
    embedding: Embedding | StoredEmbedding,
    metadata: pd.DataFrame | pd.Series | str | os.PathLike[str],
    columns: str | Sequence[str] | None = None,
    *,
    distance: str = "cosine",
    permutations: int = 999,
    seed: int = 0,
    strata: str | None = None,
) -> pd.DataFrame:
    """Permutational analysis of variance of distances, for each column of metadata by itself.

    Parameters
    ----------
    embedding : Embedding or StoredEmbedding
        Samples without a vector are left out.
    metadata : DataFrame, Series or path-like
        What is known of the samples; ids as in the embedding.
    columns : str or sequence of str, optional
        Default: all. Text and whole numbers of few values are groups, other numbers measurements.
    distance : {"cosine", "euclidean", "bray-curtis", "aitchison"}
        Between vectors (the first two), or of the table behind them.
    permutations : int
        The smallest p that can be found is 1 / (1 + permutations).
    seed : int
        Same seed, same p.
    strata : str, optional
        Column within whose groups samples are permuted: a study, or the person of repeated samples. Samples without
        a value in it are left out.

    Returns
    -------
    DataFrame
        One row for each column: ``column``; ``kind`` (``groups`` or ``measurement``); ``n`` samples with a
        value; ``groups``, their number (0 for measurements); ``R2``, the share of the sum of squared
        distances, 0 to 1; ``pseudo_F``; ``p``, never 0; ``note``, what was left out, or why there
        is no answer (then NaN). A small p also arises where groups scatter differently about equal
        centres: look at the map, or test the dispersions (``vegan::betadisper``).

    Raises
    ------
    UsageError
        If a column, or the distance, does not exist.
    MetadataError
        If the metadata cannot be read, or no id of them is that of a sample.

    Notes
    -----
    Anderson (2001); for measurements McArdle & Anderson (2001). Of more than 2,000 samples with a value,
    2,000 are drawn.

    Examples
    --------
    >>> import pandas as pd
    >>> import mbembed
    >>> species = mbembed.load_model().species
    >>> table = pd.DataFrame([[7, 3], [6, 4], [2, 8], [3, 7]], index=list("abcd"), columns=species[:2])
    >>> known = pd.DataFrame({"site": ["n", "n", "s", "s"]}, index=list("abcd"))
    >>> result = mbembed.permanova(mbembed.embed(table, units="counts"), known)
    >>> result[["column", "n", "groups", "p"]].to_dict("records")
    [{'column': 'site', 'n': 4, 'groups': 2, 'p': 0.321}]
    """
    import pandas as pd

    if distance not in DISTANCES:
        raise UsageError(
            f"the distance is {distance!r}", expected=f"one of {', '.join(DISTANCES)}", hint="distance='cosine'"
        )
    if permutations < 1:
        raise UsageError(f"permutations is {permutations}", expected="1 or more", hint="permutations=999")
    if strata is not None and not isinstance(strata, str):
        raise UsageError(
            f"strata is an object of class {type(strata).__name__}",
            expected="the name of a column of the metadata",
            hint="strata='study'",
        )
    if isinstance(metadata, pd.Series):
        metadata = metadata.to_frame(metadata.name or "values")
    joined = join_metadata(metadata, embedding.sample_ids, id_flag="")
    frame = joined.frame
    known = [str(name) for name in frame.columns]
    chosen = [columns] if isinstance(columns, str) else list(columns or _without_ids(joined))
    for name in (*chosen, *([strata] if strata else ())):
        check_column(name, known, "columns")
    blocks = None if strata is None else list(frame[strata])
    variables = [read_variable(frame[name]) for name in chosen]
    found = measure(embedding, variables, distance, permutations=permutations, seed=seed, strata=blocks)
    return pd.DataFrame(found, columns=list(COLUMNS))


def _without_ids(joined: JoinedMetadata) -> list[str]:
    return [str(name) for name in joined.frame.columns if name != joined.id_column]


def measure(
    embedding: Embedding | StoredEmbedding,
    variables: Sequence[Variable],
    distance: str,
    *,
    permutations: int,
    seed: int,
    strata: Sequence[str | None] | None = None,
    most: int | None = None,
) -> list[Permanova]:
    """Answer for variables of the samples of an embedding, in its order; see :func:`permanova`.

    Of more than ``most`` samples with a value (default: ``MOST_COMPARED``) so many are drawn.
    """
    most = most or MOST_COMPARED
    kept = rows_with_vector(embedding)
    # Compared once for all columns, if that is possible.
    square = distances(embedding, kept, distance) if kept.size <= most else None
    answers = []
    for variable in variables:
        generator = np.random.default_rng([seed, crc32(variable.name.encode())])
        rows = kept[~variable.missing[kept]]
        notes = [] if rows.size == kept.size else [f"{count(kept.size - rows.size, 'sample')} without a value left out"]
        if strata is not None:
            placed = np.array([i for i in rows.tolist() if strata[i] is not None], dtype=np.intp)
            if placed.size < rows.size:
                notes.append(f"{count(rows.size - placed.size, 'sample')} without a stratum left out")
            rows = placed
        if rows.size > most:
            notes.append(f"{most:,} of {rows.size:,} samples drawn")
            rows = np.sort(generator.choice(rows, most, replace=False))
        design, groups, excuse = _design(variable, rows)
        kind = "measurement" if variable.is_continuous else "groups"
        if excuse:
            note = "; ".join([excuse, *notes])
            answers.append(Permanova(variable.name, kind, rows.size, groups, *NO_ANSWER, note))
            continue
        if square is None:
            part = distances(embedding, rows, distance)
        else:
            places = np.searchsorted(kept, rows)
            part = square[np.ix_(places, places)]
        blocks = np.zeros(rows.size, dtype=np.intp)
        if strata is not None:
            blocks = np.unique([str(strata[i]) for i in rows.tolist()], return_inverse=True)[1]
        numbers = _test(part, design, max(groups, 2), blocks, permutations, generator)
        if not numbers:
            notes.insert(0, "all samples are the same")
            numbers = NO_ANSWER
        answers.append(Permanova(variable.name, kind, rows.size, groups, *numbers, "; ".join(notes)))
    return answers


def _design(variable: Variable, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], int, str]:
    """Return orthonormal columns that span the variable (with or without the constant), its groups, or why there are none."""
    if variable.is_continuous:
        values = variable.values[rows].astype(np.float64)
        if rows.size < 3:
            return np.empty((rows.size, 0)), 0, f"{rows.size} samples with a value are too few"
        if np.ptp(values) == 0:
            return np.empty((rows.size, 0)), 0, "all have the same value"
        centred = values - values.mean()
        return (centred / np.linalg.norm(centred))[:, None], 0, ""
    names, codes, sizes = np.unique(variable.values[rows].astype(str), return_inverse=True, return_counts=True)
    groups = len(names)
    if groups < 2:
        return np.empty((rows.size, 0)), groups, "one group only" if groups else "no values"
    if groups == rows.size:
        return np.empty((rows.size, 0)), groups, "each sample is a group of its own"
    return np.eye(groups)[codes] / np.sqrt(sizes), groups, ""


def _test(
    square: NDArray[np.float64],
    design: NDArray[np.float64],
    parameters: int,
    blocks: NDArray[np.intp],
    permutations: int,
    generator: np.random.Generator,
) -> tuple[float, float, float] | tuple[()]:
    """Return R², pseudo-F and p of a design of orthonormal columns; nothing if no distance is above 0."""
    inner = gower_centred(square)
    total = float(np.trace(inner))
    n_samples = len(inner)
    if total <= 0:
        return ()
    explained = float(np.einsum("ij,ij->", inner @ design, design))
    freedom, rest = parameters - 1, n_samples - parameters
    statistic = (explained / freedom) / ((total - explained) / rest) if total > explained else float("inf")
    as_large = 0
    for start in range(0, permutations, AT_ONCE):
        orders = [_permuted(blocks, generator) for _ in range(min(AT_ONCE, permutations - start))]
        as_large += int((_explained(inner, design, orders) >= explained - SAME * total).sum())
    return explained / total, statistic, (1 + as_large) / (1 + permutations)


def _explained(
    inner: NDArray[np.float64], design: NDArray[np.float64], orders: Sequence[NDArray[np.intp]]
) -> NDArray[np.float64]:
    """Return the sum of squares that the design explains when its rows stand in each of these orders."""
    width = design.shape[1]
    if width < MANY_GROUPS:
        stacked = np.concatenate([design[order] for order in orders], axis=1)
        by_column = np.einsum("ij,ij->j", inner @ stacked, stacked)
        return np.asarray(by_column.reshape(-1, width).sum(axis=1))
    group = design.argmax(axis=1)
    members = [np.flatnonzero(group == one) for one in range(width)]
    left = np.concatenate([np.repeat(rows, rows.size) for rows in members])
    right = np.concatenate([np.tile(rows, rows.size) for rows in members])
    weight = design[left, group[left]] ** 2
    places = [np.argsort(order) for order in orders]
    return np.array([float(inner[place[left], place[right]] @ weight) for place in places])


def _permuted(blocks: NDArray[np.intp], generator: np.random.Generator) -> NDArray[np.intp]:
    """Return an order of the samples in which each has changed its place within its block only."""
    shuffled = np.lexsort((generator.random(blocks.size), blocks))
    order = np.empty_like(shuffled)
    order[np.argsort(blocks, kind="stable")] = shuffled
    return order
