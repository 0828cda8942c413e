"""The account: the taxa as a table, and in words what may be said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.evaluation.seen import seen_labels
from mbembed.explanation.explanation import Explanation
from mbembed.explanation.stability import OUTSIDE_DRAWN
from mbembed.words import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mbembed.embedding import Embedding
    from mbembed.explanation.groups import Groups
    from mbembed.explanation.questions import Asked
    from mbembed.explanation.scores import Score
    from mbembed.explanation.stability import Setting, Stability

__all__ = ["conclude"]

#: Names in a sentence.
SHOWN = 5
#: Unmatched abundance that is worth a sentence (share): below it nothing that one would see is lost.
WORTH_SAYING = 0.01


def conclude(
    embedding: Embedding,
    sample_ids: Sequence[str],
    rows: NDArray[np.intp],
    groups: Groups,
    score: Score,
    asked: Asked,
    setting: Setting,
    stability: Stability,
    error: float,
    options: dict[str, Any],
) -> Explanation:
    """Return the explanation: tables, sentences and the summary.

    Parameters
    ----------
    embedding : Embedding
    sample_ids : sequence of str of shape (n_samples,)
        The samples that are looked at.
    rows : ndarray of int of shape (n_samples,)
        Their positions in the profile.
    groups : Groups
    score : Score
    asked : Asked
    setting : Setting
    stability : Stability
    error : float
        Of completeness.
    options : dict
    """
    taxa = _taxa(embedding, rows, groups, score, setting, stability)
    scores = _scores(sample_ids, groups, score, setting)
    baseline_score = float(setting.paths.baseline_score(score.direction.weights) + score.direction.intercept)
    lost = _lost(embedding, rows)
    words = _words(taxa, groups, asked, stability, lost, options)
    warnings = [*embedding.warnings, *groups.warnings]
    if asked.kind == "contrast" and (known := seen_labels(embedding.match.model)):
        warnings.append(f"{known} The same holds for the difference in samples that the direction was not fitted on.")
    summary = {
        "explained": {"kind": asked.kind, "words": asked.words, **asked.facts, "baseline_score": baseline_score},
        "groups": {"column": groups.column, "sizes": groups.sizes} if groups.sizes else None,
        "samples": len(sample_ids),
        "studies": groups.design.n_studies,
        "drawn": "studies" if groups.design.draws_studies else "persons" if options["subject"] else "samples",
        "total": dict(zip(("attribution", "lower", "upper"), stability.total, strict=True)),
        "stable_taxa": int(stability.stable.sum()),
        "taxa": len(taxa),
        "completeness_error": error,
        "lost": lost,
        "words": words,
        "warnings": warnings,
        "explain_options": options,
        "embedding": {key: value for key, value in embedding.summary.items() if key != "match"},
    }
    return Explanation(taxa, scores, words, warnings, summary, setting, score.direction)


def _taxa(
    embedding: Embedding,
    rows: NDArray[np.intp],
    groups: Groups,
    score: Score,
    setting: Setting,
    stability: Stability,
) -> pd.DataFrame:
    import pandas as pd

    match, feeding, case = embedding.match, setting.feeding, groups.design.case
    taxa = [match.profile.taxa[i] for i in feeding.taxa.tolist()]
    columns: dict[str, Any] = {
        "taxon": [taxon.source for taxon in taxa],
        "name": [taxon.label for taxon in taxa],
        "species": ["|".join(dict.fromkeys(match.model.species[i] for i in fed)) for fed in feeding.columns],
        "attribution": stability.attribution,
        "lower": stability.lower,
        "upper": stability.upper,
        "sign_share": stability.sign_share,
        "stable": stability.stable,
        "change": _change(match.model.preprocessing.floor, setting, score),
    }
    parts = {"": np.ones(len(rows), dtype=bool)} if case is None else {"_case": case, "_control": ~case}
    for suffix, chosen in parts.items():
        columns[f"mean_abundance{suffix}"] = feeding.fractions[chosen].mean(axis=0)
        columns[f"prevalence{suffix}"] = (feeding.fractions[chosen] > 0).mean(axis=0)
    order = np.lexsort((columns["taxon"], -np.abs(stability.attribution)))
    return pd.DataFrame(columns).iloc[order].reset_index(drop=True)


def _change(floor: float, setting: Setting, score: Score) -> NDArray[np.float64]:
    """Return how each taxon's log10 abundance differs: between the groups, or per standard deviation of the score."""
    design = setting.design
    logs = np.log10(np.maximum(setting.feeding.fractions, floor) / floor)
    if design.case is not None:
        group = design.centred(design.case.astype(np.float64))
        return np.asarray(group @ logs / (group @ group))
    centred = design.centred(setting.values @ score.direction.weights)
    spread = np.sqrt(centred @ centred * len(centred))
    return np.asarray(centred @ logs / spread) if spread > 0 else np.zeros(logs.shape[1])


