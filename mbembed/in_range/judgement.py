"""How unusual each sample is among those that the model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import UsageError
from mbembed.in_range.causes import Causes
from mbembed.models.decoder import presence_of, surprise_of
from mbembed.models.statistics import DISTANCE, RARITY, RECONSTRUCTION
from mbembed.threads import one_blas_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from scipy.sparse import csr_array

    from mbembed.embedding import Embedding
    from mbembed.match import Match
    from mbembed.models.folder import Model
    from mbembed.stored import StoredEmbedding

__all__ = [
    "IN_RANGE",
    "MIN_MATCHED",
    "NOT_JUDGED",
    "OUT_OF_RANGE",
    "OUT_PERCENTILE",
    "UNUSUAL",
    "UNUSUAL_PERCENTILE",
    "out_of_distribution",
]

IN_RANGE, UNUSUAL, OUT_OF_RANGE, NOT_JUDGED = "in range", "unusual", "out of range", "not judged"
#: Overall percentiles from which on a sample is called so: one in twenty and one in two hundred of unseen gut
#: samples of the training corpus, at most (docs/out-of-range.md says how many it is in other tables).
UNUSUAL_PERCENTILE, OUT_PERCENTILE = 95.0, 99.5
#: Of a sample of which less than this share of the abundance matches (0 to 1), the vector says nothing. Of 7,008 gut
#: samples by profilers with other databases, 3 match less; all mock communities do (docs/out-of-range.md).
MIN_MATCHED = 0.1
#: Samples that are judged at a time: 512 × 448 numbers of the decoder for each are 1 MB.
BLOCK_ROWS = 512


#: Columns that need the table.
COMPUTED = ("reconstruction_error", "reconstruction_percentile", "rarity", "rarity_percentile")


def out_of_distribution(embedding: Embedding | StoredEmbedding) -> pd.DataFrame:
    """Say how unusual each sample is among those that the model was trained on.

    Three scores are held against those of training samples that were held out: the Mahalanobis distance of the
    embedding from their centre; the reconstruction error, how badly the species of a sample predict each other
    (:func:`mbembed.models.decoder.surprise_of`); and the rarity of the species that it consists of
    (:meth:`mbembed.models.statistics.Statistics.rarity`). Only what is larger than usual counts. A small distance
    is no good sign: a sample with hardly any species is nearer to the centre than nearly all gut samples.

    Parameters
    ----------
    embedding : Embedding or StoredEmbedding
        One that was read from a file has distances only, and is not judged: the reconstruction error needs the table
        (:meth:`mbembed.stored.StoredEmbedding.with_table`).

    Returns
    -------
    DataFrame of shape (n_samples, 10)
        Index ``sample``: all samples of the embedding, in their order. Numbers are NaN where they cannot be computed.

        - ``distance``: Mahalanobis distance, no unit; ``distance_percentile``: how many percent of the held-out
          training samples have a smaller one;
        - ``reconstruction_error``: nats per present species; ``reconstruction_percentile``;
        - ``rarity``: log10 units; ``rarity_percentile``;
        - ``unobservable``: share of the model's columns that the naming of the table cannot show, 0 to 1;
        - ``percentile``: the three together: 100 × (1 - three times the smallest of their tail probabilities), the bound
          of Bonferroni, which holds however they depend on each other;
        - ``verdict``: ``in range``, ``unusual`` (``UNUSUAL_PERCENTILE``), ``out of range`` (``OUT_PERCENTILE``, or a
          table of amplicons, or less than ``MIN_MATCHED`` of the abundance matched), or ``not judged``;
        - ``reason``: likely causes; empty when in range.

    Raises
    ------
    UsageError
        If the model has no statistics of its training samples, or something else than an embedding is given.

    Examples
    --------
    >>> import pandas as pd
    >>> import mbembed
    >>> table = pd.DataFrame([[0.9, 0.1]], index=["a"], columns=["Streptococcus mitis", "Veillonella parvula"])
    >>> judged = mbembed.out_of_distribution(mbembed.embed(table))
    >>> judged.loc["a", "verdict"], judged.loc["a", "reason"].partition(";")[0]
    ('out of range', '100% of its abundance are genera of the mouth (Streptococcus, Veillonella)')
    """
    import pandas as pd

    from mbembed.embedding import Embedding
    from mbembed.stored import StoredEmbedding

    if not isinstance(embedding, Embedding | StoredEmbedding):
        raise UsageError(
            f"mbembed.out_of_distribution was given an object of class {type(embedding).__name__}",
            expected="what mbembed.embed or mbembed.read_embedding returns",
            hint='mbembed.out_of_distribution(mbembed.embed("profile.biom"))',
        )
    stored = isinstance(embedding, StoredEmbedding)
    model = embedding.model if isinstance(embedding, StoredEmbedding) else embedding.match.model
    if model is None or model.statistics is None:
        raise UsageError(
            f"the model {model.name!r} has no statistics of its training samples"
            if model
            else "the model that made this embedding is not known or not installed",
            expected="a model that knows its training samples, as the one that travels with mbembed does",
            hint="mbembed embed without --model; or 'mbembed calibrate' for a model of your own",
        )
    statistics, ids = model.statistics, embedding.sample_ids
    frame = pd.DataFrame(index=pd.Index(ids, name="sample"))
    frame["distance"] = statistics.distance(embedding.values)
    frame["distance_percentile"] = statistics.percentile(DISTANCE, frame["distance"].to_numpy())
    empty = np.full(len(ids), np.nan)
    for score in (*COMPUTED, "unobservable"):
        frame[score] = empty
    frame["percentile"], frame["verdict"], frame["reason"] = empty, NOT_JUDGED, _why_not(model, stored=stored)
    if isinstance(embedding, StoredEmbedding) or model.decoder is None or RECONSTRUCTION not in statistics.quantiles:
        return frame
    return _judge(frame, embedding.match, model)


@one_blas_thread()  # many small products: threads of a BLAS would only wait for each other
def _judge(frame: pd.DataFrame, match: Match, model: Model) -> pd.DataFrame:
    statistics, decoder = model.statistics, model.decoder
    assert statistics is not None and decoder is not None  # noqa: PT018 - the caller has looked
    observable = match.target.observable_columns(match.nomenclature, filled=match.placements)
    causes = Causes(match, observable)
    at = {sample: row for row, sample in enumerate(frame.index)}
    far = frame["distance_percentile"].to_numpy()
    scores = np.full((len(COMPUTED), len(frame)), np.nan)
    overall = np.full(len(frame), np.nan)
    verdicts, reasons = [NOT_JUDGED] * len(frame), ["it has no vector"] * len(frame)
    for start, values, fractions in _blocks(match):
        ids = match.profile.sample_ids[start : start + values.shape[0]]
        rows = np.array([at.get(sample, -1) for sample in ids], dtype=np.intp)
        inside = np.flatnonzero((rows >= 0) & np.isfinite(far[rows]))
        if not len(inside):
            continue
        rows, above = rows[inside], model.preprocessing.above_absent(fractions[inside])
        logit, present = decoder.expect(above).logit, presence_of(above)
        error, rarity = surprise_of(logit, present, observable), statistics.rarity(fractions[inside])
        near, common = statistics.percentile(RECONSTRUCTION, error), statistics.percentile(RARITY, rarity)
        scores[:, rows] = error, near, rarity, common
        tails = 1 - np.array([far[rows], near, common]) / 100
        overall[rows] = 100 * (1 - np.minimum(1.0, len(tails) * np.nanmin(tails, axis=0)))
        coverage = match.coverage[start + inside]
        found = [_verdict(overall[row], coverage[i], amplicons=causes.amplicons) for i, row in enumerate(rows)]
        odd = np.array([verdict != IN_RANGE for verdict in found])
        told = iter(causes.of(start + inside[odd], values[inside[odd]], above[odd], logit[odd], present[odd]))
        for row, verdict in zip(rows.tolist(), found, strict=True):
            verdicts[row], reasons[row] = verdict, "" if verdict == IN_RANGE else next(told)
    for score, column in zip(COMPUTED, scores, strict=True):
        frame[score] = column
    frame["unobservable"] = 1 - observable.mean()
    frame["percentile"], frame["verdict"], frame["reason"] = overall, verdicts, reasons
    return frame


def _verdict(percentile: float, coverage: float, *, amplicons: bool) -> str:
    if amplicons or coverage < MIN_MATCHED or percentile >= OUT_PERCENTILE:
        return OUT_OF_RANGE
    return UNUSUAL if percentile >= UNUSUAL_PERCENTILE else IN_RANGE


def _why_not(model: Model, *, stored: bool) -> str:
    if model.decoder is None or not model.statistics or RECONSTRUCTION not in model.statistics.quantiles:
        return f"the model {model.name!r} does not know how well unseen samples are predicted"
    return "the table that the embedding was made of is needed" if stored else ""


def _blocks(match: Match) -> Iterator[tuple[int, csr_array, csr_array]]:
    """Yield some samples at a time: position of the first, values, fractions in the model's columns."""
    start = 0
    for block in match.profile.blocks():
        for first in range(0, block.shape[0], BLOCK_ROWS):
            values = block[first : first + BLOCK_ROWS]
            yield start + first, values, match.block_fractions(values, start + first)
        start += block.shape[0]
