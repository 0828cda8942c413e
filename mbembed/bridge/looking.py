"""What the R package asks about an embedding: which taxa speak, who is like whom, what is odd, a page to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mbembed.bridge.request import DOUBLE, FLOAT

if TYPE_CHECKING:
    import pandas as pd

    from mbembed.bridge.request import Request

__all__ = ["LOOKING"]

#: Options of an explanation, and of a page.
EXPLAINING = (
    "contrast", "case", "control", "head", "dimension", "axis", "group", "subject", "baseline", "resamples", "seed",
)  # fmt: skip
PAGE = ("color_by", "batch", "contrast")


def _explain(request: Request, out: list[bytearray]) -> dict[str, Any]:
    from mbembed.explanation.explain import explain

    explanation = explain(request.embedding(), request.samples(), **request.given(*EXPLAINING))
    result = {
        "taxa": _columns(explanation.taxa),
        "scores": _columns(explanation.scores.reset_index()),
        "words": explanation.words,
        "warnings": explanation.warnings,
        "summary": explanation.summary,
    }
    if request.content.get("by_sample"):
        by_sample = explanation.samples()
        out.append(bytearray(by_sample.to_numpy(DOUBLE).tobytes(order="F")))
        result["by_sample"] = list(by_sample.columns)
    return result


def _neighbours(request: Request, _: list[bytearray]) -> dict[str, Any]:
    import warnings

    from mbembed.explanation.neighbours import neighbours

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        found = neighbours(request.vectors(), **request.given("k", "measure"))
    return {"neighbours": _columns(found), "warnings": [str(one.message) for one in caught]}


def _range(request: Request, _: list[bytearray]) -> dict[str, Any]:
    from mbembed import out_of_distribution

    embedding = request.embedding()
    return {"range": _columns(out_of_distribution(embedding).reset_index()), "warnings": embedding.warnings}


def _impute(request: Request, out: list[bytearray]) -> dict[str, Any]:
    from mbembed.imputation import impute

    imputed = impute(request.embedding())
    out.extend(bytearray(one.astype(FLOAT).tobytes(order="F")) for one in (imputed.expected, imputed.presence))
    return {
        "samples": imputed.sample_ids,
        "species": imputed.species,
        "surprises": _columns(imputed.surprises(request.content["surprises"])),
    }


def _report(request: Request, _: list[bytearray]) -> dict[str, Any]:
    from mbembed.outputs import check_place
    from mbembed.report import write_report
    from mbembed.report.page import check_report

    path = request.content["path"]
    check_place(path)
    check_report()
    embedding = request.embedding()
    write_report(path, embedding, request.samples(), **request.given(*PAGE))
    return {"samples": embedding.n_samples, "warnings": embedding.warnings}


def _columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    return {str(name): frame[name].tolist() for name in frame.columns}


#: What can be asked for.
LOOKING = {"explain": _explain, "neighbours": _neighbours, "range": _range, "impute": _impute, "report": _report}
