"""From a published checkpoint to a model folder."""

from __future__ import annotations

import json
import sys
import types
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mbembed.errors import ModelError, ModelIntegrityError, OutputError, UnsafePickleError, UsageError
from mbembed.models.checkpoint import ENCODER
from mbembed.models.importing import check_name, import_checkpoint
from mbembed.models.store import list_models, load_model
from tests.helpers import SHARED, needs_shared
from tests.models.checkpoints import (
    Layer,
    batch_norm,
    encoder_of,
    linear,
    small_encoder,
    write_checkpoint,
    write_species,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHECKPOINT, SPECIES = (
    SHARED / "upstream" / "mae30_encoder_full.pkl",
    SHARED / "upstream" / "model_species_reference.csv",
)
#: Largest difference allowed to torch, absolute for values up to 1 and relative above (float32 has
#: steps of 2.4e-7 between 2 and 4, and torch rounds after each layer), and to the published vectors.
TORCH_TOLERANCE, PUBLISHED_TOLERANCE, PUBLISHED_COSINE = 1e-6, 1e-4, 0.999999
RNG = np.random.default_rng(1)


def test_import(checkpoint: Path, species: Path, own_model_directory: Path) -> None:
    model = import_checkpoint(checkpoint, species, "small")
    assert model.path == own_model_directory / "small"
    assert (model.n_inputs, model.n_dimensions) == (5, 4)
    assert model.species == [f"Testella species{number}" for number in range(5)]
    assert model.config["source"]["statement"] == "unknown checkpoint"
    assert model.config["source"]["training_batches"] == 7
    assert (model.config["licence"], model.nomenclature, model.unnamed) == ("unknown", "unspecified", "")
    assert model.preprocessing.absent == -2.0
    assert not model.preprocessing.clip_below_floor
    assert load_model("small").encoder.encode(np.zeros((1, 5), np.float32)).shape == (1, 4)
    text = (model.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "not** one of the published checkpoints" in text
    assert model.config["source"]["checkpoint_sha256"] in text
    assert (model.path / "species.tsv").read_text().splitlines()[:2] == [
        "name\trepresentative",
        "Testella species0\tRep_0",
    ]


def test_arithmetic_of_the_chain(checkpoint: Path, species: Path) -> None:
    """Against the definition, written out; no torch."""
    from scipy.special import erf

    layers = small_encoder().modules["model"].modules
    affine, norm = layers["0"].parameters, {**layers["1"].parameters, **layers["1"].buffers}
    inputs = RNG.normal(size=(7, 5)).astype(np.float32)
    hidden = inputs @ affine["weight"].T.astype(np.float64) + affine["bias"]
    hidden = (hidden - norm["running_mean"]) / np.sqrt(norm["running_var"] + 1e-5) * norm["weight"] + norm["bias"]
    expected = hidden * (1 + erf(hidden / np.sqrt(2))) / 2
    found = import_checkpoint(checkpoint, species, "small").encoder.encode(inputs)
    np.testing.assert_allclose(found, expected, rtol=TORCH_TOLERANCE, atol=TORCH_TOLERANCE)


def test_nomenclature(checkpoint: Path, species: Path) -> None:
    assert import_checkpoint(checkpoint, species, "small", nomenclature="GTDB R207").nomenclature == "GTDB R207"
    with pytest.raises(UsageError, match="nomenclature"):
        import_checkpoint(checkpoint, species, "other", nomenclature="two\nlines")


def test_destination_and_overwrite(checkpoint: Path, species: Path, tmp_path: Path) -> None:
    target = tmp_path / "here"
    import_checkpoint(checkpoint, species, "small", destination=target)
    with pytest.raises(OutputError, match="--force"):
        import_checkpoint(checkpoint, species, "small", destination=target)
    assert import_checkpoint(checkpoint, species, "small", destination=target, overwrite=True).path == target


@pytest.mark.parametrize("name", ["", "default", "Mae30", "a b", "../x", ".hidden", "a/b", "-x", "é", "x" * 201])
def test_names(name: str, checkpoint: Path, species: Path) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        import_checkpoint(checkpoint, species, name)
    assert check_name("a0._-") == "a0._-"


def test_unknown_columns(checkpoint: Path, species: Path) -> None:
    species.write_text(species.read_text().replace("Testella species3", "unknown"))
    model = import_checkpoint(checkpoint, species, "small")
    assert (model.unnamed, model.n_named_species) == ("unknown", 4)


# --- the species list ----------------------------------------------------------------------------


def test_rows_are_put_in_order(checkpoint: Path, species: Path) -> None:
    header, *rows = species.read_text().splitlines()
    species.write_text("\ufeff" + "\r\n".join([header, *reversed(rows)]) + "\r\n", encoding="utf-8")
    model = import_checkpoint(checkpoint, species, "small")
    assert model.species == [f"Testella species{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace("rep_id", "id"), "no column rep_id"),
        (lambda text: text.replace(",4\n", ",5\n"), "no row of order 4"),
        (lambda text: text.replace(",4\n", ",3\n"), "order 3 twice"),
        (lambda text: text.replace(",4\n", ",four\n"), "'four'"),
        (lambda text: text.replace(",4\n", ",-1\n"), "'-1'"),
        (lambda text: text.replace(",4\n", "," + "9" * 5000 + "\n"), "order"),
        (lambda text: text.replace(",4\n", "\n"), "order"),
        (lambda text: text.replace("Testella species4", ""), "species_name"),
        (lambda text: text.replace("Testella species4", '"Testella\tspecies4"'), "species_name"),
        (lambda text: text.replace("Testella species4", '"Testella\nspecies4"'), "species_name"),
        (lambda text: text.replace("Rep_4", ""), "rep_id"),
        (lambda text: text.rpartition("Testella")[0], "takes 5 species"),
        (lambda text: text + "Testella more,Rep_5,5\n", "takes 5 species"),
        (lambda text: text.splitlines()[0] + "\n", "no rows"),
        (lambda text: "", "no column"),
        (lambda text: text + '"unclosed', "CSV"),
        (lambda text: text + "\0", "CSV|order"),
    ],
)
def test_unusable_species_lists(
    change: Callable[[str], str], says: str, checkpoint: Path, species: Path, own_model_directory: Path
) -> None:
    species.write_text(change(species.read_text()))
    with pytest.raises(ModelError, match=says):
        import_checkpoint(checkpoint, species, "small")
    assert not any(own_model_directory.iterdir())


def test_species_list_that_is_no_text(checkpoint: Path, species: Path, tmp_path: Path) -> None:
    species.write_bytes(b"\x89HDF\r\n\x1a\n\xff")
    with pytest.raises(ModelError, match="not a CSV"):
        import_checkpoint(checkpoint, species, "small")
    with pytest.raises(ModelError, match="cannot be read"):
        import_checkpoint(checkpoint, tmp_path / "none.csv", "small")


# --- checkpoints that do other arithmetic, or none -----------------------------------------------


def altered(**changes: Any) -> Layer:
    """A small encoder with one thing changed: ``layer__group__key``."""
    encoder = small_encoder()
    for path, value in changes.items():
        number, group, key = path.removeprefix("at").split("__")
        getattr(encoder.modules["model"].modules[number], group)[key] = value
    return encoder


def with_layers(*layers: Layer) -> Layer:
    return encoder_of(layers)


GELU = Layer("GELU", attributes={"approximate": "none"})
BAD = {
    "tanh": (altered(at2__attributes__approximate="tanh"), "approximation 'tanh'"),
    "no running mean": (altered(at1__buffers__running_mean=None), "no usable running_mean"),
    "no running variance": (altered(at1__buffers__running_var=None), "no usable running_var"),
    "not affine": (altered(at1__parameters__weight=None), "no usable weight"),
    "no bias": (altered(at0__parameters__bias=None), "no usable bias"),
    "nan": (altered(at0__parameters__weight=np.full((4, 5), np.nan, np.float32)), "not finite"),
    "signalling nan": (altered(at0__parameters__bias=np.full(4, 0x7FA00000, np.uint32).view(np.float32)), "not finite"),
    "infinite": (altered(at1__buffers__running_mean=np.full(4, np.inf, np.float32)), "not finite"),
    "negative variance": (altered(at1__buffers__running_var=np.full(4, -1.0, np.float32)), "variance"),
    "too large": (
        altered(
            at0__parameters__weight=np.full((4, 5), 3e38, np.float32),
            at1__parameters__weight=np.full(4, 9e9, np.float32),
        ),
        "too large",
    ),
    "nan eps": (altered(at1__attributes__eps=float("nan")), "eps"),
    "eps as text": (altered(at1__attributes__eps="small"), "eps"),
    "dropout above 1": (altered(at3__attributes__p=2.0), "has p 2.0"),
    "weight is a vector": (altered(at0__parameters__weight=np.ones(20, np.float32)), "no usable weight"),
    "weight of integers": (altered(at0__parameters__weight=np.ones((4, 5), np.int64)), "no usable weight"),
    "bias of another length": (altered(at0__parameters__bias=np.ones(3, np.float32)), "shape"),
    "norm of another width": (altered(at1__parameters__weight=np.ones(3, np.float32)), "shape"),
    "hooks": (altered(at0__attributes___forward_hooks={"1": Layer("GELU")}), "_forward_hooks"),
    "layers that do not chain": (with_layers(linear(5, 4, RNG), GELU, linear(3, 2, RNG)), "shape"),
    "no linear layer": (with_layers(GELU), "no Linear layer"),
    "no layer": (with_layers(), "no Linear layer"),
    "norm first": (with_layers(batch_norm(5, RNG), linear(5, 4, RNG)), "does not follow"),
    "nested": (with_layers(linear(5, 4, RNG), Layer("Sequential", modules={"0": GELU})), "is a Sequential"),
    "layer of odd name": (Layer("Sequential", modules={"../0": linear(5, 4, RNG)}), "has the name"),
    "layer that is none": (Layer("Sequential", modules={"0": {}}), "no layer"),
    "two chains": (Layer("FlexibleEncoder", modules={"a": GELU, "b": GELU}), "holds 2 modules"),
    "one layer alone": (linear(5, 4, RNG), "holds a Linear"),
}


@pytest.mark.parametrize("case", BAD)
def test_other_arithmetic_is_refused(case: str, tmp_path: Path, species: Path, own_model_directory: Path) -> None:
    root, says = BAD[case]
    with pytest.raises(ModelError, match=says) as caught:
        import_checkpoint(write_checkpoint(tmp_path / "x.pkl", root), species, "small")
    assert caught.value.expected
    assert not any(own_model_directory.iterdir())


def test_layers_in_a_circle(tmp_path: Path, species: Path) -> None:
    """A Sequential that holds itself: refused as nested, not followed for ever."""
    from tests.models.checkpoints import members_of, write_zip

    members = members_of(small_encoder())
    text = b"X\x08\x00\x00\x00_modules"
    circle = (
        b"\x80\x02ctorch.nn.modules.container\nSequential\n)\x81q\x01}(" + text
        + b"ccollections\nOrderedDict\n)R(X\x01\x00\x00\x000h\x01uub."
    )  # fmt: skip
    with pytest.raises(ModelError, match="is a Sequential"):
        import_checkpoint(write_zip(tmp_path / "x.pkl", members | {"data.pkl": circle}), species, "small")


def test_too_many_layers(tmp_path: Path, species: Path) -> None:
    path = write_checkpoint(tmp_path / "x.pkl", with_layers(linear(5, 4, RNG), *[GELU] * 300))
    with pytest.raises(ModelError, match="301 layers"):
        import_checkpoint(path, species, "small")


def test_longer_chains(tmp_path: Path, species: Path) -> None:
    root = with_layers(
        linear(5, 8, RNG), batch_norm(8, RNG), GELU, linear(8, 6, RNG), GELU, linear(6, 3, RNG), batch_norm(3, RNG)
    )
    model = import_checkpoint(write_checkpoint(tmp_path / "x.pkl", root), species, "long")
    assert model.n_dimensions == 3
    assert [stage.gelu for stage in model.encoder.stages] == [True, True, False]


# --- real torch ----------------------------------------------------------------------------------


@pytest.fixture
def flexible_encoder(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The private class under its published module path, as the authors must have had it."""
    torch = pytest.importorskip("torch")
    path, _, name = ENCODER.rpartition(".")

    class FlexibleEncoder(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, layers: list[Any]) -> None:
            super().__init__()
            self.model = torch.nn.Sequential(*layers)

        def forward(self, x: Any) -> Any:
            return self.model(x)

    FlexibleEncoder.__module__, FlexibleEncoder.__qualname__ = path, name
    parts = path.split(".")
    for depth in range(1, len(parts) + 1):
        monkeypatch.setitem(sys.modules, ".".join(parts[:depth]), types.ModuleType(parts[depth - 1]))
    setattr(sys.modules[path], name, FlexibleEncoder)
    return FlexibleEncoder


def trained(torch: Any, layers: list[Any], make: Callable[[list[Any]], Any], n_in: int) -> Any:
    """A module in evaluation mode whose BatchNorm has seen data."""
    module = make(layers)
    module.train()
    with torch.no_grad():
        for _ in range(5):
            module(torch.randn(32, n_in) * 2 - 1)
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return module.eval()


def architectures(nn: Any) -> dict[str, list[Any]]:
    return {
        "published": [nn.Linear(5, 16), nn.BatchNorm1d(16), nn.GELU(), nn.Dropout(0.25)],
        "deep": [
            nn.Linear(5, 16), nn.BatchNorm1d(16, eps=1e-3), nn.GELU(), nn.Dropout(0.1), nn.Linear(16, 8),
            nn.BatchNorm1d(8), nn.GELU(), nn.Linear(8, 3),
        ],
        "plain": [nn.Linear(5, 4)],
    }  # fmt: skip


@pytest.mark.parametrize("architecture", ["published", "deep", "plain"])
@pytest.mark.parametrize("wrapped", [True, False], ids=["FlexibleEncoder", "Sequential"])
def test_same_numbers_as_torch(
    architecture: str, wrapped: bool, flexible_encoder: Any, tmp_path: Path, species: Path
) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(3)
    make = flexible_encoder if wrapped else lambda layers: torch.nn.Sequential(*layers)
    module = trained(torch, architectures(torch.nn)[architecture], make, 5)
    path = tmp_path / "torch.pkl"
    torch.save(module, path)
    inputs = torch.randn(300, 5) * 2 - 1
    with torch.no_grad():
        expected = module(inputs).numpy()
    found = import_checkpoint(path, species, "torch").encoder.encode(inputs.numpy())
    np.testing.assert_allclose(found, expected, rtol=TORCH_TOLERANCE, atol=TORCH_TOLERANCE)


def test_transposed_weight_of_torch(flexible_encoder: Any, tmp_path: Path, species: Path) -> None:
    """A weight that is a view with strides and an offset of a larger storage."""
    torch = pytest.importorskip("torch")
    layer = torch.nn.Linear(5, 4)
    layer.weight = torch.nn.Parameter(torch.randn(6, 4)[1:].T)
    assert not layer.weight.is_contiguous()
    path = tmp_path / "torch.pkl"
    torch.save(flexible_encoder([layer]).eval(), path)
    inputs = torch.randn(10, 5)
    found = import_checkpoint(path, species, "view").encoder.encode(inputs.numpy())
    expected = layer(inputs).detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=TORCH_TOLERANCE, atol=TORCH_TOLERANCE)


def test_torch_modules_that_are_refused(flexible_encoder: Any, tmp_path: Path, species: Path) -> None:
    torch = pytest.importorskip("torch")
    nn, path = torch.nn, tmp_path / "torch.pkl"
    half = flexible_encoder([nn.Linear(5, 4)]).half()
    cases = [
        (flexible_encoder([nn.Linear(5, 4), nn.ReLU()]), UnsafePickleError, r"torch\.nn\.modules\.activation\.ReLU"),
        (half, UnsafePickleError, r"torch\.HalfStorage"),
        (flexible_encoder([nn.Linear(5, 4), nn.GELU("tanh")]), ModelError, "tanh"),
        (flexible_encoder([nn.Linear(5, 4), nn.BatchNorm1d(4, track_running_stats=False)]), ModelError, "running_mean"),
        (flexible_encoder([nn.Linear(5, 4)]).state_dict(), ModelError, "state_dict"),
        (torch.ones(3), ModelError, "no module"),
    ]
    for saved, kind, says in cases:
        torch.save(saved, path)
        with pytest.raises(kind, match=says):
            import_checkpoint(path, species, "torch")
    torch.save(flexible_encoder([nn.Linear(5, 4)]), path, pickle_protocol=4)
    with pytest.raises(UnsafePickleError, match="protocol"):
        import_checkpoint(path, species, "torch")


def test_one_layer_twice_shares_tensors(flexible_encoder: Any, tmp_path: Path, species: Path) -> None:
    torch = pytest.importorskip("torch")
    layer = torch.nn.Linear(5, 5)
    torch.save(flexible_encoder([layer] * 200), tmp_path / "x.pkl")
    with pytest.raises(ModelError, match="share one tensor"):
        import_checkpoint(tmp_path / "x.pkl", species, "twice")


# --- the publication -----------------------------------------------------------------------------


@pytest.mark.shared
@needs_shared("upstream")
def test_published_model() -> None:
    model = import_checkpoint(CHECKPOINT, SPECIES, "mae30")
    assert (model.n_inputs, model.n_dimensions, model.n_named_species) == (902, 1024, 885)
    assert (model.nomenclature, model.unnamed) == ("GTDB R220", "unknown")
    assert model.config["source"]["statement"] == "published checkpoint mae30"
    assert model.config["source"]["training_batches"] == 210_350
    assert model.config["licence"] == "Apache-2.0"
    assert "Zahavi" in (model.path / "MODEL_CARD.md").read_text(encoding="utf-8")

    inputs = np.load(SHARED / "upstream" / "golden_preprocessed.npy").astype(np.float32)
    expected = np.load(SHARED / "upstream" / "golden_embedding.npy").astype(np.float64)
    found = model.encoder.encode(inputs).astype(np.float64)
    assert np.abs(found - expected).max() <= PUBLISHED_TOLERANCE
    norms = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    assert ((found * expected).sum(axis=1) / norms).min() >= PUBLISHED_COSINE


@pytest.mark.shared
@needs_shared("upstream")
def test_published_model_with_another_species_list(tmp_path: Path) -> None:
    """Windows line ends are the published list; another order is not, and its nomenclature is not assumed."""
    windows, other = tmp_path / "windows.csv", tmp_path / "other.csv"
    windows.write_bytes(SPECIES.read_bytes().replace(b"\n", b"\r\n"))
    assert import_checkpoint(CHECKPOINT, windows, "windows").nomenclature == "GTDB R220"
    write_species(other, 902)
    model = import_checkpoint(CHECKPOINT, other, "other")
    assert model.nomenclature == "unspecified"
    assert model.config["source"]["species_list"] == "not the published file"


@pytest.mark.shared
@needs_shared("upstream")
def test_published_checkpoint_cut_or_changed(tmp_path: Path) -> None:
    content = CHECKPOINT.read_bytes()
    path = tmp_path / "cut.pkl"
    for offset in (0, 10, 2_000, 100_000, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:offset])
        with pytest.raises(ModelIntegrityError):
            import_checkpoint(path, SPECIES, "cut")
    path.write_bytes(content[:50_000] + b"\x7f" + content[50_001:])
    with pytest.raises(ModelIntegrityError, match="data/0"):
        import_checkpoint(path, SPECIES, "changed")
    assert "cut" not in {model.name for model in list_models()}


def test_config_is_plain_json(checkpoint: Path, species: Path) -> None:
    model = import_checkpoint(checkpoint, species, "small")
    assert json.loads((model.path / "config.json").read_text())["layers"][0]["weight"] == "0.weight"
