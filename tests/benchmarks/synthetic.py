"""A corpus in miniature: studies of everyone's species, some of which tell the label."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from benchmarks.representation.corpus import COLUMNS, LabelledCorpus
from benchmarks.representation.models import RECIPE
from benchmarks.representation.tasks import Fold, Question
from mbembed.tables.profile import Profile, Taxon
from mbembed.taxonomy.maps import unit_facts

N_SPECIES = 24
#: Species whose presence follows the label, and how often they are there in its favour.
TELLING, LIKELY = 8, 0.85
#: Study → diagnoses beside the controls, in equal parts. "Elsewhere" is never held out.
STUDIES = {
    "Ill_1": ("CRC",),
    "Ill_2": ("CRC",),
    "Bowel": ("IBD",),
    "Cohort": (),
    "Sister": ("IBD",),
    "Elsewhere": ("CRC", "IBD", "T2D"),
}
#: More samples to train on than a readout has dimensions.
SIZES = {"Cohort": 240, "Elsewhere": 480}
FOLDS = (
    Fold(
        "X",
        (
            Question("condition", ("Ill_1", "Ill_2"), "CRC", across=True),
            Question("age", ("Ill_1",), controls_only=True),
        ),
        hidden=("CRC",),
    ),
    Fold(
        "Y",
        (Question("condition", ("Bowel",), "IBD"), Question("age", ("Cohort",)), Question("sex", ("Cohort",))),
        hidden=("IBD",),
        unscored=("Sister",),
    ),
)
#: As many hidden units as a readout has dimensions; everything else as small as can be.
SETTINGS = RECIPE.from_recipe(
    "hurdle", columns="units", bottleneck=0, hidden=448, epochs=1, validation_fraction=0.0, closure="classified"
)


@cache
def species() -> list[str]:
    """Return names of common species that lead to units of their own."""
    names = (fact.species[0] for fact in unit_facts().values() if fact.species)
    return [name for name, _ in zip(names, range(N_SPECIES), strict=False)]


def corpus(
    studies: dict[str, tuple[str, ...]] = STUDIES, *, n_samples: int = 64, planted: bool = True
) -> LabelledCorpus:
    """Return a corpus.

    Parameters
    ----------
    studies : dict of str to tuple of str
        Study → diagnoses beside the controls.
    n_samples : int
        Of a study that ``SIZES`` does not name.
    planted : bool
        Whether the telling species follow the labels; else nothing does.
    """
    generator = np.random.default_rng(5)
    values, metadata = [], []
    for study, cases in studies.items():
        n = SIZES.get(study, n_samples)
        conditions = [("control", *cases)[i % (len(cases) + 1)] for i in range(n)]
        ill = np.array([condition != "control" for condition in conditions])
        sign = np.where(ill, 1.0, -1.0) if cases else generator.uniform(-1, 1, n)
        chance = np.full((n, N_SPECIES), 0.5)
        chance[:, :TELLING] += (LIKELY - 0.5) * sign[:, None] * planted
        weights = generator.lognormal(0, 1, chance.shape) * (generator.random(chance.shape) < chance)
        weights[:, -1] += 1.0  # nobody is empty
        values.append(weights / weights.sum(axis=1, keepdims=True))
        for i in range(n):
            age, bmi = f"{50 + 20 * sign[i] + generator.normal():.1f}", f"{25 + 5 * sign[i] + generator.normal():.1f}"
            sex = ("female", "male")[int(sign[i] + 0.5 * generator.normal() > 0)]
            metadata.append((f"{study}-{i}", study, str(i), conditions[i], age, bmi, sex))
    order = generator.permutation(len(metadata))  # studies are not blocks of rows
    table = csr_array(np.concatenate(values)[order])
    taxa = [Taxon(name, name) for name in species()]
    ids = [metadata[i][0] for i in order]
    profile = Profile(table, ids, taxa, "fraction", "synthetic", np.zeros(len(ids)))
    return LabelledCorpus(profile, pl.DataFrame([metadata[i] for i in order], schema=COLUMNS, orient="row"))
