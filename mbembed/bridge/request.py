"""What the R package sends with a request: a table, vectors that it has already, what it knows of the samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mbembed.embedding import Embedding
    from mbembed.stored import StoredEmbedding
    from mbembed.tables.profile import Profile
    from mbembed.tables.rformat.rtables import RTable

__all__ = ["Request"]

#: Types of the raw vectors: little-endian on every machine.
DOUBLE, INTEGER, FLOAT = "<f8", "<i4", "<f4"
#: Raw vectors of a table in memory.
TABLE_PARTS = 3
#: How a request says how its table is read, matched and embedded.
READING = ("format", "orientation", "units", "rank", "missing", "taxonomy")
MATCHING = ("closure", "names")
EMBEDDING = (*MATCHING, "min_coverage", "on_empty", "device", "threads")


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes
    ----------
    content : mapping
        The JSON.
    parts : sequence of bytes
        The raw vectors: of a table in memory, then of the embedding.
    """

    content: Mapping[str, Any]
    parts: Sequence[bytes | bytearray] = ()

    def given(self, *names: str) -> dict[str, Any]:
        """Return those of some options that the request states; the others keep their defaults."""
        options = self.content.get("options") or {}
        return {name: options[name] for name in names if options.get(name) is not None}

    def profile(self) -> Profile:
        """Read the table."""
        from mbembed.tables import read_table

        return read_table(self.table(), **self.given(*READING))

    def table(self) -> str | list[str] | RTable:
        """Return the table: a path, several, or an R object that was put together again."""
        table = self.content["table"]
        return table if isinstance(table, str | list) else _r_table(table, self.parts[:TABLE_PARTS])

    def vectors(self) -> StoredEmbedding:
        """Return the vectors that R has, with what it knows of how they were made."""
        import numpy as np

        from mbembed.stored import StoredEmbedding

        sent = self.content["embedding"]
        values = np.frombuffer(self.parts[-1], FLOAT).reshape(len(sent["samples"]), -1, order="F")
        return StoredEmbedding(values, sent["samples"], sent.get("summary") or {}, path="E")

    def embedding(self) -> Embedding:
        """Embed the table as the vectors that R has were made.

        Raises
        ------
        UsageError
            If it gives other samples or vectors.
        """
        options = self.given(*READING, *EMBEDDING)
        return self.vectors().with_table(self.table(), self.content.get("model"), **options)

    def samples(self) -> pd.DataFrame | None:
        """Return what R knows of the samples."""
        import pandas as pd

        sent = self.content.get("samples")
        return None if sent is None else pd.DataFrame(sent["columns"], index=pd.Index(sent["names"], name="sample"))


def _r_table(table: Mapping[str, Any], parts: Sequence[bytes | bytearray]) -> RTable:
    """Put an R object together again: a sparse matrix by columns, the names of its sides, lineages, sample data."""
    import numpy as np
    from scipy.sparse import csc_array

    from mbembed.tables.lineages import taxa_lineages
    from mbembed.tables.rformat.rtables import RTable

    rows, columns = table["rows"], table["columns"]
    data, indices, indptr = (
        np.frombuffer(part, kind) for part, kind in zip(parts, (DOUBLE, INTEGER, INTEGER), strict=True)
    )
    taxa_are_rows = table.get("taxa_are_rows")
    ranks, samples = table.get("ranks"), table.get("samples")
    return RTable(
        kind=table["kind"],
        values=csc_array((data, indices, indptr), shape=(len(rows), len(columns))),
        rows=rows,
        columns=columns,
        taxa_are_rows=taxa_are_rows,
        lineages=taxa_lineages(ranks, rows if taxa_are_rows else columns) if ranks else None,
        samples=(samples["names"], samples["columns"]) if samples else None,
        notes=[(what, value, reason) for what, value, reason in table.get("notes") or ()],
    )
