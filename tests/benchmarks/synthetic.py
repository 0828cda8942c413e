"""A corpus in miniature: studies of everyone's species, some of which tell the label."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from benchmarks.few_labels.corpus import COLUMNS, LabelledCorpus
from benchmarks.few_labels.tasks import Task
from mbembed.tables.profile import Profile, Taxon

N_SPECIES = 24
#: Species whose presence follows the label, and how often they are there in its favour.
TELLING, LIKELY = 8, 0.85

TASKS = (Task("Ill_1", "condition", "CRC"), Task("Ill_2", "condition", "IBD"), Task("Cohort", "age"))


def corpus(tasks=TASKS, *, n_samples: int = 64, n_cohort: int = 260, planted: bool = True) -> LabelledCorpus:
    """Return one study per task study, and one that is never scored.

    Parameters
    ----------
    tasks : sequence of Task
    n_samples, n_cohort : int
        Of a study with cases and controls (half and half), and of any other.
    planted : bool
        Whether the telling species follow the label; else nothing does.
    """
    generator = np.random.default_rng(5)
    values, metadata = [], []
    for study, case in ({task.study: task.case for task in tasks} | {"Unscored": ""}).items():
        n = n_samples if case else n_cohort
        sign = np.where(np.arange(n) % 2, 1.0, -1.0) if case else generator.uniform(-1, 1, n)
        chance = np.full((n, N_SPECIES), 0.5)
        chance[:, :TELLING] += (LIKELY - 0.5) * sign[:, None] * planted
        weights = generator.lognormal(0, 1, chance.shape) * (generator.random(chance.shape) < chance)
        weights[:, -1] += 1.0  # nobody is empty
        values.append(weights / weights.sum(axis=1, keepdims=True))
        for i in range(n):
            condition = ("control", case)[int(sign[i] > 0)] if case else "control"
            age, bmi = f"{50 + 20 * sign[i]:.1f}", f"{25 + 5 * sign[i]:.1f}"
            metadata.append((f"{study}-{i}", study, f"{study} person {i}", condition, age, bmi))
    order = generator.permutation(len(metadata))  # studies are not blocks of rows
    table = csr_array(np.concatenate(values)[order])
    taxa = [Taxon(f"s__Genus{chr(97 + i)}_made", f"Genus{chr(97 + i)} made") for i in range(N_SPECIES)]
    ids = [metadata[i][0] for i in order]
    profile = Profile(table, ids, taxa, "fraction", "synthetic", np.zeros(len(ids)))
    return LabelledCorpus(profile, pl.DataFrame([metadata[i] for i in order], schema=COLUMNS, orient="row"))
