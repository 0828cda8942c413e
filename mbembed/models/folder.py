"""A model is a folder: ``weights.safetensors``, ``config.json``, ``species.tsv``, ``MODEL_CARD.md``.

Two further files may lie in it, on which no vector depends: ``decoder.safetensors`` (which species a
sample should have) and ``statistics.safetensors`` (where the training samples lie). A model
without them works; what needs them says so. Nothing in the folder is code. Loading reads numbers, checks their SHA-256 against ``config.json``
and unpickles nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbembed.errors import ModelError, ModelIntegrityError, ModelNotFoundError
from mbembed.models.preprocess import Preprocessing

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.models.decoder import Decoder
    from mbembed.models.encoder import Encoder
    from mbembed.models.statistics import ReferenceCloud, Statistics

__all__ = ["FORMAT", "Model", "load_folder", "read_species", "sha256_of"]

#: Version of the folder's layout. A reader refuses a higher one.
FORMAT = 1
WEIGHTS, CONFIG, SPECIES, CARD = "weights.safetensors", "config.json", "species.tsv", "MODEL_CARD.md"
DECODER, STATISTICS = "decoder.safetensors", "statistics.safetensors"
#: Files whose SHA-256 stands in ``config.json``. The card is prose and may be edited.
HASHED = (WEIGHTS, SPECIES)
#: Files that a model may have or not; hashed like the others where it has them.
OPTIONAL = (DECODER, STATISTICS)
#: Characters of a SHA-256 that a message shows: enough to tell two files apart by eye.
HASH_SHOWN = 12


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded model folder.

    Attributes
    ----------
    path : Path
    config : dict
        The content of ``config.json``.
    species : list of str
        Name of each input column, in order; a name may repeat (the published reference
        lists several genomes of one species).
    """

    path: Path
    config: dict[str, Any]
    species: list[str]

    @property
    def name(self) -> str:
        """The name under which the model is known."""
        return str(self.config["name"])

    @property
    def n_inputs(self) -> int:
        """Number of input columns."""
        return len(self.species)

    @property
    def n_dimensions(self) -> int:
        """Length of an embedding."""
        return int(self.config["n_dimensions"])

    @property
    def nomenclature(self) -> str:
        """Which nomenclature the species names follow, for example ``GTDB R220``."""
        return str(self.config["species"]["nomenclature"])

    @property
    def unnamed(self) -> str:
        """Name of input columns that no table can fill (``unknown`` in the published reference); may be empty."""
        return str(self.config["species"].get("unnamed", ""))

    @property
    def n_named_species(self) -> int:
        """Number of distinct species that a table can fill."""
        return len(set(self.species) - {self.unnamed})

    @property
    def weights_sha256(self) -> str:
        """SHA-256 of the weights."""
        return str(self.config["files"][WEIGHTS])

    def to_summary(self) -> dict[str, object]:
        """Return what identifies the model, for the summary JSON."""
        return {
            "name": self.name,
            "nomenclature": self.nomenclature,
            "weights_sha256": self.weights_sha256,
            "preprocessing": self.preprocessing.to_config(),
        }

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """How abundances are prepared for the encoder."""
        return Preprocessing.from_config(self.config["preprocessing"])

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder, read from ``weights.safetensors`` on first use.

        Raises
        ------
        ModelIntegrityError
            If the weights are damaged or do not fit ``config.json``.
        """
        from mbembed.models.encoder import Encoder, fold

        encoder = Encoder(fold(self.config["layers"], _tensors(self.path, WEIGHTS)))
        if (encoder.n_inputs, encoder.n_dimensions) != (self.n_inputs, self.n_dimensions):
            raise _damaged(
                self.path,
                WEIGHTS,
                f"the weights take {encoder.n_inputs} species and give {encoder.n_dimensions} dimensions, "
                f"the configuration says {self.n_inputs} and {self.n_dimensions}",
            )
        return encoder

    @cached_property
    def encoder_above_absent(self) -> Encoder:
        """The encoder for inputs as :meth:`Preprocessing.above_absent` gives them."""
        return self.encoder.relative_to(self.preprocessing.absent)

    @cached_property
    def decoder(self) -> Decoder | None:
        """The decoder, read from ``decoder.safetensors`` on first use; ``None`` where the model has none.

        Raises
        ------
        ModelError
            If it is damaged or does not fit the encoder.
        """
        from mbembed.models.decoder import Decoder
        from mbembed.models.encoder import fold

        if not self.has(DECODER):
            return None
        first, n_hidden = self.encoder_above_absent.stages[0], int(self.config["decoder"]["reads"])
        hidden = first._replace(weight=first.weight[:, :n_hidden], bias=first.bias[:n_hidden])
        return Decoder(hidden, fold(self.config["decoder"]["layers"], _tensors(self.path, DECODER)))

    @cached_property
    def statistics(self) -> Statistics | None:
        """Centre and spread of the training samples, read on first use; ``None`` where the model has none.

        Raises
        ------
        ModelError
            If they are damaged or do not fit the encoder.
        """
        from mbembed.models.statistics import read_statistics

        if not self.has(STATISTICS):
            return None
        tensors = _tensors(self.path, STATISTICS)
        return read_statistics(self.config["statistics"], tensors, self.n_inputs, self.n_dimensions)

    @cached_property
    def reference(self) -> ReferenceCloud | None:
        """The map of the training samples, read on first use; ``None`` where the model has none.

        Raises
        ------
        ModelError
            If it is damaged or does not fit the encoder.
        """
        from mbembed.models.statistics import read_reference

        if not self.has(STATISTICS):
            return None
        return read_reference(self.config["statistics"], _tensors(self.path, STATISTICS), self.n_dimensions)

    def has(self, file: str) -> bool:
        """Whether the model has one of the files that it may have or not."""
        return file in self.config["files"] and (self.path / file).is_file()

    def encode(self, fractions: csr_array, *, threads: int | None = None) -> NDArray[np.float32]:
        """Preprocess and encode.

        Parameters
        ----------
        fractions : csr_array of shape (n_samples, n_inputs)
            Relative abundances (0 to 1) in the model's column order.
        threads : int, optional
            As for :meth:`mbembed.models.encoder.Encoder.encode`.

        Returns
        -------
        ndarray of shape (n_samples, n_dimensions)
            float32. A sample's vector does not depend on the other rows.
        """
        return self.encoder_above_absent.encode(self.preprocessing.above_absent(fractions), threads=threads)

    def __repr__(self) -> str:
        return f"<Model {self.name!r}: {self.n_inputs} species columns → {self.n_dimensions} dimensions>"


def load_folder(path: str | os.PathLike[str]) -> Model:
    """Load a model folder and check its files against the recorded SHA-256.

    Parameters
    ----------
    path : path-like
        The folder.

    Returns
    -------
    Model

    Raises
    ------
    ModelNotFoundError
        If there is no ``config.json`` in it.
    ModelIntegrityError
        If a file is missing or is not the one that was recorded.
    ModelError
        If the configuration cannot be understood.
    """
    folder = Path(path)
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelNotFoundError(
            f"{folder} is not a model folder: it has no {CONFIG}",
            expected=f"a folder with {WEIGHTS}, {CONFIG} and {SPECIES}",
            hint="mbembed models list",
            path=str(folder),
        ) from error
    except (OSError, ValueError) as error:
        raise _damaged(folder, CONFIG, str(error)) from error
    _check_config(folder, config)
    # A file that may be there or not, and is not (a Galaxy history holds three files), changes no vector;
    # one that is there has to be the right one.
    there = [name for name in OPTIONAL if name in config["files"] and (folder / name).exists()]
    for name in (*HASHED, *there):
        _check_hash(folder, name, config["files"][name])
    species = _species_names(folder, config)
    return Model(path=folder, config=config, species=species)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, as lower-case hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _check_config(folder: Path, config: object) -> None:
    if not isinstance(config, dict):
        raise _damaged(folder, CONFIG, "it is not a JSON object")
    version = config.get("format")
    if not isinstance(version, int) or version > FORMAT:
        raise ModelError(
            f"{folder} has format {version!r}",
            expected=f"format {FORMAT} or lower",
            hint="pip install --upgrade mbembed",
        )
    needed = ("name", "layers", "preprocessing", "species", "files", "n_inputs", "n_dimensions")
    missing = [key for key in needed if key not in config]
    files = config.get("files", {})
    missing += [f"files.{name}" for name in HASHED if name not in files]
    missing += [
        key for file, key in ((DECODER, "decoder"), (STATISTICS, "statistics")) if file in files and key not in config
    ]
    if missing:
        raise _damaged(folder, CONFIG, f"it lacks {', '.join(missing)}")


def _check_hash(folder: Path, name: str, recorded: str) -> None:
    try:
        actual = sha256_of(folder / name)
    except OSError as error:
        raise _damaged(folder, name, f"it cannot be read ({error.strerror})") from error
    if actual != recorded:
        raise _damaged(
            folder, name, f"its SHA-256 is {actual[:HASH_SHOWN]}…, {CONFIG} records {recorded[:HASH_SHOWN]}…"
        )


def read_species(folder: Path) -> list[dict[str, str]]:
    """Return the rows of ``species.tsv``, one per input column: ``name`` and what else is known of it."""
    lines = (folder / SPECIES).read_text(encoding="utf-8").splitlines()
    header = lines[0].split("\t") if lines else []
    if "name" not in header:
        raise _damaged(folder, SPECIES, "its header has no column 'name'")
    return [dict(zip(header, line.split("\t"), strict=False)) for line in lines[1:]]


def _tensors(folder: Path, name: str) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(folder / name)
    except (SafetensorError, OSError, ValueError) as error:
        raise _damaged(folder, name, str(error)) from error


def _species_names(folder: Path, config: Mapping[str, Any]) -> list[str]:
    names = [row["name"] for row in read_species(folder)]
    if len(names) != config["n_inputs"]:
        raise _damaged(folder, SPECIES, f"it has {len(names)} rows, {CONFIG} says {config['n_inputs']}")
    return names


def _damaged(folder: Path, name: str, reason: str) -> ModelIntegrityError:
    return ModelIntegrityError(
        f"the model in {folder} is damaged: {name}: {reason}",
        expected="the files as they were installed",
        hint="install the model again (mbembed models pull NAME, or models import)",
        path=str(folder),
        file=name,
    )
