"""The figures as Markdown, for ``docs/evidence.md`` and the model card."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.representation.crossprofiler import PAIRS
from benchmarks.representation.measures import ALL_LABELS
from benchmarks.representation.rows import PUBLISHED, SHIPPED, WORDS
from benchmarks.representation.tasks import DISEASE, SEX, TRAITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.representation.measures import Figures, Measure
    from mbembed.evaluation.intervals import Interval

__all__ = ["CrossProfiler", "all_tables", "markdown", "signed"]

#: Goals that were set before the model was sought: gain over the best single baseline, by measure …
GOALS = {"AUC, 20 labels": 0.04, "AUC, 40 labels": 0.04, "r, 50 labels": 0.05, "r, 200 labels": 0.04}
#: … over the published model in AUC, the AUC in an unseen study of colorectal cancer, the largest loss
#: with all labels, and the share of samples that find themselves between profilers.
GOAL_OVER_PUBLISHED, GOAL_UNSEEN, GOAL_LOSS, GOAL_TWINS = 0.08, 0.84, -0.01, 0.98

#: Row → pair of profilers → share of samples whose nearest neighbour is itself.
CrossProfiler = dict[str, dict[tuple[str, str], float]]


class Goal(NamedTuple):
    """One goal: what, how much was wanted, what was found, and how far that is from it (0: reached)."""

    what: str
    wanted: str
    found: str
    distance: float


def all_tables(figures: Mapping[str, Figures], twins: CrossProfiler, *, repeats: int) -> str:
    """Return all tables.

    Parameters
    ----------
    figures : mapping of str to Figures
        Head → its figures; the first head decides.
    twins : dict
        May be empty.
    repeats : int
        Draws per number of labels.
    """
    head, *others = figures
    main = figures[head]
    parts = ["### Mean scores", mean_table(main, SEX), _counts(main, repeats)]
    if main.candidates:
        parts += ["### Minus the best single baseline", best_table(main)]
    if SHIPPED in main.rows:
        parts += ["### The shipped recipe, minus each of the others", each_table(main)]
        parts += ["### Task by task", task_table(main)]
        parts += ["### Against the goals", goal_table(main, twins)]
    if any(measure.group == SEX for measure in main.measures):
        parts += ["### Sex", mean_table(main, DISEASE, TRAITS)]
    if twins:
        parts += ["### The same samples by three profilers", twin_table(twins)]
    for other in others:
        parts += [f"### Mean scores with the head `{other}`", mean_table(figures[other], SEX)]
    return "\n\n".join(parts) + "\n"


def mean_table(figures: Figures, *without: str) -> str:
    """Return means over tasks; the best of each column is bold."""
    measures = [measure for measure in figures.measures if measure.group not in without]
    texts = {(row, measure): f"{figures.mean(measure, row).mean:.3f}" for row in figures.rows for measure in measures}
    best = {measure: max((texts[row, measure] for row in figures.rows), key=float) for measure in measures}
    rows = {
        WORDS[row]: [
            f"**{texts[row, measure]}**" if texts[row, measure] == best[measure] else texts[row, measure]
            for measure in measures
        ]
        for row in figures.rows
    }
    return markdown("representation", [measure.name for measure in measures], rows)


def best_table(figures: Figures) -> str:
    """Return each model minus the best single baseline of each measure."""
    best = {measure: figures.best_baseline(measure) for measure in figures.measures}
    rows = {
        WORDS[row]: [signed(figures.difference(measure, row, best[measure])) for measure in figures.measures]
        for row in figures.candidates
    }
    named = [f"{measure.name}; best: `{best[measure]}`" for measure in figures.measures]
    return markdown("minus the best", named, rows)


def each_table(figures: Figures) -> str:
    """Return the shipped recipe minus every other row."""
    rows = {
        WORDS[row]: [signed(figures.difference(measure, SHIPPED, row)) for measure in figures.measures]
        for row in figures.rows
        if row != SHIPPED
    }
    return markdown("shipped, minus", [measure.name for measure in figures.measures], rows)


def task_table(figures: Figures) -> str:
    """Return the shipped recipe beside the best single baseline, task by task, and who is ahead."""
    measures = [measure for measure in figures.measures if measure.group != SEX]
    tasks = list(dict.fromkeys(task for measure in measures for task in figures.by_task(measure).index))
    rows: dict[str, list[str]] = {task: [] for task in tasks}
    ahead = []
    for measure in measures:
        table, best = figures.by_task(measure), figures.best_baseline(measure)
        wins = int((table[SHIPPED] > table[best]).sum())
        ahead.append(f"{wins} of {len(table)}")
        for task in tasks:
            here = task in table.index
            rows[task].append(f"{table.loc[task, best]:.2f} → {table.loc[task, SHIPPED]:.2f}" if here else "")
    return markdown(
        "best baseline → shipped", [measure.name for measure in measures], {**rows, "shipped is ahead in": ahead}
    )


def goal_table(figures: Figures, twins: CrossProfiler) -> str:
    """Return the goals, what was found, and what is missing."""
    goals = list(_goals(figures, twins))
    rows = {
        goal.what: [goal.wanted, goal.found, f"**missed by {goal.distance:.3f}**" if goal.distance > 0 else "reached"]
        for goal in goals
    }
    return markdown("goal", ["wanted", "found", ""], rows)


def _goals(figures: Figures, twins: CrossProfiler) -> Iterable[Goal]:
    for measure in figures.measures:
        gain = figures.difference(measure, SHIPPED, figures.best_baseline(measure))
        if measure.name in GOALS:
            yield _gain(f"{measure.name}: gain over the best single baseline", GOALS[measure.name], gain)
            if not np.isnan(gain.low):
                yield Goal(f"{measure.name}: interval of that gain", "above 0", f"from {gain.low:+.3f}", -gain.low)
            if PUBLISHED in figures.rows and measure.group == DISEASE:
                over = figures.difference(measure, SHIPPED, PUBLISHED)
                yield _gain(f"{measure.name}: gain over the published MAE-30 %", GOAL_OVER_PUBLISHED, over)
        elif measure.protocol == ALL_LABELS and measure.group != SEX:
            yield _gain(f"{measure.name}: no worse than the best single baseline", GOAL_LOSS, gain)
        elif measure.group != SEX:
            reached = figures.mean(measure, SHIPPED)
            yield Goal(measure.name, f"≥ {GOAL_UNSEEN:g}", f"{reached.mean:.3f}", GOAL_UNSEEN - reached.mean)
            yield _gain(f"{measure.name}: above the best single baseline", 0.0, gain)
    for pair in PAIRS if SHIPPED in twins else ():
        share = twins[SHIPPED][pair]
        yield Goal(f"find themselves, {' and '.join(pair)}", f"≥ {GOAL_TWINS:.0%}", f"{share:.1%}", GOAL_TWINS - share)


def _gain(what: str, wanted: float, gain: Interval) -> Goal:
    return Goal(what, f"≥ {wanted:+.2f}", signed(gain), wanted - gain.mean)


def twin_table(twins: CrossProfiler) -> str:
    """Return the share of samples that find themselves, for each pair of profilers."""
    rows = {WORDS.get(row, row): [f"{found[pair]:.1%}" for pair in PAIRS] for row, found in twins.items()}
    return markdown("share of samples that find themselves", [" – ".join(pair) for pair in PAIRS], rows)


def markdown(corner: str, columns: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    """Return a table.

    >>> print(markdown("", ["x"], {"a": ["1"]}))
    |  | x |
    |---|---|
    | a | 1 |
    """
    lines = [
        "| " + " | ".join(line) + " |" for line in ([corner, *columns], *([name, *of] for name, of in rows.items()))
    ]
    return "\n".join([lines[0], "|" + "---|" * (len(columns) + 1), *lines[1:]])


def signed(interval: Interval) -> str:
    """Return a difference with its sign, and its interval where it has one."""
    if np.isnan(interval.low):
        return f"{interval.mean:+.3f}"
    return f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"


def _counts(figures: Figures, repeats: int) -> str:
    tasks = ", ".join(f"{measure.name} ({_n_tasks(figures, measure)})" for measure in figures.measures)
    return f"Scored tasks: {tasks}. Mean over {repeats} draws (or over the folds), then over tasks."


def _n_tasks(figures: Figures, measure: Measure) -> int:
    return len(figures.by_task(measure))
