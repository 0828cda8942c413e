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

PRIVATE_MODULE = "LabData.DataAnalyses.MicrobiomeModelling.RepresentationAndPrediction.CreateRepresentation.autoencoder"


def admit_checkpoint() -> None:
    """Supply the class that the checkpoint names."""
    import torch

    class FlexibleEncoder(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.model(x)

    names = PRIVATE_MODULE.split(".")
    for depth in range(1, len(names) + 1):
        module = types.ModuleType(".".join(names[:depth]))
        module.__path__ = []
        sys.modules[module.__name__] = module
    module.FlexibleEncoder = FlexibleEncoder


def main(script: str, checkpoint: str, species: str, table: str, out: str) -> None:
    """Embed a table with the published script; a BIOM file is read by biom-format, which it would need."""
    import pandas as pd
    import torch

    admit_checkpoint()
    load = torch.load
    torch.load = lambda *args, **kwargs: load(*args, **kwargs, weights_only=False)

    spec = importlib.util.spec_from_file_location("embed_new_samples", script)
    published = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(published)
    if table.endswith(".biom"):
        import biom

        data = biom.load_table(table).to_dataframe(dense=True).T
    else:
        data = pd.read_csv(table, sep="\t", index_col=0)
    published.get_sample_representations(
        input_samples_df=data, output_path=out, model_path=checkpoint, species_reference_path=species
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
