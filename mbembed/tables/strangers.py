"""Names among the taxa or samples that are of neither: ages, depths, totals left in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import AxisError
from mbembed.tables.axis import looks_like_taxon, some
from mbembed.tables.labels import rank_of
from mbembed.taxonomy.names import canonical_key
from mbembed.taxonomy.vocabulary import known_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

__all__ = ["check_strangers", "stranger_notes"]

#: What spreadsheets and R call sums and means over a table, as canonical keys.
SUMMARIES = frozenset(
    "average|avg|col sums|colsum|colsums|grand total|max|mean|mean abundance|median|min|prevalence|row sum|row sums|"
    "rowsum|rowsums|sd|std|sum|sums|total|total abundance|totals|variance".split("|")
)
#: What columns of sample data are called, as canonical keys; none is the name of a taxon. Numbers under
#: such names look like abundances. Sources: curatedMetagenomicData's sample metadata, phyloseq's
#: estimate_richness and vegan, row numbers as R and pandas write them.
SAMPLE_DATA = frozenset(
    "ace|age|age at collection|age months|age years|alpha diversity|barcode|batch|bmi|body mass index|bristol|"
    "bristol score|calprotectin|case|case control|chao1|cholesterol|cluster|cohort|collection date|condition|control|"
    "country|creatinine|crp|date|day|days|days from first collection|depth|diagnosis|disease|diversity|dna concentration|"
    "donor|enterotype|evenness|faith pd|fisher|fob|gender|glucose|group|hba1c|hdl|height|household|index|insulin|"
    "inverse simpson|invsimpson|lane|ldl|lib size|libsize|library size|librarysize|median read length|"
    "minimum read length|month|n reads|n taxa|nreads|num reads|number bases|number of reads|number reads|observed|"
    "observed species|ordinal|participant|patient|patient id|pcr plate|pd whole tree|ph|pielou|plate|raw reads|read count|"
    "read counts|read depth|readcount|reads|response|responder|richness|row names|run|sample|sample depth|sample id|"
    "sampledepth|sampleid|seq depth|sequencing depth|severity|sex|shannon|simpson|site|status|stool ph|study|subject|"
    "subject id|subjectid|temperature|time|time point|timepoint|total reads|treatment|triglycerides|unnamed 0|visit|"
    "visit number|week|weight|year|years".split("|")
)
#: Share of the taxa that must be named like taxa for the others to be strangers among them.
NAMED_SHARE = 0.5
#: Share of the abundance of the average sample below which such names are not worth a word.
NOTED_SHARE = 0.01


def check_strangers(labels: Sequence[str], lineages: Sequence[tuple[str, ...]], *, path: str = "") -> None:
    """Refuse a table that holds data about samples, or totals, among its taxa.

    Parameters
    ----------
    labels : sequence of str
        What names the taxa.
    lineages : sequence of tuple of str
        Of each; a row with a lineage is a taxon, whatever its name.
    path : str
        For messages.

    Raises
    ------
    AxisError
        If a taxon is named as columns of metadata or sums are.

    Examples
    --------
    >>> check_strangers(["Blautia obeum", "BMI"], [(), ()])
    Traceback (most recent call last):
    mbembed.errors.AxisError: 1 of the 2 taxa of the table is no taxon, by its name: BMI. Expected: ...
    """
    words = SUMMARIES | SAMPLE_DATA
    found = [
        label for label, known in zip(labels, lineages, strict=True) if not known and canonical_key(label) in words
    ]
    if found:
        raise AxisError(
            f"{len(found)} of the {len(labels):,} taxa of {path or 'the table'} {'is' if len(found) == 1 else 'are'} "
            f"no tax{'on' if len(found) == 1 else 'a'}, by {'its name' if len(found) == 1 else 'their names'}: {some(found)}",
            expected="nothing but abundances of taxa beside the names of the samples",
            hint="remove the columns or rows of metadata and sums from the table: "
            "counted as taxa, they would change the abundance of all others",
            path=path,
            names=found,
        )


def stranger_notes(
    labels: Sequence[str],
    lineages: Sequence[tuple[str, ...]],
    sample_ids: Sequence[str],
    values: sparse.csr_array,
    totals: NDArray[np.float64],
) -> list[str]:
    """Name what does not look like a taxon among taxa, or is named like a sum among samples.

    Parameters
    ----------
    labels, lineages : sequence
        Of the taxa.
    sample_ids : sequence of str
    values : csr_array of shape (n_samples, n_taxa)
    totals : ndarray of shape (n_samples,)
        What each sample adds up to.

    Returns
    -------
    list of str
        Warnings.
    """
    notes = []
    sums = [name for name in sample_ids if canonical_key(name) in SUMMARIES]
    if sums and len(sample_ids) > 1:
        notes.append(f"named like a sum or mean of the others, yet read as a sample: {some(sums)}")
    known = known_names()
    odd = [
        i
        for i, (label, lineage) in enumerate(zip(labels, lineages, strict=True))
        if not lineage and not rank_of(label, ()) and not looks_like_taxon(label) and canonical_key(label) not in known
    ]
    if odd and len(labels) - len(odd) >= NAMED_SHARE * len(labels):
        picked = np.zeros(values.shape[1])
        picked[odd] = 1.0
        filled = totals > 0
        share = float(((values @ picked)[filled] / totals[filled]).mean()) if filled.any() else 0.0
        if share >= NOTED_SHARE:
            largest = sorted(odd, key=lambda i: -float(values[:, [i]].sum()))
            notes.append(
                f"{len(odd)} of {len(labels):,} taxa are not named like species and were counted as taxa without a match "
                f"({share:.0%} of the average sample): {some([labels[i] for i in largest])}"
            )
    return notes
