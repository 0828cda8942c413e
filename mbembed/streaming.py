"""From a table to a file of vectors, in constant memory: the path of `mbembed.pipeline`, block by block."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbembed.embedding import CARRIED_SAMPLES, run_summary
from mbembed.errors import UsageError
from mbembed.outputs.atomic import atomic_path, output_error
from mbembed.outputs.binary import check_ids, write_ids
from mbembed.outputs.rows import ROW_FORMATS, row_writer
from mbembed.outputs.unfinished import unfinished
from mbembed.outputs.writers import STDOUT, check_output, suffix_of
from mbembed.overlap import Behind, ahead
from mbembed.pipeline import READING, prepare
from mbembed.shards import Shard
from mbembed.tables.blocks import BLOCK_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.match import Match
    from mbembed.models.folder import Model
    from mbembed.outputs.rows import RowWriter
    from mbembed.outputs.unfinished import Unfinished
    from mbembed.pipeline import Prepared

__all__ = ["EmbeddedFile", "embed_file", "writes_blocks"]

#: How much of a table may stay in memory between looking at it and encoding it (bytes). What is
#: larger is read twice.
KEEP_BYTES = 256 << 20


@dataclass(frozen=True, eq=False)
class EmbeddedFile:
    """What `embed_file` did.

    Attributes
    ----------
    path : str
        The file of vectors; ``-`` for standard output.
    n_samples : int
        Number of rows in it.
    n_dimensions : int
        Length of each vector.
    match : Match
        For all samples of the table, whichever of them are in the file.
    left_out : dict of str to str
        Samples without a vector, and why.
    options : dict
        How it was matched and embedded.
    warnings : list of str
        Sentences for the user.
    resumed_at : int
        Number of rows that an earlier, interrupted run had written.
    """

    path: str
    n_samples: int
    n_dimensions: int
    match: Match
    left_out: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    resumed_at: int = 0

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Every decision, version, hash and count: enough to repeat the run. Made on first use."""
        return self._summary()

    @property
    def carried_summary(self) -> dict[str, Any]:
        """The summary as the file carries it: of more than ``CARRIED_SAMPLES`` without the counts of each."""
        return self._summary(per_sample=self.match.profile.n_samples <= CARRIED_SAMPLES)

    def _summary(self, *, per_sample: bool = True) -> dict[str, Any]:
        output = {"samples": self.n_samples, "dimensions": self.n_dimensions, "left_out": self.left_out}
        return run_summary(self.match, self.options, output, self.warnings, per_sample=per_sample)


def writes_blocks(out: str | os.PathLike[str]) -> bool:
    """Tell whether the format that a path names can be written in blocks.

    Examples
    --------
    >>> writes_blocks("embeddings.parquet"), writes_blocks("embeddings.h5ad")
    (True, False)
    """
    return os.fspath(out) == STDOUT or suffix_of(out) in ROW_FORMATS


