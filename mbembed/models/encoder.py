"""The encoder in NumPy: a chain of affine maps and GELU, BatchNorm folded in.

torch is not needed to *use* a model: in evaluation mode BatchNorm is an affine map and
dropout is the identity, so that any chain of Linear, BatchNorm1d, GELU and Dropout
becomes matrix products with an exact GELU between them.

Samples are encoded in blocks, one thread to a block. The products are exact
(:mod:`mbembed.models.exact`), so that no number depends on the blocks, the threads, the BLAS
or the processor.
"""

from __future__ import annotations

from copy import copy
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import ModelError
from mbembed.models.exact import columns_on_grid, rows_on_grid
from mbembed.models.gelu import apply_gelu
from mbembed.models.preprocess import INSTALL_AGAIN
from mbembed.threads import limit_blas_here, one_blas_thread, thread_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["BLOCK_ROWS", "EMBEDDING_DECIMALS", "Encoder", "Stage", "fold"]

#: Rows that a thread encodes at a time: enough for a BLAS to reach its full rate (98 % of that of
#: 512 rows), few enough that intermediate results (4 MiB for a layer of 1,920) take little memory.
BLOCK_ROWS = 256

#: Numbers per step of the work between two products: 64 KiB of float32 for each of the three
#: arrays that GELU needs, which stay in the cache of a core.
_PIECE = 16 * 1024

#: Where a table has values in at most this share of the input columns (tables of a profiler whose names
#: reach few of them), the others are left out of the first product. Copying the weights takes a tenth
#: of the time of the product of a block.
_FEW_COLUMNS = 0.8

#: Embeddings are rounded to this many decimals (absolute, no unit). 1e-8 is below the rounding
#: error of float32 arithmetic for every value above 0.1, and lets text files with eight
#: decimals hold exactly the same numbers as binary files.
EMBEDDING_DECIMALS = 8

#: In an expected shape: any length.
ANY = -1


