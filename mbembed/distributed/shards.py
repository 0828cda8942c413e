"""Embed a folder of tables, one file of vectors for each; a run that was cut off goes on where it stopped."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import warnings
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from mbembed.distributed.account import Account, check_match, sentences
from mbembed.distributed.agreement import Part, agree, collected
from mbembed.distributed.evidence import look_at
from mbembed.distributed.models import ModelName, worker_model
from mbembed.distributed.options import Options
from mbembed.distributed.vectors import vectors_of
from mbembed.embedding import run_summary
from mbembed.errors import TableError, UsageError
from mbembed.match.warnings import match_warnings
from mbembed.models.folder import Model, sha256_of
from mbembed.models.store import load_model
from mbembed.outputs import check_output
from mbembed.outputs.summary import environment, write_summary
from mbembed.outputs.writers import write_embedding
from mbembed.tables import read_table
from mbembed.tables.labels import identity
from mbembed.tables.profile import Profile
from mbembed.taxonomy.nomenclature import detect_nomenclature
from mbembed.words import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.tables.profile import Taxon

__all__ = ["MANIFEST", "RECORD_SUFFIX", "embed_shards"]

#: What was done as a whole, in the folder of the results.
MANIFEST = "manifest.json"
#: Beside each file of vectors: what it was made from. Written after it, so that where it is, the vectors are.
RECORD_SUFFIX = ".record.json"
#: Suffixes that say how a file is compressed, before the one that says its format.
COMPRESSIONS = (".gz", ".bz2", ".xz")


class Plan(NamedTuple):
    """What every task needs to know.

    Attributes
    ----------
    model : ModelName
    options : Options
        With the unit and the rank that hold for all files.
    taxa : list of Taxon
        Of all files, in the order in which they are first met: names are resolved against all of
        them, as the naming of a table is decided on all its names.
    """

    model: ModelName
    options: Options
    taxa: list[Taxon]

    def key(self, sha256: str) -> str:
        """Return a SHA-256 over everything that decides the vectors of a file."""
        facts = [sha256, self.model.fingerprint, self.model.version, asdict(self.options), self.taxa]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def embed_shards(
    tables: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    model: Model | str | os.PathLike[str] | None = None,
    *,
    suffix: str = ".parquet",
    format: str | None = None,  # noqa: A002 - the option is called so on every surface
    orientation: str | None = None,
    units: str | None = None,
    rank: str | None = None,
    missing: str = "error",
    taxonomy: str | os.PathLike[str] | None = None,
    closure: str | None = None,
    names: str = "resolve",
    min_coverage: float = 0.0,
    on_empty: str = "drop",
    device: str = "cpu",
) -> dict[str, Any]:
    """Embed files of samples, each a task of its own.

    Uses the Dask client that is active, or the threads of this machine. Both folders have to be
    there under the same path on every worker. All files are looked at first, to decide on all of
    them how they are to be read; then each is embedded, and its vectors written. A file whose
    vectors are there already, from the same bytes, model and options, is not embedded again.

    Parameters
    ----------
    tables : path-like or sequence of path-like
        A folder (all files in it that are not hidden), a pattern (``shards/*.biom``), or files.
        Each holds samples of its own, in any dialect that :func:`mbembed.read_table` takes.
    output : path-like
        A folder. Each result is called as its table, with another suffix; ``manifest.json`` says
        what was done as a whole.
    model : Model, str or path-like, optional
        A name or a folder that every worker knows. Default: the model that travels with mbembed.
    suffix : str
        Format of the results, as in :meth:`mbembed.Embedding.write`.
    format, orientation, units, rank, missing, taxonomy, closure, names, min_coverage, on_empty, device
        As in :func:`mbembed.embed`.

    Returns
    -------
    dict
        The manifest: ``shards`` (table, output, their SHA-256, samples, and whether the vectors were there
        already), ``warnings``, ``options``, ``model``, ``environment``. The vectors are bit for bit those that
        :func:`mbembed.embed` gives for all files at once.

    Raises
    ------
    UsageError
        If no file is found, or two results would have the same name.
    UnitError, AxisError, TableError
        If files are in different units, or are to be read in different ways; naming them.
    DuplicateIdError
        If a sample id stands in two files.
    NoMatchError
        If nothing in any file matches the model.
    OutputError
        If a result cannot be written.

    Warns
    -----
    UserWarning
        For each of the manifest's warnings.
    """
    import dask

    options = Options(
        format=format,
        orientation=orientation,
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
    paths = _paths(tables)
    targets = _targets(paths, Path(output), suffix)
    looked = dask.compute(*(dask.delayed(look_at)(path, options) for path in paths))
    parts = [Part(str(path), found) for path, found in zip(paths, looked, strict=True)]
    plan, said = _plan(parts, name, loaded, options)
    shared = dask.delayed(plan, traverse=False)
    tasks = [
        dask.delayed(_embed)(path, target, found.fingerprint, shared)
        for path, target, found in zip(paths, targets, looked, strict=True)
    ]
    done = dask.compute(*tasks)
    said += sentences([account for _, account in done], loaded, options)
    manifest: dict[str, Any] = {
        "shards": [entry for entry, _ in done],
        "samples": sum(entry["samples"] for entry, _ in done),
        "dimensions": loaded.n_dimensions,
        "options": asdict(plan.options),
        "model": loaded.to_summary(),
        "warnings": said,
        "environment": environment(),
    }
    write_summary(Path(output) / MANIFEST, manifest)
    for sentence in said:
        warnings.warn(sentence, stacklevel=2)
    return manifest


def _paths(tables: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[Path]:
    if isinstance(tables, str | os.PathLike):
        folder = Path(tables)
        found = folder.iterdir() if folder.is_dir() else map(Path, glob.glob(os.fspath(tables)))  # noqa: PTH207 - a pattern with folders, absolute or not
        paths = sorted(path for path in found if path.is_file() and not path.name.startswith("."))
    else:
        paths = [Path(one) for one in tables]
    if not paths:
        raise UsageError(
            f"there are no files in {tables!s}",
            expected="a folder of tables, a pattern such as shards/*.biom, or a list of files",
            hint="check the path",
        )
    return [path.resolve() for path in paths]


def _targets(paths: Sequence[Path], output: Path, suffix: str) -> list[Path]:
    """Return where each result goes, after checking that it can be written."""
    output = output.resolve()
    targets = [output / f"{_stem(path)}{suffix}" for path in paths]
    names = [target.name for target in targets]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(
            f"two tables would both give {some(twice)}",
            expected="files with different names",
            hint="rename the tables, or embed them into different folders",
        )
    if any(path.parent == output for path in paths):
        raise UsageError(
            f"the results would stand among the tables, in {output}",
            expected="a folder of their own",
            hint="name another folder for the results",
        )
    for target in targets:
        check_output(target)
    return targets


def _stem(path: Path) -> str:
    """Return the name of a file without its format and compression."""
    return Path(path.stem if path.suffix.lower() in COMPRESSIONS else path.name).stem


def _plan(parts: Sequence[Part], name: ModelName, model: Model, options: Options) -> tuple[Plan, list[str]]:
    """Decide for all files; return what to warn of, too."""
    unit, rank = agree(parts, options)
    place: dict[tuple[str, str], int] = {}
    taxa: list[Taxon] = []
    totals: list[float] = []
    for part in parts:
        for taxon, total in zip(part.found.taxa, part.found.totals.tolist(), strict=True):
            at = place.setdefault(identity(taxon), len(place))
            if at == len(taxa):
                taxa.append(taxon)
                totals.append(0.0)
            totals[at] += total
    _check_naming(parts, taxa)
    whole = Profile(csr_array(np.array([totals])), ["all"], taxa, unit, "several", np.zeros(1))
    said = [*collected((part.name, part.found.warnings) for part in parts), *check_match(whole, model, options)]
    return Plan(name, replace(options, units=unit, rank=rank), taxa), said


def _check_naming(parts: Sequence[Part], taxa: Sequence[Taxon]) -> None:
    """Refuse files of several namings: the same name may mean another species in another of them."""
    if not detect_nomenclature(taxa).also:
        return
    groups: dict[str, list[str]] = {}
    for part in parts:
        groups.setdefault(detect_nomenclature(part.found.taxa).words, []).append(part.name)
    if len(groups) > 1:
        raise TableError(
            f"the files name their species in different ways: {'; '.join(f'{k}: {some(v)}' for k, v in groups.items())}",
            expected="one naming in all files, as one profiler writes it",
            hint="embed the files of each naming into a folder of their own",
        )


def _embed(path: Path, target: Path, looked: str, plan: Plan) -> tuple[dict[str, Any], Account]:
    """Embed one file and write its vectors and their record, on a worker; or find that it is done."""
    record = target.with_name(target.name + RECORD_SUFFIX)
    sha256 = sha256_of(path)
    if sha256 != looked:
        raise TableError(
            f"{path} is not what it was when it was looked at",
            expected="tables that stay as they are while they are embedded",
            hint="the same call again, once nothing writes to them any more",
            path=str(path),
        )
    key = plan.key(sha256)
    done = _done(record, target, key)
    if done is not None:
        return done
    profile = _among(read_table(path, **plan.options.reading), plan.taxa)  # type: ignore[arg-type]  # options by name
    found = vectors_of(profile, plan.model, plan.options)
    columns = [f"embedding_{i}" for i in range(worker_model(plan.model).n_dimensions)]
    matching = {name: getattr(found.match, name) for name in plan.options.matching}
    options = {**matching, **{name: getattr(plan.options, name) for name in ("min_coverage", "on_empty", "device")}}
    output = {"samples": len(found.sample_ids), "dimensions": len(columns), "left_out": found.left_out}
    said = [*profile.warnings, *match_warnings(found.match, found.left_out, plan.options.on_empty)]
    summary = {**run_summary(found.match, options, output, said), "key": key}
    write_embedding(target, found.values, found.sample_ids, columns, summary=summary)
    entry = {
        "table": str(path),
        "table_sha256": sha256,
        "output": target.name,
        "output_sha256": sha256_of(target),
        "samples": len(found.sample_ids),
        "left_out": found.left_out,
    }
    account = Account.of(found.match, found.left_out)
    kept = {"sample_ids": account.sample_ids, "coverage": account.coverage, "filled": account.filled}
    write_summary(record, {"key": key, **entry, **kept})
    return {**entry, "was_there": False}, account


def _done(record: Path, target: Path, key: str) -> tuple[dict[str, Any], Account] | None:
    """Return the entry of a file whose vectors are there already, whole and from the same."""
    try:
        kept = json.loads(record.read_text(encoding="utf-8"))
        if kept["key"] != key or kept["output_sha256"] != sha256_of(target):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    account = Account(
        kept.pop("sample_ids"), np.array(kept.pop("coverage")), np.array(kept.pop("filled"), bool), kept["left_out"]
    )
    del kept["key"]
    return {**kept, "was_there": True}, account


def _among(profile: Profile, taxa: Sequence[Taxon]) -> Profile:
    """Return a profile with the taxa of all files, in their order; those that it lacks are 0."""
    place = {identity(taxon): i for i, taxon in enumerate(taxa)}
    own = np.array([place[identity(taxon)] for taxon in profile.taxa], dtype=np.int32)
    values = profile.values
    wide = csr_array((values.data, own[values.indices], values.indptr), shape=(values.shape[0], len(taxa)))
    wide.sort_indices()
    return replace(profile, values=wide, taxa=list(taxa))
