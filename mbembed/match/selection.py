"""Which samples of a match get a vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import NoMatchError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbembed.match.profile_match import Match

__all__ = ["Selection", "choose_samples", "reasons", "select_samples"]


class Selection(NamedTuple):
    """Which samples get a vector, and which get a row.

    Attributes
    ----------
    encoded : ndarray of bool of shape (n_samples,)
        Whether a sample gets a vector.
    rows : ndarray of int of shape (n_rows,)
        Positions of the samples that get a row, in order; without a vector it holds missing values.
    left_out : dict of str to str
        Samples in which nothing or too little matches, and why; also where they are embedded all the same.
    """

    encoded: NDArray[np.bool_]
    rows: NDArray[np.intp]
    left_out: dict[str, str]


def choose_samples(match: Match, min_coverage: float, on_empty: str) -> Selection:
    """Tell which samples of a table get a vector, and why the others do not.

    Parameters
    ----------
    match, min_coverage, on_empty
        As in `select_samples`.

    Raises
    ------
    NoMatchError
        If no sample reaches ``min_coverage``.
    """
    selection = select_samples(match, min_coverage, on_empty)
    if len(selection.left_out) == match.profile.n_samples:
        raise NoMatchError(
            f"no sample reaches a matched abundance of {min_coverage:.0%}; the best has {match.coverage.max():.1%}",
            expected="at least one sample",
            hint="a lower --min-coverage, or a model whose species are named as in the table (mbembed inspect TABLE)",
            model=match.model.name,
        )
    return selection


def select_samples(match: Match, min_coverage: float, on_empty: str) -> Selection:
    """Tell which samples get a vector, and why the others do not; there may be none that does.

    Parameters
    ----------
    match : Match
    min_coverage : float
        Share of the classified abundance (0 to 1) that must match.
    on_empty : {"drop", "nan", "floor"}
        What becomes of samples in which nothing matches, or too little.
    """
    kept = (match.matched > 0) & (match.coverage >= min_coverage)
    encoded = np.ones_like(kept) if on_empty == "floor" else kept
    rows = np.flatnonzero(kept) if on_empty == "drop" else np.arange(len(kept))
    return Selection(encoded, rows, reasons(match, min_coverage))


def reasons(match: Match, min_coverage: float) -> dict[str, str]:
    """Return the samples in which nothing or too little matches, and why."""
    found = {}
    for i in np.flatnonzero((match.matched == 0) | (match.coverage < min_coverage)).tolist():
        if match.input_sum[i] == 0:
            reason = "all zero"
        elif match.matched[i] == 0:
            reason = "nothing matched"
        else:
            reason = f"{match.coverage[i]:.1%} matched, less than {min_coverage:.0%}"
        found[match.profile.sample_ids[i]] = reason
    return found