class Stage(NamedTuple):
    """``activation(x @ weight + bias)``.

    Attributes
    ----------
    weight : ndarray of shape (n_in, n_out)
    bias : ndarray of shape (n_out,)
    gelu : bool
        Whether the exact GELU follows.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    gelu: bool


def fold(layers: Sequence[Mapping[str, object]], tensors: Mapping[str, NDArray[np.float32]]) -> list[Stage]:
    """Fold a chain of layers into affine stages.

    Parameters
    ----------
    layers : sequence of mappings
        As in ``config.json``: ``type`` is ``linear``, ``batch_norm``, ``gelu`` or ``dropout``;
        the other entries name tensors (``weight``, ``bias``, ``running_mean``, ``running_var``)
        or hold numbers (``eps``, ``p``).
    tensors : mapping of str to ndarray
        The weights. A linear weight has torch's shape (n_out, n_in).

    Returns
    -------
    list of Stage
        The products are folded in float64 and stored as float32.

    Raises
    ------
    ModelError
        If a layer is of an unknown type, a tensor is missing, or shapes do not chain.
    """
    chain = _Chain(tensors)
    steps = {"linear": chain.linear, "batch_norm": chain.batch_norm, "gelu": chain.gelu}
    for layer in layers:
        kind = layer.get("type")
        if kind == "dropout":  # the identity outside training
            continue
        if kind not in steps:
            raise ModelError(
                f"the model has a layer of type {kind!r}",
                expected="linear, batch_norm, gelu or dropout",
                hint="pip install --upgrade mbembed (the model may need a newer version)",
            )
        steps[str(kind)](layer)
    chain.close()
    if not chain.stages:
        raise _unusable("the model has no layers", "at least one linear layer")
    return chain.stages


class _Chain:
    """The stages so far, and the affine map that is being folded."""

    def __init__(self, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        self.tensors = tensors
        self.stages: list[Stage] = []
        self.width = ANY
        self.weight: NDArray[np.float64] | None = None
        self.bias: NDArray[np.float64] | None = None

    def linear(self, layer: Mapping[str, object]) -> None:
        self.close()
        matrix = self._tensor(layer, "weight", (ANY, self.width))
        self.weight, self.width = matrix.T, matrix.shape[0]
        self.bias = self._tensor(layer, "bias", (self.width,))

    def batch_norm(self, layer: Mapping[str, object]) -> None:
        if self.weight is None or self.bias is None:
            raise _unusable("a batch_norm layer does not follow a linear layer", "linear, batch_norm, gelu, dropout")
        shape = (self.width,)
        eps = layer.get("eps", 0.0)
        if isinstance(eps, bool) or not isinstance(eps, int | float):
            raise _unusable(f"a batch_norm layer has an eps of {eps!r}", "a number")
        variance = self._tensor(layer, "running_var", shape) + eps
        if not (variance > 0).all():
            raise _unusable("a batch_norm layer has a variance that is not positive", "variance + eps above 0")
        scale = self._tensor(layer, "weight", shape) / np.sqrt(variance)
        self.weight = self.weight * scale
        self.bias = (self.bias - self._tensor(layer, "running_mean", shape)) * scale + self._tensor(
            layer, "bias", shape
        )

    def gelu(self, layer: Mapping[str, object]) -> None:  # noqa: ARG002 - it has no parameters
        if self.weight is None:
            raise _unusable("a gelu layer has no linear layer before it", "linear first")
        self.close(gelu=True)

    def close(self, *, gelu: bool = False) -> None:
        """End the affine map as a stage."""
        if self.weight is None or self.bias is None:
            return
        with np.errstate(over="ignore"):  # checked below
            stage = Stage(np.ascontiguousarray(self.weight, np.float32), self.bias.astype(np.float32), gelu)
        if not (np.isfinite(stage.weight).all() and np.isfinite(stage.bias).all()):
            raise _unusable("the folded weights of a layer are too large for float32", "weights of a trained model")
        self.stages.append(stage)
        self.weight = self.bias = None

    def _tensor(self, layer: Mapping[str, object], role: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        name = layer.get(role)
        if not isinstance(name, str) or name not in self.tensors:
            raise _unusable(
                f"layer {layer.get('type')!r} has no tensor for {role!r}",
                "every tensor in weights.safetensors",
            )
        array = np.asarray(self.tensors[name], dtype=np.float64)
        fits = array.ndim == len(shape) and all(w in (ANY, h) for w, h in zip(shape, array.shape, strict=True))
        if not fits:
            raise _unusable(f"tensor {name!r} has shape {array.shape}", f"{shape} ({ANY}: any)")
        if not np.isfinite(array).all():
            raise _unusable(f"tensor {name!r} holds values that are not finite", "numbers only")
        return array


def _unusable(found: str, expected: str) -> ModelError:
    return ModelError(found, expected=expected, hint=INSTALL_AGAIN)


class Encoder:
    """Maps preprocessed abundances to embeddings.

    Parameters
    ----------
    stages : sequence of Stage

    Examples
    --------
    >>> import numpy as np
    >>> stage = Stage(np.eye(2, dtype=np.float32), np.zeros(2, np.float32), gelu=True)
    >>> Encoder([stage]).encode(np.array([[0.0, 1.0]], np.float32)).round(4)
    array([[0.    , 0.8413]], dtype=float32)
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        for before, after in pairwise(stages):
            if before.weight.shape[1] != after.weight.shape[0]:
                raise _unusable(
                    f"a layer gives {before.weight.shape[1]} values, the next takes {after.weight.shape[0]}",
                    "layers that chain",
                )
        self.stages = list(stages)

    @property
    def n_inputs(self) -> int:
        """Number of input columns."""
        return int(self.stages[0].weight.shape[0])

    @property
    def n_dimensions(self) -> int:
        """Length of an embedding."""
        return int(self.stages[-1].weight.shape[1])

    def encode(self, inputs: csr_array | NDArray[np.float32], *, threads: int | None = None) -> NDArray[np.float32]:
        """Encode samples.

        Parameters
        ----------
        inputs : csr_array or ndarray of shape (n_samples, n_inputs)
            float32, preprocessed. Columns in which a csr_array holds nothing cost nothing.
        threads : int, optional
            How many blocks are encoded at once; default: :func:`mbembed.threads.thread_count`.

        Returns
        -------
        ndarray of shape (n_samples, n_dimensions)
            float32, rounded to ``EMBEDDING_DECIMALS``. A sample's vector is the same bit for bit
            alone and among any others, and with any number of threads or kernel of the BLAS.
        """
        out = np.empty((inputs.shape[0], self.n_dimensions), dtype=np.float32)
        starts = range(0, len(out), BLOCK_ROWS)
        first, *others = self._layers  # made here once, not by several threads at a time
        used = None if isinstance(inputs, np.ndarray) else _used_columns(inputs)
        if used is not None:
            first = first.narrowed(used)

        def fill(start: int) -> None:
            rows = inputs[start : start + BLOCK_ROWS]
            block = np.asarray(rows if isinstance(rows, np.ndarray) else rows.toarray(), dtype=np.float32)
            if used is not None:
                block = block.take(used, axis=1)
            for layer in (first, *others):
                block = layer.apply(block)
            _round(block, out[start : start + BLOCK_ROWS])

        workers = min(thread_count(threads), len(starts))
        with one_blas_thread():
            if workers <= 1:
                for start in starts:
                    fill(start)
            else:
                from concurrent.futures import ThreadPoolExecutor

                with ThreadPoolExecutor(workers, initializer=limit_blas_here) as pool:
                    for _ in pool.map(fill, starts):
                        pass
        return out

    def relative_to(self, value: float) -> Encoder:
        """Return the same encoder for inputs from which a constant was taken off.

        Most species are absent from most samples. With the absent value taken off, they are
        exact zeros and drop out of the sums, which so lose far fewer digits than sums of
        hundreds of equal terms that cancel.

        Parameters
        ----------
        value : float
            The constant, in the units of the inputs.
        """
        first, *others = self.stages
        bias = first.bias.astype(np.float64) + value * first.weight.sum(axis=0, dtype=np.float64)
        return Encoder([first._replace(bias=bias.astype(np.float32)), *others])

    @cached_property
    def _layers(self) -> list[_Layer]:
        """The stages, ready for exact products."""
        layers: list[_Layer] = []
        for stage in self.stages:
            order = layers[-1].order if layers else np.arange(self.n_inputs)
            layers.append(_Layer(stage, order, last=stage is self.stages[-1]))
        return layers


