"""What is scored: which studies are held out together, and which of their labels are predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.evaluation.target import read_target
from mbembed.training.labels import CONTROLS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.representation.corpus import LabelledCorpus
    from mbembed.evaluation.target import Target

__all__ = ["CONDITION", "DISEASE", "FOLDS", "LABELS", "SEX", "TRAITS", "Fold", "Question"]

#: Column with the diagnosis.
CONDITION = "condition"
#: What of the metadata a supervised readout may learn.
LABELS = (CONDITION, "age", "bmi", "sex")
#: Groups of tasks, averaged apart. Sex is told by the profile in another way than a disease, and easily.
DISEASE, TRAITS, SEX = "disease", "age and BMI", "sex"
#: Columns that hold numbers (years, kg/m²).
NUMBERS = ("age", "bmi")
#: Labels that are given: of two classes, and of a number, which takes more of them.
CLASS_SIZES, NUMBER_SIZES = (20, 40), (50, 200)
#: The class of everyone who is no case.
CONTROL = CONTROLS[0]


class Question(NamedTuple):
    """One label of some studies that are held out together.

    Attributes
    ----------
    column : str
        Of the metadata.
    studies : tuple of str
        Each is a task of its own.
    case : str
        Value of the column that stands for the cases; they are held against the controls of
        their study. Empty for age, bmi and sex.
    controls_only : bool
        Whether only samples of controls are asked about, so that age is not told by a disease.
    across : bool
        Whether it is also asked from study to study.
    """

    column: str
    studies: tuple[str, ...]
    case: str = ""
    controls_only: bool = False
    across: bool = False

    @property
    def group(self) -> str:
        """Which tasks it is averaged with."""
        if self.case:
            return DISEASE
        return TRAITS if self.column in NUMBERS else SEX

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of labelled samples."""
        return NUMBER_SIZES if self.column in NUMBERS else CLASS_SIZES

    @property
    def protocols(self) -> tuple[str, ...]:
        """Protocols of `mbembed.evaluation.splits`."""
        return ("limited-data", "cross-validation", *(("leave-one-study-out",) if self.across else ()))

    def task(self, study: str) -> str:
        """Return the name of the task of one study.

        >>> Question("age", ("A_2020",), controls_only=True).task("A_2020")
        'A_2020 age (controls)'
        """
        return f"{study} {self.case or self.column}{' (controls)' if self.controls_only else ''}"

    def labels(self, corpus: LabelledCorpus) -> tuple[NDArray[np.intp], Target]:
        """Return the samples that have the label, and the label.

        Parameters
        ----------
        corpus : LabelledCorpus

        Returns
        -------
        rows : ndarray of int, of shape (n_labelled,)
            Of the corpus.
        target : Target
            Cases against controls (other diagnoses are left out), male against female, or the
            number in the column's own unit (years, kg/m²).
        """
        rows = corpus.rows_of(self.studies)
        texts = corpus.column(self.column)[rows].astype(object)
        control = np.isin(corpus.column(CONDITION)[rows], CONTROLS)
        if self.case:
            asked = control | (texts == self.case)
            texts[control] = CONTROL
        else:
            asked = (texts != "") & (control | (not self.controls_only))
        kind = "continuous" if self.column in NUMBERS else "binary"
        target = read_target(texts[asked], name=self.case or self.column, kind=kind, positive=self.case or None)
        known = np.isfinite(target.values)
        return rows[asked][known], target.take(np.flatnonzero(known))


class Fold(NamedTuple):
    """Studies that no model of the fold has seen.

    Attributes
    ----------
    name : str
    questions : tuple of Question
    hidden : tuple of str
        Conditions whose labels supervised readouts of the fold do not get, from any study.
    unscored : tuple of str
        Studies that are held out without being scored: they share people or labels with those
        that are.
    """

    name: str
    questions: tuple[Question, ...]
    hidden: tuple[str, ...] = ()
    unscored: tuple[str, ...] = ()

    @property
    def studies(self) -> tuple[str, ...]:
        """All studies that are held out."""
        scored = [study for question in self.questions for study in question.studies]
        return tuple(sorted({*scored, *self.unscored}))


def _cases(case: str, *studies: str, across: bool = False) -> tuple[Question]:
    return (Question(CONDITION, studies, case, across=across),)


def _traits(*studies: str, controls_only: bool = False) -> tuple[Question, Question]:
    return Question("age", studies, "", controls_only), Question("bmi", studies, "", controls_only)


#: All studies of colorectal cancer in the corpus.
CRC = (
    "FengQ_2015", "HanniganGD_2017", "ThomasAM_2019_a", "ThomasAM_2019_b", "VogtmannE_2016", "WirbelJ_2018",
    "YachidaS_2019", "YuJ_2015", "ZellerG_2014",
)  # fmt: skip
#: Large studies of adults who were not chosen for a disease.
COHORTS = ("AsnicarF_2021", "LifeLinesDeep_2016")

#: The folds, by disease. Sex is not asked of XieH_2016, who are women all. HMP_2019_t2d has repeated samples of few people and labels of fold B;
#: LiJ_2014 shares 33 patients with NielsenHB_2014; USA_AsnicarF_2021 is the sister of AsnicarF_2021.
FOLDS: tuple[Fold, ...] = (
    Fold("A", (*_cases("CRC", *CRC, across=True), *_traits("YachidaS_2019", controls_only=True)), hidden=("CRC",)),
    Fold(
        "B",
        (
            *_cases("T2D", "KarlssonFH_2013", "QinJ_2012", "SankaranarayananK_2015"),
            *_cases("IGT", "KarlssonFH_2013"),
            *_cases("ACVD", "JieZ_2017"),
            *_traits("XieH_2016"),
            *_traits("JieZ_2017", "QinJ_2012", controls_only=True),
        ),
        hidden=("T2D", "IGT", "ACVD", "T1D", "asthma", "migraine"),
        unscored=("HMP_2019_t2d",),
    ),
    Fold(
        "C",
        (
            *_cases("IBD", "NielsenHB_2014"),
            *_cases("cirrhosis", "QinN_2014"),
            *_cases("ME/CFS", "NagySzakalD_2017"),
            *_cases("STH", "RubelMA_2020"),
            *_cases("BD", "YeZ_2018"),
            *_traits("NielsenHB_2014", "QinN_2014", controls_only=True),
        ),
        hidden=("IBD", "cirrhosis", "ME/CFS", "STH", "BD"),
        unscored=("LiJ_2014",),
    ),
    Fold("D", (*_traits(*COHORTS), Question("sex", COHORTS)), unscored=("USA_AsnicarF_2021",)),
)
