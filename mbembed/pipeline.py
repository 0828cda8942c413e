"""The one path that data takes: read → match → encode, in one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mbembed.embedding import Embedding
from mbembed.errors import UsageError
from mbembed.match.matching import Matching, match_profile, require_match
from mbembed.match.selection import choose_samples
from mbembed.match.warnings import match_warnings
from mbembed.models.folder import Model
from mbembed.models.store import load_model
from mbembed.options import check_choice
from mbembed.tables import open_table
from mbembed.tables.blocks import BLOCK_ROWS
from mbembed.tables.profile import Profile

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mbembed.match import Match
    from mbembed.match.selection import Selection
    from mbembed.tables.profile import Taxon
    from mbembed.tables.scan import Fold

__all__ = ["Prepared", "embed", "prepare"]

#: Options of `embed` that say how the table is read.
READING = ("format", "orientation", "units", "rank", "missing", "taxonomy")


def embed(
    table: object,
    model: Model | str | os.PathLike[str] | None = None,
    *,
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
    threads: int | None = None,
) -> Embedding:
    """Embed the samples of a table.

    Parameters
    ----------
    table : path-like, Profile, DataFrame or biom.Table
        Anything that :func:`mbembed.read_table` takes. A DataFrame has samples in rows.
    model : Model, str or path-like, optional
        A loaded model, its name, or its folder; default: the model that travels with mbembed.
    format, orientation, units, rank, missing, taxonomy
        As in :func:`mbembed.read_table`.
    closure, names
        As in :func:`mbembed.match_profile`.
    min_coverage : float
        Leave out samples of which less than this share of the classified abundance (0 to 1)
        feeds the model.
    on_empty : {"drop", "nan", "floor"}
        What becomes of samples in which nothing matches, or too little.
    device : {"cpu", "cuda"}
    threads : int, optional
        How many threads compute; default: as many as the environment allows. No number depends on it.

    Returns
    -------
    Embedding
        Vectors do not depend on which other samples are in the table.

    Raises
    ------
    TableError
        If the table cannot be used.
    NoMatchError
        If nothing in it matches the model, or no sample reaches ``min_coverage``.
    ModelError
        If the model cannot be used.

    See Also
    --------
    mbembed.embed_file : For tables that do not fit into memory.

    Examples
    --------
    >>> import pandas as pd
    >>> import mbembed
    >>> species = mbembed.load_model().species
    >>> table = pd.DataFrame([[0.7, 0.3], [0.2, 0.8]], index=["a", "b"], columns=species[:2])
    >>> embedding = mbembed.embed(table)
    >>> embedding.sample_ids
    ['a', 'b']
    >>> embedding.match.verdict
    'ok'
    """
    prepared = prepare(
        table,
        model,
        reading={
            "format": format,
            "orientation": orientation,
            "units": units,
            "rank": rank,
            "missing": missing,
            "taxonomy": taxonomy,
        },
        closure=closure,
        names=names,
        min_coverage=min_coverage,
        on_empty=on_empty,
        device=device,
        threads=threads,
    )
    values = np.empty((len(prepared.selection.rows), prepared.match.model.n_dimensions), dtype=np.float32)
    done = 0
    for vectors, _ in prepared.vectors():
        values[done : done + len(vectors)] = vectors
        done += len(vectors)
    return Embedding(
        values,
        prepared.sample_ids(0, len(values)),
        prepared.match,
        prepared.selection.left_out,
        prepared.options,
        prepared.warnings,
    )


class Prepared(NamedTuple):
    """A table that was read and matched, ready to be encoded.

    Attributes
    ----------
    match : Match
        For all samples of the table.
    selection : Selection
        Which samples get a row.
    options : dict
        How it was matched and is embedded.
    warnings : list of str
        Sentences for the user.
    threads : int, optional
    """

    match: Match
    selection: Selection
    options: dict[str, Any]
    warnings: list[str]
    threads: int | None

    def sample_ids(self, start: int, stop: int) -> list[str]:
        """Return the ids of some rows."""
        ids = self.match.profile.sample_ids
        return [ids[i] for i in self.selection.rows[start:stop].tolist()]

    def fractions(self, start: int = 0) -> Iterator[tuple[int, Any]]:
        """Yield the position of the first sample of each block, and what the encoder is given of it.

        Parameters
        ----------
        start : int
            Position of the first sample.

        Yields
        ------
        tuple of (int, csr_array of shape (n_rows, n_inputs))
        """
        for block in self.match.profile.blocks(start):
            yield start, self.match.block_fractions(block, start)
            start += block.shape[0]

    def vectors(
        self, start: int = 0, stop: int | None = None, *, ahead: Callable[[Iterator[Any]], Iterator[Any]] = iter
    ) -> Iterator[tuple[NDArray[np.float32], list[str]]]:
        """Yield the vectors of some rows, and the ids of their samples, block by block.

        Parameters
        ----------
        start, stop : int
            Rows, as positions in ``selection.rows``.
        ahead : callable
            Goes round the blocks that are read, to have them read while others are encoded.

        Yields
        ------
        tuple of (ndarray of shape (n_rows, n_dimensions), list of str)
            float32; rows of samples without a vector hold missing values.
        """
        rows = self.selection.rows
        stop = len(rows) if stop is None else stop
        if start >= stop:
            return
        for first, fractions in ahead(self.fractions(int(rows[start]))):
            end = min(int(np.searchsorted(rows, first + fractions.shape[0])), stop)
            at = rows[start:end]
            if not at.size:
                continue
            encoded = self.selection.encoded[at]
            wanted = at[encoded] - first
            found = self._encode(fractions if len(wanted) == fractions.shape[0] else fractions[wanted])
            if encoded.all():
                vectors = found
            else:
                vectors = np.full((len(at), found.shape[1]), np.nan, dtype=np.float32)
                vectors[encoded] = found
            yield vectors, self.sample_ids(start, end)
            start = end
            if start >= stop:
                return

    def _encode(self, fractions: Any) -> NDArray[np.float32]:
        if self.options["device"] == "cuda":
            from mbembed.models.torch_encoder import encode_on_device

            return encode_on_device(self.match.model, fractions, "cuda")
        return self.match.model.encode(fractions, threads=self.threads)


def prepare(
    table: object,
    model: Model | str | os.PathLike[str] | None,
    *,
    reading: Mapping[str, Any],
    closure: str | None,
    names: str,
    min_coverage: float,
    on_empty: str,
    device: str,
    threads: int | None = None,
    keep_bytes: int | None = None,
    block_rows: int = BLOCK_ROWS,
    watch: Callable[[int], Sequence[Fold]] = lambda _: (),
) -> Prepared:
    """Read and match a table; the arguments are those of `embed`.

    Parameters
    ----------
    reading : mapping
        Options of `mbembed.read_table`.
    keep_bytes : int, optional
        How much of the table may stay in memory; the rest is read again when it is encoded. Default: all of it.
    block_rows : int
        Samples that are read at once.
    watch : callable
        Given the number of samples, returns what else looks at them while they are read.
    """
    check_choice("on_empty", on_empty)
    check_choice("device", device)
    if not 0.0 <= min_coverage <= 1.0:
        raise UsageError(
            f"min_coverage is {min_coverage}", expected="a share from 0 to 1", hint="--min-coverage 0.6 for 60 %"
        )
    loaded = model if isinstance(model, Model) else load_model(model)
    opened = open_table(table, **reading)
    if isinstance(opened, Profile):
        match = match_profile(opened, loaded, closure=closure, names=names)
    else:
        matchings: list[Matching] = []

        def folds(taxa: Sequence[Taxon]) -> Sequence[Fold]:
            matchings.append(Matching(taxa, loaded, closure=closure, names=names))
            return [matchings[0].counts, *watch(opened.n_samples)]

        profile = opened.profile(folds=folds, keep_bytes=keep_bytes, block_rows=block_rows)
        match = matchings[0].of(profile)
    require_match(match)
    selection = choose_samples(match, min_coverage, on_empty)
    options = {
        "closure": match.closure,
        "names": names,
        "min_coverage": min_coverage,
        "on_empty": on_empty,
        "device": device,
    }
    warnings = [*match.profile.warnings, *match_warnings(match, selection.left_out, on_empty)]
    return Prepared(match, selection, options, warnings, threads)
