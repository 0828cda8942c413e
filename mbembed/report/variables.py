"""Variables: the columns of metadata by which a map is coloured."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import UsageError
from mbembed.tables.sample_metadata import check_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["MOST_VARIABLES", "Variable", "choose_variables", "read_variable"]

#: Maps that fit on a page that people read to its end.
MOST_VARIABLES = 3
#: Whole numbers with at most this many different values are codes (0 and 1, grades), not measurements.
MOST_CODES = 6
#: Columns of more groups than this (barcodes, runs, persons) come after the others: a map can show seven.
MANY_GROUPS = 20


@dataclass(frozen=True, eq=False)
class Variable:
    """One column of metadata.

    Attributes
    ----------
    name : str
    values : ndarray of shape (n_samples,)
        Text (``None`` where missing), or float64 (not a number where missing).
    """

    name: str
    values: NDArray[np.object_] | NDArray[np.float64]

    @property
    def is_continuous(self) -> bool:
        """Whether the values are measurements, not groups."""
        return self.values.dtype.kind == "f"

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Where no value is known; shape (n_samples,)."""
        if self.is_continuous:
            return np.isnan(self.values.astype(np.float64))
        return np.array([value is None for value in self.values], dtype=bool)

    @property
    def levels(self) -> list[tuple[str, int]]:
        """The groups with their numbers of samples, the largest first; equals by name."""
        known = [str(value) for value in self.values[~self.missing]]
        return sorted(Counter(known).items(), key=lambda item: (-item[1], item[0]))


def choose_variables(
    frame: pd.DataFrame, wanted: Sequence[str] = ()
) -> tuple[list[Variable], list[Variable], list[str]]:
    """Choose the columns by which to colour.

    Parameters
    ----------
    frame : DataFrame of shape (n_samples, n_columns)
        Text; ``None`` where a value is not known.
    wanted : sequence of str
        Names of columns; empty: the first that have neither one value only nor a different
        text for each sample, those of more than ``MANY_GROUPS`` groups last.

    Returns
    -------
    variables : list of Variable
        At most ``MOST_VARIABLES``.
    spare : list of Variable
        The others that tell samples apart.
    notes : list of str
        What was left out.

    Raises
    ------
    UsageError
        If a wanted column does not exist or has no values, or there are too many.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"id": ["x", "y", "z"], "age": ["41", "52.5", None], "site": ["a", "b", "b"]})
    >>> variables, _, _ = choose_variables(frame)
    >>> [(one.name, one.is_continuous) for one in variables]
    [('age', True), ('site', False)]
    """
    usable = [one for one in map(read_variable, [frame[name] for name in frame.columns]) if _tells_apart(one)]
    usable.sort(key=lambda one: not one.is_continuous and len(one.levels) > MANY_GROUPS)
    if wanted:
        return _wanted(frame, wanted), [one for one in usable if one.name not in wanted], []
    spare = usable[MOST_VARIABLES:]
    notes = []
    if spare:
        notes.append(f"Further columns, for `--color-by`: {', '.join(one.name for one in spare)}.")
    if not usable:
        notes.append("No column of the metadata has groups or measurements that differ among these samples.")
    return usable[:MOST_VARIABLES], spare, notes


def _wanted(frame: pd.DataFrame, wanted: Sequence[str]) -> list[Variable]:
    for name in wanted:
        check_column(name, list(frame.columns), "--color-by")
    if len(wanted) > MOST_VARIABLES:
        raise UsageError(
            f"{len(wanted)} columns were named to colour the map by",
            expected=f"at most {MOST_VARIABLES}",
            hint=f"--color-by {','.join(wanted[:MOST_VARIABLES])}",
        )
    variables = [read_variable(frame[name]) for name in wanted]
    empty = [one.name for one in variables if one.missing.all()]
    if empty:
        raise UsageError(
            f"column {empty[0]!r} has no value for any of the samples",
            expected="a column with values",
            hint="name another column",
        )
    return variables


def read_variable(column: pd.Series[str]) -> Variable:
    """Return a column: measurements if all its known values are numbers and not codes, else groups."""
    texts = np.array(list(column), dtype=object)
    known = [text for text in texts if text is not None]
    try:
        numbers = np.array([np.nan if text is None else float(text) for text in texts], dtype=np.float64)
    except ValueError:
        return Variable(str(column.name), texts)
    if any("_" in text for text in known):  # Python takes 1_2 for 12; in a table it is a name
        return Variable(str(column.name), texts)
    finite = numbers[np.isfinite(numbers)]
    codes = len(set(known)) <= MOST_CODES and bool((finite == np.round(finite)).all())
    if codes or finite.size < len(known):
        return Variable(str(column.name), texts)
    return Variable(str(column.name), numbers)


def _tells_apart(variable: Variable) -> bool:
    n_known = int((~variable.missing).sum())
    if variable.is_continuous:
        return bool(np.unique(variable.values[~variable.missing]).size > 1)
    return 1 < len(variable.levels) < max(n_known, 3)
