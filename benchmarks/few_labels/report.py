"""The scores as Markdown: means, and differences paired by study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.few_labels.protocol import Score

__all__ = ["by_task", "difference_table", "mean_table", "write_scores"]

#: Half-width of a 95 % interval of a normal mean, in standard errors.
STANDARD_ERRORS = 1.96

#: (measure, representation) → task → mean over draws.
Means = dict[tuple[str, str], dict[str, float]]


def by_task(scores: Iterable[Score]) -> Means:
    """Return the mean over draws, for each measure, representation and task."""
    values: dict[tuple[str, str], dict[str, list[float]]] = {}
    for score in scores:
        values.setdefault((score.measure, score.representation), {}).setdefault(score.task, []).append(score.value)
    return {key: {task: float(np.mean(of)) for task, of in tasks.items()} for key, tasks in values.items()}


def mean_table(means: Means) -> str:
    """Return the mean over tasks, one row per representation; the best of each column is bold."""
    measures, representations = _axes(means)
    texts = {key: f"{np.mean(list(tasks.values())):.3f}" for key, tasks in means.items()}
    best = {measure: max((texts[measure, name] for name in representations), key=float) for measure in measures}
    rows = {
        name: [
            f"**{texts[measure, name]}**" if texts[measure, name] == best[measure] else texts[measure, name]
            for measure in measures
        ]
        for name in representations
    }
    counts = [f"{measure} ({len(means[measure, representations[0]])})" for measure in measures]
    return _markdown("representation", measures, rows) + f"\n\nScored tasks: {', '.join(counts)}."


def difference_table(means: Means, reference: str) -> str:
    """Return a representation minus each of the others: mean over tasks ± half of a 95 % interval."""
    measures, representations = _axes(means)
    rows: dict[str, list[str]] = {}
    for name in representations:
        if name == reference:
            continue
        rows[name] = []
        for measure in measures:
            ours, theirs = means[measure, reference], means[measure, name]
            gaps = np.array([ours[task] - theirs[task] for task in ours])
            error = STANDARD_ERRORS * gaps.std(ddof=1) / np.sqrt(len(gaps)) if len(gaps) > 1 else np.nan
            rows[name].append(f"{gaps.mean():+.3f} ± {error:.3f}")
    return _markdown(f"{reference.strip('*')}, minus", measures, rows)


def write_scores(scores: Iterable[Score]) -> str:
    """Return every single score as tab-separated text."""
    lines = ["measure\ttask\trepresentation\tfold\tdraw\tvalue"]
    lines += ["\t".join(map(str, score)) for score in scores]
    return "\n".join(lines) + "\n"


def _axes(means: Means) -> tuple[list[str], list[str]]:
    measures = dict.fromkeys(measure for measure, _ in means)
    return list(measures), list(dict.fromkeys(name for _, name in means))


def _markdown(corner: str, columns: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    lines = [[corner, *columns], ["---"] * (len(columns) + 1), *([name, *cells] for name, cells in rows.items())]
    return "\n".join("| " + " | ".join(line) + " |" if line[0] != "---" else "|" + "---|" * len(line) for line in lines)
