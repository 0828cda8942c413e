"""Parts of a table for machines that work side by side."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mbembed.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Shard"]

_WRITTEN = re.compile(r"(\d+)/(\d+)")


class Shard(NamedTuple):
    """One of several parts of the samples, each of samples that stand together.

    Attributes
    ----------
    number : int
        From 1.
    n_shards : int
        How many parts there are.

    Examples
    --------
    >>> Shard.of("2/10")
    Shard(number=2, n_shards=10)
    """

    number: int = 1
    n_shards: int = 1

    @classmethod
    def of(cls, given: str | tuple[int, int] | None) -> Shard:
        """Read what the user wrote; None is the whole.

        Raises
        ------
        UsageError
            If it is no such part.
        """
        if given is None:
            return cls()
        written = _WRITTEN.fullmatch(given.strip()) if isinstance(given, str) else None
        number, count = (int(written[1]), int(written[2])) if written else (0, 0)
        if not isinstance(given, str):
            number, count = given
        if not 1 <= number <= count:
            raise UsageError(
                f"there is no shard {given!r}",
                expected="which part of how many, the first being 1",
                hint="--shard 1/10",
                option="shard",
                value=given,
            )
        return cls(number, count)

    @property
    def is_first(self) -> bool:
        """Whether it is the one that begins with a header."""
        return self.number == 1

    @property
    def words(self) -> str:
        """As the user writes it."""
        return f"{self.number}/{self.n_shards}"

    @property
    def options(self) -> dict[str, str]:
        """What the summary says of it: nothing of the whole."""
        return {} if self.n_shards == 1 else {"shard": self.words}

    def rows(self, positions: NDArray[np.intp], n_samples: int) -> tuple[int, int]:
        """Return the rows of this part.

        Parameters
        ----------
        positions : ndarray of int of shape (n_rows,)
            Of the sample of each row, growing.
        n_samples : int
            Of the table. Parts are of equally many samples, give or take one.

        Returns
        -------
        tuple of (int, int)
            First row, and the one behind the last.

        Raises
        ------
        UsageError
            If there are more parts than samples.

        Examples
        --------
        >>> import numpy as np
        >>> Shard(2, 2).rows(np.array([0, 1, 3, 4]), 6)
        (2, 4)
        """
        if self.n_shards > n_samples:
            raise UsageError(
                f"--shard {self.words} was given, and the table has {n_samples} samples",
                expected="no more parts than samples",
                hint=f"--shard 1/{n_samples}, or leave it out: fewer than 100,000 samples are done in seconds",
                option="shard",
            )
        bounds = (n_samples * (self.number - 1) // self.n_shards, n_samples * self.number // self.n_shards)
        first, last = positions.searchsorted(bounds).tolist()
        return first, last
