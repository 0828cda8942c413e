"""The training data: tables stacked on their species names, as fractions."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import TrainingError
from mbembed.tables.profile import UNITS as SAMPLE_SUMS
from mbembed.training.settings import NAMES, UNITS
from mbembed.training.units import unit_names
from mbembed.words import some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scipy.sparse import csr_array

    from mbembed.tables.profile import Profile

__all__ = ["MIN_SAMPLES", "Corpus", "stack_profiles"]

#: Fewer training samples than this are refused: BatchNorm needs whole batches, and a prevalence
#: of 1 % says nothing. (The smallest useful corpora have thousands.)
MIN_SAMPLES = 32
#: Column of a taxon that leads to no unit.
NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Corpus:
    """All samples of a run.

    Attributes
    ----------
    fractions : csr_array of shape (n_samples, n_species)
        float64 fractions of the sample; no explicit zeros; no empty samples.
    species : list of str
        Sorted, unique.
    sample_ids : list of str
    groups : list of str
        Study of each sample; empty without studies.
    left_out : list of str
        Samples without any abundance, which cannot teach anything.
    """

    fractions: csr_array
    species: list[str]
    sample_ids: list[str]
    groups: list[str]
    left_out: list[str]

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.sample_ids)

    def group_sizes(self) -> dict[str, int]:
        """Return the number of samples of each study, by name."""
        return dict(sorted(Counter(self.groups).items()))

    def in_columns(self, species: Sequence[str]) -> csr_array:
        """Return the fractions in the columns of a model; shape (n_samples, len(species)).

        Raises
        ------
        TrainingError
            If none of the names is a column.
        """
        from scipy.sparse import csr_array

        column_of = {name: column for column, name in enumerate(self.species)}
        found = [(column_of[name], place) for place, name in enumerate(species) if name in column_of]
        if not found:
            raise TrainingError(
                "none of the tables' names is a column of the model",
                expected=f"names such as {', '.join(species[:3])}",
                hint="give the tables that the model was trained on",
            )
        rows, places = zip(*found, strict=True)
        select = csr_array((np.ones(len(found)), (rows, places)), shape=(len(self.species), len(species)))
        return (self.fractions @ select).tocsr()

    def sha256(self) -> str:
        """Return the SHA-256 of ids, studies, species and fractions: equal data, equal digest."""
        digest = hashlib.sha256()
        for names in (self.sample_ids, self.groups, self.species):
            digest.update(("\n".join(names) + "\0").encode())
        for array in (
            self.fractions.indptr.astype(np.int64),
            self.fractions.indices.astype(np.int64),
            self.fractions.data,
        ):
            digest.update(array.tobytes())
        return digest.hexdigest()


def stack_profiles(
    profiles: Sequence[Profile],
    groups: Mapping[str, str] | None = None,
    *,
    closure: str = "input",
    columns: str = NAMES,
) -> Corpus:
    """Stack tables on the union of their species names, or of their units.

    Parameters
    ----------
    profiles : sequence of Profile
    groups : mapping of str to str, optional
        Sample id → study, for every sample; further ids are ignored.
    closure : {"input", "classified"}
        What an abundance is a fraction of.
    columns : {"names", "units"}
        What a column is. Taxa that lead to no unit are left out, but stay part of the whole
        that abundances are fractions of, as they do at use.

    Returns
    -------
    Corpus

    Raises
    ------
    TrainingError
        If a sample id stands in two tables, samples have no study, or too few samples are left.
    """
    from scipy.sparse import csr_array

    ids = [sample for profile in profiles for sample in profile.sample_ids]
    repeated = [sample for sample, count in Counter(ids).items() if count > 1]
    if repeated:
        raise TrainingError(
            f"{len(repeated)} sample ids stand in more than one table ({some(repeated)})",
            expected="every sample once",
            hint="leave one of the tables out, or rename its samples",
        )
    named = [
        unit_names(profile) if columns == UNITS else [taxon.name for taxon in profile.taxa] for profile in profiles
    ]
    names = sorted({name for own in named for name in own if name})
    column_of = {name: column for column, name in enumerate(names)}
    rows, places, values, offset = [], [], [], 0
    for profile, own in zip(profiles, named, strict=True):
        table = to_fractions(profile, closure).tocoo()
        column = np.array([column_of.get(name, NOWHERE) for name in own], dtype=np.intp)[table.col]
        known = column != NOWHERE
        rows.append(table.row[known].astype(np.intp) + offset)
        places.append(column[known])
        values.append(table.data[known])
        offset += profile.n_samples
    # Entries of the same sample and name are summed by the conversion to CSR.
    stacked = csr_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(places))), shape=(len(ids), len(names))
    )
    stacked.sum_duplicates()
    stacked.eliminate_zeros()
    filled = np.flatnonzero(np.diff(stacked.indptr) > 0)
    if len(filled) < MIN_SAMPLES:
        raise TrainingError(
            f"there are {len(filled)} samples with any abundance",
            expected=f"at least {MIN_SAMPLES}; a useful model needs thousands",
            hint="give more tables: mbembed pretrain TABLE1 TABLE2 … -o DIR",
            n_samples=len(filled),
        )
    kept = set(filled.tolist())
    sample_ids = [ids[row] for row in filled]
    return Corpus(
        fractions=stacked[filled],
        species=names,
        sample_ids=sample_ids,
        groups=[] if groups is None else _groups_of(sample_ids, groups),
        left_out=[sample for row, sample in enumerate(ids) if row not in kept],
    )


def to_fractions(profile: Profile, closure: str) -> csr_array:
    """Return a profile's values as fractions, exactly as :class:`mbembed.match.Match` does at use."""
    from scipy.sparse import csr_array

    if closure == "classified":
        whole = profile.classified
    elif SAMPLE_SUMS[profile.unit] is None:
        whole = profile.classified + profile.unclassified
    else:
        whole = np.full(profile.n_samples, SAMPLE_SUMS[profile.unit])
    values = profile.values.tocsr()
    per_entry = np.repeat(np.where(whole > 0, whole, 1.0), np.diff(values.indptr))
    return csr_array((values.data / per_entry, values.indices, values.indptr), shape=values.shape)


def _groups_of(sample_ids: Sequence[str], groups: Mapping[str, str]) -> list[str]:
    without = [sample for sample in sample_ids if sample not in groups]
    if without:
        raise TrainingError(
            f"{len(without)} of {len(sample_ids)} samples are not in the metadata: {some(without)}",
            expected=f"the ids of the metadata's first column, such as {some(list(groups))}",
            hint="use the same ids in both files",
            missing=without,
        )
    return [groups[sample] for sample in sample_ids]