def embed_file(
    table: object,
    out: str | os.PathLike[str],
    model: Model | str | os.PathLike[str] | None = None,
    *,
    resume: bool = False,
    shard: str | tuple[int, int] | None = None,
    threads: int | None = None,
    block_rows: int = BLOCK_ROWS,
    progress: Callable[[str, int, int], None] | None = None,
    closure: str | None = None,
    names: str = "resolve",
    min_coverage: float = 0.0,
    on_empty: str = "drop",
    device: str = "cpu",
    **reading: Any,
) -> EmbeddedFile:
    """Embed a table of any size into a file, in constant memory.

    The vectors, errors and warnings are those of `mbembed.embed`, bit for bit. BIOM 2.1, Parquet
    with samples in rows and AnnData are read in blocks of samples; every other format is read whole
    (its vectors still are not in memory at once).

    Parameters
    ----------
    table : path-like, Profile, DataFrame or biom.Table
        Anything that :func:`mbembed.read_table` takes.
    out : path-like
        ``.tsv``, ``.csv`` (also with ``.gz``), ``.parquet`` or ``.npy``; ``-`` writes TSV to standard output.
    model : Model, str or path-like, optional
        As in `mbembed.embed`.
    resume : bool
        Keep what was written when the run is interrupted, in ``OUT.partial`` and ``OUT.progress.json``,
        and go on from there if they exist.
    shard : str or tuple of (int, int), optional
        ``"2/10"`` or ``(2, 10)``: write only the second of ten parts of the samples. All that is decided
        about the table is decided on the whole of it: the parts, one after the other, are the same rows
        as those of the whole (of TSV, CSV and the ids of NPY: the same bytes; only the first has a header).
    threads : int, optional
        How many threads encode; default: as many as the environment allows. No number depends on it.
    block_rows : int
        Samples that are read and encoded at once; memory depends on it, no number does.
    progress : callable, optional
        Called with what is done ("Reading", "Embedding"), the number of samples done, and of all.
    closure, names, min_coverage, on_empty, device
        As in `mbembed.embed`.
    **reading
        Options of :func:`mbembed.read_table`.

    Returns
    -------
    EmbeddedFile

    Raises
    ------
    UsageError
        If an option has no such choice, the format cannot be written in blocks, or what an interrupted
        run left is of another table, model or options.
    TableError, NoMatchError, ModelError
        As `mbembed.embed`.
    OutputError
        If the file cannot be written. Nothing is left under its name that was not there before.

    Examples
    --------
    >>> import tempfile, pandas as pd, mbembed
    >>> species = mbembed.load_model().species
    >>> table = pd.DataFrame([[0.7, 0.3], [0.2, 0.8]], index=["a", "b"], columns=species[:2])
    >>> done = mbembed.embed_file(table, tempfile.mkdtemp() + "/embeddings.npy")
    >>> done.n_samples, done.match.verdict
    (2, 'ok')
    """
    part = Shard.of(shard)
    _check(out, reading, resume=resume)
    tell = progress or (lambda *_: None)
    prepared = prepare(
        table,
        model,
        reading=reading,
        closure=closure,
        names=names,
        min_coverage=min_coverage,
        on_empty=on_empty,
        device=device,
        threads=threads,
        keep_bytes=KEEP_BYTES,
        block_rows=block_rows,
        watch=lambda n_samples: [_Watch(tell, n_samples)],
    )
    run = _Run(prepared, os.fspath(out), part, tell)
    run.write(resume=resume)
    return run.result()


class _Watch:
    """Counts the samples that are read."""

    def __init__(self, tell: Callable[[str, int, int], None], n_samples: int) -> None:
        self._tell = tell
        self._n_samples = n_samples
        self._done = 0

    def add(self, table: csr_array, classified: NDArray[np.float64]) -> None:  # noqa: ARG002 - a Fold
        self._done += table.shape[0]
        self._tell("Reading", self._done, self._n_samples)


