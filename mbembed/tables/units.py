"""In which unit a table is: decided on what each sample adds up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import UnitError
from mbembed.tables.profile import UNITS, Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["decide_unit"]

#: Highest sum of a sample of fractions. Rounding in tables adds up to a few percent of 1.
FRACTION_MAX = 1.05
#: Highest sum of a sample in percent; the same 5 %.
PERCENT_MAX = 105.0
#: A table in percent has at least one sample with half of it at the chosen rank. Sums that
#: are all lower, and above 1.05, are no percent that is known: log1p or square roots give such.
PERCENT_MIN = 50.0
#: Integers that add up to 100 within this in every sample are percent, not 100 reads in each.
PERCENT_SLACK = 0.5
#: How many samples an error names.
SHOWN = 3


def decide_unit(
    sums: NDArray[np.float64],
    sample_ids: Sequence[str],
    *,
    integers: bool,
    given: str | None = None,
    stated: str | None = None,
    path: str = "",
) -> tuple[Decision, list[str]]:
    """Decide the unit of a table.

    Parameters
    ----------
    sums : ndarray of shape (n_samples,)
        What each sample adds up to over the taxa of one rank and its unclassified share.
    sample_ids : sequence of str
    integers : bool
        Whether all values are whole numbers.
    given : {"fraction", "percent", "counts"}, optional
        What the user said; goes before everything.
    stated : {"fraction", "percent", "counts"}, optional
        What the dialect fixes.
    path : str
        For messages.

    Returns
    -------
    tuple of (Decision, list of str)
        The unit with its evidence, and warnings.

    Raises
    ------
    UnitError
        If the samples are in different units, or in none that is known.

    Examples
    --------
    >>> decide_unit(np.array([0.98, 1.0]), ["a", "b"], integers=False)[0].value
    'fraction'
    """
    filled = sums[sums > 0]
    lowest, highest = _number(filled.min()), _number(filled.max())
    span = f"samples add up to {lowest}" + (f" – {highest}" if highest != lowest else "")
    if given is not None or stated is not None:
        unit = given or stated or ""
        total = UNITS[unit]
        too_much = total is not None and filled.max() > total * FRACTION_MAX
        if too_much and given is None:
            raise UnitError(
                f"{_where(path)}{_names(sums > (total or 0) * FRACTION_MAX, sample_ids, sums)} "
                "add up to more than they can",
                expected=f"{unit}: at most {_number(total or 0)} in each sample",
                hint="--units names the unit if the file was rescaled; a row that stands twice also gives this",
                path=path,
            )
        if given is None and total == UNITS["percent"] and filled.max() <= FRACTION_MAX:
            raise UnitError(
                f"{_where(path)}{span}, and the dialect is one of percent: somebody divided by 100, or all but a trace was left out",
                expected="percent, which add up to 100 in a whole sample",
                hint="--units fraction, if 1 is a whole sample; --units percent, if 1 is a hundredth of it",
                path=path,
            )
        warnings = [f"read as {unit} because --units says so, yet {span}"] if too_much else []
        return Decision("units", unit, "given" if given else f"fixed by the dialect; {span}"), warnings
    return Decision(
        "units", _from_content(sums, filled, sample_ids, integers, span, path), _evidence(span, integers)
    ), []


def _from_content(
    sums: NDArray[np.float64],
    filled: NDArray[np.float64],
    sample_ids: Sequence[str],
    integers: bool,  # noqa: FBT001 - private
    span: str,
    path: str,
) -> str:
    if filled.max() <= FRACTION_MAX:
        return "fraction"
    if integers:
        return "percent" if np.abs(filled - 100).max() <= PERCENT_SLACK else "counts"
    small, large = (sums > 0) & (sums <= FRACTION_MAX), sums > PERCENT_MAX
    middle = (sums > FRACTION_MAX) & ~large
    if sum(kind.any() for kind in (small, middle, large)) > 1:
        found = "; ".join(_names(kind, sample_ids, sums) for kind in (small, middle, large) if kind.any())
        raise UnitError(
            f"{_where(path)}samples are in different units, by what they add up to: {found}",
            expected="one unit for all samples",
            hint="convert them to one unit; or, if they are all in one, name it: --units fraction, percent or counts",
            path=path,
        )
    if middle.any() and filled.max() >= PERCENT_MIN:
        return "percent"
    raise UnitError(
        f"{_where(path)}{span}, which is neither 1 (fraction) nor 100 (percent), and the values are no counts",
        expected="untransformed abundances",
        hint="--units counts divides each sample by its sum; a log-transformed table has to be exported again "
        "without the transformation",
        path=path,
    )


def _evidence(span: str, integers: bool) -> str:  # noqa: FBT001 - private
    return f"{span}; {'all' if integers else 'not all'} values are whole numbers"


def _names(chosen: NDArray[np.bool_], sample_ids: Sequence[str], sums: NDArray[np.float64]) -> str:
    at = np.flatnonzero(chosen).tolist()
    shown = ", ".join(f"{sample_ids[i]}: {_number(sums[i])}" for i in at[:SHOWN]) + (", …" if len(at) > SHOWN else "")
    return f"{len(at)} sample{'s' * (len(at) > 1)} ({shown})"


def _where(path: str) -> str:
    return f"{path}: " if path else ""


def _number(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