def _scores(sample_ids: Sequence[str], groups: Groups, score: Score, setting: Setting) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {"score": setting.values @ score.direction.weights + score.direction.intercept}
    if groups.design.case is not None:
        columns["group"] = np.where(groups.design.case, groups.case, groups.control)
    return pd.DataFrame(columns, index=pd.Index(list(sample_ids), name="sample"))


def _lost(embedding: Embedding, rows: NDArray[np.intp]) -> dict[str, Any]:
    """Return what cannot be attributed: abundance that matches nothing, and species that cannot be seen."""
    match = embedding.match
    model = match.model
    return {
        "unmatched_abundance": float(1 - match.coverage[rows].mean()),
        "unmatched_taxa": [{"name": one.name, "mean_abundance": one.mean_abundance, "reason": one.reason} for one in match.leftovers(SHOWN)],
        "unobservable_species": model.n_named_species - match.n_observable,
        "species": model.n_named_species,
        "naming": match.nomenclature.words,
    }  # fmt: skip


def _words(
    taxa: pd.DataFrame,
    groups: Groups,
    asked: Asked,
    stability: Stability,
    lost: dict[str, Any],
    options: dict[str, Any],
) -> list[str]:
    """Return what was found, as sentences."""
    held = asked.kind == "contrast"
    total, low, high = stability.total
    words = []
    if held:
        sizes = " and ".join(f"{n} {name}" for name, n in groups.sizes.items())
        where = "studies" if groups.design.draws_studies else "samples"
        words.append(
            f"The score is {asked.words}, from {sizes} samples: 0 for the mean {groups.control}, 1 for the mean {groups.case} "
            f"among the samples that it is fitted on. In {where} that it was not fitted on, the groups differ by "
            f"{total:.2f} ({low:.2f} to {high:.2f}), which is what the attributions add up to."
        )
        if low <= 0:
            words.append("This cannot be told from chance, so that no taxon is called stable.")
    else:
        words.append(
            f"The score is {asked.words}. Attributions are shares of its variance over {groups.design.n_samples} samples"
            f"{' within studies' if groups.design.n_studies > 1 else ''}, and add up to 1."
        )
    words.append(_stable_words(taxa, asked, groups))
    reference = {
        "reference": f"the mean {groups.control}" if held else "the mean of these samples",
        "absent": "a sample without any species, which does not exist",
    }[options["baseline"]]
    words.append(f"Attributions of single samples say why the score differs from that of {reference}.")
    if lost["unmatched_abundance"] >= WORTH_SAYING:
        names = [f"{one['name']} ({one['mean_abundance']:.1%})" for one in lost["unmatched_taxa"]]
        words.append(
            f"{lost['unmatched_abundance']:.1%} of the classified abundance matches no species of the model and can have no "
            f"attribution: {some(names)}."
        )
    if lost["unobservable_species"]:
        words.append(
            f"{lost['unobservable_species']:,} of the {lost['species']:,} species of the model cannot be seen with the names "
            f"of this table ({lost['naming']}), and get none either."
        )
    words.append(
        "This is association, not cause: taxa that go together share what is attributed to them, and a taxon "
        "that the model does not need gets little, even if it differs."
    )
    return words


def _stable_words(taxa: pd.DataFrame, asked: Asked, groups: Groups) -> str:
    stable = taxa[taxa.stable]
    if stable.empty:
        return f"None of the {len(taxa)} taxa is stable when samples are drawn again."
    high = f"in {groups.case}" if asked.kind == "contrast" else f"where the score is high ({asked.meaning})"
    sides = {
        f"higher mean log abundance {high}": stable[stable.change > 0],
        f"lower mean log abundance {high}": stable[stable.change <= 0],
    }
    named = "; ".join(f"{what}: {some(list(own.name), SHOWN)}" for what, own in sides.items() if len(own))
    return (
        f"{len(stable)} of {len(taxa)} taxa are stable when samples are drawn again: {named}. "
        f"Of taxa that do not matter, about {OUTSIDE_DRAWN:.0%} are called stable by chance, "
        f"which is up to {max(1, round(OUTSIDE_DRAWN * len(taxa)))} of these."
    )
