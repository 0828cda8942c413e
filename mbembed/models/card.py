"""The model card of an imported checkpoint, written from facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mbembed.models.published import PUBLISHED
from mbembed.models.reference_csv import UNNAMED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["card", "chain_in_words"]

_SOURCE_UNKNOWN = """\
The file is **not** one of the published checkpoints that mbembed knows. Who trained it, on what, and
under which licence it may be used is not recorded."""


def chain_in_words(config: Mapping[str, Any]) -> str:
    """Describe the layers of a model in one line.

    Examples
    --------
    >>> chain_in_words({"layers": [{"type": "linear"}, {"type": "batch_norm"}, {"type": "gelu"}]})
    'linear → batch_norm → gelu'
    """
    return " → ".join(str(layer["type"]) for layer in config["layers"])


def card(config: Mapping[str, Any], names: Sequence[str], n_dimensions: int) -> str:
    """Write the model card of an imported checkpoint.

    Parameters
    ----------
    config : mapping
        As for ``config.json``.
    names : sequence of str
        Species of the input columns.
    n_dimensions : int
        Length of an embedding.

    Returns
    -------
    str
        Markdown.
    """
    source, preprocessing = config["source"], config["preprocessing"]
    record = PUBLISHED.get(source.get("published_as", ""))
    distinct = len(set(names) - {UNNAMED})
    batches = source["training_batches"]
    unnamed = sum(name == UNNAMED for name in names)
    if record:
        origin = (
            f"The published checkpoint `{record.checkpoint.name}` of <{record.repository}>, commit\n`{record.commit}`, "
            f"recognised by its SHA-256. Species list: {source['species_list']}."
        )
    else:
        origin = _SOURCE_UNKNOWN
    training = record.training if record else "Not recorded."
    return f"""\
# {config["name"]}

## Where it comes from
{origin}

- checkpoint, SHA-256: `{source["checkpoint_sha256"]}`
- species list, SHA-256: `{source["species_csv_sha256"]}`
- licence: {config["licence"]}
- citation: {config["citation"]}

## What goes in
{len(names)} columns with {distinct} distinct species names ({unnamed} columns are named `{UNNAMED}` and stay at the floor).
Nomenclature: {config["species"]["nomenclature"]}. Abundances are fractions of the sample; an exact zero becomes
{preprocessing["floor"]:g}, then log10, then {preprocessing["shift"]:+g}. Values between zero and {preprocessing["floor"]:g} are left as they are.

## What comes out
{n_dimensions} numbers per sample: {chain_in_words(config)}. Dropout does nothing outside training, and
batch_norm uses its running statistics. A dimension is one unit of the last layer: it has no name, no unit and
no meaning alone. Compare whole vectors (distances, regression on all dimensions).

## Training
{training}
{f"The checkpoint counts {batches:,} training batches." if batches else "The checkpoint does not count its training batches."}

## What is not known
{record.not_known if record else "Training data, cohorts, objective and evaluation."}

## Limits
For human gut metagenomes described by species. A sample of which little is matched to the species list gets a vector that
says little: read the coverage that mbembed reports. Not a diagnostic tool.
"""
