"""A masked-bin transformer in the manner of scGPT (Cui et al. 2024, doi:10.1038/s41592-024-02201-0)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from benchmarks.rivals.tokens import BINS, batches, tokenize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["BATCH_SIZE", "EPOCHS", "WIDTH", "MaskedBins", "fit", "train_transformer"]

#: Width of tokens and embedding, of the feed-forward part, heads, layers: what a core trains in minutes.
WIDTH, FEED_FORWARD, HEADS, LAYERS = 128, 256, 4, 2
#: None: it doubles the time of a step here.
DROPOUT = 0.0
#: Passes over the training samples.
EPOCHS = 10
#: Samples per step. As many batches as POOL are sorted by length together, which spares padding.
BATCH_SIZE, POOL = 64, 16
#: AdamW, OneCycleLR: highest rate, reached after a tenth of the steps.
LEARNING_RATE, WEIGHT_DECAY, WARM_UP = 1e-3, 1e-2, 0.1
#: Lowest and highest share of a sample's tokens whose bin is hidden. scGPT draws it from 25 to 75 %.
MASKED = (0.25, 0.75)
#: Share of these that are not shown at all: scGPT's unknown genes, which others do not attend to.
REMOVED = 0.5
#: Samples per step when embedding.
ENCODE_BATCH_SIZE = 256


class MaskedBins(nn.Module):
    """Transformer over the species present, without positions.

    Two predictions: the hidden bin of a token, from that token's own output; and, as scGPT's
    objective for the cell embedding, the bin of any species, or that it is absent, from the mean
    of the outputs together with the species alone. The second one makes that mean an embedding
    of the sample. Asked about hidden species alone, training made the mean worse than at the
    start (age from 50 labels, one study: r 0.02 after, 0.17 before); absent ones are asked about
    so that it has to hold which species are there.

    Parameters
    ----------
    n_units : int
        Columns of the profiles.
    """

    def __init__(self, n_units: int) -> None:
        super().__init__()
        self.n_units = n_units
        self.species = nn.Embedding(n_units + 1, WIDTH, padding_idx=n_units)
        self.bins = nn.Embedding(BINS + 1, WIDTH)  # the last one: hidden
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, FEED_FORWARD, DROPOUT, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, LAYERS, nn.LayerNorm(WIDTH), enable_nested_tensor=False)
        self.from_token = nn.Linear(WIDTH, BINS)
        self.from_sample = nn.Sequential(nn.Linear(2 * WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, BINS + 1))

    def forward(self, species: Tensor, bins: Tensor) -> tuple[Tensor, Tensor]:
        """Return the outputs of the tokens, (n, length, width), and of the samples, (n, width)."""
        absent = species == self.n_units
        # A sample without a token attends to one padding, so that no weight is 0 / 0.
        ignored = absent.clone()
        ignored[:, 0] &= ~absent.all(dim=1)
        outputs = self.layers(self.species(species) + self.bins(bins), src_key_padding_mask=ignored)
        kept = ~absent.unsqueeze(-1)
        return outputs, (outputs * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)

    def loss(self, species: Tensor, bins: Tensor, hidden: Tensor, removed: Tensor) -> Tensor:
        """Return the sum of the cross-entropies of the two predictions.

        Parameters
        ----------
        species, bins : Tensor of int64, of shape (n, length)
        hidden, removed : Tensor of bool, of the same shape
            Tokens whose bin is asked for; those that are not shown at all.
        """
        outputs, samples = self(species.masked_fill(removed, self.n_units), bins.masked_fill(hidden, BINS))
        there = species < self.n_units
        shown, asked = hidden & ~removed & there, (hidden | removed) & there
        present = torch.zeros(len(species), self.n_units + 1, dtype=torch.bool).scatter_(1, species, value=True)
        others = torch.randint(self.n_units, species.shape)
        absent = asked & ~present.gather(1, others)
        rows = torch.cat([asked.nonzero()[:, 0], absent.nonzero()[:, 0]])
        questions = self.species(torch.cat([species[asked], others[absent]])).to(samples.dtype)
        answers = torch.cat([bins[asked], torch.full((int(absent.sum()),), BINS)])
        from_sample = self.from_sample(torch.cat([samples[rows], questions], dim=1))
        return functional.cross_entropy(
            self.from_token(outputs[shown]).float(), bins[shown]
        ) + functional.cross_entropy(from_sample.float(), answers)


def train_transformer(
    fractions: csr_array,
    groups: Sequence[str],  # noqa: ARG001 - the same signature as train_vae; scGPT's pre-training knows no study
    seed: int,
    *,
    epochs: int = EPOCHS,
) -> Callable[[csr_array], NDArray[np.float32]]:
    """Train a masked-bin transformer and return its encoder.

    Uses as many threads as torch is set to, and bfloat16 where torch's autocast puts it;
    embeddings are computed in float32.

    Parameters
    ----------
    fractions : csr_array of shape (n_samples, n_units)
        From 0 to 1. Samples in which nothing is present are left out.
    groups : sequence of str
        Not used.
    seed : int
    epochs : int

    Returns
    -------
    callable
        From a csr_array of shape (n, n_units) to a float32 array of shape (n, ``WIDTH``): the
        mean of the outputs of the sample's tokens, 0 for a sample without any.
    """
    network = fit(fractions, seed, epochs)

    @torch.no_grad()
    def encode(new: csr_array) -> NDArray[np.float32]:
        tokens = tokenize(new)
        embeddings = np.zeros((new.shape[0], WIDTH), np.float32)
        order = np.argsort((tokens.species < network.n_units).sum(axis=1), kind="stable")
        for rows, batch in batches(tokens, order, ENCODE_BATCH_SIZE, network.n_units):
            _, samples = network(torch.from_numpy(batch.species), torch.from_numpy(batch.bins))
            embeddings[rows] = samples.numpy()
        return embeddings

    return encode


def fit(fractions: csr_array, seed: int, epochs: int) -> MaskedBins:
    """Return the trained network; see :func:`train_transformer`."""
    tokens, n_units = tokenize(fractions), fractions.shape[1]
    lengths = (tokens.species < n_units).sum(axis=1)
    rows = np.flatnonzero(lengths)
    draw = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = MaskedBins(n_units).train()
        optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        steps = epochs * -(-len(rows) // BATCH_SIZE)
        # OneCycleLR divides by the number of its steps less one.
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, LEARNING_RATE, total_steps=max(steps, 2), pct_start=WARM_UP
        )
        for _ in range(epochs):
            for _, batch in batches(tokens, _order(lengths, rows, draw), BATCH_SIZE, n_units):
                species, bins = torch.from_numpy(batch.species), torch.from_numpy(batch.bins)
                share = MASKED[0] + (MASKED[1] - MASKED[0]) * torch.rand(len(species), 1)
                hidden = torch.rand(species.shape) < share
                removed = hidden & (torch.rand(species.shape) < REMOVED)
                if not (hidden & ~removed & (species < n_units)).any():
                    continue
                optimizer.zero_grad(set_to_none=True)
                # torch's fused attention for CPUs spends 70 % of such a step in its backward pass.
                with torch.autocast("cpu", dtype=torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
                    loss = network.loss(species, bins, hidden, removed)
                loss.backward()
                optimizer.step()
                schedule.step()
    return network.eval()


def _order(lengths: NDArray[np.intp], rows: NDArray[np.intp], draw: np.random.Generator) -> NDArray[np.intp]:
    """Return the rows in random batches of samples of similar length, the batches in random order."""
    shuffled = draw.permutation(rows)
    dealt = []
    for start in range(0, len(shuffled), BATCH_SIZE * POOL):
        pool = shuffled[start : start + BATCH_SIZE * POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        dealt += [pool[at : at + BATCH_SIZE] for at in range(0, len(pool), BATCH_SIZE)]
    # A short batch anywhere but at the end would shift the others.
    whole = [batch for batch in dealt if len(batch) == BATCH_SIZE]
    short = [batch for batch in dealt if len(batch) < BATCH_SIZE]
    return np.concatenate([*(whole[at] for at in draw.permutation(len(whole))), *short])
