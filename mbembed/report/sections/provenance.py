"""Provenance: everything needed to repeat it, and how to cite."""

from __future__ import annotations

import json
from shlex import quote
from typing import TYPE_CHECKING, Any

from mbembed.outputs.summary import environment, to_json
from mbembed.report.picture import Table
from mbembed.report.sections.section import Section
from mbembed.report.told import Told
from mbembed.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.report.cohorts import Cohort

__all__ = ["make_provenance"]

#: What else a page is made with; their versions can change a figure or a p-value.
DRAWN_WITH = ("matplotlib", "scikit-bio")
#: What the maps and tests of the page rest on.
PAPERS = (
    "Principal coordinates: Gower (1966) Biometrika 53:325–338.",
    "PERMANOVA: Anderson (2001) Austral Ecology 26:32–46; of measurements: McArdle & Anderson (2001) Ecology 82:290–297.",
)


def make_provenance(cohorts: Sequence[Cohort], command: Sequence[str]) -> Section:
    """List what was run on what with what, and give sentences for a methods section."""
    content = {
        "command": " ".join(map(quote, command)),
        "cohorts": [_cohort(one) for one in cohorts],
        "citations": _citations(cohorts[0]),
        "versions": Table("Versions that made this page", ("software", "version"), list(_versions().items())),
    }
    return Section("provenance", "Provenance", "provenance.html", content)


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {**environment(), **{name: version(name) for name in DRAWN_WITH}}


def _cohort(cohort: Cohort) -> dict[str, Any]:
    if not cohort.summary:
        return {"name": cohort.name, "known": False}
    told = Told(cohort.summary)
    files = [
        ("table", told.read["path"] or "an object in memory", told.read["sha256"] or "–"),
        (f"model {told.model['name']}", "weights", told.model["weights_sha256"]),
    ]
    decisions = [(one["what"], one["value"], one["reason"]) for one in told.read["decisions"]]
    made_by = " ".join(map(quote, cohort.summary.get("command", [])))
    return {
        "name": cohort.name,
        "known": True,
        "made_by": made_by,
        "files": Table("What was read", ("what", "where", "SHA-256"), files),
        "decisions": Table("What was decided on reading the table", ("decision", "value", "why"), decisions),
        "options": Table("Options", ("option", "value"), [(key, str(value)) for key, value in told.options.items()]),
        "versions": Table("Versions that made the vectors", ("software", "version"), list(told.environment.items())),
        "model": _model(cohort, told),
        "methods": _methods(cohort, told),
    }


def _model(cohort: Cohort, told: Told) -> list[tuple[str, str]]:
    """Return what is stated of the model; its source and licence only if it is installed."""
    settings = json.loads(to_json(told.model["preprocessing"]))
    facts = [("Preprocessing", ", ".join(f"{key} = {value}" for key, value in settings.items()))]
    if cohort.model is None:
        return [("Source and licence", "not known: it is not installed here (`mbembed models list`)"), *facts]
    config = cohort.model.config
    stated = [
        (title, str(config.get(key, "not stated"))) for title, key in (("Source", "source"), ("Licence", "licence"))
    ]
    return [*stated, *facts]


def _methods(cohort: Cohort, told: Told) -> str:
    match, model = told.match, told.model
    left_out = told.output["left_out"]
    without = f"; {count(len(left_out), 'sample')} had no match or too small a one" if left_out else ""
    return (
        f"Species profiles of {count(told.read['samples'], 'sample')} ({told.nomenclature.words}) were embedded with "
        f"mbembed {told.environment['mbembed']}, model {model['name']} (SHA-256 of the weights "
        f"{model['weights_sha256'][:12]}…; names: {match['names']}, closure: {match['closure']}), into "
        f"{cohort.embedding.n_dimensions:,} dimensions. In the median sample {match['median_coverage']:.1%} of the "
        f"classified abundance matched a species of the model{without}."
    )


def _citations(cohort: Cohort) -> list[str]:
    version = cohort.summary["environment"]["mbembed"] if cohort.summary else environment()["mbembed"]
    cited = [f"The software: mbembed {version} (CITATION.cff in its repository)."]
    citation = str(cohort.model.config.get("citation", "")) if cohort.model else ""
    if citation and citation != "unknown":
        cited.append(f"The model: {citation}.")
    elif cohort.model:
        cited.append("The model: its folder states no citation; ask who made it.")
    return [*cited, *PAPERS]
