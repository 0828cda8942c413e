from __future__ import annotations

import pytest

from mbembed.errors import UsageError
from mbembed.training.settings import Settings


def test_defaults_are_the_published_recipe():
    settings = Settings()
    assert settings.mask == (0.3, 0.3)
    assert (settings.hidden, settings.bottleneck, settings.dropout) == (1024, 0, 0.25)
    assert (settings.preprocessing.floor, settings.preprocessing.shift) == (1e-4, 2.0)
    assert settings.embedding_layer == "hidden"


def test_hurdle_recipe_has_zero_for_absent():
    settings = Settings.from_recipe("hurdle")
    assert settings.mask == (0.1, 0.9)
    assert (settings.preprocessing.floor, settings.preprocessing.shift) == (1e-6, 6.0)
    assert settings.preprocessing.absent == 0.0
    assert settings.embedding_layer == "bottleneck"


def test_what_is_given_wins_over_the_recipe_and_none_does_not():
    settings = Settings.from_recipe("hurdle", epochs=3, bottleneck=None)
    assert (settings.epochs, settings.bottleneck) == (3, 256)


@pytest.mark.parametrize(
    ("changes", "option"),
    [
        ({"loss": "scgpt"}, "--loss"),
        ({"mask": (0.0, 0.3)}, "--mask"),
        ({"mask": (0.3, 1.0)}, "--mask"),
        ({"mask": (0.9, 0.1)}, "--mask"),
        ({"epochs": 0}, "--epochs"),
        ({"hidden": 0}, "--hidden"),
        ({"threads": 0}, "--threads"),
        ({"batch_size": 1}, "--batch-size"),
        ({"bottleneck": -1}, "--bottleneck"),
        ({"seed": -1}, "--seed"),
        ({"dropout": 1.0}, "--dropout"),
        ({"min_prevalence": 2.0}, "--min-prevalence"),
        ({"validation_fraction": -0.1}, "--validation-fraction"),
        ({"floor": 0.0}, "--floor"),
        ({"learning_rate": 0.0}, "--learning-rate"),
        ({"learning_rate": float("nan")}, "--learning-rate"),
        ({"weight_decay": float("nan")}, "--weight-decay"),
        ({"decoder": "deep"}, "--decoder"),
        ({"closure": "clr"}, "--closure"),
    ],
)
def test_impossible_values_name_their_option(changes, option):
    with pytest.raises(UsageError) as caught:
        Settings(**changes)
    assert caught.value.option == option
    assert caught.value.exit_code == 2


def test_unknown_recipe():
    with pytest.raises(UsageError, match="masked-mse, hurdle"):
        Settings.from_recipe("vae")


def test_bottleneck_as_embedding_needs_a_bottleneck():
    with pytest.raises(UsageError, match="--bottleneck 256"):
        Settings(embedding="bottleneck")
