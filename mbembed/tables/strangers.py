"""Names among the taxa or samples that are of neither: ages, depths, totals left in a table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mbembed.errors import AxisError
from mbembed.tables.axis import looks_like_taxon, some
from mbembed.tables.labels import rank_of
from mbembed.taxonomy.names import canonical_key
from mbembed.taxonomy.vocabulary import known_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["check_strangers", "check_unit_without", "odd_words", "stranger_notes"]

_SUMMARIES = """
average avg colsum colsums grandtotal max mean meanabundance median min prevalence rowmean
rowmeans rowsum rowsums sd std stddev stdev sum sums total totalabundance totalcount totalcounts totals variance
"""
_SAMPLE_DATA = """
ace age ageatcollection ageatsampling agegroup agemonths ageyears alphadiversity barcode batch bmi bodymassindex
bristol bristolscore calprotectin case casecontrol chao1 cholesterol cluster cohort collectiondate condition
control country creatinine crp date day days daysfromfirstcollection depth diagnosis diastolic disease diversity
dnaconcentration donor enterotype evenness faithpd fisher fob gc gender glucose group hba hba1c hdl hdlc height
heightcm hostreads household humanreads index insulin inversesimpson invsimpson lane latitude ldl ldlc
librarysize libsize longitude mappedreads medianreadlength minimumreadlength month nreads nspecies ntaxa
numberbases numberofreads numberofspecies numberreads numreads observed observedspecies ordinal participant
patient patientid pcrplate pdwholetree ph pielou plate q30 rawreads readcount readcounts readdepth readlength
readnumber reads responder response responsestatus richness rownames rownumber run sample sampledepth sampleid
seqdepth sequencingdepth severity sex shannon shannondiversity shannonentropy shannonindex simpson simpsonindex
site speciesrichness status stoolph study subject subjectid systolic temperature time timepoint
totalreads treatment triglycerides unnamed0 visit visitnumber week weight weightkg year
years
"""
#: What spreadsheets and R call sums and means over a table: canonical keys without blanks.
SUMMARIES = frozenset(_SUMMARIES.split())
#: What columns of sample data are called, likewise; none is the name of a taxon. Numbers under such
#: names look like abundances. Sources: curatedMetagenomicData's sample metadata, phyloseq's
#: estimate_richness and vegan, row numbers as R and pandas write them.
SAMPLE_DATA = frozenset(_SAMPLE_DATA.split())
#: Share of the taxa that must be named like taxa for the others to be strangers among them.
NAMED_SHARE = 0.5
#: Share of the abundance of the average sample below which such names are not worth a word.
NOTED_SHARE = 0.01

_DIGIT = re.compile(r"\d")


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
    # A lineage of one step is only a name whose spelling was put right.
    found = [label for label, known in zip(labels, lineages, strict=True) if len(known) <= 1 and _word(label) in words]
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
    odd: Sequence[int],
    sample_ids: Sequence[str],
    amounts: NDArray[np.float64],
    totals: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> list[str]:
    """Name what does not look like a taxon among taxa, or is named like a sum among samples.

    Parameters
    ----------
    labels : sequence of str
        Of the taxa.
    odd : sequence of int
        Those that do not look like taxa, see `odd_words`.
    sample_ids : sequence of str
    amounts : ndarray of shape (n_samples,)
        What each sample has of the odd ones.
    totals : ndarray of shape (n_taxa,)
        What each taxon adds up to.
    sums : ndarray of shape (n_samples,)
        What each sample adds up to.

    Returns
    -------
    list of str
        Warnings.
    """
    notes = []
    # No word for a sum has a digit: most ids are told apart by that alone.
    named = [name for name in sample_ids if not _DIGIT.search(name) and _word(name) in SUMMARIES]
    if named and len(sample_ids) > 1:
        notes.append(f"named like a sum or mean of the others, yet read as a sample: {some(named)}")
    if odd:
        filled = sums > 0
        share = float((amounts[filled] / sums[filled]).mean()) if filled.any() else 0.0
        if share >= NOTED_SHARE:
            largest = sorted(odd, key=lambda i: -float(totals[i]))
            notes.append(
                f"{len(odd)} of {len(labels):,} taxa {'is' if len(odd) == 1 else 'are'} not named like species, "
                f"yet counted ({share:.0%} of the average sample): {some([labels[i] for i in largest])}; "
                "remove what is no species from the table"
            )
    return notes


def odd_words(labels: Sequence[str], lineages: Sequence[tuple[str, ...]]) -> list[int]:
    """Find the single words that are no known name, in a table whose other taxa are named like species.

    Parameters
    ----------
    labels : sequence of str
    lineages : sequence of tuple of str

    Returns
    -------
    list of int
        Their positions: genera, or columns of something else. None where most are so: there the
        match itself says that nothing is known.

    Examples
    --------
    >>> odd_words(["Blautia obeum", "uncultured bacterium", "HOMA"], [(), (), ()])
    [2]
    """
    known = known_names()
    odd = [
        i
        for i, (label, lineage) in enumerate(zip(labels, lineages, strict=True))
        if not lineage and _is_word(label) and canonical_key(label) not in known
    ]
    return odd if len(labels) - len(odd) >= NAMED_SHARE * len(labels) else []


def check_unit_without(strangers: Sequence[str], decided: str | None, without: str | None, *, path: str = "") -> None:
    """Refuse a table whose unit hangs on taxa that are not named like taxa.

    Parameters
    ----------
    strangers : sequence of str
    decided, without : str, optional
        The unit with and without them; None where there is none that is known.
    path : str
        For messages.

    Raises
    ------
    AxisError
        If there is one without them, and it is another.
    """
    if strangers and without is not None and without != decided:
        raise AxisError(
            f"{path or 'the table'} is in {without} by what its samples add up to, "
            f"but {f'in {decided}' if decided else 'in no unit that is known'} if {some(strangers)} "
            f"{'is a taxon' if len(strangers) == 1 else 'are taxa'} too",
            expected="nothing but abundances of taxa beside the names of the samples",
            hint=f"remove what is no taxon from the table; or name the unit if all are taxa: --units {decided or without}",
            path=path,
            names=list(strangers),
        )


def _is_word(name: str) -> bool:
    """Whether a name is one word without a rank: a genus alone, or a column of something else."""
    return " " not in name.strip() and not rank_of(name, ()) and not looks_like_taxon(name)


def _word(name: str) -> str:
    return canonical_key(name).replace(" ", "")
