"""The one path that data takes: read → match → encode, in one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.embedding import Embedding
from mbembed.errors import NoMatchError, UsageError
from mbembed.match import match_profile, require_match
from mbembed.models.folder import Model
from mbembed.models.store import load_model
from mbembed.options import WARN_COVERAGE, check_choice
from mbembed.tables import read_table

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from mbembed.match import Match

__all__ = ["embed"]

#: How many samples a message names.
SHOWN = 5


def embed(
    table: object,
    model: Model | str | os.PathLike[str] | None = None,
    *,
    format: str | None = None,  # noqa: A002 - the option is called so on every surface
    orientation: str | None = None,
    units: str | None = None,
    rank: str | None = None,
    missing: str = "error",
    taxonomy: str | os.PathLike[str] | None = None,
    closure: str | None = None,
    names: str = "resolve",
    min_coverage: float = 0.0,
    on_empty: str = "drop",
    device: str = "cpu",
) -> Embedding:
    """Embed the samples of a table.

    Parameters
    ----------
    table : path-like, Profile, DataFrame or biom.Table
        Anything that :func:`mbembed.read_table` takes. A DataFrame has samples in rows.
    model : Model, str or path-like, optional
        A loaded model, its name, or its folder; default: the model that travels with mbembed.
    format, orientation, units, rank, missing, taxonomy
        As in :func:`mbembed.read_table`.
    closure, names
        As in :func:`mbembed.match_profile`.
    min_coverage : float
        Leave out samples of which less than this share of the classified abundance (0 to 1)
        feeds the model.
    on_empty : {"drop", "nan", "floor"}
        What becomes of samples in which nothing matches, or too little.
    device : {"cpu", "cuda"}

    Returns
    -------
    Embedding
        Vectors do not depend on which other samples are in the table.

    Raises
    ------
    TableError
        If the table cannot be used.
    NoMatchError
        If nothing in it matches the model, or no sample reaches ``min_coverage``.
    ModelError
        If the model cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> import mbembed
    >>> species = mbembed.load_model().species
    >>> table = pd.DataFrame([[0.7, 0.3], [0.2, 0.8]], index=["a", "b"], columns=species[:2])
    >>> embedding = mbembed.embed(table)
    >>> embedding.sample_ids
    ['a', 'b']
    >>> embedding.match.verdict
    'ok'
    """
    check_choice("on_empty", on_empty)
    check_choice("device", device)
    if not 0.0 <= min_coverage <= 1.0:
        raise UsageError(
            f"min_coverage is {min_coverage}", expected="a share from 0 to 1", hint="--min-coverage 0.6 for 60 %"
        )
    loaded = model if isinstance(model, Model) else load_model(model)
    profile = read_table(
        table, format=format, orientation=orientation, units=units, rank=rank, missing=missing, taxonomy=taxonomy
    )
    match = match_profile(profile, loaded, closure=closure, names=names)
    require_match(match)
    kept, left_out = _choose_samples(match, min_coverage)
    values, ids = _vectors(match, kept, on_empty, device)
    options = {
        "closure": match.closure,
        "names": names,
        "min_coverage": min_coverage,
        "on_empty": on_empty,
        "device": device,
    }
    warnings = [*profile.warnings, *_warnings(match, left_out, on_empty)]
    return Embedding(values, ids, match, left_out, options, warnings)


def _choose_samples(match: Match, min_coverage: float) -> tuple[NDArray[np.bool_], dict[str, str]]:
    """Tell which samples get a vector, and why the others do not."""
    kept = (match.matched > 0) & (match.coverage >= min_coverage)
    if not kept.any():
        raise NoMatchError(
            f"no sample reaches a matched abundance of {min_coverage:.0%}; the best has {match.coverage.max():.1%}",
            expected="at least one sample",
            hint="a lower --min-coverage, or a model whose species are named as in the table (mbembed inspect TABLE)",
            model=match.model.name,
        )
    left_out = {}
    for i in np.flatnonzero(~kept).tolist():
        if match.input_sum[i] == 0:
            reason = "all zero"
        elif match.matched[i] == 0:
            reason = "nothing matched"
        else:
            reason = f"{match.coverage[i]:.1%} matched, less than {min_coverage:.0%}"
        left_out[match.profile.sample_ids[i]] = reason
    return kept, left_out


def _vectors(
    match: Match, kept: NDArray[np.bool_], on_empty: str, device: str
) -> tuple[NDArray[np.float32], list[str]]:
    if on_empty == "floor":
        kept = np.ones_like(kept)
    fractions = match.fractions()
    rows = np.flatnonzero(kept)
    fractions = fractions if kept.all() else fractions[rows]
    if device == "cuda":
        from mbembed.models.torch_encoder import encode_on_device

        vectors = encode_on_device(match.model, fractions, device)
    else:
        vectors = match.model.encode(fractions)
    ids = match.profile.sample_ids
    if on_empty != "nan" or kept.all():
        return vectors, [ids[i] for i in rows.tolist()]
    values = np.full((len(ids), vectors.shape[1]), np.nan, dtype=np.float32)
    values[rows] = vectors
    return values, list(ids)


def _warnings(match: Match, left_out: dict[str, str], on_empty: str) -> list[str]:
    warnings = []
    if match.verdict == "low coverage":
        names = ", ".join(f"{name} ({share:.1%}, {reason})" for name, share, reason in match.leftovers(SHOWN))
        warnings.append(
            f"only {match.median_coverage:.0%} of the abundance of the median sample matches the model "
            f"{match.model.name!r} (below {WARN_COVERAGE:.0%} vectors are unreliable); "
            f"the most abundant taxa without a match: {names}"
        )
    elif poor := [i for i in match.poor_samples if match.profile.sample_ids[i] not in left_out]:
        some = ", ".join(f"{match.profile.sample_ids[i]} ({match.coverage[i]:.0%})" for i in poor[:SHOWN])
        warnings.append(
            f"{len(poor)} of {match.profile.n_samples} samples have less than {WARN_COVERAGE:.0%} of their abundance "
            f"matched, and unreliable vectors: {some}{', …' if len(poor) > SHOWN else ''}; --min-coverage "
            f"{WARN_COVERAGE:g} leaves them out"
        )
    if match.is_narrow:
        warnings.append(
            f"only {match.n_observable} of the {match.model.n_named_species} species of {match.model.name!r} can be seen "
            f"at all with the names of this table ({match.nomenclature.words}): compare its vectors only with those of "
            "tables made by the same profiler"
        )
    if match.nomenclature.also:
        warnings.append(
            f"the table mixes namings ({match.nomenclature.words}, but also {', '.join(match.nomenclature.also)}): "
            "vectors of different profilers are not comparable"
        )
    if match.feeds_unnamed:
        share = float(match.profile.unclassified_labels[match.model.unnamed].mean() / (match.input_sum.mean() or 1.0))
        warnings.append(
            f"the table has a column {match.model.unnamed!r} ({share:.1%} of the abundance): as published, it was divided "
            f"among the columns that {match.model.name!r} has no name for; it counts as unclassified"
        )
    if left_out:
        done = {"drop": "left out", "nan": "written as missing values", "floor": "embedded all the same"}[on_empty]
        some = ", ".join(f"{sample} ({reason})" for sample, reason in list(left_out.items())[:SHOWN])
        more = f" and {len(left_out) - SHOWN} more" if len(left_out) > SHOWN else ""
        warnings.append(f"{len(left_out)} of {match.profile.n_samples} samples were {done}: {some}{more}")
    return warnings
