"""The page of an evaluation: the verdict first, then the figures, and how to repeat it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mbembed.evaluation.figures import plots_of
from mbembed.evaluation.plots.plot import HEADS, KINDS, METRICS, metrics_in, number
from mbembed.report.page import check_report, render, write_html
from mbembed.report.picture import Picture, Table, picture
from mbembed.words import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

__all__ = ["PAGE", "write_page"]

#: Name of the page in its folder.
PAGE = "report.html"
#: Protocols in words: a heading, and what was done.
PROTOCOLS = {
    "limited-data": (
        "With few labels",
        (
            "Predictors were trained on small numbers of labelled samples, drawn many times, and scored on the rest. Every "
            "representation had the same samples."
        ),
    ),
    "cross-validation": (
        "With all labels",
        "The samples were divided into parts; each part was predicted by predictors that were trained on the others.",
    ),
    "leave-one-study-out": (
        "In a study that was never seen",
        (
            "Each study was predicted by predictors that were trained on all other studies, and scored within itself: to "
            "recognise the study earns nothing."
        ),
    ),
    "study-transfer": ("From one study to another", "Predictors were trained on one study and scored on another."),
}
#: A sign for each answer; the words stand beside it.
SIGNS = {"helps": "▲", "no difference": "=", "hurts": "▼", "cannot be said": "?"}


class Protocol(NamedTuple):
    """A section of the page."""

    anchor: str
    title: str
    words: str
    verdicts: list[tuple[str, str, str]]
    pictures: list[Picture]
    differences: Table | None


def write_page(results: pd.DataFrame, summary: Mapping[str, Any], folder: Path) -> Path:
    """Write the page of an evaluation.

    Parameters
    ----------
    results : DataFrame
        Every fit; its ``protocol`` says what was run.
    summary : mapping
        What the evaluation found, as in its ``summary.json``.
    folder : Path
        Where it goes; made if need be.

    Returns
    -------
    Path
        ``report.html``: one file without scripts that needs nothing but itself.

    Raises
    ------
    MissingExtraError
        If Jinja2 or matplotlib is not installed.
    OutputError
        If the file cannot be written.
    """
    check_report()
    present = [name for name in PROTOCOLS if name in set(results["protocol"])]
    pictures: dict[str, list[Picture]] = {name: [] for name in present}
    with plots_of(results, summary) as plots:
        for plot in plots:
            pictures[plot.section].append(
                picture(plot.figure, plot.title, plot.description, caption=plot.caption, table=plot.table)
            )
    target = summary["target"]
    html = render(
        "mbembed.evaluation",
        "evaluation.html",
        title=f"Does the embedding help to predict {target['name']}?",
        verdict=summary["verdict"],
        warnings=[sentence(warning) for warning in summary["warnings"]],
        facts=_facts(summary),
        representations=Table(
            "What was compared, always at the same samples",
            ("representation", "kind", "features", "what it is"),
            [
                (one["name"], KINDS.get(one["kind"], one["kind"]), f"{one['n_features']:,}", one["words"])
                for one in summary["representations"]
            ],
        ),
        protocols=[_protocol(name, summary, pictures[name]) for name in present],
        options=_pairs("Options", summary["options"]),
        provenance=_pairs("Provenance", summary["provenance"]),
    )
    path = folder / PAGE
    write_html(path, html)
    return path


def _protocol(name: str, summary: Mapping[str, Any], pictures: list[Picture]) -> Protocol:
    title, words = PROTOCOLS[name]
    verdicts = [
        (SIGNS.get(one["answer"], "?"), one["answer"], one["text"])
        for one in summary["verdicts"]
        if one["protocol"] == name
    ]
    return Protocol(name, title, words, verdicts, pictures, _differences(name, summary))


def _differences(name: str, summary: Mapping[str, Any]) -> Table | None:
    """Return the paired differences in the deciding metric."""
    rows = [row for row in summary["differences"] if row["protocol"] == name]
    if not rows:
        return None
    metric = metrics_in(rows)[0]
    with_labels = any(row["n_labels"] is not None for row in rows)
    body = [
        (
            *([f"{row['n_labels']:,}"] if with_labels else []),
            row["representation"],
            row["baseline"],
            HEADS.get(row["head"], row["head"]),
            number(row["difference"]),
            f"{number(row['low'])} to {number(row['high'])}",
        )
        for row in rows
        if row["metric"] == metric
    ]
    columns = ("representation", "minus", "predictor", "difference", "95 % interval")
    return Table(
        f"Paired differences in {METRICS.get(metric, metric)}", ("labels", *columns) if with_labels else columns, body
    )


def _facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    target, samples, group = summary["target"], summary["samples"], summary["group"]
    facts = [("To predict", f"{target['name']} ({target['kind']})")]
    if target.get("classes"):
        facts.append(("Classes", ", ".join(f"{name}: {n:,}" for name, n in target["classes"].items())))
        if target.get("positive") is not None:
            facts.append(("Counts as positive", str(target["positive"])))
    else:
        facts.append(("Values", f"mean {target['mean']:.4g}, standard deviation {target['sd']:.4g}"))
    facts.append(
        (
            "Samples",
            (
                f"{samples['used']:,} used; {samples['in_table']:,} in the table, {samples['in_metadata']:,} in the metadata, "
                f"{samples['joined']:,} in both"
            ),
        )
    )
    if group:
        facts.append(("Studies", f"{len(group['studies'])}, by column {group['column']}"))
    if summary["subject"]:
        facts.append(("Subjects", f"by column {_subject(summary['subject'])}: no person on both sides of a split"))
    return facts


def _subject(subject: object) -> str:
    return str(subject.get("column", subject)) if isinstance(subject, dict) else str(subject)


def _pairs(caption: str, values: Mapping[str, Any]) -> Table:
    """Return a mapping, and those inside it, as a table of two columns."""
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, dict):
            rows += [(f"{key}: {inner}", str(item)) for inner, item in value.items()]
        else:
            rows.append((str(key), ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)))
    return Table(caption, ("what", "value"), rows)
