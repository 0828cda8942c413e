"""The arithmetic: against torch's numbers, and the same alone as in any batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.special import ndtr

from mbembed.errors import ModelError
from mbembed.models.encoder import BLOCK_ROWS, Encoder, Stage, fold
from mbembed.models.folder import Model, load_folder
from mbembed.models.preprocess import Preprocessing
from mbembed.models.store import load_model
from tests.helpers import ROOT

GOLDEN = ROOT / "tests" / "data" / "golden"


def random_encoder(n_inputs: int = 37, n_dimensions: int = 19) -> Encoder:
    rng = np.random.default_rng(5)
    return Encoder(
        [
            Stage(
                rng.normal(size=(n_inputs, 24)).astype(np.float32), rng.normal(size=24).astype(np.float32), gelu=True
            ),
            Stage(
                rng.normal(size=(24, n_dimensions)).astype(np.float32), np.zeros(n_dimensions, np.float32), gelu=False
            ),
        ]
    )


def test_golden_embedding_of_torch() -> None:
    encoder = load_folder(GOLDEN / "model").encoder
    ours = encoder.encode(np.load(GOLDEN / "preprocessed.npy"))
    np.testing.assert_allclose(ours, np.load(GOLDEN / "embedding.npy"), atol=2e-6, rtol=0)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3 * BLOCK_ROWS + 7), st.randoms(use_true_random=False))
def test_a_sample_gets_the_same_vector_in_any_batch(n_samples: int, random: object) -> None:
    model = load_folder(GOLDEN / "model")
    rng = np.random.default_rng(n_samples)
    fractions = rng.dirichlet(np.full(12, 0.2), size=n_samples) * (rng.random((n_samples, 12)) < 0.7)
    whole = model.encode(csr_array(fractions))
    order = list(range(n_samples))
    random.shuffle(order)  # type: ignore[attr-defined]
    part = order[: max(1, n_samples // 3)]
    assert np.array_equal(model.encode(csr_array(fractions[part])), whole[part])


@pytest.fixture(scope="module")
def many() -> tuple[Model, csr_array, np.ndarray]:
    """The model that travels with mbembed, fractions for three blocks and a bit, and their vectors."""
    model = load_model()
    rng = np.random.default_rng(3)
    shape = (3 * BLOCK_ROWS + 11, model.n_inputs)
    fractions = rng.lognormal(-3, 2.5, size=shape) * (rng.random(shape) < 0.15)
    fractions[-1] = 0
    table = csr_array(fractions / np.maximum(fractions.sum(axis=1, keepdims=True), 1e-9))
    return model, table, model.encode(table)


@pytest.mark.parametrize("start", [0, 1, 3, 8, 100, 255, BLOCK_ROWS - 1, BLOCK_ROWS, 2 * BLOCK_ROWS + 5])
@pytest.mark.parametrize("rows", [1, 2, 7, 16, BLOCK_ROWS])
def test_a_block_is_bit_for_bit_a_part_of_the_whole(
    many: tuple[Model, csr_array, np.ndarray], start: int, rows: int
) -> None:
    model, table, whole = many
    assert np.array_equal(model.encode(table[start : start + rows]), whole[start : start + rows])


@pytest.mark.parametrize("place", [0, 1, 2, 5, 11, 63, BLOCK_ROWS - 1, BLOCK_ROWS])
def test_a_sample_is_the_same_at_every_place(many: tuple[Model, csr_array, np.ndarray], place: int) -> None:
    model, table, whole = many
    order = np.roll(np.arange(table.shape[0]), place)
    assert np.array_equal(model.encode(table[order]), whole[order])


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_the_number_of_threads_changes_nothing(many: tuple[Model, csr_array, np.ndarray], threads: int) -> None:
    model, table, whole = many
    assert np.array_equal(model.encode(table, threads=threads), whole)


@pytest.mark.parametrize("blas_threads", [1, 2])
def test_the_threads_of_the_blas_change_nothing(
    many: tuple[Model, csr_array, np.ndarray], blas_threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threadpoolctl import threadpool_limits

    from mbembed import threads

    for variable in threads.BLAS_VARIABLES:  # mbembed then leaves the BLAS as it is
        monkeypatch.setenv(variable, "1")
    model, table, whole = many
    with threadpool_limits(blas_threads, user_api="blas"):
        assert np.array_equal(model.encode(table), whole)


def test_the_rounding_of_the_products_is_that_of_float32(many: tuple[Model, csr_array, np.ndarray]) -> None:
    model, table, whole = many
    values = model.preprocessing.above_absent(table).toarray().astype(np.float64)
    for stage in model.encoder_above_absent.stages:
        values = values @ stage.weight.astype(np.float64) + stage.bias
        values = values * ndtr(values) if stage.gelu else values
    assert np.abs(whole - values).max() <= 5e-6 * np.abs(values).max()


def test_units_of_one_input_are_computed_like_the_others() -> None:
    rng = np.random.default_rng(8)
    weight = rng.normal(size=(6, 9)).astype(np.float32)
    weight[:, [0, 4, 5]] = 0
    weight[2, 0], weight[5, 4] = 20, -3  # unit 5 reads nothing at all
    stages = [
        Stage(weight, rng.normal(size=9).astype(np.float32), gelu=True),
        Stage(rng.normal(size=(9, 4)).astype(np.float32), np.ones(4, np.float32), gelu=False),
    ]
    inputs = rng.normal(size=(30, 6)).astype(np.float32)
    hidden = inputs.astype(np.float64) @ stages[0].weight + stages[0].bias
    expected = hidden * ndtr(hidden) @ stages[1].weight + 1
    np.testing.assert_allclose(Encoder(stages).encode(inputs), expected, atol=3e-5, rtol=0)


@pytest.mark.parametrize("reached", [[0], [3, 17], [0, 1, 36], list(range(20)), list(range(36))])
def test_columns_that_a_table_does_not_reach_change_nothing(reached: list[int]) -> None:
    rng = np.random.default_rng(6)
    stages = random_encoder().stages
    stages[0].weight[:, [2, 9]] = 0
    stages[0].weight[17, 2], stages[0].weight[5, 9] = 4, -2
    inputs = np.zeros((3 * BLOCK_ROWS, 37), np.float32)
    inputs[:, reached] = rng.normal(size=(len(inputs), len(reached)))
    encoder = Encoder(stages)
    assert np.array_equal(encoder.encode(csr_array(inputs)), encoder.encode(inputs))


def test_no_samples_give_no_vectors() -> None:
    assert random_encoder().encode(np.empty((0, 37), np.float32)).shape == (0, 19)


def test_inputs_above_absent_give_the_same_vectors() -> None:
    model = load_folder(GOLDEN / "model")
    fractions = csr_array(np.random.default_rng(1).dirichlet(np.full(12, 0.2), size=40).round(2))
    plain = model.encoder.encode(model.preprocessing.apply(fractions))
    np.testing.assert_allclose(model.encode(fractions), plain, atol=2e-6, rtol=0)


def test_embeddings_are_rounded_to_eight_decimals() -> None:
    values = random_encoder().encode(np.random.default_rng(0).normal(size=(50, 37)).astype(np.float32))
    assert np.array_equal(np.float32(np.round(values.astype(np.float64), 8)), values)


def test_folding_keeps_batch_norm() -> None:
    layers = [
        {"type": "linear", "weight": "w", "bias": "b"},
        {"type": "batch_norm", "weight": "g", "bias": "h", "running_mean": "m", "running_var": "v", "eps": 1e-5},
        {"type": "dropout", "p": 0.5},
    ]
    tensors = {
        "w": np.array([[2.0, 0.0]], np.float32),
        "b": np.array([1.0], np.float32),
        "g": np.array([3.0], np.float32),
        "h": np.array([0.5], np.float32),
        "m": np.array([4.0], np.float32),
        "v": np.array([4.0], np.float32),
    }
    (stage,) = fold(layers, tensors)
    x = np.array([[5.0, 7.0]])
    expected = (x @ np.array([[2.0], [0.0]]) + 1 - 4) / np.sqrt(4 + 1e-5) * 3 + 0.5
    np.testing.assert_allclose(x @ stage.weight + stage.bias, expected, rtol=1e-6)
    assert not stage.gelu


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "no layers"),
        ([{"type": "gelu"}], "no linear layer before"),
        ([{"type": "batch_norm"}], "does not follow a linear"),
        ([{"type": "attention"}], "layer of type 'attention'"),
        ([{"type": "linear", "weight": "w"}], "no tensor for 'bias'"),
        ([{"type": "linear", "weight": "w", "bias": "wrong"}], "'wrong' has shape"),
        ([{"type": "linear", "weight": "nan", "bias": "b"}], "not finite"),
        ([{"type": "linear", "weight": "w", "bias": "b"}] * 2, "has shape"),
        ([{"type": "linear", "weight": "w", "bias": "b"}, {"type": "batch_norm", "eps": "small"}], "eps of 'small'"),
    ],
)
def test_layers_that_cannot_be(layers: list[dict[str, object]], message: str) -> None:
    tensors = {
        "w": np.ones((2, 3), np.float32),
        "b": np.ones(2, np.float32),
        "wrong": np.ones(5, np.float32),
        "nan": np.full((2, 3), np.nan, np.float32),
    }
    with pytest.raises(ModelError, match=message):
        fold(layers, tensors)


def test_stages_must_chain() -> None:
    stage = Stage(np.ones((2, 3), np.float32), np.ones(3, np.float32), gelu=True)
    with pytest.raises(ModelError, match="gives 3 values, the next takes 2"):
        Encoder([stage, stage])


@pytest.mark.parametrize(("clip", "tiny"), [(False, -4.0), (True, -2.0)])
def test_values_below_the_floor(clip: bool, tiny: float) -> None:
    preprocessing = Preprocessing(floor=1e-4, shift=2.0, clip_below_floor=clip)
    prepared = preprocessing.apply(csr_array(np.array([[0.0, 1e-6, 1e-4, 0.5]])))
    np.testing.assert_allclose(prepared, [[-2.0, tiny, -2.0, np.log10(0.5) + 2]], rtol=1e-6)


def test_preprocessing_survives_its_configuration() -> None:
    preprocessing = Preprocessing(floor=1e-6, shift=6.0, clip_below_floor=True)
    assert Preprocessing.from_config(preprocessing.to_config()) == preprocessing
    assert preprocessing.absent == 0.0


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "clr"},
        {"kind": "log10-floor", "floor": 1e-4},
        {"kind": "log10-floor", "floor": 0, "shift": 2, "clip_below_floor": False},
        {"kind": "log10-floor", "floor": "low", "shift": 2, "clip_below_floor": False},
    ],
)
def test_preprocessing_that_cannot_be(entry: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        Preprocessing.from_config(entry)