class _Run:
    """A table that was read and matched, on its way into a file."""

    def __init__(self, prepared: Prepared, out: str, shard: Shard, tell: Callable[[str, int, int], None]) -> None:
        self.prepared = prepared
        self.out = out
        self.tell = tell
        self.shard = shard
        self.start, self.stop = shard.rows(prepared.selection.rows, prepared.match.profile.n_samples)
        self.resumed_at = 0

    def result(self) -> EmbeddedFile:
        """Return the account of what was done."""
        prepared = self.prepared
        return EmbeddedFile(
            self.out,
            self.stop - self.start,
            prepared.match.model.n_dimensions,
            prepared.match,
            prepared.selection.left_out,
            prepared.options | self.shard.options,
            prepared.warnings,
            self.resumed_at,
        )

    def write(self, *, resume: bool) -> None:
        """Encode and write all rows."""
        if self.out == STDOUT:
            self._write_stdout()
            return
        path = Path(self.out)
        if path.suffix.lower() == ".npy":
            check_ids(path, self.prepared.sample_ids(self.start, self.stop))
        with self._target(path, resume=resume) as (handle, ongoing):
            self._rows(handle, suffix_of(path), ongoing)
            if path.suffix.lower() == ".npy":
                handle.flush()
                write_ids(path, self.prepared.sample_ids(self.start, self.stop))

    @contextmanager
    def _target(self, path: Path, *, resume: bool) -> Iterator[tuple[Any, Unfinished | None]]:
        if resume:
            with unfinished(path, self._made_of()) as ongoing:
                yield ongoing.handle, ongoing
        else:
            with atomic_path(path) as temporary, temporary.open("wb") as handle:
                yield handle, None

    def _write_stdout(self) -> None:
        try:
            self._rows(sys.stdout.buffer, ".tsv", None)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise output_error(Path("standard output"), error) from error

    def _rows(self, handle: Any, suffix: str, ongoing: Unfinished | None) -> None:
        state = ongoing.state if ongoing else None
        writer = row_writer(
            suffix,
            handle,
            [f"embedding_{i}" for i in range(self.prepared.match.model.n_dimensions)],
            self.stop - self.start,
            summary=lambda: self.result().carried_summary,
            header=self.shard.is_first,
            state=state,
            threads=self.prepared.threads,
        )
        self.resumed_at = int(state["rows"]) if state else 0
        done = self.resumed_at
        n_rows = self.stop - self.start

        def put(block: tuple[NDArray[np.float32], Sequence[str]]) -> None:
            nonlocal done
            writer.write(*block)
            done += len(block[1])
            if ongoing and ongoing.is_due:
                _note(ongoing, writer)
            self.tell("Embedding", done, n_rows)

        behind = Behind(put)
        try:
            for block in self.prepared.vectors(self.start + done, self.stop, ahead=ahead):
                behind.put(block)
            behind.close()
        except BaseException:
            behind.stop()
            if ongoing and not behind.failed:
                _note(ongoing, writer)  # what is there is kept
            raise
        writer.close()

    def _made_of(self) -> dict[str, object]:
        """Return everything that the bytes of the output depend on."""
        from mbembed import __version__

        prepared, profile = self.prepared, self.prepared.match.profile
        if not profile.sha256:
            raise UsageError(
                f"{profile.path or 'a table in memory'} is not one file, and --resume knows a table again by its file",
                expected="the path of one table",
                hint="leave out --resume",
            )
        content = hashlib.sha256()
        content.update(
            json.dumps([profile.unit, [taxon.source for taxon in profile.taxa], profile.sample_ids]).encode()
        )
        content.update(prepared.match.input_sum.tobytes())
        content.update(repr(prepared.match.placements).encode())
        content.update(prepared.selection.rows.tobytes())
        content.update(prepared.selection.encoded.tobytes())
        return {
            "table": profile.sha256,
            "model": prepared.match.model.weights_sha256,
            "options": prepared.options,
            "shard": self.shard.words,
            "content": content.hexdigest(),
            "version": __version__,
        }


def _note(ongoing: Unfinished, writer: RowWriter) -> None:
    state = writer.state()
    if state["rows"]:
        ongoing.note(state)


def _check(out: str | os.PathLike[str], reading: dict[str, Any], *, resume: bool) -> None:
    unknown = [name for name in reading if name not in READING]
    if unknown:
        raise TypeError(f"embed_file() got an unexpected keyword argument {unknown[0]!r}")
    check_output(out)
    if not writes_blocks(out):
        raise UsageError(
            f"{Path(out).name} is of a format that cannot be written block by block",
            expected=f"one of {' '.join(ROW_FORMATS)}",
            hint=f"-o {Path(out).with_suffix('.parquet')}; without --resume and --shard, mbembed embed writes it at once",
            path=str(out),
        )
    if resume and os.fspath(out) == STDOUT:
        raise UsageError(
            "--resume was given, and the vectors go to standard output",
            expected="a file that can be continued",
            hint="-o embeddings.tsv",
        )
