"""In which unit a table is: decided on what each sample adds up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import UnitError
from mbembed.tables.profile import UNITS, Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["ValueCounts", "check_values", "decide_unit"]

#: Highest sum of a sample of fractions. Rounding in tables adds up to a few percent of 1.
FRACTION_MAX = 1.05
#: Highest sum of a sample in percent; the same 5 %.
PERCENT_MAX = 105.0
#: A table in percent has at least one sample with half of it at the chosen rank. Sums that
#: are all lower, and above 1.05, are no percent that is known: log1p or square roots give such.
PERCENT_MIN = 50.0
#: Integers that add up to 100 within this in every sample are percent, not 100 reads in each.
PERCENT_SLACK = 0.5
#: Share of a whole sample that the median sample must hold; below it, more is missing than there.
PARTIAL_SHARE = 0.5
#: Taxa with the value 1 in a sample, and nothing else in the table, that are no reads any more: ten
#: taxa are never hit by one read each where not one of them is hit by two.
ONES_MIN = 10
#: A whole sample so many times over: rows of several ranks (at most eight of them), or a total beside its parts.
REPEATS = range(2, 9)
#: How near the sums must come to such a multiple, relative.
REPEATS_SLACK = 0.005
#: A sign for thousands leaves three digits behind it, and nothing that is 1,000 or more.
THOUSAND = 1000.0
#: Share of the values with a decimal part that must need all three digits: 90 % of such counts do.
THREE_DIGITS_SHARE = 0.5
#: How near such values may come to a thousandth, for binary rounding.
ROUNDING = 1e-6
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
        too_little = total == UNITS["percent"] and filled.max() <= FRACTION_MAX
        odd = given is not None and (too_much or too_little)
        warnings = [f"read as {unit} because --units says so, yet {span}"] if odd else []
        return Decision("units", unit, "given" if given else f"fixed by the dialect; {span}"), warnings
    unit = _from_content(sums, filled, sample_ids, integers, span, path)
    return Decision("units", unit, _evidence(span, integers)), _partial_note(filled, UNITS[unit])


class ValueCounts:
    """What is counted of the values above zero, block by block.

    Attributes
    ----------
    n : int
    lowest, highest : float
    n_parts : int
        Values with a decimal part.
    first_part : float
        The first of them.
    n_third : int
        Those that need a third decimal.
    thousandths : bool
        Whether none needs a fourth.

    Examples
    --------
    >>> counts = ValueCounts()
    >>> counts.add(np.array([1.0, 2.125]))
    >>> counts.whole, counts.n_parts, counts.n_third
    (False, 1, 1)
    """

    def __init__(self) -> None:
        self.n = 0
        self.lowest, self.highest = np.inf, 0.0
        self.n_parts = 0
        self.first_part = 0.0
        self.n_third = 0
        self.thousandths = True

    @property
    def whole(self) -> bool:
        """Whether all values are whole numbers."""
        return self.n_parts == 0

    @property
    def ones(self) -> bool:
        """Whether all values are 1."""
        return self.n > 0 and self.lowest == self.highest == 1

    def add(self, values: NDArray[np.float64]) -> None:
        """Count some values, all above zero."""
        if not values.size:
            return
        self.n += values.size
        self.lowest = min(self.lowest, float(values.min()))
        self.highest = max(self.highest, float(values.max()))
        if self.n_parts and not self._may_be_cut:
            return
        parts = values[values != np.rint(values)]
        if not parts.size:
            return
        self.first_part = self.first_part if self.n_parts else float(parts[0])
        self.n_parts += parts.size
        if self._may_be_cut:
            self.n_third += int(np.count_nonzero(np.abs(parts * 100 - np.rint(parts * 100)) > ROUNDING * 100))
            self.thousandths = bool(np.abs(parts * THOUSAND - np.rint(parts * THOUSAND)).max() < ROUNDING * THOUSAND)

    @property
    def _may_be_cut(self) -> bool:
        """Whether these may still be counts that were cut at their sign for thousands."""
        return self.thousandths and self.lowest >= 1 and self.highest < THOUSAND

    @property
    def are_cut(self) -> bool:
        """Whether these are, by their decimals, counts that were cut at their sign for thousands."""
        return self.n_parts > 0 and self._may_be_cut and self.n_third / self.n_parts >= THREE_DIGITS_SHARE


def check_values(
    values: ValueCounts, sums: NDArray[np.float64], *, given: str | None = None, path: str = ""
) -> list[str]:
    """Look for values that are no abundances: presence and absence, thousands cut at their sign.

    Parameters
    ----------
    values : ValueCounts
        Of all values above zero.
    sums : ndarray of shape (n_samples,)
    given : {"fraction", "percent", "counts"}, optional
        What the user said; then a warning takes the place of the error.
    path : str
        For messages.

    Returns
    -------
    list of str
        Warnings.

    Raises
    ------
    UnitError
        If they look so and the user did not name a unit.

    Examples
    --------
    >>> counts = ValueCounts()
    >>> counts.add(np.array([12.345, 3.068, 840.0]))
    >>> check_values(counts, np.array([855.413]))
    Traceback (most recent call last):
    mbembed.errors.UnitError: the values look like counts with a sign for thousands that was read as ...
    """
    if values.ones and sums.max() >= ONES_MIN:
        found = "all values are 0 or 1, as in a table of presence and absence"
        hint = "export the abundances; --units counts, if these are numbers of reads"
    elif values.are_cut and np.abs(sums[sums > 0] - 100).max() > PERCENT_SLACK:
        found = (
            "the values look like counts with a sign for thousands that was read as a decimal sign: those with "
            f"decimals have three of them ({_number(values.first_part)}, …), and none is 1,000 or more, or below 1"
        )
        hint = "export the counts without a sign for thousands; --units percent or counts, if they are decimals"
    else:
        return []
    if given is not None:
        return [f"{found}; read as {given} because --units says so"]
    raise UnitError(f"{_where(path)}{found}", expected="abundances", hint=hint, path=path)


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
    for whole in (UNITS["fraction"] or 0, UNITS["percent"] or 0):
        times = float(np.rint(filled[0] / whole))
        if times in REPEATS and np.abs(filled / (whole * times) - 1).max() <= REPEATS_SLACK:
            raise UnitError(
                f"{_where(path)}{span}: every sample is there {times:.0f} times",
                expected=f"samples that add up to {_number(whole)}",
                hint="take the rows of one rank only (a name alone does not say its rank), and no totals",
                path=path,
            )
    raise UnitError(
        f"{_where(path)}{span}, which is neither 1 (fraction) nor 100 (percent), and the values are no counts",
        expected="untransformed abundances",
        hint="--units counts divides each sample by its sum; a log-transformed table has to be exported again "
        "without the transformation",
        path=path,
    )


def _partial_note(filled: NDArray[np.float64], total: float | None) -> list[str]:
    middle = float(np.median(filled))
    if total is None or middle >= PARTIAL_SHARE * total:
        return []
    found = f"the median sample adds up to {_number(middle)}, not {_number(total)}"
    advice = "if species were filtered out of the table, export it with all of them"
    return [f"{found}: {advice}; vectors of parts of samples do not compare with those of whole ones"]


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
