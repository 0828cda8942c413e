"""How far the samples of a report are from those that the model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.errors import MbembedError
from mbembed.in_range.judgement import IN_RANGE, NOT_JUDGED, OUT_OF_RANGE, UNUSUAL, out_of_distribution
from mbembed.words import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mbembed.report.cohorts import Cohort

__all__ = ["IN_RANGE", "NOT_JUDGED", "OUT_OF_RANGE", "UNUSUAL", "VERDICTS", "measure_range"]

#: The verdicts on a sample, from the most to the least usual.
VERDICTS = (IN_RANGE, UNUSUAL, OUT_OF_RANGE, NOT_JUDGED)


def measure_range(cohorts: Sequence[Cohort]) -> tuple[pd.DataFrame | None, str]:
    """Measure all samples.

    Returns
    -------
    ranges : DataFrame, or None
        As :func:`mbembed.out_of_distribution` gives it, of all cohorts in order.
    excuse : str
        Why there is none.
    """
    import pandas as pd

    model = cohorts[0].model
    if model is None:
        return None, (
            "It cannot be said: which model made these vectors is not known, or it is not installed here. Give the "
            "summary of the run that made them (`--summary run.json`), or the table (`--table TABLE`)."
        )
    if model.statistics is None:
        return None, (
            f"It cannot be said: the model {model.name} does not state what its training samples look like, so there is "
            "nothing to compare these samples with. The model that travels with mbembed does (no `--model`)."
        )
    try:
        frames = [out_of_distribution(one.embedding) for one in cohorts]
    except MbembedError as error:
        return None, f"It cannot be said. {sentence(error.found)}"
    return pd.concat(frames), ""
