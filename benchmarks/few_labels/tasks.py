"""What is scored: which study has which label, and in which fold it is held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.few_labels.corpus import LabelledCorpus

__all__ = ["CONDITION", "TASKS", "Task", "deal"]

#: Column with the diagnosis, and its value for people without one.
CONDITION, CONTROL = "condition", "control"


class Task(NamedTuple):
    """One label of one study.

    Attributes
    ----------
    study : str
    column : str
        Of the metadata.
    case : str
        Value of the column that stands for the cases; empty where the column holds numbers.
    """

    study: str
    column: str
    case: str = ""

    @property
    def name(self) -> str:
        """Study and label, for the table of scores."""
        return f"{self.study} {self.case or self.column}"

    def labels(self, corpus: LabelledCorpus) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the samples that have the label, and the label.

        Parameters
        ----------
        corpus : LabelledCorpus

        Returns
        -------
        rows : ndarray of int, of shape (n_labelled,)
            Of the corpus.
        labels : ndarray of shape (n_labelled,)
            +1 for cases and -1 for controls (other diagnoses are left out), or the number in
            the column's own unit (years, kg/m²).
        """
        rows = corpus.rows_of([self.study])
        values = corpus.column(self.column)[rows]
        rows = rows[np.isin(values, (self.case, CONTROL)) if self.case else values != ""]
        values = corpus.column(self.column)[rows]
        return rows, np.where(values == self.case, 1.0, -1.0) if self.case else values.astype(np.float64)


def _cases(study: str, case: str) -> tuple[Task]:
    return (Task(study, CONDITION, case),)


def _traits(study: str) -> tuple[Task, Task]:
    return Task(study, "age"), Task(study, "bmi")


#: Studies of curatedMetagenomicData 3 with cases and controls, and its two largest cohorts of
#: healthy adults with age and BMI. The order deals them: two folds are every other one.
TASKS: tuple[Task, ...] = (
    *_cases("FengQ_2015", "CRC"),
    *_cases("HanniganGD_2017", "CRC"),
    *_cases("KarlssonFH_2013", "T2D"),
    *_cases("JieZ_2017", "ACVD"),
    *_cases("NagySzakalD_2017", "ME/CFS"),
    *_cases("NielsenHB_2014", "IBD"),
    *_cases("QinN_2014", "cirrhosis"),
    *_cases("QinJ_2012", "T2D"),
    *_cases("ThomasAM_2019_a", "CRC"),
    *_cases("ThomasAM_2019_b", "CRC"),
    *_cases("WirbelJ_2018", "CRC"),
    *_cases("VogtmannE_2016", "CRC"),
    *_cases("YachidaS_2019", "CRC"),
    *_cases("XieH_2016", "migraine"),
    *_cases("RubelMA_2020", "STH"),
    *_cases("YuJ_2015", "CRC"),
    *_cases("YeZ_2018", "BD"),
    *_cases("ZellerG_2014", "CRC"),
    *_traits("AsnicarF_2021"),
    *_traits("LifeLinesDeep_2016"),
)


def deal(tasks: Sequence[Task], n_folds: int) -> list[list[Task]]:
    """Deal tasks into folds, all of a study into the same one.

    Raises
    ------
    UsageError
        If there are fewer studies than folds.

    Examples
    --------
    >>> tasks = [Task("A", "age"), Task("A", "bmi"), Task("B", "age"), Task("C", "age")]
    >>> [[task.name for task in fold] for fold in deal(tasks, 2)]
    [['A age', 'A bmi', 'C age'], ['B age']]
    """
    studies = list(dict.fromkeys(task.study for task in tasks))
    if not 1 <= n_folds <= len(studies):
        raise UsageError(
            f"{len(studies)} studies cannot be dealt into {n_folds} folds",
            expected=f"1 to {len(studies)} folds",
            hint="--folds 2",
        )
    return [[task for task in tasks if task.study in studies[first::n_folds]] for first in range(n_folds)]
