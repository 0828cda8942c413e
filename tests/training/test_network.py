from __future__ import annotations

import numpy as np
import pytest
import torch

from mbembed.models.encoder import Encoder, fold
from mbembed.training.network import ABUNDANCE_WEIGHT, MaskedAutoencoder, mask_inputs, reconstruction_loss
from tests.training.synthetic import settings


def test_masking_ratio_is_the_one_asked_for():
    mask, ratio = mask_inputs((500, 400), (0.3, 0.3), torch.Generator().manual_seed(1))
    assert torch.equal(ratio, torch.full((500, 1), 0.3))
    # 200,000 draws: the standard error of the share is 0.001.
    assert mask.float().mean().item() == pytest.approx(0.3, abs=0.005)
    assert mask.float().mean(dim=0).std().item() == pytest.approx((0.21 / 500) ** 0.5, rel=0.2)


def test_each_sample_draws_its_own_ratio():
    mask, ratio = mask_inputs((2000, 400), (0.1, 0.9), torch.Generator().manual_seed(1))
    assert 0.1 <= ratio.min() < 0.12
    assert 0.88 < ratio.max() <= 0.9
    assert ratio.mean().item() == pytest.approx(0.5, abs=0.02)
    assert (mask.float().mean(dim=1) - ratio[:, 0]).abs().max() < 0.13  # five standard errors of 400 draws


def test_masked_entries_alone_count():
    inputs, mask = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[True, False, True]])
    output = torch.tensor([[0.0, 99.0, 1.0]])
    assert reconstruction_loss(output, inputs, mask, -2.0, hurdle=False).item() == pytest.approx((1 + 4) / 2)


def test_nothing_masked_gives_no_loss_rather_than_nan():
    nothing = torch.zeros(1, 3, dtype=torch.bool)
    assert reconstruction_loss(torch.ones(1, 3), torch.zeros(1, 3), nothing, -2.0, hurdle=False).item() == 0.0


def test_hurdle_loss_by_hand():
    inputs = torch.tensor([[0.0, 2.0]])
    output = torch.tensor([[0.0, 0.0, 7.0, 3.0]])  # two logits, two abundances; that of the absent one is free
    expected = np.log(2) + ABUNDANCE_WEIGHT * 1.0
    assert reconstruction_loss(output, inputs, torch.ones(1, 2), 0.0, hurdle=True).item() == pytest.approx(expected)


@pytest.mark.parametrize("loss", ["masked-mse", "hurdle"])
def test_the_encoder_never_sees_what_is_masked(loss):
    torch.manual_seed(0)
    network = MaskedAutoencoder(5, settings(loss)).eval()
    mask, ratio = torch.tensor([[True, False, False, True, False]]), torch.full((1, 1), 0.4)
    seen = []
    network.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))
    inputs = torch.tensor([[1.0, 0.5, 2.0, 3.0, 0.25]])
    network.loss(inputs, mask, ratio)
    expected = (
        torch.tensor([[0.0, 0.5, 2.0, 0.0, 0.25]]) / 0.6
        if loss == "hurdle"
        else torch.tensor([[-2.0, 0.5, 2.0, -2.0, 0.25]])
    )
    torch.testing.assert_close(seen[0], expected)


@pytest.mark.parametrize(
    ("loss", "changes", "n_dimensions", "types"),
    [
        ("masked-mse", {}, 32, ["linear", "batch_norm", "gelu", "dropout"]),
        (
            "masked-mse",
            {"decoder": "hidden", "bottleneck": 8},
            8,
            ["linear", "batch_norm", "gelu", "dropout", "linear", "batch_norm", "gelu"],
        ),
        ("hurdle", {}, 16, ["linear", "batch_norm", "gelu", "dropout", "linear", "batch_norm", "gelu"]),
        ("hurdle", {"embedding": "hidden"}, 32, ["linear", "batch_norm", "gelu", "dropout"]),
    ],
)
def test_numpy_encoder_equals_torch(loss, changes, n_dimensions, types):
    torch.manual_seed(3)
    network = MaskedAutoencoder(40, settings(loss, **changes))
    inputs = torch.randn(300, 40)
    network.train()
    network(inputs)  # moves the running statistics away from 0 and 1
    network.eval()
    layers = network.embedding_layers()
    assert [layer["type"] for layer in layers] == types
    encoder = Encoder(fold(layers, network.embedding_tensors()))
    assert encoder.n_dimensions == n_dimensions
    with torch.no_grad():
        expected = network.encoder[: len(layers)](inputs).numpy()
    np.testing.assert_allclose(encoder.encode(inputs.numpy()), expected, atol=1e-5)
