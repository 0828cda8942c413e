"""Embed a Dask DataFrame, partition by partition."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from mbembed.distributed.account import Account, check_match, sentences
from mbembed.distributed.agreement import Part, agree, check_columns, collected
from mbembed.distributed.evidence import Evidence, fingerprint, look_at_frame, read_frame
from mbembed.distributed.models import ModelName, worker_model
from mbembed.distributed.options import Options
from mbembed.distributed.vectors import vectors_of
from mbembed.errors import TableError, UsageError
from mbembed.match import match_profile
from mbembed.match.selection import reasons
from mbembed.models.folder import Model
from mbembed.models.store import load_model
from mbembed.tables.profile import Profile

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import dask.dataframe as dd
    from dask.delayed import Delayed

__all__ = ["embed_dask"]


class Plan(NamedTuple):
    """What every task needs to know.

    Attributes
    ----------
    model : ModelName
    options : Options
        With the unit and the rank that hold for all partitions.
    fingerprints : frozenset of str
        Of the partitions that were looked at.
    """

    model: ModelName
    options: Options
    fingerprints: frozenset[str]


def embed_dask(
    table: dd.DataFrame | Sequence[Delayed],
    model: Model | str | os.PathLike[str] | None = None,
    *,
    units: str | None = None,
    rank: str | None = None,
    missing: str = "error",
    taxonomy: str | os.PathLike[str] | None = None,
    closure: str | None = None,
    names: str = "resolve",
    min_coverage: float = 0.0,
    on_empty: str = "drop",
    device: str = "cpu",
) -> dd.DataFrame:
    """Embed the samples of a Dask DataFrame.

    The table is read twice: once at once, to decide on all of it how it is to be read, and once
    when the result is computed. Where the memory of the cluster holds the table,
    ``table.persist()`` saves the second reading.

    Parameters
    ----------
    table : dask.dataframe.DataFrame or sequence of dask.delayed
        Samples in rows (index: sample ids), species as columns; each partition is a block of
        samples. Delayed objects give pandas DataFrames with the same columns.
    model : Model, str or path-like, optional
        A name or a folder that every worker knows; a worker loads it once, and checks that it is
        the same. Default: the model that travels with mbembed.
    units, rank, missing, taxonomy, closure, names, min_coverage, on_empty, device
        As in :func:`mbembed.embed`. ``on_empty="drop"`` leaves samples out, so that partitions
        get shorter; ``"nan"`` keeps their length.

    Returns
    -------
    dask.dataframe.DataFrame
        Lazy; float32, index ``sample``, one column per dimension, in the order of the table; bit
        for bit what :func:`mbembed.embed` gives for the table as a whole. Divisions are not known.

    Raises
    ------
    UnitError, TableError
        If partitions are in different units, or are to be read in different ways.
    DuplicateIdError
        If a sample id stands twice in the whole table.
    NoMatchError
        If nothing in any partition matches the model.
    UsageError
        If ``table`` or an option is none of the above.

    Warns
    -----
    UserWarning
        For each thing that :func:`mbembed.embed` lists among its warnings, once for all partitions.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import mbembed, pandas as pd
    >>> species = mbembed.load_model().species
    >>> table = pd.DataFrame([[0.7, 0.3], [0.2, 0.8]], index=["a", "b"], columns=species[:2])
    >>> vectors = embed_dask(dd.from_pandas(table, npartitions=2))
    >>> vectors.compute().equals(mbembed.embed(table).to_frame())
    True
    """
    import dask
    import dask.dataframe as dd

    options = Options(
        units=units,
        rank=rank,
        missing=missing,
        taxonomy=None if taxonomy is None else str(taxonomy),
        closure=closure,
        names=names,
        min_coverage=min_coverage,
        on_empty=on_empty,
        device=device,
    )
    loaded = model if isinstance(model, Model) else load_model(model)
    name = ModelName.of(model)
    blocks = _blocks(table)
    looked = dask.compute(*(dask.delayed(_look)(one, name, options) for one in blocks))
    plan, said = _plan(looked, name, loaded, options)
    for sentence in said:
        warnings.warn(sentence, stacklevel=2)
    meta = _frame(np.empty((0, loaded.n_dimensions), dtype=np.float32), [])
    if isinstance(table, dd.DataFrame):
        return table.map_partitions(_embed, plan, meta=meta).clear_divisions()
    return dd.from_delayed([dask.delayed(_embed)(one, plan) for one in blocks], meta=meta, verify_meta=False)


def _blocks(table: Any) -> list[Any]:
    import dask.dataframe as dd
    from dask.delayed import Delayed

    if isinstance(table, dd.DataFrame):
        return list(table.to_delayed())
    if isinstance(table, list | tuple) and table and all(isinstance(one, Delayed) for one in table):
        return list(table)
    raise UsageError(
        f"a table of type {type(table).__name__} cannot be embedded with Dask",
        expected="a dask.dataframe.DataFrame with samples in rows, or a list of dask.delayed objects that give such",
        hint="mbembed.embed takes files and tables in memory; mbembed.distributed.embed_shards takes folders of files",
    )


def _look(frame: pd.DataFrame, name: ModelName, options: Options) -> tuple[Evidence, Account]:
    """Look at a partition, on a worker."""
    found, profile = look_at_frame(frame, options)
    if profile is None:
        return found, Account.of_nothing(found.sample_ids)
    match = match_profile(profile, worker_model(name), **options.matching)  # type: ignore[arg-type]
    return found, Account.of(match, reasons(match, options.min_coverage))


def _plan(
    looked: Sequence[tuple[Evidence, Account]], name: ModelName, model: Model, options: Options
) -> tuple[Plan, list[str]]:
    """Decide for the whole table; return what to warn of, too."""
    parts = [Part(f"partition {i}", found) for i, (found, _) in enumerate(looked)]
    unit, rank = agree(parts, options)
    check_columns(parts)
    filled = [part.found for part in parts if not part.found.is_empty]
    totals = np.sum([found.totals for found in filled], axis=0)
    whole = Profile(csr_array(totals[None, :]), ["all"], list(filled[0].taxa), unit, "dataframe", np.zeros(1))
    said = [
        *collected((part.name, part.found.warnings) for part in parts),
        *check_match(whole, model, options),
        *sentences([account for _, account in looked], model, options),
    ]
    fingerprints = frozenset(part.found.fingerprint for part in parts)
    return Plan(name, replace(options, units=unit, rank=rank), fingerprints), said


def _embed(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Embed a partition, on a worker."""
    if len(frame) == 0:
        return _frame(np.empty((0, worker_model(plan.model).n_dimensions), dtype=np.float32), [])
    profile = read_frame(frame, plan.options)
    if profile is None:
        ids = [str(name) for name in frame.index]
        profile = Profile(csr_array((len(ids), 0)), ids, [], plan.options.units or "", "dataframe", np.zeros(len(ids)))
    if fingerprint(profile.sample_ids, profile.classified + profile.unclassified) not in plan.fingerprints:
        raise TableError(
            f"a partition of {len(frame)} samples ({profile.sample_ids[0]}, …) is not what it was when the table was looked at",
            expected="partitions that hold the same samples and values each time they are read",
            hint="table.persist() where they are made by chance or from files that change, then embed_dask again",
        )
    found = vectors_of(profile, plan.model, plan.options)
    return _frame(found.values, found.sample_ids)


def _frame(values: np.ndarray, ids: Sequence[str]) -> pd.DataFrame:
    columns = [f"embedding_{i}" for i in range(values.shape[1])]
    return pd.DataFrame(values, index=pd.Index(["", *ids], name="sample")[1:], columns=columns)
