"""The vectors of one part, on a worker, by the decisions that hold for the whole table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.distributed.models import worker_model
from mbembed.match import match_profile
from mbembed.match.selection import select_samples
from mbembed.pipeline import Prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbembed.distributed.models import ModelName
    from mbembed.distributed.options import Options
    from mbembed.match import Match
    from mbembed.tables.profile import Profile

__all__ = ["Vectors", "vectors_of"]

#: Threads that encode a part: Dask itself runs as many parts at once as there are cores.
TASK_THREADS = 1


class Vectors(NamedTuple):
    """What `mbembed.embed` gives for the samples of one part.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_dimensions)
        float32.
    sample_ids : list of str
    left_out : dict of str to str
    match : Match
    """

    values: NDArray[np.float32]
    sample_ids: list[str]
    left_out: dict[str, str]
    match: Match


def vectors_of(profile: Profile, name: ModelName, options: Options) -> Vectors:
    """Embed the samples of one part.

    Unlike the whole table, a part may have nothing that matches: then all of its samples are
    what ``on_empty`` makes of them.

    Parameters
    ----------
    profile : Profile
        In the unit and with the taxa of the whole table.
    name : ModelName
    options : Options

    Returns
    -------
    Vectors
    """
    model = worker_model(name)
    match = match_profile(profile, model, **options.matching)  # type: ignore[arg-type]  # options by name
    selection = select_samples(match, options.min_coverage, options.on_empty)
    prepared = Prepared(match, selection, {"device": options.device}, warnings=[], threads=TASK_THREADS)
    blocks = [np.empty((0, model.n_dimensions), dtype=np.float32), *(vectors for vectors, _ in prepared.vectors())]
    ids = prepared.sample_ids(0, len(selection.rows))
    return Vectors(np.concatenate(blocks), ids, selection.left_out, match)
