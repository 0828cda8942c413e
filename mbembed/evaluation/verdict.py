"""The verdict: what the differences say, in plain words, gains and losses in the same way."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from mbembed.evaluation.metrics import CHANCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mbembed.evaluation.comparison import Comparison, Setting

__all__ = ["ANSWERS", "METRIC_WORDS", "added_sentences", "verdicts_of", "whole_verdict"]

#: Possible answers.
ANSWERS = HELPS, NO_DIFFERENCE, HURTS, UNKNOWN = ("helps", "no difference", "hurts", "cannot be said")
#: How a metric is called in a sentence.
METRIC_WORDS = {"roc_auc": "AUC", "pr_auc": "PR-AUC", "pearson_r": "r", "r2": "R²"}
#: The deciding metrics: one per kind of target.
DECIDING = tuple(CHANCE)


def verdicts_of(
    comparison: Comparison, refused: Mapping[str, str], cautions: Mapping[str, str], seen: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return one verdict per model, protocol and number of labelled samples.

    Each compares the model with the raw representation or its principal components that scored
    best in the same setting, under the first head (linear, unless it was not asked for).

    Parameters
    ----------
    comparison : Comparison
    refused : mapping of str to str
        Protocols that could not be run, and why.
    cautions : mapping of str to str
        Protocols whose verdict cannot be trusted, and why.
    seen : mapping of str to str
        Models that know labels of the scored studies, and how that is known.

    Returns
    -------
    list of dict
        ``protocol``, ``n_labels``, ``model``, ``answer``, ``text`` and the numbers behind them.
    """
    models = [name for name, kind in comparison.kinds.items() if kind == "model"]
    rows = []
    for model in models:
        rows += [
            _verdict(comparison, setting, model, cautions.get(setting[0], ""), seen.get(model, ""))
            for setting in comparison.settings
        ]
        rows += [
            {
                "protocol": protocol, "n_labels": None, "model": model, "answer": UNKNOWN,
                "text": f"{_when((protocol, None))}, it cannot be said whether {model} helps: {why}.",
            }
            for protocol, why in refused.items()
        ]  # fmt: skip
    return rows


def _verdict(comparison: Comparison, setting: Setting, model: str, caution: str, seen: str) -> dict[str, Any]:
    head = comparison.heads[0]
    metric = next(one for one in comparison.metrics if one in DECIDING)
    best = comparison.best(setting, head, metric)
    row: dict[str, Any] = {
        "protocol": setting[0],
        "n_labels": setting[1],
        "model": model,
        "head": head,
        "metric": metric,
        "baseline": best,
    }
    if best is None:
        why = "no raw representation was run beside it"
        return {**row, "answer": UNKNOWN, "text": f"{_when(setting)}, it cannot be said whether {model} helps: {why}."}
    mean, low, high = comparison.difference(setting, model, best, head, metric)
    word = METRIC_WORDS[metric]
    interval = f"[{low:+.3f}, {high:+.3f}]"
    at_chance = all(comparison.interval(setting, name, head, metric).low <= CHANCE[metric] for name in (model, best))
    if at_chance:
        answer = NO_DIFFERENCE
        done = (
            f"neither {model} nor the best raw representation ({best}) predicts better than chance, "
            f"so there is no difference to speak of ({mean:+.3f} {word} {interval})"
        )
    elif low > 0:
        answer = HELPS
        done = f"{model} gains {mean:.3f} {word} {interval} over the best raw representation ({best})"
    elif high < 0:
        answer = HURTS
        done = f"{model} loses {-mean:.3f} {word} {interval} against the best raw representation ({best})"
    else:
        answer = NO_DIFFERENCE
        done = f"{model} makes no difference to the best raw representation ({best}): {mean:+.3f} {word} {interval}"
    score = comparison.mean(setting, model, head, metric)
    text = f"{_when(setting)}, {done}; its {word} is {score:.3f} ({_scope(comparison, setting)})."
    if caution:
        answer, text = UNKNOWN, f"{text} It cannot be said that this is due to the target: {caution}."
    if seen:
        answer, text = UNKNOWN, f"{text} It cannot be said how it does on samples that it has not seen: {seen}."
    return {**row, "answer": answer, "text": text, "difference": mean, "low": low, "high": high}


