"""Rows of rival architectures: trained on the units of a fold's training samples, their vectors kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.representation.models import data_digest, training_rows
from benchmarks.representation.rows import model_row, unit_fractions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.representation.corpus import LabelledCorpus
    from benchmarks.representation.tasks import Fold
    from mbembed.evaluation.representations import Representation

__all__ = ["RIVALS", "rival_rows"]

#: The rivals, by the name of their row.
RIVALS = ("vae", "transformer")
#: Units of the rivals: found in this share of the training samples, as at pre-training.
MIN_PREVALENCE = 0.01
SEED = 0


def rival_rows(
    corpus: LabelledCorpus,
    fold: Fold,
    names: Sequence[str],
    folder: Path,
    say: Callable[[str], None] = lambda _: None,
) -> list[Representation]:
    """Return vectors of the held-out samples by rivals that have not seen them.

    Parameters
    ----------
    corpus : LabelledCorpus
    fold : Fold
    names : sequence of str
        Some of `RIVALS`.
    folder : Path
        Where vectors are kept, by a hash of the data and of the rivals' code.
    say : callable
        Gets what is being done.

    Raises
    ------
    MissingExtraError
        If a library is missing.
    """
    return [model_row(name, _vectors(corpus, fold, name, folder, say)) for name in names]


def _vectors(
    corpus: LabelledCorpus, fold: Fold, name: str, folder: Path, say: Callable[[str], None]
) -> NDArray[np.float32]:
    from benchmarks.rivals import tokens, train_transformer, train_vae, transformer, vae

    rows = training_rows(corpus, fold)
    digest = data_digest(corpus.profile, corpus.groups(), list(fold.studies), code=(vae, transformer, tokens))
    path = folder / f"{fold.name}-{name}-{digest}.npy"
    if path.exists():
        say(f"{path.stem}: found, not trained again")
        return np.asarray(np.load(path))
    say(f"{path.stem}: training on {len(rows)} samples")
    fractions, _ = unit_fractions(corpus.profile)
    training = fractions[rows]
    prevalence = np.bincount(training.indices, minlength=fractions.shape[1]) / len(rows)
    columns = np.flatnonzero(prevalence >= MIN_PREVALENCE)
    train = {"vae": train_vae, "transformer": train_transformer}[name]
    encode = train(training[:, columns], corpus.column("study")[rows].tolist(), SEED)
    found = encode(fractions[corpus.rows_of(fold.studies)][:, columns])
    folder.mkdir(parents=True, exist_ok=True)
    np.save(path, found)
    return found
