"""Import a published checkpoint: from a pickle and a CSV to a model folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbembed.errors import ModelError, OutputError, UsageError
from mbembed.models.card import card
from mbembed.models.chain import read_chain
from mbembed.models.checkpoint import read_checkpoint
from mbembed.models.preprocess import Preprocessing
from mbembed.models.published import PUBLISHED, published_as
from mbembed.models.reference_csv import UNNAMED, read_species_csv
from mbembed.models.store import DEFAULT, user_folder
from mbembed.models.writing import write_folder

if TYPE_CHECKING:
    import os

    from mbembed.models.chain import Chain
    from mbembed.models.checkpoint import Checkpoint
    from mbembed.models.folder import Model
    from mbembed.models.reference_csv import SpeciesList

__all__ = ["PUBLISHED_PREPROCESSING", "UNSPECIFIED", "check_name", "import_checkpoint"]

#: ``embed_new_samples.py`` of LironZa/MBEmbed: exact 0 → 1e-4 (its detection threshold), log10, + 2;
#: values between 0 and 1e-4 stay as they are.
PUBLISHED_PREPROCESSING = Preprocessing(floor=1e-4, shift=2.0, clip_below_floor=False)
#: Nomenclature of a checkpoint that nobody stated one for.
UNSPECIFIED = "unspecified"
#: Model names are folder names on every system, and words without quoting in a shell.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
#: Longest model name (characters): file systems allow 255 bytes, the rest is for temporary names.
MAX_NAME = 200


def check_name(name: str) -> str:
    """Return a model name, if it can be one.

    Raises
    ------
    UsageError
        If it cannot.

    Examples
    --------
    >>> check_name("mae30")
    'mae30'
    """
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME or name == DEFAULT:
        reserved = name == DEFAULT
        raise UsageError(
            f"{name!r} cannot be the name of a model"
            + (" (it stands for the one that travels with mbembed)" if reserved else ""),
            expected="small letters a-z, digits, dot, dash and underscore, with a letter or digit first",
            hint="--name mae30",
            name=name,
        )
    return name


def import_checkpoint(
    checkpoint: str | os.PathLike[str],
    species_csv: str | os.PathLike[str],
    name: str,
    *,
    nomenclature: str | None = None,
    destination: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
) -> Model:
    """Import a checkpoint in the form of the publication (a torch module in a pickle).

    torch is not needed, and nothing that the checkpoint names is run.

    Parameters
    ----------
    checkpoint : path-like
        For example ``mae30_encoder_full.pkl``.
    species_csv : path-like
        The species of its input columns, for example ``model_species_reference.csv``.
    name : str
        Name of the new model.
    nomenclature : str, optional
        Which nomenclature the species names follow. Default: what is known of a published
        checkpoint, else ``"unspecified"``.
    destination : path-like, optional
        The folder to make. Default: ``name`` in the user's model directory.
    overwrite : bool
        Whether an installed model of that name may be replaced.

    Returns
    -------
    Model

    Raises
    ------
    UsageError
        If the name cannot be one.
    UnsafePickleError
        If the checkpoint names code that a model does not need.
    ModelError
        If the checkpoint or the species list cannot be used, or they do not fit each other.
    OutputError
        If the folder exists already or cannot be written.
    """
    check_name(name)
    if nomenclature is not None and not (nomenclature.strip() and nomenclature.isprintable()):
        raise UsageError(
            f"the nomenclature is {nomenclature!r}", expected="a short text", hint='--nomenclature "GTDB R220"'
        )
    target = Path(destination) if destination is not None else user_folder() / name
    if target.exists() and not overwrite:
        raise OutputError(
            f"there is a model {name!r} already ({target})",
            expected="a new name",
            hint="--force replaces it",
            path=str(target),
        )
    species_list = read_species_csv(Path(species_csv))
    read = read_checkpoint(Path(checkpoint))
    chain = read_chain(read)
    _check_fit(chain, species_list, Path(species_csv).name)

    config = _config(name, read, chain, species_list, nomenclature)
    n_dimensions = next(array.shape[0] for array in reversed(chain.tensors.values()) if array.ndim > 1)
    return write_folder(
        target,
        config=config,
        tensors=chain.tensors,
        species=species_list.rows,
        card=card(config, [row["name"] for row in species_list.rows], n_dimensions),
        overwrite=overwrite,
    )


def _check_fit(chain: Chain, species_list: SpeciesList, csv_name: str) -> None:
    """Check that there is a species for each input, before anything is written."""
    first = next((array for array in chain.tensors.values() if array.ndim > 1), None)
    if first is None:
        raise ModelError(
            "the checkpoint has no Linear layer",
            expected="at least one",
            hint="only chains of Linear, BatchNorm1d, GELU and Dropout can be imported",
        )
    if first.shape[1] != len(species_list.rows):
        raise ModelError(
            f"the checkpoint takes {first.shape[1]} species, {csv_name} lists {len(species_list.rows)}",
            expected="one row per input column",
            hint="--species with the CSV that was published with this checkpoint",
        )


def _config(
    name: str, read: Checkpoint, chain: Chain, species_list: SpeciesList, nomenclature: str | None
) -> dict[str, Any]:
    known_as = published_as(read.sha256)
    record = PUBLISHED.get(known_as)
    same_list = record is not None and record.species.sha256 == species_list.sha256
    source: dict[str, Any] = {
        "statement": f"published checkpoint {known_as}" if record else "unknown checkpoint",
        "checkpoint_sha256": read.sha256,
        "species_csv_sha256": species_list.sha256,
        "training_batches": chain.n_batches,
    }
    if record:
        source |= {
            "published_as": known_as,
            "species_list": "as published" if same_list else "not the published file",
            "repository": record.repository,
            "commit": record.commit,
        }
    species = {"nomenclature": nomenclature or (record.nomenclature if record and same_list else UNSPECIFIED)}
    if any(row["name"] == UNNAMED for row in species_list.rows):
        species["unnamed"] = UNNAMED
    return {
        "name": name,
        "layers": chain.layers,
        "preprocessing": PUBLISHED_PREPROCESSING.to_config(),
        "species": species,
        "source": source,
        "licence": record.licence if record else "unknown",
        "citation": record.citation if record else "unknown",
    }
