"""The explanation: taxa, scores, and what may be said of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import os

    import pandas as pd

    from mbembed.explanation.direction import Direction
    from mbembed.explanation.stability import Setting

__all__ = ["Explanation"]

#: Column of `Explanation.samples` for what belongs to no taxon.
NO_TAXON = "(unclassified)"
#: Sums below this share of the largest are rounding errors.
NEGLIGIBLE = 1e-9


@dataclass(frozen=True, eq=False)
class Explanation:
    """Which taxa speak in a score.

    Attributes
    ----------
    taxa : DataFrame of shape (n_taxa, 11 or 13)
        One row per taxon that feeds the model, the largest attribution first:

        ``taxon`` (as in the table), ``name`` (for people), ``species`` (model columns that it feeds, ``|`` between
        several); ``attribution``, ``lower``, ``upper`` (a 95 % interval), ``sign_share`` (share of the
        resamples that have the same sign, 0 to 1), ``stable`` (whether the interval leaves out 0, and the whole
        difference is not chance); ``change`` (difference of the mean log10 abundance between case and control, or
        per standard deviation of the score); ``mean_abundance`` and ``prevalence`` (shares, 0 to 1), for
        a contrast with ``_case`` and ``_control`` behind.

        A positive attribution raises the score of the cases over that of the controls, be it by more or by less
        of the taxon: ``change`` says which.
    scores : DataFrame of shape (n_samples, 1 or 2)
        Index ``sample``; ``score``, for a contrast also ``group``.
    words : list of str
        What was found, as sentences.
    warnings : list of str
        Sentences for the user.
    summary : dict
        Everything that is needed to repeat it.
    """

    taxa: pd.DataFrame
    scores: pd.DataFrame
    words: list[str]
    warnings: list[str]
    summary: dict[str, Any]
    _setting: Setting = field(repr=False)
    _direction: Direction = field(repr=False)

    def samples(self) -> pd.DataFrame:
        """Return the attribution of each sample's score to taxa.

        Returns
        -------
        DataFrame of shape (n_samples, n_taxa)
            Index ``sample``, columns in the order of ``taxa``; in units of the score. Each row adds up to the sample's
            score less that of the baseline. Abundance without a taxon that feeds the model, which only some
            published tables have, is a last column ``(unclassified)``.
        """
        import pandas as pd

        setting = self._setting
        everyone = np.arange(len(self.scores))
        columns = setting.paths.attributions(self._direction.weights)
        divided = setting.feeding.divide(columns, everyone)
        sources = setting.feeding.sources
        frame = pd.DataFrame(divided, index=self.scores.index, columns=sources)[list(self.taxa.taxon)]
        rest = columns.sum(axis=1) - divided.sum(axis=1)
        if np.abs(rest).max(initial=0.0) > NEGLIGIBLE * np.abs(columns).sum(axis=1).max(initial=0.0):
            frame[NO_TAXON] = rest
        return frame

    def write(
        self,
        taxa: str | os.PathLike[str] | None = None,
        *,
        samples: str | os.PathLike[str] | None = None,
        summary: str | os.PathLike[str] | None = None,
        figure: str | os.PathLike[str] | None = None,
    ) -> None:
        """Write what is wanted to files.

        Parameters
        ----------
        taxa, samples : path-like, optional
            Tab-separated; ``samples`` has a row per sample and a column per taxon, behind its ``score``.
        summary : path-like, optional
            JSON.
        figure : path-like, optional
            ``.svg`` or ``.png`` (needs ``mbembed[report]``).

        Raises
        ------
        UsageError
            If the figure has another suffix.
        MissingExtraError
            If matplotlib is not installed.
        OutputError
            If a file cannot be written.
        """
        from mbembed.explanation.figure import check_figure, save_figure
        from mbembed.explanation.tables import write_frame
        from mbembed.outputs.summary import write_summary

        if figure is not None:
            check_figure(figure)
        if taxa is not None:
            write_frame(taxa, self.taxa)
        if samples is not None:
            frame = self.samples()
            frame.insert(0, "score", self.scores["score"])
            write_frame(samples, frame.reset_index())
        if figure is not None:
            save_figure(figure, self)
        if summary is not None:
            write_summary(summary, self.summary)

    def __repr__(self) -> str:
        explained = self.summary["explained"]["words"]
        return f"<Explanation of {explained}: {int(self.taxa.stable.sum())} of {len(self.taxa)} taxa stable>"
