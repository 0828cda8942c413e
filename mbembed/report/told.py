"""What a summary tells: the parts of it that a report shows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.options import WARN_COVERAGE
from mbembed.taxonomy.nomenclature import Nomenclature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Told", "tells_all"]

#: The parts of a summary that a report shows.
PARTS = ("input", "model", "match", "output", "options", "environment")


def tells_all(summary: Mapping[str, Any]) -> bool:
    """Tell whether a summary has all that a report shows; files of very many samples lack what is counted of each."""
    return all(part in summary for part in PARTS) and "samples" in summary["match"]


class Told:
    """A summary, read.

    Reports are made of summaries, not of matches, so that a page is the same whether the embedding was just
    made or comes from a file.

    Parameters
    ----------
    summary : mapping
        As :attr:`mbembed.Embedding.summary`, or read back from JSON.
    """

    def __init__(self, summary: Mapping[str, Any]) -> None:
        self.read: dict[str, Any] = summary["input"]
        self.model: dict[str, Any] = summary["model"]
        self.match: dict[str, Any] = summary["match"]
        self.output: dict[str, Any] = summary["output"]
        self.options: dict[str, Any] = summary["options"]
        self.environment: dict[str, str] = summary["environment"]

    @property
    def sample_ids(self) -> list[str]:
        """Samples of the table, also those without a vector."""
        return list(self.match["samples"]["id"])

    @cached_property
    def coverage(self) -> NDArray[np.float64]:
        """Share of the classified abundance that feeds the model, 0 to 1; shape (n_samples,)."""
        return np.array(self.match["samples"]["coverage"], dtype=np.float64)

    @cached_property
    def unclassified(self) -> NDArray[np.float64]:
        """Share that the profiler left unclassified, 0 to 1; shape (n_samples,)."""
        return np.array(self.match["samples"]["unclassified_fraction"], dtype=np.float64)

    @cached_property
    def has_content(self) -> NDArray[np.bool_]:
        """Whether a sample has any classified abundance; shape (n_samples,)."""
        total = np.array(self.match["samples"]["input_sum"], dtype=np.float64)
        return np.asarray((total > 0) & (self.unclassified < 1.0))

    @property
    def states_unclassified(self) -> bool:
        """Whether the table states unclassified abundance of any sample."""
        return bool((self.unclassified > 0).any())

    @cached_property
    def nomenclature(self) -> Nomenclature:
        """The naming of the table."""
        known = self.match["nomenclature"]
        return Nomenclature(known["name"], known["release"], known["evidence"], tuple(known["also"]))

    @property
    def poor_samples(self) -> list[str]:
        """Samples of which something, but less than ``WARN_COVERAGE``, matches; the worst first."""
        order, ids = np.argsort(self.coverage, kind="stable").tolist(), self.sample_ids
        return [ids[i] for i in order if 0 < self.coverage[i] < WARN_COVERAGE]