class _Layer:
    """A stage whose weights lie on their grid.

    Units that read one input only (switches that tell whether a species is there) take no part
    in the matrix product: a multiplication for each is enough. They come after the others.

    Parameters
    ----------
    stage : Stage
    inputs : ndarray of shape (n_in,)
        In which order the inputs come.
    last : bool
        Whether the units have to come in the stage's order.
    """

    def __init__(self, stage: Stage, inputs: NDArray[np.intp], *, last: bool) -> None:
        weight = stage.weight[inputs]
        single = np.count_nonzero(weight, axis=0) <= 1
        if last:
            single[:] = False
        #: Where the units of the output stood in the stage.
        self.order = np.concatenate([np.flatnonzero(~single), np.flatnonzero(single)])
        self.n_full = int((~single).sum())
        self.bias, self.gelu = stage.bias[self.order], stage.gelu
        self.weight = columns_on_grid(weight[:, self.order[: self.n_full]])
        alone = weight[:, self.order[self.n_full :]]
        self.source = np.abs(alone).argmax(axis=0)
        self.factor = np.take_along_axis(alone, self.source[np.newaxis], axis=0)[0]

    def narrowed(self, used: NDArray[np.intp]) -> _Layer:
        """Return the layer for inputs of which only some are given; all others are zero."""
        layer = copy(self)
        layer.weight = self.weight[used]
        place = np.searchsorted(used, self.source).clip(max=max(len(used) - 1, 0))
        there = np.isin(self.source, used)
        layer.source, layer.factor = np.where(there, place, 0), np.where(there, self.factor, np.float32(0))
        return layer

    def apply(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``activation(rows @ weight + bias)``, float32, the units in ``order``."""
        n_rows, n_units, full = len(rows), len(self.order), self.n_full
        on_grid = np.empty(rows.shape)
        for piece in _pieces(*rows.shape):
            rows_on_grid(rows[piece], on_grid[piece])
        sums = on_grid @ self.weight
        out = np.empty((n_rows, n_units), np.float32)
        pieces = _pieces(n_rows, n_units)
        scratch = np.empty((2, pieces[0].stop, n_units), np.float32) if self.gelu else None
        for piece in pieces:
            values = out[piece]
            np.add(sums[piece], self.bias[:full], out=values[:, :full], casting="same_kind")
            if full < n_units:
                alone = values[:, full:]
                np.multiply(rows[piece].take(self.source, axis=1), self.factor, out=alone)
                alone += self.bias[full:]
            if scratch is not None:
                t, p = scratch[:, : len(values)]
                apply_gelu(values, t, p)
        return out


def _used_columns(inputs: csr_array) -> NDArray[np.intp] | None:
    """Return the columns that hold anything, in order; ``None`` if they are most of all columns."""
    used = np.flatnonzero(np.bincount(inputs.indices, minlength=inputs.shape[1]))
    return used if 0 < len(used) <= _FEW_COLUMNS * inputs.shape[1] else None


def _pieces(n_rows: int, width: int) -> list[slice]:
    """Cut rows into pieces that fit the cache."""
    step = max(1, _PIECE // width)
    return [slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]


def _round(values: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Round to ``EMBEDDING_DECIMALS``, in float64: float32 cannot hold the scaled number."""
    scale = 10.0**EMBEDDING_DECIMALS
    for piece in _pieces(*values.shape):
        rounded = values[piece].astype(np.float64)
        rounded *= scale
        np.rint(rounded, out=rounded)
        rounded /= scale
        np.add(rounded, 0.0, out=out[piece], casting="same_kind")  # -0 becomes 0, so that text and binary files agree
