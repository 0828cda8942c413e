"""The comparison: mean scores, and paired differences between models and raw representations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.evaluation.intervals import Measured, interval_of
from mbembed.evaluation.labelled import person_codes
from mbembed.evaluation.metrics import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mbembed.evaluation.fits import Fit
    from mbembed.evaluation.intervals import Interval
    from mbembed.evaluation.splits import Split

__all__ = ["BASELINES", "CANDIDATES", "Comparison"]

#: Kinds of representation that a model has to beat, and those that are held against them.
BASELINES, CANDIDATES = ("raw", "pca"), ("model", "joined")

#: Protocol and number of labelled samples (None where it is not a choice).
Setting = tuple[str, int | None]


class Comparison:
    """All fits, put together by setting.

    Parameters
    ----------
    splits, fits : sequence
        As `mbembed.evaluation.fits.fit_splits` takes and returns them.
    kinds : mapping of str to str
        Representation → its kind.
    n_samples : int
    subjects : sequence of str, optional
    seed : int
        Of the bootstrap.
    """

    def __init__(
        self,
        splits: Sequence[Split],
        fits: Sequence[Sequence[Fit]],
        kinds: Mapping[str, str],
        *,
        n_samples: int,
        subjects: Sequence[str] | NDArray[np.str_] | None = None,
        seed: int = 0,
    ) -> None:
        self.kinds = dict(kinds)
        self.seed = seed
        _, self._persons = np.unique(person_codes(subjects, n_samples), return_inverse=True)
        members: dict[Setting, dict[str, list[int]]] = {}
        for number, split in enumerate(splits):
            size = split.n_labels if split.protocol == "limited-data" else None
            members.setdefault((split.protocol, size), {}).setdefault(split.study, []).append(number)
        self._members = members
        self._splits, self._fits = splits, fits
        first = fits[0] if len(fits) else []
        self.series = [(fit.representation, fit.head, metric) for fit in first for metric in fit.values]
        self.heads = list(dict.fromkeys(head for _, head, _ in self.series))
        self.metrics = list(dict.fromkeys(metric for _, _, metric in self.series))
        self._measured = {
            setting: {study: self._measure(numbers) for study, numbers in studies.items()}
            for setting, studies in members.items()
        }

    @property
    def settings(self) -> list[Setting]:
        """Protocols and numbers of labelled samples, in order."""
        return list(self._members)

    def studies(self, setting: Setting) -> list[str]:
        """Return the studies that are scored in a setting."""
        return list(self._members[setting])

    def _measure(self, numbers: list[int]) -> dict[tuple[str, str, str], Measured]:
        """Put the splits of one study together."""
        persons = np.unique(np.concatenate([self._persons[self._splits[i].test] for i in numbers]))
        values: dict[tuple[str, str, str], list[float]] = {one: [] for one in self.series}
        influence = {one: np.zeros(len(persons)) for one in self.series}
        for i in numbers:
            at = np.searchsorted(persons, self._persons[self._splits[i].test])
            for fit in self._fits[i]:
                for metric, value in fit.values.items():
                    one = (fit.representation, fit.head, metric)
                    values[one].append(value)
                    np.add.at(influence[one], at, fit.influence[metric].astype(np.float64) / len(numbers))
        first = self._splits[numbers[0]]
        independent = float(len(numbers))
        if first.protocol in ("limited-data", "cross-validation"):
            drawn = first.train if first.protocol == "limited-data" else first.test
            independent = max(1.0, min(independent, (len(first.train) + len(first.test)) / len(drawn)))
        return {one: Measured(np.array(values[one]), influence[one], independent) for one in self.series}

    def _interval(
        self, setting: Setting, studies: Sequence[str], plus: tuple[str, str, str], minus: str = ""
    ) -> Interval:
        measured = []
        for study in studies:
            here = self._measured[setting][study]
            one = here[plus]
            measured.append(one.minus(here[(minus, *plus[1:])]) if minus else one)
        return interval_of(measured, seed=self.seed, key=f"{setting} {','.join(studies)}")

    def interval(self, setting: Setting, representation: str, head: str, metric: str) -> Interval:
        """Return a score with its interval."""
        return self._interval(setting, self.studies(setting), (representation, head, metric))

    def difference(self, setting: Setting, representation: str, baseline: str, head: str, metric: str) -> Interval:
        """Return a paired difference with its interval."""
        return self._interval(setting, self.studies(setting), (representation, head, metric), baseline)

    def mean(self, setting: Setting, representation: str, head: str, metric: str) -> float:
        """Return a score: the mean over studies of their means over splits."""
        one = (representation, head, metric)
        return float(np.mean([here[one].values.mean() for here in self._measured[setting].values()]))

    def best(self, setting: Setting, head: str, metric: str, kinds: Sequence[str] = BASELINES) -> str | None:
        """Return the best representation of some kinds, chosen by the very scores that it is compared on."""
        names = [name for name, kind in self.kinds.items() if kind in kinds]
        return max(names, key=lambda name: self.mean(setting, name, head, metric)) if names else None

    def scores(self) -> list[dict[str, Any]]:
        """Return mean scores with intervals: over studies (``study`` empty), and of each study."""
        rows = []
        for setting in self.settings:
            studies = self.studies(setting)
            parts = [("", studies), *((study, [study]) for study in studies if study)]
            for name, some in parts:
                n_fits = sum(len(self._members[setting][study]) for study in some)
                for one in self.series:
                    mean, low, high = self._interval(setting, some, one)
                    floor, top = BOUNDS[one[2]]
                    rows.append(
                        {
                            **_keys(setting), "study": name, **_series(one),
                            "mean": mean, "low": max(low, floor), "high": min(high, top), "n_fits": n_fits,
                        }
                    )  # fmt: skip
        return rows

    def transfer(self) -> list[dict[str, Any]]:
        """Return the score of each pair of studies."""
        return [
            {
                "train_study": split.train_study, "study": split.study,
                "representation": fit.representation, "head": fit.head, "metric": metric, "mean": value,
            }
            for split, fits in zip(self._splits, self._fits, strict=True)
            if split.protocol == "study-transfer"
            for fit in fits
            for metric, value in fit.values.items()
        ]  # fmt: skip

    def differences(self) -> list[dict[str, Any]]:
        """Return paired differences of each model, alone and joined, to each baseline."""
        rows = []
        candidates = [name for name, kind in self.kinds.items() if kind in CANDIDATES]
        baselines = [name for name, kind in self.kinds.items() if kind in BASELINES]
        for setting in self.settings:
            studies = self.studies(setting)
            n_fits = sum(len(numbers) for numbers in self._members[setting].values())
            for head in self.heads:
                for metric in self.metrics:
                    best = self.best(setting, head, metric)
                    for name in candidates:
                        for baseline in baselines:
                            difference, low, high = self.difference(setting, name, baseline, head, metric)
                            rows.append(
                                {
                                    **_keys(setting), "representation": name, "baseline": baseline, "head": head,
                                    "metric": metric, "difference": difference, "low": low, "high": high,
                                    "n_fits": n_fits, "n_studies": len(studies), "best": baseline == best,
                                }
                            )  # fmt: skip
        return rows


def _keys(setting: Setting) -> dict[str, Any]:
    return {"protocol": setting[0], "n_labels": setting[1]}


def _series(one: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("representation", "head", "metric"), one, strict=True))
