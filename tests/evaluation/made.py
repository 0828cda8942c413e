"""Results of an evaluation that nobody ran: the same columns and keys, made-up numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

STUDIES = ("Alpha_2016", "Beta_2018", "Gamma_2019", "Delta_2021")
REPRESENTATIONS = {
    "log": "raw",
    "clr": "raw",
    "presence": "raw",
    "pca(log)": "pca",
    "small-mae": "model",
    "clr+small-mae": "joined",
}
HEADS = ("linear", "forest")
LABELS = (10, 20, 40, 80)
PROTOCOLS = ("limited-data", "cross-validation", "leave-one-study-out", "study-transfer")


def summary(*protocols: str, kind: str = "binary", name: str = "disease") -> dict[str, Any]:
    """Return a summary with some protocols (default: all)."""
    protocols = protocols or PROTOCOLS
    rng = np.random.default_rng(7)
    metrics = ("pearson_r", "r2") if kind == "continuous" else ("roc_auc", "pr_auc")

    def score(protocol: str, study: str, n_labels: int | None) -> list[dict[str, Any]]:
        rows = []
        for i, representation in enumerate(REPRESENTATIONS):
            for head in HEADS:
                for metric in metrics:
                    mean = 0.62 + 0.02 * i + 0.03 * np.log2((n_labels or 160) / 10) + 0.02 * rng.normal()
                    mean = min(mean, 0.99) - (0.5 if kind == "continuous" else 0)
                    rows.append(
                        {
                            "protocol": protocol, "study": study, "n_labels": n_labels, "representation": representation,
                            "head": head, "metric": metric, "mean": mean, "low": mean - 0.04, "high": mean + 0.04,
                            "n_fits": 20,
                        }
                    )  # fmt: skip
        return rows

    scores: list[dict[str, Any]] = []
    if "limited-data" in protocols:
        scores += [row for n in LABELS for row in score("limited-data", "", n)]
    if "cross-validation" in protocols:
        scores += score("cross-validation", "", None)
    if "leave-one-study-out" in protocols:
        scores += [row for study in ("", *STUDIES) for row in score("leave-one-study-out", study, None)]
    transfer = []
    if "study-transfer" in protocols:
        for train in STUDIES:
            for study in STUDIES:
                if train != study:
                    transfer += [
                        {key: row[key] for key in ("study", "representation", "head", "metric", "mean")}
                        | {"train_study": train}
                        for row in score("study-transfer", study, None)
                    ]
    differences = [
        {
            "protocol": protocol, "n_labels": n, "representation": "small-mae", "baseline": "clr", "head": head,
            "metric": metric, "difference": 0.03, "low": 0.01, "high": 0.05, "n_fits": 20, "n_studies": 4,
            "best": True,
        }
        for protocol in protocols
        for n in (LABELS if protocol == "limited-data" else (None,))
        for head in HEADS
        for metric in metrics
    ]  # fmt: skip
    answers = ("helps", "no difference", "hurts", "cannot be said")
    return {
        "target": {
            "name": name, "kind": kind, "n": 320,
            "classes": {} if kind == "continuous" else {"case": 150, "control": 170},
            "positive": None if kind == "continuous" else "case",
            "mean": 52.1, "sd": 11.0,
        },
        "table": {"path": "profiles.biom", "samples": 400},
        "samples": {"in_table": 400, "in_metadata": 350, "joined": 330, "used": 320},
        "group": {"column": "study", "studies": {study: {"n": 80, "classes": {}} for study in STUDIES}},
        "subject": None,
        "representations": [
            {"name": name, "kind": kind, "n_features": 300, "words": f"what {name} is"}
            for name, kind in REPRESENTATIONS.items()
        ],
        "scores": scores,
        "transfer": transfer,
        "differences": differences,
        "verdicts": [
            {"protocol": protocol, "n_labels": None, "text": f"a sentence on {protocol}", "answer": answer}
            for protocol, answer in zip(protocols, answers, strict=False)
        ],
        "verdict": "With 20 labelled samples the embedding gains 0.03 [0.01, 0.05]; with all it does not.",
        "warnings": ["classes are not balanced within Beta_2018"],
        "options": {"seed": 0, "heads": ["linear", "forest"]},
        "provenance": {"versions": {"mbembed": "0.1.0"}, "table_sha256": "ab" * 32},
    }  # fmt: skip


def results(made: dict[str, Any]) -> pd.DataFrame:
    """Return one fit for each score and each pair of studies."""
    rows = [
        {**row, "train_study": "", "split": 0, "value": row["mean"], "n_train": 100, "n_test": 50, "strength": 1.0}
        for row in made["scores"]
    ]
    rows += [{**row, "protocol": "study-transfer", "split": 0, "value": row["mean"]} for row in made["transfer"]]
    return pd.DataFrame(rows)
