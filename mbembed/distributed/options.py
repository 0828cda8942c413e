"""Options of embedding on a cluster: those of `mbembed.embed`, checked before any task is made."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TypeAlias

from mbembed.errors import UsageError
from mbembed.models.folder import Model
from mbembed.options import check_choice

__all__ = ["ModelChoice", "Options"]

ModelChoice: TypeAlias = Model | str | os.PathLike[str] | None


@dataclass(frozen=True)
class Options:
    """The options of `mbembed.embed`, with the same names and defaults.

    Raises
    ------
    UsageError
        If one has no such value.
    """

    format: str | None = None
    orientation: str | None = None
    units: str | None = None
    rank: str | None = None
    missing: str = "error"
    taxonomy: str | None = None
    closure: str | None = None
    names: str = "resolve"
    min_coverage: float = 0.0
    on_empty: str = "drop"
    device: str = "cpu"

    def __post_init__(self) -> None:
        for name in ("orientation", "units", "missing", "closure", "names", "on_empty", "device"):
            check_choice(name, getattr(self, name))
        if not 0.0 <= self.min_coverage <= 1.0:
            raise UsageError(
                f"min_coverage is {self.min_coverage}", expected="a share from 0 to 1", hint="min_coverage=0.6 for 60 %"
            )

    @property
    def reading(self) -> dict[str, str | None]:
        """Those of `mbembed.read_table`."""
        return {name: getattr(self, name) for name in ("format", "orientation", "units", "rank", "missing", "taxonomy")}

    @property
    def matching(self) -> dict[str, str | None]:
        """Those of `mbembed.match_profile`."""
        return {"closure": self.closure, "names": self.names}
