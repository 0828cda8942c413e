"""What is written down about a run: its entry in ``config.json``, from which the card is filled."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mbembed import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.tables.profile import Profile
    from mbembed.training.data import Corpus
    from mbembed.training.loop import TrainingState
    from mbembed.training.settings import Settings
    from mbembed.training.split import Split

__all__ = ["Description", "run_record", "versions"]


@dataclass(frozen=True, kw_only=True)
class Description:
    """What the numbers cannot say about a model: texts for its card and configuration.

    Attributes
    ----------
    name : str
        The name under which the model will be known.
    corpus : str
        Name and source of the training data.
    nomenclature : str
        Which nomenclature the species names follow.
    licence : str
        Of the weights.
    citation : str
        What to cite when the model is used.
    notes : str
        Markdown for the card (evaluation, remarks).
    command : str
        The command that made the model.
    """

    name: str
    corpus: str = ""
    nomenclature: str = "as in the training tables"
    licence: str = ""
    citation: str = ""
    notes: str = ""
    command: str = ""


def run_record(
    state: TrainingState,
    corpus: Corpus,
    split: Split,
    settings: Settings,
    description: Description,
    *,
    profiles: Sequence[Profile],
    baseline: float | None,
) -> dict[str, Any]:
    """Return the entry ``training`` of ``config.json``: how to make this model again, and how it went.

    Parameters
    ----------
    state : TrainingState
        At the end of the run.
    corpus : Corpus
    split : Split
    settings : Settings
    description : Description
    profiles : sequence of Profile
        The tables that were stacked.
    baseline : float or None
        Held-out loss of predicting each species' training mean.
    """
    kept = state.history[(state.best_epoch or len(state.history)) - 1]
    return {
        "corpus": description.corpus,
        "tables": [
            {"file": Path(profile.path).name, "sha256": profile.sha256, "samples": profile.n_samples}
            for profile in profiles
        ],
        "n_samples": len(split.training),
        "n_held_out": len(split.validation),
        "n_left_out": len(corpus.left_out),
        "n_studies": len(corpus.group_sizes()) - len(split.studies),
        "studies": {study: n for study, n in corpus.group_sizes().items() if study not in split.studies},
        "studies_held_out": {study: corpus.group_sizes()[study] for study in split.studies},
        "n_columns": len(split.columns),
        "n_species_in_tables": len(corpus.species),
        "settings": settings.to_json(),
        "epochs_run": len(state.history),
        "epoch_kept": kept.number,
        "training_loss": kept.training_loss,
        "held_out_loss": kept.validation_loss,
        "held_out_baseline": baseline,
        "seconds": round(sum(epoch.seconds for epoch in state.history), 1),
        "data_sha256": corpus.sha256(),
        "versions": versions(),
        "command": description.command,
    }


def versions() -> dict[str, str]:
    """Return the versions that the weights can depend on."""
    return {
        "mbembed": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
