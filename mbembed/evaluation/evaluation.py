"""The evaluation: every fit, what they say, and where to write it."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbembed.evaluation.checkpoint import CHECKPOINT
from mbembed.evaluation.saved_heads import HEADS_FILE, heads_content
from mbembed.outputs.atomic import atomic_path
from mbembed.outputs.summary import write_summary

if TYPE_CHECKING:
    import os

    import pandas as pd

    from mbembed.evaluation.saved_heads import SavedHead

__all__ = ["Evaluation"]

#: Files in the output folder.
RESULTS_TSV, RESULTS_PARQUET, SUMMARY = "results.tsv", "results.parquet", "summary.json"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What an evaluation found.

    Attributes
    ----------
    results : DataFrame of shape (n_scores, 12)
        One row per split, representation, head and metric.
    summary : dict
        Target, samples, representations, mean scores and paired differences with intervals,
        verdicts, warnings, options and provenance.
    heads : list of SavedHead
        For each model the linear head, fitted on all labelled samples, for `mbembed.explain`.
    """

    results: pd.DataFrame
    summary: dict[str, Any]
    heads: list[SavedHead] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """The answer in words."""
        return str(self.summary["verdict"])

    @property
    def warnings(self) -> list[str]:
        """Sentences for the user."""
        return list(self.summary["warnings"])

    def scores(self) -> pd.DataFrame:
        """Return the mean scores with their intervals as a table."""
        import pandas as pd

        return pd.DataFrame(self.summary["scores"])

    def differences(self) -> pd.DataFrame:
        """Return the paired differences with their intervals as a table."""
        import pandas as pd

        return pd.DataFrame(self.summary["differences"])

    def write(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write results, summary, heads, figures and the page into a folder.

        Parameters
        ----------
        folder : path-like
            It is made if need be; files of the same names are replaced.

        Returns
        -------
        list of Path
            The files written.

        Raises
        ------
        OutputError
            If a file cannot be written.
        """
        from mbembed.evaluation.figures import draw_figures
        from mbembed.evaluation.page import write_page

        place = Path(folder)
        written = [place / RESULTS_TSV, place / RESULTS_PARQUET, place / SUMMARY]
        with atomic_path(written[0]) as temporary:
            self.results.to_csv(temporary, sep="\t", index=False, lineterminator="\n")
        with atomic_path(written[1]) as temporary:
            temporary.write_bytes(self._parquet())
        write_summary(written[2], self.summary)
        if self.heads:
            written.append(place / HEADS_FILE)
            write_summary(written[-1], heads_content(self.heads))
        else:  # not the heads of an earlier run beside these results
            (place / HEADS_FILE).unlink(missing_ok=True)
        written += draw_figures(self.results, self.summary, place)
        written.append(write_page(self.results, self.summary, place))
        (place / CHECKPOINT).unlink(missing_ok=True)
        return written

    def _parquet(self) -> bytes:
        import polars as pl

        columns = {name: self.results[name].to_numpy() for name in self.results.columns}
        text = {name: list(values) if values.dtype == object else values for name, values in columns.items()}
        file = BytesIO()
        pl.DataFrame(text).write_parquet(file)
        return file.getvalue()

    def __repr__(self) -> str:
        samples, target = self.summary["samples"]["used"], self.summary["target"]
        return f"<Evaluation: {target['name']} ({target['kind']}), {samples} samples, {len(self.results)} scores>"
