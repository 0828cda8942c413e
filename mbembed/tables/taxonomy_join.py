"""Names from a taxonomy that lies beside the table: feature ids become lineages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mbembed.errors import TableError
from mbembed.tables.axis import some
from mbembed.tables.lineages import taxa_lineages
from mbembed.tables.profile import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mbembed.tables.raw import RawTable

__all__ = ["join_taxonomy"]


def join_taxonomy(raw: RawTable, taxonomy: Mapping[str, str], *, name: str, path: str = "") -> RawTable:
    """Give the taxa of a table the lineages of a taxonomy.

    Parameters
    ----------
    raw : RawTable
        Its labels are feature ids.
    taxonomy : mapping of str to str
        Feature id → lineage.
    name : str
        Of the taxonomy's file, for messages.
    path : str
        Of the table, for messages.

    Returns
    -------
    RawTable
        With a decision that says how many ids were found, and a warning that names those which were not.

    Raises
    ------
    TableError
        If not one id is in the taxonomy.
    """
    found = [taxonomy.get(label) for label in raw.labels]
    lacking = [label for label, lineage in zip(raw.labels, found, strict=True) if lineage is None]
    if len(lacking) == len(raw.labels):
        raise TableError(
            f"none of the {len(raw.labels):,} taxa of {path or 'the table'} ({some(list(raw.labels))}) is in {name}, "
            f"whose {len(taxonomy):,} ids are {some(list(taxonomy))}",
            expected="the same ids in both",
            hint="give the taxonomy that was made for this table",
            path=path,
            taxonomy=name,
        )
    counted = f"{len(raw.labels) - len(lacking):,} of {len(raw.labels):,} ids are in it"
    warnings = [f"{len(lacking):,} ids are not in {name} and stay without a name: {some(lacking)}"] if lacking else []
    return replace(
        raw,
        lineages=taxa_lineages({"taxonomy": found}, raw.labels),
        decisions=[*raw.decisions, Decision("taxonomy", name, counted)],
        warnings=[*raw.warnings, *warnings],
    )
