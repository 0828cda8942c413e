"""Make tests/data/golden: a small random encoder, an input, and what torch makes of it.

Run ``python tests/data/make_golden.py`` (needs torch) to make the files anew; the seed is
fixed, so they should not change. The arithmetic is done by torch in evaluation mode and the
published preprocessing is written out with pandas' operations, independently of mbembed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from mbembed.models.writing import write_folder

SEED = 20251122
FOLDER = Path(__file__).parent / "golden"
#: Species names of our own; one stands three times and one cannot be named, as in the published reference.
SPECIES = [
    "Examplea prima", "Examplea secunda", "unknown", "Repetita tripla", "Repetita tripla", "Repetita tripla",
    "Genus-7 sp900000001", "Placeholder_A species_B", "Rara infima", "Unica sola", "Altera sp", "Ultima finis",
]  # fmt: skip


def main() -> None:
    torch.manual_seed(SEED)
    network = nn.Sequential(
        nn.Linear(12, 16), nn.BatchNorm1d(16), nn.GELU(), nn.Dropout(0.25),
        nn.Linear(16, 6), nn.BatchNorm1d(6), nn.GELU(),
    )  # fmt: skip
    network.train()
    with torch.no_grad():
        for _ in range(20):  # give the running statistics values that are not the initial ones
            network(torch.randn(64, 12) * 1.5 - 1)
        for layer in network:
            if isinstance(layer, nn.BatchNorm1d):
                layer.weight.uniform_(0.5, 1.5)
                layer.bias.uniform_(-0.5, 0.5)
    network.eval()

    rng = np.random.default_rng(SEED)
    names = list(dict.fromkeys(name for name in SPECIES if name != "unknown"))
    x = rng.lognormal(-3, 2, size=(9, len(names))) * (rng.random((9, len(names))) < 0.6)
    x[1] = 0
    x[1, 0] = 1.0  # one species only
    x[2] = np.where(x[2] > 0, 1e-6, 0)  # below the floor
    x[2, 3] = 0.5
    x[3:] /= x[3:].sum(axis=1, keepdims=True)
    x[0] = 0  # nothing at all
    table = pd.DataFrame(x, index=[f"golden{i}" for i in range(len(x))], columns=names)

    aligned = pd.DataFrame(
        {i: table[name] / SPECIES.count(name) if name in table else 0.0 for i, name in enumerate(SPECIES)},
        index=table.index,
    )
    preprocessed = (np.log10(aligned.replace(0.0, 1e-4)) + 2).to_numpy(np.float32)
    with torch.no_grad():
        embedding = network(torch.from_numpy(preprocessed)).numpy()

    kinds = {nn.Linear: "linear", nn.BatchNorm1d: "batch_norm", nn.GELU: "gelu", nn.Dropout: "dropout"}
    layers: list[dict[str, object]] = []
    for i, layer in enumerate(network):
        entry: dict[str, object] = {"type": kinds[type(layer)]}
        entry |= {name: f"{i}.{name}" for name in dict(layer.state_dict()) if name != "num_batches_tracked"}
        if isinstance(layer, nn.BatchNorm1d):
            entry["eps"] = layer.eps
        layers.append(entry)
    write_folder(
        FOLDER / "model",
        config={
            "name": "golden",
            "layers": layers,
            "preprocessing": {"kind": "log10-floor", "floor": 1e-4, "shift": 2.0, "clip_below_floor": False},
            "species": {"nomenclature": "invented", "unnamed": "unknown"},
        },
        tensors={
            name: tensor.numpy()
            for name, tensor in network.state_dict().items()
            if not name.endswith("num_batches_tracked")
        },
        species=[{"name": name} for name in SPECIES],
        card="# golden\n\nA random encoder for tests; it means nothing.\n",
        overwrite=True,
    )
    table.to_csv(FOLDER / "input.tsv", sep="\t")
    np.save(FOLDER / "preprocessed.npy", preprocessed)
    np.save(FOLDER / "embedding.npy", embedding)


if __name__ == "__main__":
    main()
