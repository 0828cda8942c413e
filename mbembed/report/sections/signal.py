"""Study signal: how well the batch of a sample can be told, and what that means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.errors import EvaluationError, MissingExtraError
from mbembed.extras import require_extra
from mbembed.report.bars import Bar, draw_bars
from mbembed.report.cohorts import COHORT_COLUMN
from mbembed.report.picture import Table
from mbembed.report.sections.section import Section
from mbembed.report.signal import study_signal
from mbembed.words import sentence, some

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mbembed.embedding import Embedding
    from mbembed.evaluation.intervals import Interval
    from mbembed.report.picture import Picture
    from mbembed.report.signal import Signal
    from mbembed.stored import StoredEmbedding

__all__ = ["find_batch", "find_person", "make_signal"]

#: Names of columns that say where or how a sample was measured; compared without case, the first found is taken.
BATCH_NAMES = (
    "batch", "study", "study_name", "study_id", COHORT_COLUMN, "dataset", "run", "run_id", "sequencing_run", "plate",
    "centre", "center", "sequencing_center", "site_of_sequencing", "extraction_kit", "dna_extraction_kit",
)  # fmt: skip
#: Names of columns that say whose a sample is.
PERSON_NAMES = (
    "subject",
    "subject_id",
    "person",
    "person_id",
    "patient",
    "patient_id",
    "host_subject_id",
    "individual",
    "donor",
)
#: What the representations are.
WORDS = {"embedding": "the embedding", "log": "the table, log abundances", "clr": "the table, centred log-ratios"}
SHORT = {"log": "log abundances", "clr": "centred log-ratios"}
#: From this share of what is above chance on (0 to 1) batches are told apart well.
STRONG = 0.5


def find_batch(columns: list[str]) -> str | None:
    """Return the column that names the batch, if one is called so.

    >>> find_batch(["age", "Study_Name"]), find_batch(["age"])
    ('Study_Name', None)
    """
    return _find(BATCH_NAMES, columns)


def find_person(columns: list[str]) -> str | None:
    """Return the column that names the person, if one is called so.

    >>> find_person(["age", "Subject ID"])
    'Subject ID'
    """
    return _find(PERSON_NAMES, columns)


def _find(names: Sequence[str], columns: list[str]) -> str | None:
    folded = {name.casefold().replace(" ", "_"): name for name in reversed(columns)}
    return next((folded[name] for name in names if name in folded), None)


def make_signal(
    embedding: Embedding | StoredEmbedding, frame: pd.DataFrame | None, batch: str | None, person: str | None
) -> Section:
    """Tell how well the batch can be predicted, beside chance and beside the table.

    Parameters
    ----------
    embedding : Embedding or StoredEmbedding
    frame : DataFrame, optional
        What is known of its samples, in its order.
    batch, person : str, optional
        Columns with the batch and the person of each sample.
    """
    content: dict[str, object] = {"excuse": "", "column": batch or ""}
    if frame is None or batch is None:
        content["excuse"] = (
            "No column of the metadata says in which study, batch, run or centre a sample was measured. Where one does "
            "under another name: `--batch COLUMN`."
            if frame is not None
            else "There are no metadata. With a column that says in which study or batch each sample was measured "
            "(`--metadata samples.tsv --batch COLUMN`), this section tells how well the vectors give it away."
        )
        return Section("signal", "Study signal", "signal.html", content)
    person = person if person != batch else None
    try:
        require_extra("sklearn", "the study signal")
        found = study_signal(embedding, list(frame[batch]), None if person is None else list(frame[person]))
    except MissingExtraError as error:
        content["excuse"] = f"{sentence(error.found)} Install it with `{error.hint}`."
        return Section("signal", "Study signal", "signal.html", content)
    except EvaluationError as error:
        content["excuse"] = f"How well {batch} can be told from the samples was not measured: {error.found}."
        return Section("signal", "Study signal", "signal.html", content)
    content.update(
        picture=_picture(found, batch),
        answer=_answer(found, batch),
        meaning=_meaning(found, batch),
        method=_method(found, person),
        notes=[sentence(note) for note in found.notes],
    )
    return Section("signal", "Study signal", "signal.html", content)


def _picture(found: Signal, batch: str) -> Picture:
    title = f"How well {batch} can be told from a sample"
    bars = [
        Bar(WORDS[name], one.mean, one.low, one.high, 0 if name == "embedding" else 1)
        for name, one in found.scores.items()
    ]
    told = "; ".join(f"{WORDS[name]} {_words(one)}" for name, one in found.scores.items())
    description = (
        f"Bars of the balanced accuracy with which {batch} is predicted, with 95 % intervals, beside chance "
        f"({found.chance:.0%}): {told}."
    )
    rows = [(WORDS[name], f"{one.mean:.1%}", f"{one.low:.1%} to {one.high:.1%}") for name, one in found.scores.items()]
    rows.append(("chance", f"{found.chance:.1%}", "–"))
    table = Table(
        "Balanced accuracy: the mean over batches of the share told rightly", ("from", "mean", "95 % interval"), rows
    )
    return draw_bars(
        bars, title, description, "balanced accuracy", table, line=(found.chance, "chance"), limits=(0.0, 1.0)
    )


def _words(one: Interval) -> str:
    return f"{one.mean:.0%} ({one.low:.0%} to {one.high:.0%})"


def _answer(found: Signal, batch: str) -> str:
    ours = found.scores["embedding"]
    text = (
        f"From its vector, {batch} of a sample is told rightly in {_words(ours)} of cases, the mean over "
        f"{len(found.batches)} values of {batch}; by chance it would be {found.chance:.0%}."
    )
    if found.difference is None:
        return f"{text} How well the table itself does is not known without the table (`--table TABLE`)."
    beside = f"its {SHORT[found.beside]} reach {_words(found.scores[found.beside])}"
    if found.difference.high < 0:
        return f"{text} The table itself gives it away more clearly: {beside}."
    if found.difference.low > 0:
        return f"{text} That is more clearly than the table itself does: {beside}."
    return f"{text} The table itself does about as well: {beside}."


def _meaning(found: Signal, batch: str) -> str:
    ours = found.scores["embedding"]
    above = (ours.mean - found.chance) / (1.0 - found.chance)
    if ours.low <= found.chance:
        return f"No signal of {batch} was found that goes beyond chance. With few samples a weak one could be missed."
    strength = "strong" if above >= STRONG else "clear"
    return (
        f"There is a {strength} signal of {batch} in the vectors. It need not be technical: samples of another study are "
        "often also of another country, age or disease. But when groups that you compare are spread unevenly over "
        f"{batch}, part of their difference is this one: compare within {batch} (strata in PERMANOVA, `--group` in "
        "`mbembed evaluate`), or test on a study that was not trained on."
    )


def _method(found: Signal, person: str | None) -> str:
    batches = [f"{name} ({n:,})" for name, n in sorted(found.batches.items(), key=lambda item: -item[1])]
    people = f" Samples of one person ({person}) are never on both sides." if found.persons and person else ""
    return (
        f"Ridge regression on {found.n_samples:,} samples, cross-validated in five folds that were dealt {found.rounds} times; "
        f"the same folds for every bar.{people} Values: {some(batches, 12)}."
    )
