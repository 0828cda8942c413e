"""Several files at once: each is read by itself, then their samples are put into one profile."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from mbembed.errors import DuplicateIdError, UnitError, UsageError
from mbembed.tables.axis import some
from mbembed.tables.labels import identity
from mbembed.tables.profile import Decision, Profile

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from mbembed.tables.profile import Taxon

__all__ = ["read_tables"]

#: Dialects of one profiler, or of containers, that may stand together: dialect → profiler. A container
#: (BIOM, a matrix) does not say by what it was filled.
PROFILERS: Mapping[str, str] = {
    "bracken": "Bracken",
    "kraken-mpa": "Kraken 2",
    "kraken2": "Kraken 2",
    "metaphlan": "MetaPhlAn",
    "motus": "mOTUs",
    "sourmash": "sourmash",
    "sylph": "sylph",
}


#: How the MetaPhlAn reader begins what it says of a file.
_METAPHLAN = re.compile(r"MetaPhlAn \d")


class _Part(NamedTuple):
    path: str
    profile: Profile


def read_tables(paths: Sequence[str | os.PathLike[str]], **options: str | os.PathLike[str] | None) -> Profile:
    """Read several files and put their samples into one profile.

    Parameters
    ----------
    paths : sequence of path-like
        One sample each, or several. A file of one sample names it by the file, the profiler's
        suffix removed, unless the sample's name stands inside.
    **options
        As in `mbembed.read_table`; they hold for every file.

    Returns
    -------
    Profile
        Samples in the order of the files, taxa in the order in which they are first met; a
        taxon that a file does not name is 0 there. Its ``decisions`` hold each file's hash.

    Raises
    ------
    UsageError
        If there are no files, or one stands twice.
    DuplicateIdError
        If two files hold a sample of the same name.
    UnitError
        If the files are in different units.
    TableError
        As in `mbembed.read_table`, the file being named.
    """
    from mbembed.tables import read_table

    names = [str(path) for path in paths]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if not names or repeated:
        raise UsageError(
            f"{some(repeated)} stands more than once" if repeated else "no table was named",
            expected="one or more files, each once",
            hint="mbembed embed a.txt b.txt -o embeddings.tsv",
        )
    parts = [_Part(path, read_table(path, **options)) for path in names]  # type: ignore[arg-type]  # options of read_table, passed on
    return parts[0].profile if len(parts) == 1 else _together(parts)


def _together(parts: Sequence[_Part]) -> Profile:
    _check_samples(parts)
    unit = _one_unit(parts)
    profiles = [part.profile for part in parts]
    values, taxa = _values(profiles)
    dialects = list(dict.fromkeys(profile.dialect for profile in profiles))
    offsets = np.cumsum([0, *(profile.n_samples for profile in profiles)])
    labels: dict[str, np.ndarray] = {}
    for profile, start in zip(profiles, offsets, strict=False):
        for label, amounts in profile.unclassified_labels.items():
            labels.setdefault(label, np.zeros(int(offsets[-1])))[start : start + profile.n_samples] = amounts
    return Profile(
        values=values,
        sample_ids=[name for profile in profiles for name in profile.sample_ids],
        taxa=taxa,
        unit=unit,
        dialect=dialects[0] if len(dialects) == 1 else "several",
        unclassified=np.concatenate([profile.unclassified for profile in profiles]),
        unclassified_labels=labels,
        decisions=_decisions(parts),
        warnings=_warnings(parts),
        path=f"{parts[0].path} and {len(parts) - 1} more",
        merged=_counts(profile.merged for profile in profiles),
        dropped=_counts(profile.dropped for profile in profiles),
        sample_metadata=_metadata(profiles),
    )


def _check_samples(parts: Sequence[_Part]) -> None:
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for part in parts:
        for name in part.profile.sample_ids:
            holders[name].append(part.path)
    twice = {name: paths for name, paths in holders.items() if len(paths) > 1}
    if twice:
        name, paths = next(iter(twice.items()))
        raise DuplicateIdError(
            f"{len(twice)} sample {'name stands' if len(twice) == 1 else 'names stand'} in more than one file: "
            f"'{name}' in {some(paths)}",
            expected="every sample once",
            hint="name each table once; rename files whose samples are named by them (the profiler's suffix is removed)",
            ids=list(twice),
        )


def _one_unit(parts: Sequence[_Part]) -> str:
    units: defaultdict[str, list[str]] = defaultdict(list)
    for part in parts:
        units[part.profile.unit].append(part.path)
    if len(units) > 1:
        found = "; ".join(f"{unit}: {some(paths)}" for unit, paths in units.items())
        raise UnitError(
            f"the files are in different units ({found})",
            expected="one unit for all files",
            hint="embed them one by one; or name the unit, if it was not recognised: --units fraction, percent or counts",
            units=dict(units),
        )
    return next(iter(units))


def _values(profiles: Sequence[Profile]) -> tuple[sparse.csr_array, list[Taxon]]:
    """Stack the tables over the union of their taxa."""
    column: dict[tuple[str, str], int] = {}
    taxa: list[Taxon] = []
    rows, columns, data = [], [], []
    offset = 0
    for profile in profiles:
        own = np.empty(profile.n_taxa, dtype=np.intp)
        for i, taxon in enumerate(profile.taxa):
            key = identity(taxon)
            own[i] = column.setdefault(key, len(column))
            if len(taxa) < len(column):
                taxa.append(taxon)
        table = profile.values.tocoo()
        rows.append(table.row + offset)
        columns.append(own[table.col])
        data.append(table.data)
        offset += profile.n_samples
    cells = (np.concatenate(data), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_array(cells, shape=(offset, len(column))), taxa


def _decisions(parts: Sequence[_Part]) -> list[Decision]:
    """Say once what was decided alike for all files, and where they differ, how; and name the files."""
    by_what: defaultdict[str, dict[Decision, int]] = defaultdict(dict)
    for part in parts:
        for decision in part.profile.decisions:
            counts = by_what[decision.what]
            counts[decision] = counts.get(decision, 0) + 1
    decisions = []
    for what, counts in by_what.items():
        first = next(iter(counts))
        if len(counts) == 1:
            decisions.append(first)
            continue
        values = list(dict.fromkeys(decision.value for decision in counts))
        decisions.append(Decision(what, some(values), f"{first.reason} (and {len(counts) - 1} others)"))
    files = [
        Decision("file", part.path, f"{part.profile.n_samples} samples, SHA-256 {part.profile.sha256}")
        for part in parts
    ]
    return [*decisions, *files]


def _warnings(parts: Sequence[_Part]) -> list[str]:
    """Say each warning once, with how many files it holds for; and that profilers are mixed."""
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for part in parts:
        for warning in part.profile.warnings:
            holders[warning].append(part.path)
    said = [warning if len(paths) == len(parts) else f"{some(paths)}: {warning}" for warning, paths in holders.items()]
    profilers = list(dict.fromkeys(_profiler(part.profile) for part in parts))
    known = [name for name in profilers if name]
    if len(known) > 1:
        said.insert(
            0,
            f"the files come from different profilers ({', '.join(known)}), which do not see the same species: "
            "differences between their samples are partly those of the programs",
        )
    return said


def _profiler(profile: Profile) -> str:
    """Name the program behind a table, MetaPhlAn with its version: 2, 3 and 4 do not see the same species."""
    found = next((decision.reason for decision in profile.decisions if decision.what == "format"), "")
    version = _METAPHLAN.match(found)
    return version.group() if version else PROFILERS.get(profile.dialect, "")


def _counts(found: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in found:
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    return total


def _metadata(profiles: Sequence[Profile]) -> pd.DataFrame | None:
    if all(profile.sample_metadata is None for profile in profiles):
        return None
    import pandas as pd

    frames = []
    for profile in profiles:
        own = profile.sample_metadata
        frames.append(pd.DataFrame(index=pd.Index(profile.sample_ids)) if own is None else own)
    return pd.concat(frames).rename_axis("sample")
