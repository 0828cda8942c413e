"""Names of samples from names of files and columns: what profilers append is taken off, and said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mbembed.tables.profile import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.tables.source import Source

__all__ = ["name_from_file", "names_from_columns", "without_suffix"]

#: What profilers, pipelines and people append to a sample's name: the tool, what the file is, and the
#: suffix of the reads. Sources: defaults of the tools' manuals, and nf-core/taxprofiler's file names.
SUFFIX = re.compile(
    r"[._-](bracken|kraken2?|k2|kreport2?|(species|genus)[._-]report|report|mpa|motus?|mOTU|metaphlan\d*|bugs_list"
    r"|taxonomic_profile|profiled?(_metagenome)?|sylphmpa|sylph|sourmash|taxpasta|cami|bracken_species)$"
    r"|\.(fastq|fq|fasta|fa|fna|gz|bz2|txt|tsv|csv|out|biom|tab)$",
    re.IGNORECASE,
)


def without_suffix(name: str) -> str:
    """Take off what a profiler appended to a sample's name.

    Examples
    --------
    >>> without_suffix("gut7.kraken2.report"), without_suffix("S1.bracken"), without_suffix("patient_3")
    ('gut7', 'S1', 'patient_3')
    """
    while (match := SUFFIX.search(name)) and match.start():
        name = name[: match.start()]
    return name


def name_from_file(source: Source) -> tuple[str, Decision]:
    """Name the one sample of a file by the file.

    Parameters
    ----------
    source : Source

    Returns
    -------
    tuple of (str, Decision)
        The id, and how it came about.
    """
    name = without_suffix(source.stem)
    return name, Decision("sample_id", name, f"file name {source.path.name}, the profiler's suffix removed")


def names_from_columns(columns: Sequence[str]) -> tuple[list[str], list[Decision]]:
    """Name samples by their columns; suffixes stay where two samples would have one name without.

    Parameters
    ----------
    columns : sequence of str

    Returns
    -------
    tuple of (list of str, list of Decision)
        The ids; one decision if any was changed.

    Examples
    --------
    >>> names_from_columns(["a.kreport", "b.kreport"])[0], names_from_columns(["a.fq", "a.fastq"])[0]
    (['a', 'b'], ['a.fq', 'a.fastq'])
    """
    names = [without_suffix(column) for column in columns]
    if names == list(columns) or len(set(names)) < len(set(columns)):
        return list(columns), []
    old, new = next((old, new) for old, new in zip(columns, names, strict=True) if old != new)
    return names, [Decision("sample_id", "header", f"the profiler's suffix removed ('{old}' is now '{new}')")]
