"""The published path as a process of its own: what a user of the published script has to run.

Called as ``python -m benchmarks.published SCRIPT CHECKPOINT SPECIES_CSV TABLE OUT``. The
published quick start cannot load its checkpoint, because it names a class of a private
package; so the class is supplied here, with the forward pass that the checkpoint implies.
Everything else is the script as published.
"""

from __future__ import annotations

import importlib.util
import sys
import types


def main(script: str, checkpoint: str, species: str, table: str, out: str) -> None:
    """Embed a table with the published script."""
    import pandas as pd
    import torch

    class FlexibleEncoder(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.model(x)

    private = [
        "LabData",
        "DataAnalyses",
        "MicrobiomeModelling",
        "RepresentationAndPrediction",
        "CreateRepresentation",
        "autoencoder",
    ]
    for depth in range(1, len(private) + 1):
        module = types.ModuleType(".".join(private[:depth]))
        module.__path__ = []
        sys.modules[module.__name__] = module
    module.FlexibleEncoder = FlexibleEncoder
    load = torch.load
    torch.load = lambda *args, **kwargs: load(*args, **kwargs, weights_only=False)

    spec = importlib.util.spec_from_file_location("embed_new_samples", script)
    published = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(published)
    data = pd.read_csv(table, sep="\t", index_col=0)
    published.get_sample_representations(
        input_samples_df=data, output_path=out, model_path=checkpoint, species_reference_path=species
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
