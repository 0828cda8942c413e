"""Provenance: everything needed to repeat it, and how to cite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mbembed.outputs.summary import environment, to_json
from mbembed.report.picture import Table
from mbembed.report.sections.section import Section
from mbembed.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.embedding import Embedding

__all__ = ["make_provenance"]


def make_provenance(embedding: Embedding, command: Sequence[str]) -> Section:
    """List what was run on what with what, and give sentences for a methods section."""
    match = embedding.match
    profile, model = match.profile, match.model
    decisions = [(one.what, one.value, one.reason) for one in profile.decisions]
    files = [
        ("table", profile.path or "an object in memory", profile.sha256 or "–"),
        (f"model {model.name}", "weights", model.weights_sha256),
    ]
    versions = environment()
    content = {
        "command": " ".join(map(_shell, command)),
        "files": Table("What was read", ("what", "where", "SHA-256"), files),
        "decisions": Table("What was decided on reading the table", ("decision", "value", "why"), decisions),
        "options": Table(
            "Options", ("option", "value"), [(key, str(value)) for key, value in embedding.options.items()]
        ),
        "versions": Table("Versions", ("software", "version"), list(versions.items())),
        "model": [
            ("Source", str(model.config.get("source", "not stated"))),
            ("Licence", str(model.config.get("licence", "not stated"))),
            ("Preprocessing", _preprocessing(embedding)),
        ],
        "methods": _methods(embedding, versions["mbembed"]),
        "citations": _citations(embedding, versions["mbembed"]),
    }
    return Section("provenance", "Provenance", "provenance.html", content)


def _shell(word: str) -> str:
    from shlex import quote

    return quote(word)


def _preprocessing(embedding: Embedding) -> str:
    settings = json.loads(to_json(embedding.match.model.preprocessing.to_config()))
    return ", ".join(f"{key} = {value}" for key, value in settings.items())


def _methods(embedding: Embedding, version: str) -> str:
    match = embedding.match
    left_out = (
        f"; {count(len(embedding.left_out), 'sample')} had no match or too small a one" if embedding.left_out else ""
    )
    return (
        f"Species profiles of {count(match.profile.n_samples, 'sample')} ({match.nomenclature.words}) were embedded with mbembed "
        f"{version}, model {match.model.name} (SHA-256 of the weights {match.model.weights_sha256[:12]}…; "
        f"names: {match.names}, closure: {match.closure}), into {embedding.n_dimensions:,} dimensions. "
        f"In the median sample {match.median_coverage:.1%} of the classified abundance matched a species of the model{left_out}."
    )


def _citations(embedding: Embedding, version: str) -> list[str]:
    citation = str(embedding.match.model.config.get("citation", ""))
    cited = [f"The software: mbembed {version} (CITATION.cff in its repository)."]
    if citation and citation != "unknown":
        cited.append(f"The model: {citation}.")
    else:
        cited.append("The model: its folder states no citation; ask who made it.")
    return cited
