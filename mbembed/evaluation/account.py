"""The account: what was evaluated on what, what came out, and how to repeat it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mbembed.evaluation.comparison import Comparison
from mbembed.evaluation.evaluation import Evaluation
from mbembed.evaluation.fits import results_frame
from mbembed.evaluation.saved_heads import final_heads
from mbembed.evaluation.seen import seen_labels, seen_samples
from mbembed.evaluation.verdict import added_sentences, verdicts_of, whole_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.embedding import Embedding
    from mbembed.evaluation.cohort import Cohort
    from mbembed.evaluation.fits import Fit
    from mbembed.evaluation.representations import Representation
    from mbembed.evaluation.splits import Plan
    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile

__all__ = ["Choices", "conclude"]


@dataclass(frozen=True)
class Choices:
    """Options that the fits depend on; as in `evaluate`."""

    protocols: tuple[str, ...]
    sizes: tuple[int, ...] | None
    repeats: int
    folds: int
    heads: tuple[str, ...]
    representations: tuple[str, ...]
    seed: int


def conclude(
    profile: Profile,
    embeddings: Sequence[Embedding],
    shown: Sequence[Representation],
    cohort: Cohort,
    plan: Plan,
    fits: list[list[Fit]],
    choices: Choices,
    group: str | None,
    subject: str | None,
) -> Evaluation:
    """Return the evaluation: the fits as a table, and the summary of all that was done."""
    comparison = Comparison(
        plan.splits,
        fits,
        {one.name: one.kind for one in shown},
        n_samples=len(cohort.rows),
        subjects=cohort.subjects,
        seed=choices.seed,
    )
    described = _describe(profile, shown, cohort, group, subject)
    judged = _judge(comparison, cohort, plan, [one.match.model for one in embeddings])
    told = [sentence for one in embeddings for sentence in one.warnings] or profile.warnings
    judged["warnings"] = list(dict.fromkeys([*told, *judged["warnings"]]))
    labelled = [profile.sample_ids[i] for i in cohort.rows.tolist()]
    return Evaluation(
        results_frame(plan.splits, fits),
        {**described, **judged, **_trace(profile, embeddings, choices)},
        final_heads(embeddings, labelled, cohort.target) if "linear" in choices.heads else [],
    )


def _describe(
    profile: Profile,
    shown: Sequence[Representation],
    cohort: Cohort,
    group: str | None,
    subject: str | None,
) -> dict[str, Any]:
    """Return what was evaluated on what."""
    target = cohort.target
    numbers = target.kind == "continuous"
    return {
        "target": {
            "name": target.name,
            "kind": target.kind,
            "reason": target.reason,
            "classes": target.counts(),
            "positive": target.positive,
            "n": len(target.values),
            "mean": float(target.values.mean()) if numbers else None,
            "sd": float(target.values.std(ddof=1)) if numbers else None,
        },
        "table": profile.to_summary(),
        "samples": cohort.counts,
        "group": None if group is None else {"column": group, "studies": cohort.studies()},
        "subject": subject,
        "representations": [
            {"name": one.name, "kind": one.kind, "n_features": one.n_features, "words": one.words} for one in shown
        ],
    }


def _judge(comparison: Comparison, cohort: Cohort, plan: Plan, models: Sequence[Model]) -> dict[str, Any]:
    """Return scores, differences, verdicts and warnings."""
    run = {split.protocol for split in plan.splits}
    refused = {protocol: "; ".join(sentences) for protocol, sentences in plan.skipped.items() if protocol not in run}
    cautions = {"leave-one-study-out": cohort.confounding} if cohort.confounding else {}
    seen = {model.name: why for model in models if (why := seen_samples(model, cohort.groups))}
    verdicts = verdicts_of(comparison, refused, cautions, seen)
    added = [
        *added_sentences(comparison, cautions, seen),
        *(seen_labels(model) for model in models if model.name not in seen),
    ]
    skipped: dict[str, list[str]] = {}
    for protocol, sentences in plan.skipped.items():
        for sentence in sentences:
            skipped.setdefault(sentence, []).append(protocol)
    warnings = [
        *seen.values(),
        *cohort.warnings,
        *(f"left out of {', '.join(protocols)}: {sentence}" for sentence, protocols in skipped.items()),
    ]
    return {
        "scores": comparison.scores(),
        "transfer": comparison.transfer(),
        "differences": comparison.differences(),
        "verdicts": verdicts,
        "verdict": whole_verdict(verdicts, len(cohort.rows), added),
        "warnings": warnings,
    }


def _trace(profile: Profile, embeddings: Sequence[Embedding], choices: Choices) -> dict[str, Any]:
    """Return the options and what else is needed to repeat the run."""
    from importlib.metadata import version

    from mbembed.outputs.summary import environment

    packages = {name: version(name) for name in ("scikit-learn", "joblib", "pandas")}
    return {
        "options": asdict(choices),
        "provenance": {
            "table_sha256": profile.sha256,
            "models": [one.match.model.to_summary() for one in embeddings],
            "matching": [{"model": one.match.model.name, **one.options} for one in embeddings],
            "environment": {**environment(), **packages},
        },
    }
