"""What a writer of embeddings gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["SUMMARY_KEY", "Content"]

#: Name under which formats that have room for it carry the summary, as JSON text.
SUMMARY_KEY = "mbembed"


@dataclass(frozen=True, eq=False)
class Content:
    """What a writer gets; the fields are the arguments of `write_embedding`."""

    values: NDArray[np.float32]
    sample_ids: list[str]
    dimension_names: list[str]
    summary: Mapping[str, object] = field(default_factory=dict)
    sample_metadata: pd.DataFrame | None = None
