"""What a pre-training run was told: every number that can change its result, checked."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from mbembed.errors import UsageError
from mbembed.models.preprocess import Preprocessing

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CLOSURES", "COLUMNS", "DECODERS", "EMBEDDINGS", "HURDLE", "MASKED_MSE", "RECIPES", "UNITS", "Settings"]

#: The two losses, by the names of the option ``--loss``.
MASKED_MSE, HURDLE = "masked-mse", "hurdle"
#: A linear decoder, or one hidden layer as wide as the encoder's.
DECODERS = ("linear", "hidden")
#: Which layer's output is the embedding.
EMBEDDINGS = ("hidden", "bottleneck")
#: What a fraction is a fraction of (``closure`` in ``config.json``).
CLOSURES = ("input", "classified")
#: What a column is: a species name of the tables, or a lumped species unit that every nomenclature leads to.
NAMES, UNITS = "names", "units"
COLUMNS = (NAMES, UNITS)
#: Shift of the published preprocessing (units of log10 fraction): fractions 1e-4 … 1 become -2 … 2.
PUBLISHED_SHIFT = 2.0
#: Numbers that only mean something within [0, 1).
SHARES = ("dropout", "min_prevalence", "validation_fraction")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one run; the defaults are the published masked autoencoder.

    Attributes
    ----------
    loss : {"masked-mse", "hurdle"}
        Squared error of the masked log abundances (published), or cross-entropy of presence
        plus squared error of the log abundance where present.
    mask : tuple of float
        Lowest and highest masking ratio; each sample of a batch draws its own between them.
        The published model was released at 30 %.
    epochs : int
        Passes over the training samples.
    batch_size : int
        Samples per step. 128: 210,350 steps of the released model are 350 epochs of it.
    learning_rate : float
        Peak of the one-cycle schedule.
    weight_decay : float
        Of AdamW.
    dropout : float
        After the first layer; 0.25 in the released model.
    hidden : int
        Width of the first layer; 1,024 in the released model.
    bottleneck : int
        Width of the second layer; 0 for none, as in the released model.
    decoder : {"linear", "hidden"}
    embedding : {"hidden", "bottleneck"}, optional
        Layer whose output is the embedding; the last one of the encoder by default.
    floor : float
        Fraction that stands for "not detected"; 1e-4 in the released model.
    closure : {"input", "classified"}
        What a fraction is a fraction of: everything in the sample, or its classified part.
    columns : {"names", "units"}
        Whether columns are the species names of the tables, or the lumped species units that
        names of every nomenclature lead to (:mod:`mbembed.taxonomy`).
    min_prevalence : float
        A species becomes a column if it is found in at least this share of the training samples.
    validation_fraction : float
        Share of the studies (of the samples, without studies) that is held out; 0 for none.
    validation_studies : tuple of str
        Studies to hold out, by name, instead of a share.
    calibration_folds : int
        Parts of the studies that are each predicted by a further network, trained without them, so that it is
        known what the reconstruction error of unseen samples is; 0 for none. Hurdle loss only.
    patience : int
        Stop after so many epochs without a better held-out loss; 0 to never stop early.
    seed : int
    threads : int
        CPU threads. Sums are split between them, so the last digits depend on the number.

    Raises
    ------
    UsageError
        If a value is impossible.

    Examples
    --------
    >>> Settings().preprocessing.absent
    -2.0
    >>> Settings.from_recipe("hurdle", epochs=5).preprocessing.absent
    0.0
    """

    loss: str = MASKED_MSE
    mask: tuple[float, float] = (0.3, 0.3)
    epochs: int = 100
    batch_size: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    dropout: float = 0.25
    hidden: int = 1024
    bottleneck: int = 0
    decoder: str = "linear"
    embedding: str | None = None
    floor: float = 1e-4
    closure: str = "input"
    columns: str = NAMES
    min_prevalence: float = 0.01
    validation_fraction: float = 0.1
    validation_studies: tuple[str, ...] = ()
    calibration_folds: int = 0
    patience: int = 20
    seed: int = 0
    threads: int = 1

    def __post_init__(self) -> None:
        named = {"loss": tuple(RECIPES), "decoder": DECODERS, "embedding": (None, *EMBEDDINGS)}
        named |= {"closure": CLOSURES, "columns": COLUMNS}
        for name, choices in named.items():
            if getattr(self, name) not in choices:
                raise _impossible(
                    name, getattr(self, name), "one of " + ", ".join(str(choice) for choice in choices if choice)
                )
        low, high = self.mask
        if not 0 < low <= high < 1:
            raise _impossible(
                "mask", f"{low:g}-{high:g}", "a ratio between 0 and 1 such as 0.3, or a range such as 0.1-0.9"
            )
        for name in ("epochs", "hidden", "threads"):
            if getattr(self, name) < 1:
                raise _impossible(name, getattr(self, name), "a whole number of at least 1")
        if self.batch_size < 2:  # BatchNorm cannot take the variance of one sample
            raise _impossible("batch_size", self.batch_size, "at least 2 samples")
        for name in ("bottleneck", "calibration_folds", "patience", "seed", "weight_decay"):
            if not getattr(self, name) >= 0:
                raise _impossible(name, getattr(self, name), "0 or more")
        if self.calibration_folds == 1 or (self.calibration_folds and self.loss != HURDLE):
            raise _impossible(
                "calibration_folds",
                self.calibration_folds,
                "0, or 2 and more with --loss hurdle, whose decoder is kept",
            )
        for name in SHARES:
            if not 0 <= getattr(self, name) < 1:
                raise _impossible(name, getattr(self, name), "a share from 0 up to, but not including, 1")
        if not 0 < self.floor < 1:
            raise _impossible("floor", self.floor, "a fraction of the sample between 0 and 1, such as 1e-4")
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise _impossible("learning_rate", self.learning_rate, "a positive number such as 1e-3")
        if self.embedding == "bottleneck" and not self.bottleneck:
            raise UsageError(
                "the bottleneck was asked for as the embedding, but the encoder has none",
                expected="a bottleneck of at least 1",
                hint="--bottleneck 256",
            )

    @property
    def embedding_layer(self) -> str:
        """The layer whose output is the embedding: ``hidden`` or ``bottleneck``."""
        return self.embedding or ("bottleneck" if self.bottleneck else "hidden")

    @property
    def preprocessing(self) -> Preprocessing:
        """How fractions become inputs.

        The hurdle loss wants "absent" to be 0, so that a masked entry and an absent one look
        the same and the others can be rescaled; the published recipe adds 2. Both raise
        values between 0 and the floor to the floor.
        """
        shift = -math.log10(self.floor) if self.loss == HURDLE else PUBLISHED_SHIFT
        return Preprocessing(floor=self.floor, shift=shift, clip_below_floor=True)

    @classmethod
    def from_recipe(cls, loss: str, **changes: object) -> Settings:
        """Return the settings that belong to a loss, with some changed (``None``: as in the recipe)."""
        if loss not in RECIPES:
            raise _impossible("loss", loss, "one of " + ", ".join(RECIPES))
        given = {name: value for name, value in changes.items() if value is not None}
        return replace(cls(loss=loss, **RECIPES[loss]), **given)  # type: ignore[arg-type]  # names of fields only

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


#: What differs from the defaults, by loss. The hurdle numbers were measured on curatedMetagenomicData 3
#: profiles (docs/pretraining.md): a floor of 1e-6 keeps what MetaPhlAn reports, wide masking and
#: a hidden decoder gave the best embeddings.
RECIPES: Mapping[str, Mapping[str, Any]] = {
    MASKED_MSE: {},
    HURDLE: {
        "mask": (0.1, 0.9),
        "epochs": 60,
        "batch_size": 256,
        "learning_rate": 2e-3,
        "weight_decay": 1e-3,
        "dropout": 0.1,
        "bottleneck": 256,
        "decoder": "hidden",
        "floor": 1e-6,
    },
}


def _impossible(name: str, value: object, expected: str) -> UsageError:
    option = "--" + name.replace("_", "-")
    return UsageError(
        f"{option} {value} is not possible", expected=expected, hint="mbembed pretrain --help", option=option
    )
