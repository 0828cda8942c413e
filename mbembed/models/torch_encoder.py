"""The same encoder on a GPU, through torch (extra ``torch``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import UsageError
from mbembed.extras import require_extra
from mbembed.models.encoder import EMBEDDING_DECIMALS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.models.folder import Model

__all__ = ["encode_on_device"]

#: Rows per transfer: 8,192 × 1,024 float32 are 32 MiB, small for any GPU and large enough
#: to hide the cost of a launch.
DEVICE_ROWS = 8192


def encode_on_device(model: Model, fractions: csr_array, device: str) -> NDArray[np.float32]:
    """Preprocess on the CPU, encode on a torch device.

    Parameters
    ----------
    model : Model
    fractions : csr_array of shape (n_samples, n_inputs)
        Relative abundances in the model's columns.
    device : str
        A torch device such as ``cuda``.

    Returns
    -------
    ndarray of shape (n_samples, n_dimensions)
        float32, rounded like NumPy's; not equal to them bit for bit, since torch sums in
        another order.

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    UsageError
        If torch sees no such device.
    """
    require_extra("torch", f"--device {device}")
    import torch

    if device.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError(
            f"torch {torch.__version__} sees no CUDA device",
            expected="an NVIDIA GPU with its driver",
            hint="--device cpu",
        )
    # Full float32 products: TF32 would cost three decimal digits.
    torch.backends.cuda.matmul.allow_tf32 = False
    stages = [
        (torch.from_numpy(stage.weight).to(device), torch.from_numpy(stage.bias).to(device), stage.gelu)
        for stage in model.encoder_above_absent.stages
    ]
    out = np.empty((fractions.shape[0], model.n_dimensions), dtype=np.float32)
    with torch.inference_mode():
        for start in range(0, len(out), DEVICE_ROWS):
            rows = slice(start, start + DEVICE_ROWS)
            block = torch.from_numpy(model.preprocessing.above_absent(fractions[rows]).toarray()).to(device)
            for weight, bias, gelu in stages:
                block = torch.addmm(bias, block, weight)
                if gelu:
                    block = torch.nn.functional.gelu(block)
            out[rows] = torch.round(block.double(), decimals=EMBEDDING_DECIMALS).float().cpu().numpy()
    return out