def added_sentences(comparison: Comparison, cautions: Mapping[str, str], seen: Mapping[str, str]) -> list[str]:
    """Return whether each model adds anything to the raw representation that it was put beside.

    Said of the strictest protocol that was run: across studies, else cross-validation, else the
    largest number of labelled samples. ``cautions`` and ``seen`` as in `verdicts_of`.
    """
    order = ("study-transfer", "limited-data", "cross-validation", "leave-one-study-out")
    setting = max(comparison.settings, key=lambda one: (order.index(one[0]), one[1] or 0))
    head = comparison.heads[0]
    metric = next(one for one in comparison.metrics if one in DECIDING)
    sentences = []
    for name in (name for name, kind in comparison.kinds.items() if kind == "joined"):
        alone = next((raw for raw in comparison.kinds if name.startswith(f"{raw}+")), None)
        if alone is None:
            continue
        mean, low, high = comparison.difference(setting, name, alone, head, metric)
        what = "adds to it" if low > 0 else "takes from it" if high < 0 else "adds nothing that could be shown"
        if cautions.get(setting[0]):
            what = "and the target cannot be told from the study here"
        if name.removeprefix(f"{alone}+") in seen:
            what = "and labels of these studies are known to it"
        sentences.append(
            f"{_when(setting)}, {name} side by side differs from {alone} alone by {mean:+.3f} {METRIC_WORDS[metric]} "
            f"[{low:+.3f}, {high:+.3f}]: the embedding {what}."
        )
    return sentences


def _when(setting: Setting) -> str:
    protocol, n_labels = setting
    return {
        "limited-data": f"With {n_labels} labelled samples" if n_labels else "With few labelled samples",
        "cross-validation": "In cross-validation",
        "leave-one-study-out": "In studies that were not trained on",
        "study-transfer": "Trained on one study and scored in another",
    }[protocol]


def _scope(comparison: Comparison, setting: Setting) -> str:
    studies = comparison.studies(setting)
    return f"mean of {len(studies)} studies" if len(studies) > 1 else "within this one cohort"


def whole_verdict(rows: Sequence[Mapping[str, Any]], n_samples: int, added: Sequence[str] = ()) -> str:
    """Return the verdict as one paragraph.

    Parameters
    ----------
    rows : sequence of mapping
        As `verdicts_of` returns them.
    n_samples : int
    added : sequence of str
        As `added_sentences` returns them.
    """
    sentences: list[str] = []
    for model in dict.fromkeys(row["model"] for row in rows):
        own = [row for row in rows if row["model"] == model]
        sentences += _curve(model, [row for row in own if row["n_labels"] is not None])
        sentences += [row["text"] for row in own if row["n_labels"] is None]
    sentences += filter(None, added)
    if any("difference" in row for row in rows):
        one = not any("studies)" in row["text"] for row in rows)
        sentences.append(
            f"All of this is measured within one cohort of {n_samples} samples; another cohort may differ."
            if one
            else "Intervals are over studies, as far as there are several."
        )
        sentences.append("The best raw representation is chosen by the same scores, which favours it slightly.")
    return " ".join(sentences)


def _curve(model: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the verdicts of a learning curve, neighbours of the same answer put together."""
    sentences = []
    for answer, run in groupby(rows, key=lambda row: str(row["answer"])):
        found = list(run)
        if len(found) == 1 or answer == UNKNOWN:
            sentences += [row["text"] for row in found]
            continue
        sizes = [row["n_labels"] for row in found]
        span = f"With {sizes[0]} to {sizes[-1]} labelled samples"
        low, high = min(row["difference"] for row in found), max(row["difference"] for row in found)
        word = METRIC_WORDS[found[0]["metric"]]
        if answer == NO_DIFFERENCE:
            sentences.append(
                f"{span}, {model} makes no difference to the best raw one ({low:+.3f} to {high:+.3f} {word})."
            )
        else:
            verb, ends = ("gains", (low, high)) if answer == HELPS else ("loses", (-high, -low))
            other = "over" if answer == HELPS else "against"
            sentences.append(
                f"{span}, {model} {verb} {ends[0]:.3f} to {ends[1]:.3f} {word} {other} the best raw representation."
            )
    return sentences
