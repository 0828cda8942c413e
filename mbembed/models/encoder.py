"""The encoder in NumPy: a chain of affine maps and GELU, BatchNorm folded in.

torch is not needed to *use* a model: in evaluation mode BatchNorm is an affine map and
dropout is the identity, so that any chain of Linear, BatchNorm1d, GELU and Dropout
becomes matrix products with an exact GELU between them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import ModelError
from mbembed.models.preprocess import INSTALL_AGAIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["BLOCK_ROWS", "EMBEDDING_DECIMALS", "Encoder", "Stage", "fold"]

#: Rows per matrix product: a block of a 1,024-wide layer is 2 MiB of float32, which stays in
#: the cache while bias and GELU pass over it.
BLOCK_ROWS = 512

#: Blocks that are encoded at once. The sparse product holds the interpreter's lock, the rest does
#: not: a second thread hides the rest, a third would find nothing to do.
THREADS = 2

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

    def encode(self, inputs: csr_array | NDArray[np.float32]) -> NDArray[np.float32]:
        """Encode samples.

        Parameters
        ----------
        inputs : csr_array or ndarray of shape (n_samples, n_inputs)
            float32, preprocessed. Zeros cost nothing.

        Returns
        -------
        ndarray of shape (n_samples, n_dimensions)
            float32, rounded to ``EMBEDDING_DECIMALS``. A sample's vector does not depend on
            the other rows: the first product adds up each row by itself, species by species
            in the model's order, so that it is the same bit for bit. The products of further
            layers are done in float64 and rounded to float32, which hides that a BLAS may add
            up a row in another order when it stands at another place.
        """
        from scipy.sparse import csr_array
        from scipy.special import ndtr  # noqa: F401 - imported here once, not by two threads at a time

        rows = csr_array(inputs, dtype=np.float32)
        if not rows.has_sorted_indices:
            rows = rows.sorted_indices()  # a copy: the caller's stays as it is
        out = np.empty((rows.shape[0], self.n_dimensions), dtype=np.float32)
        exact = [stage.weight.astype(np.float64) for stage in self.stages[1:]]

        def fill(start: int) -> None:
            block = slice(start, start + BLOCK_ROWS)
            out[block] = _round(self._encode_block(rows[block], exact))

        # GELU and rounding of one block run beside the product of the next.
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            for done in [pool.submit(fill, start) for start in range(0, len(out), BLOCK_ROWS)]:
                done.result()
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

    def _encode_block(self, rows: csr_array, exact: Sequence[NDArray[np.float64]]) -> NDArray[np.float32]:
        first, *others = self.stages
        block = _activate(rows @ first.weight, first)
        for stage, weight in zip(others, exact, strict=True):
            block = _activate((block.astype(np.float64) @ weight).astype(np.float32), stage)
        return block


def _activate(product: NDArray[np.float32], stage: Stage) -> NDArray[np.float32]:
    from scipy.special import ndtr

    product += stage.bias
    if stage.gelu:
        product *= ndtr(product)  # exact GELU: x · Φ(x) (Hendrycks & Gimpel 2016)
    return product


def _round(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to ``EMBEDDING_DECIMALS``, in float64: float32 cannot hold the scaled number."""
    rounded = np.round(values.astype(np.float64), EMBEDDING_DECIMALS).astype(np.float32)
    return rounded + np.float32(0)  # -0 becomes 0, so that text and binary files agree
