"""Profiles as BIOM: 2.1 (HDF5) and 1.0 (JSON)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mbembed.outputs.atomic import atomic_path
from mbembed.outputs.content import SUMMARY_KEY
from mbembed.outputs.hdf5 import hdf5_file, text_metadata
from mbembed.outputs.profile_content import LINEAGE_COLUMN, TAXID_COLUMN
from mbembed.outputs.summary import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mbembed.outputs.profile_content import Rows

__all__ = ["write_biom1", "write_biom2"]

#: Of BIOM's closed list of types; a table without one stops `phyloseq::import_biom`.
TABLE_TYPE = "Taxon table"
#: Fields of BIOM 1.0 (biom-format.org/documentation/format_versions/biom-1.0.html).
FORMAT_1 = "Biological Observation Matrix 1.0.0"
FORMAT_URL = "http://biom-format.org"


def write_biom2(path: Path, rows: Rows) -> None:
    """Write BIOM 2.1: lineages as lists, everything that is known of the samples as text.

    How the table was read is the samples' group metadata ``mbembed``, as JSON text.
    """
    import biom
    from scipy.sparse import csr_matrix

    table = biom.Table(
        csr_matrix(rows.values.T),  # biom-format knows no sparse arrays
        rows.ids,
        rows.sample_ids,
        observation_metadata=_taxon_metadata(rows),
        sample_metadata=text_metadata(rows.sample_metadata, rows.sample_ids),
        sample_group_metadata={SUMMARY_KEY: ("json", to_json(rows.summary))},
        table_id="mbembed profile",
        type=TABLE_TYPE,
    )
    with hdf5_file(path) as file:
        table.to_hdf5(file, _program())


def write_biom1(path: Path, rows: Rows) -> None:
    """Write BIOM 1.0, sparse; numbers in the shortest text that reads back as the same float64.

    How the table was read is the field ``comment``, as JSON text.
    """
    taxa = rows.values.T.tocsr()
    head = {
        "id": "mbembed profile",
        "format": FORMAT_1,
        "format_url": FORMAT_URL,
        "type": TABLE_TYPE,
        "generated_by": _program(),
        "date": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
        "comment": to_json(rows.summary),
        "matrix_type": "sparse",
        "matrix_element_type": "int" if rows.whole else "float",
        "shape": [len(rows.ids), len(rows.sample_ids)],
        "rows": _entries(rows.ids, _taxon_metadata(rows)),
        "columns": _entries(rows.sample_ids, text_metadata(rows.sample_metadata, rows.sample_ids)),
    }
    numbers = (taxa.data.astype(np.int64) if rows.whole else taxa.data).tolist()
    columns = taxa.indices.tolist()
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as handle:
        text = json.dumps(head, ensure_ascii=False, allow_nan=False)
        handle.write(text.removesuffix("}") + ', "data": [')
        separator = ""
        for row, (start, stop) in enumerate(pairwise(taxa.indptr.tolist())):
            if start == stop:
                continue
            cells = (f"[{row},{columns[i]},{numbers[i]!r}]" for i in range(start, stop))
            handle.write(separator + ",".join(cells))
            separator = ",\n"
        handle.write("]}\n")


def _taxon_metadata(rows: Rows) -> list[dict[str, object]]:
    metadata: list[dict[str, object]] = [{LINEAGE_COLUMN: lineage} for lineage in rows.lineages]
    for entry, taxid in zip(metadata, rows.taxids, strict=False):
        entry[TAXID_COLUMN] = taxid
    return metadata


def _entries(ids: list[str], metadata: list[dict[str, object]] | None) -> list[dict[str, object]]:
    known: Sequence[object] = metadata or [None] * len(ids)
    return [{"id": one, "metadata": entry} for one, entry in zip(ids, known, strict=True)]


def _program() -> str:
    from mbembed import __version__

    return f"mbembed {__version__}"
