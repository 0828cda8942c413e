"""Any table in, one profile out: a reader per dialect behind `read_table`."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import biom
    import pandas as pd

    from mbembed.tables.opened import OpenTable
    from mbembed.tables.profile import Profile

__all__ = ["open_table", "read_table"]

#: The choices of ``--missing``.
MISSING_CHOICES = ("error", "zero")


def read_table(
    table: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Profile | pd.DataFrame | biom.Table,
    *,
    format: str | None = None,  # noqa: A002 - the option has this name on every surface
    orientation: str | None = None,
    units: str | None = None,
    rank: str | None = None,
    missing: str = "error",
    taxonomy: str | os.PathLike[str] | None = None,
) -> Profile:
    """Read an abundance table of any dialect.

    Parameters
    ----------
    table : path-like, sequence of path-like, DataFrame, biom.Table or Profile
        A file (its dialect is found by content, not by its name), several files (their samples
        are put together), or a table in memory: a DataFrame has samples in rows and taxa as
        columns. A Profile is returned as it is.
    format : str, optional
        Name of a dialect, where the content should not decide.
    orientation : {"samples-in-rows", "taxa-in-rows"}, optional
        Which axis holds what, where the names should not decide.
    units : {"fraction", "percent", "counts"}, optional
        Unit of the values, where the sums should not decide.
    rank : str, optional
        Rank to take from a table of several; species if there are any.
    missing : {"error", "zero"}
        What an empty cell or ``NA`` among the numbers means.
    taxonomy : path-like, optional
        Lineages of features that the table names by ids only (QIIME 2, mothur).

    Returns
    -------
    Profile
        With everything that was decided in ``decisions``.

    Raises
    ------
    UsageError
        If an option has no such choice, or the object is none of these.
    TableError
        One of its children, if the table cannot be used: `DialectError`, `CellError`,
        `DuplicateIdError`, `EmptyTableError`, `AxisError`, `UnitError`.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"Blautia obeum": [0.25, 1.0], "Blautia wexlerae": [0.75, 0.0]}, index=["S1", "S2"])
    >>> read_table(frame)
    <Profile: 2 samples × 2 taxa, fraction, from dataframe>
    """
    from mbembed.tables.profile import Profile

    opened = open_table(
        table, format=format, orientation=orientation, units=units, rank=rank, missing=missing, taxonomy=taxonomy
    )
    return opened if isinstance(opened, Profile) else opened.profile()


def open_table(
    table: object,
    *,
    format: str | None = None,  # noqa: A002 - as in read_table
    orientation: str | None = None,
    units: str | None = None,
    rank: str | None = None,
    missing: str = "error",
    taxonomy: str | os.PathLike[str] | None = None,
) -> OpenTable | Profile:
    """Open a table: its names are known then, its values are read when a profile is made of it.

    Parameters and errors are those of `read_table`. Several files are put together here, and
    come as one profile; so does a profile itself.

    Returns
    -------
    OpenTable or Profile
    """
    from mbembed.tables.profile import Decision, Profile
    from mbembed.tables.raw import ReadOptions

    if isinstance(table, Profile):
        return table
    if isinstance(table, list | tuple) and all(isinstance(path, str | os.PathLike) for path in table):
        from mbembed.tables.many import read_tables

        return read_tables(
            table, format=format, orientation=orientation, units=units, rank=rank, missing=missing, taxonomy=taxonomy
        )
    options = ReadOptions(format=format, orientation=orientation, units=units, rank=rank, missing=missing)
    _check_choices(options)
    from mbembed.tables.amplicons import amplicon_note
    from mbembed.tables.opened import OpenTable
    from mbembed.tables.source import open_source

    if taxonomy is not None:
        from mbembed.tables.taxonomy_file import read_taxonomy

        options = replace(options, taxonomy=read_taxonomy(open_source(taxonomy)))
    source = None
    if isinstance(table, str | os.PathLike):
        from mbembed.tables.registry import detect

        source = open_source(table)
        source.start_hashing()
        reader, detail = detect(source, options)
        raw = reader.read(source, options)
        raw.decisions.insert(0, Decision("format", reader.DIALECT, detail))
    else:
        from mbembed.tables.frames import raw_from_object

        raw = raw_from_object(table, options)
    if options.taxonomy is not None:
        from mbembed.tables.taxonomy_join import join_taxonomy

        raw = join_taxonomy(raw, options.taxonomy, name=str(taxonomy), path=str(source.path) if source else "")
    raw.warnings += amplicon_note(raw)
    return OpenTable(raw, source, options)


def _check_choices(options: object) -> None:
    from mbembed.errors import UsageError
    from mbembed.tables.axis import ORIENTATIONS
    from mbembed.tables.labels import RANKS
    from mbembed.tables.profile import UNITS

    choices = {
        "orientation": ORIENTATIONS,
        "units": tuple(UNITS),
        "rank": tuple(dict.fromkeys(RANKS.values())),
        "missing": MISSING_CHOICES,
    }
    for name, allowed in choices.items():
        value = getattr(options, name)
        if value is not None and value not in allowed:
            raise UsageError(
                f"there is no choice {value!r} for {name}",
                expected=f"one of: {', '.join(allowed)}",
                hint=f"--{name} {allowed[0]}",
                option=name,
                value=value,
            )
