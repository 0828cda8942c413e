"""The checkpoint: finished fits of a run, so that an interrupted one goes on where it stopped."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from mbembed.errors import EvaluationError, OutputError
from mbembed.evaluation.fits import Fit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import TextIO

__all__ = ["CHECKPOINT", "Checkpoint", "digest"]

#: Name of the file in the output folder; it is removed once the results are written.
CHECKPOINT = "fits.jsonl"


def digest(*parts: object) -> str:
    """Return a hash of arrays (their bytes and shape) and of anything that JSON can hold."""
    hashed = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray) and part.dtype != object:
            hashed.update(f"{part.dtype.str}{part.shape}".encode())
            hashed.update(np.ascontiguousarray(part).tobytes())
        else:
            hashed.update(json.dumps(part, sort_keys=True, default=str).encode())
    return hashed.hexdigest()


class Checkpoint:
    """One line of JSON per finished split, after a line that says what of.

    Parameters
    ----------
    folder : Path
    inputs : mapping of str to str
        What the fits depend on: words → hash.
    restart : bool
        Begin anew, whatever is there.

    Attributes
    ----------
    done : dict of int to list of Fit
        Splits that were finished by an earlier run, by their position.

    Raises
    ------
    EvaluationError
        If the folder holds fits of other inputs.
    OutputError
        If the file cannot be written.
    """

    def __init__(self, folder: Path, inputs: Mapping[str, str], *, restart: bool = False) -> None:
        self.path = folder / CHECKPOINT
        self.inputs = dict(inputs)
        self.done: dict[int, list[Fit]] = {}
        self._handle: TextIO | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            whole = 0
            if self.path.exists() and not restart:
                whole = self._read()
            # A line that was cut off by the interruption is written over.
            self._handle = self.path.open("r+" if whole else "w", encoding="utf-8", newline="\n")
            self._handle.seek(whole)
            self._handle.truncate()
            if not whole:
                self._write({"inputs": self.inputs})
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be written ({error.strerror or error})",
                expected="a folder that you may write to",
                hint="choose another folder",
                path=str(self.path),
            ) from error

    def _read(self) -> int:
        """Read the finished splits; return the length of the whole lines (bytes)."""
        whole = 0
        for number, line in enumerate(self.path.read_bytes().splitlines(keepends=True)):
            if not line.endswith(b"\n"):
                break
            try:
                record = json.loads(line)
                if number == 0:
                    self._require_same(record["inputs"])
                else:
                    self.done[int(record["split"])] = [_fit(one) for one in record["fits"]]
            except (ValueError, KeyError, TypeError) as error:
                raise EvaluationError(
                    f"{self.path} is damaged in line {number + 1}",
                    expected="the fits of an interrupted run",
                    hint="--restart begins anew",
                    path=str(self.path),
                ) from error
            whole += len(line)
        return whole

    def _require_same(self, before: Mapping[str, str]) -> None:
        changed = [words for words, value in self.inputs.items() if before.get(words) != value]
        if changed:
            raise EvaluationError(
                f"{self.path.parent} holds the fits of an interrupted run with other inputs: {', '.join(changed)} changed",
                expected="the same inputs and options, to go on with it",
                hint="--restart begins anew, or name another folder with -o",
                path=str(self.path),
                changed=changed,
            )

    def add(self, split: int, fits: Sequence[Fit]) -> None:
        """Add a finished split."""
        self._write({"split": split, "fits": [_record(fit) for fit in fits]})

    def _write(self, record: object) -> None:
        assert self._handle is not None
        self._handle.write(json.dumps(record) + "\n")
        self._handle.flush()

    def close(self) -> None:
        """Close the file; it stays, for the next run."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _record(fit: Fit) -> dict[str, Any]:
    influence = {
        metric: base64.b64encode(values.astype("<f4").tobytes()).decode() for metric, values in fit.influence.items()
    }
    strength = None if math.isnan(fit.strength) else fit.strength
    return {**fit._asdict(), "strength": strength, "influence": influence}


def _fit(record: Mapping[str, Any]) -> Fit:
    influence = {
        metric: np.frombuffer(base64.b64decode(text), dtype="<f4") for metric, text in record["influence"].items()
    }
    strength = math.nan if record["strength"] is None else record["strength"]
    return Fit(record["representation"], record["head"], strength, record["values"], influence)
