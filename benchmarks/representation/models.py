"""The models of a fold: pre-trained without its studies, with readouts that its labels never reach."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.representation.rows import SHIPPED
from benchmarks.representation.tasks import CONDITION, LABELS
from mbembed.errors import EvaluationError
from mbembed.models.folder import load_folder
from mbembed.training import features, labels, readout
from mbembed.training.labels import make_labels
from mbembed.training.settings import HURDLE, MASKED_MSE, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from numpy.typing import NDArray

    from benchmarks.representation.corpus import LabelledCorpus
    from benchmarks.representation.tasks import Fold
    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile

__all__ = [
    "AS_PUBLISHED",
    "RECIPE",
    "data_digest",
    "fold_models",
    "masked_mse_model",
    "training_labels",
    "training_rows",
]

#: The last digits of the weights depend on the number of threads; 1 made the default model.
THREADS = 1
#: Passes over the samples, as in model/train.sh: 60 of them score the same within 0.003.
EPOCHS = 100
#: Nothing is held out from training, so that no epoch is chosen by a study.
RECIPE = Settings.from_recipe(
    HURDLE,
    columns="units",
    bottleneck=0,
    validation_fraction=0.0,
    closure="classified",
    epochs=EPOCHS,
    threads=THREADS,
)
AS_PUBLISHED = Settings.from_recipe(MASKED_MSE, epochs=100, validation_fraction=0.0, threads=THREADS)
#: Hexadecimal digits of the hash in the name of a model folder: 10 of them never meet by chance.
DIGITS = 10


def training_rows(corpus: LabelledCorpus, fold: Fold) -> NDArray[np.intp]:
    """Return the rows of all studies that are not in the fold."""
    return np.setdiff1d(np.arange(corpus.profile.n_samples), corpus.rows_of(fold.studies))


def training_labels(corpus: LabelledCorpus, fold: Fold) -> dict[str, list[str]]:
    """Return what a supervised readout of the fold may learn.

    Returns
    -------
    dict of str to list of str
        Metadata column → text of each training sample; empty where nothing is known, and where
        the condition is one of the scored ones.
    """
    rows = training_rows(corpus, fold)
    columns = {name: corpus.column(name)[rows].tolist() for name in LABELS}
    columns[CONDITION] = ["" if condition in fold.hidden else condition for condition in columns[CONDITION]]
    return columns


def fold_models(
    corpus: LabelledCorpus,
    fold: Fold,
    folder: Path,
    *,
    settings: Settings = RECIPE,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Model]:
    """Return the three models of a fold, from one pre-training.

    Parameters
    ----------
    corpus : LabelledCorpus
    fold : Fold
    folder : Path
        Where models are kept. The name of each holds a hash of its data and settings (of a
        readout also its code): one that is there already is used.
    settings : Settings
        Of the pre-training.
    say : callable
        Gets what is being done.

    Returns
    -------
    dict of str to Model
        Row → model.

    Raises
    ------
    EvaluationError
        If a model has seen a study or a label of the fold.
    """
    from mbembed.training.readout import add_readout
    from mbembed.training.record import Description

    rows = training_rows(corpus, fold)
    profile, groups = corpus.profile.select_samples(rows.tolist()), corpus.groups()
    base = _pretrained("mae-units", corpus, fold, folder, settings, say)
    columns = training_labels(corpus, fold)
    known = make_labels(columns, corpus.column("study")[rows].tolist(), subjects=corpus.people()[rows].tolist())
    found = {"mae-units": base}
    for name, given in (("readout-self", None), (SHIPPED, known)):
        of_labels = {} if given is None else columns
        digest = data_digest(profile, groups, settings.to_json(), of_labels, code=(readout, features, labels))
        path = folder / f"{fold.name}-{name}-{digest}"
        if not path.exists():
            say(f"{path.name}: readout")
            add_readout(base, [profile], path, Description(name=path.name), groups=groups, labels=given)
        found[name] = require_unseen(load_folder(path), fold)
    return found


def masked_mse_model(
    corpus: LabelledCorpus,
    fold: Fold,
    folder: Path,
    *,
    settings: Settings = AS_PUBLISHED,
    say: Callable[[str], None] = lambda _: None,
) -> Model:
    """Return a model of the published recipe, on species names."""
    return _pretrained("masked-mse", corpus, fold, folder, settings, say)


def _pretrained(
    name: str, corpus: LabelledCorpus, fold: Fold, folder: Path, settings: Settings, say: Callable[[str], None]
) -> Model:
    from mbembed.training.pretrain import pretrain
    from mbembed.training.record import Description

    profile, groups = corpus.profile.select_samples(training_rows(corpus, fold).tolist()), corpus.groups()
    path = folder / f"{fold.name}-{name}-{data_digest(profile, groups, settings.to_json())}"
    if path.exists():
        say(f"{path.name}: found, not trained again")
    else:
        say(f"{path.name}: pre-training on {profile.n_samples} samples, {settings.epochs} epochs")
        pretrain([profile], path, settings, Description(name=path.name), groups=groups, resume=True)
    return require_unseen(load_folder(path), fold)


def require_unseen(model: Model, fold: Fold) -> Model:
    """Check in a model's own record that it knows no study of the fold, and no label that is scored there.

    Raises
    ------
    EvaluationError
        Naming the studies and labels.
    """
    axes = {f"{CONDITION}: {condition}" for condition in fold.hidden}
    seen = sorted({*fold.studies} & {*model.config["training"]["studies"]})
    seen += sorted(axes & {*model.config.get("readout", {}).get("label_axes", {})})
    if seen:
        raise EvaluationError(
            f"the model {model.name} was trained on {', '.join(seen)}, which it is to be scored on",
            expected=f"a model that has seen nothing of fold {fold.name}",
            hint="another folder for --out",
            seen=seen,
        )
    return model


def data_digest(profile: Profile, groups: Mapping[str, str], *more: object, code: Sequence[ModuleType] = ()) -> str:
    """Return the first digits of a SHA-256 of samples and whatever else decides a result.

    Parameters
    ----------
    profile : Profile
    groups : mapping of str to str
        Sample id → study.
    *more
        JSON values.
    code : sequence of module
        Whose text counts too: what takes seconds is made again when its code changes.
    """
    digest = hashlib.sha256()
    studies = [groups[sample] for sample in profile.sample_ids]
    for text in (profile.sample_ids, studies, [taxon.source for taxon in profile.taxa], *more):
        digest.update(json.dumps(text, sort_keys=True).encode())
    for array in (profile.values.indptr.astype(np.int64), profile.values.indices.astype(np.int64), profile.values.data):
        digest.update(array.tobytes())
    for module in code:
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:DIGITS]
