"""Side by side: every representation that was asked for, of the same samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.errors import UsageError
from mbembed.evaluation import representations as make

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mbembed.embedding import Embedding
    from mbembed.evaluation.account import Choices
    from mbembed.evaluation.representations import Representation
    from mbembed.tables.profile import Profile

__all__ = ["BESIDE", "represent"]

#: The raw representation that models are put beside: measured on CRC in nine studies and on age (200 labels), beside
#: clr the AUC was 0.765 and r 0.286, beside presence/absence 0.769 and 0.269, beside log 0.751.
BESIDE = "clr"


def represent(
    profile: Profile, embeddings: Sequence[Embedding], rows: NDArray[np.intp], choices: Choices
) -> list[Representation]:
    """Return all representations of the samples that are used.

    Parameters
    ----------
    profile : Profile
    embeddings : sequence of Embedding
        Of these samples, and perhaps others.
    rows : ndarray of int of shape (n_used,)
        Positions in the profile.
    choices : Choices

    Returns
    -------
    list of Representation
        Raw ones, their principal components, then each model alone and beside `BESIDE`.

    Raises
    ------
    UsageError
        If two models have the same name.
    """
    plain = [name for name in make.RAW if name in choices.representations]
    fractions = make.fractions_of(profile.select_samples(rows.tolist()))
    raws = make.raw(fractions, plain)
    shown = list(raws.values())
    if "pca" in choices.representations:
        shown += [make.pca(one) for one in raws.values()]
    ids = [profile.sample_ids[i] for i in rows.tolist()]
    for embedding in embeddings:
        at = {one: i for i, one in enumerate(embedding.sample_ids)}
        name = embedding.match.model.name
        if name in {one.name for one in shown}:
            raise UsageError(
                f"two representations are called {name!r}",
                expected="models of different names",
                hint="name each --model once",
            )
        words = f"embedding of {embedding.n_dimensions} dimensions by the model {name}"
        model = make.from_vectors(name, embedding.values[[at[one] for one in ids]], words=words)
        if "model" in choices.representations:
            shown.append(model)
        if "joined" in choices.representations:
            beside = raws.get(BESIDE) or make.raw(fractions, [BESIDE])[BESIDE]
            shown.append(make.joined(beside, model))
    return shown
