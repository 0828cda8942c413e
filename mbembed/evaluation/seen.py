"""What a model has seen by its own record: studies, and labels that its readout was fitted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.words import some

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mbembed.models.folder import Model

__all__ = ["seen_labels", "seen_samples"]


def seen_samples(model: Model, groups: NDArray[np.str_] | None) -> str:
    """Return why a model's scores are too good: it knows labels of these very studies.

    Parameters
    ----------
    model : Model
    groups : ndarray of str of shape (n_samples,), optional
        The study of each sample.

    Returns
    -------
    str
        Empty if no study is one that the model's record names, upper and lower case aside, or if
        it has learnt from profiles alone.
    """
    columns, studies = _learnt(model)
    names = {study.casefold() for study in studies}
    shared = sorted({str(one) for one in groups if str(one).casefold() in names}) if groups is not None else []
    if not columns or not shared:
        return ""
    known = f"{len(shared)} of these studies ({some(shared)})"
    return f"{model.name} has learnt from {known}, and from labels of theirs ({', '.join(columns)})"


def seen_labels(model: Model) -> str:
    """Return a sentence on a model that has learnt from labels; empty if it has not.

    Sample ids are no part of a model's record, and studies are spelled in many ways: that none was
    recognised does not show that none was seen.
    """
    columns, studies = _learnt(model)
    if not columns:
        return ""
    where = f"{len(studies)} studies" if len(studies) > 1 else "its training samples"
    return (
        f"{model.name} has learnt from labels ({', '.join(columns)}) of {where}, which its card names: samples that are "
        "among them would be scored too well."
    )


def _learnt(model: Model) -> tuple[list[str], list[str]]:
    """Return the metadata columns of the labels that a model knows, and its studies."""
    axes = model.config.get("readout", {}).get("label_axes", {})
    return list(dict.fromkeys(name.partition(": ")[0] for name in axes)), list(
        model.config.get("training", {}).get("studies", {})
    )
