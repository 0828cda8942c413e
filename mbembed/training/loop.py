"""The training loop: schedule, early stopping, and a state that can be put down and taken up.

Everything random is drawn from generators seeded by ``(seed, purpose, epoch)``: the state
between two epochs therefore holds no random state, and a resumed run draws what the
uninterrupted one would have drawn.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from mbembed.errors import TrainingError
from mbembed.training.network import MaskedAutoencoder, mask_inputs, reconstruction_loss
from mbembed.training.settings import HURDLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.training.settings import Settings

__all__ = ["Epoch", "TrainingState", "baseline_loss", "start_state", "train"]

#: Purposes that a seed is split into (any distinct numbers; 1 is the split of the samples).
INITIAL_WEIGHTS, TRAINING, VALIDATION = 2, 3, 4


class Epoch(NamedTuple):
    """One finished pass over the training samples.

    Attributes
    ----------
    number : int
        From 1.
    training_loss : float
        Mean over the epoch's batches, with dropout.
    validation_loss : float or None
        On the held-out samples after the epoch, with the same masks every time.
    seconds : float
        Wall time.
    """

    number: int
    training_loss: float
    validation_loss: float | None
    seconds: float


@dataclass(eq=False)
class TrainingState:
    """Everything that a run needs to go on.

    Attributes
    ----------
    network : MaskedAutoencoder
    optimizer : AdamW
    schedule : OneCycleLR
    history : list of Epoch
    best_epoch : int
        Epoch with the lowest held-out loss; 0 before the first epoch and without held-out samples.
    best_tensors : dict of str to Tensor
        The network's tensors at that epoch.
    """

    network: MaskedAutoencoder
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.OneCycleLR
    history: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0
    best_tensors: dict[str, Tensor] = field(default_factory=dict)

    @property
    def best_loss(self) -> float:
        """Lowest held-out loss so far."""
        best = self.history[self.best_epoch - 1].validation_loss if self.best_epoch else None
        return math.inf if best is None else best

    def stopped(self, patience: int) -> bool:
        """Whether the held-out loss has not improved for ``patience`` epochs."""
        return bool(patience and self.best_epoch and len(self.history) - self.best_epoch >= patience)


def start_state(n_species: int, n_samples: int, settings: Settings) -> TrainingState:
    """Return a fresh network with its optimiser and schedule.

    Parameters
    ----------
    n_species, n_samples : int
        Columns, and samples to train on (they fix the number of steps of the schedule).
    settings : Settings
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(settings.seed, INITIAL_WEIGHTS))
        network = MaskedAutoencoder(n_species, settings)
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=settings.learning_rate,
        epochs=settings.epochs,
        steps_per_epoch=n_batches(n_samples, settings.batch_size),
    )
    return TrainingState(network, optimizer, schedule)


def train(
    state: TrainingState,
    training: csr_array,
    validation: csr_array,
    settings: Settings,
    *,
    on_epoch: Callable[[TrainingState], None],
) -> None:
    """Train until the last epoch, or until the held-out loss stops to improve.

    The network ends with the tensors of its best epoch, if samples are held out.

    Parameters
    ----------
    state : TrainingState
        Fresh or resumed; changed in place.
    training, validation : csr_array of shape (n, n_species)
        Fractions; ``validation`` may have no rows.
    settings : Settings
    on_epoch : callable
        Called with the state after each epoch (to save it and to show it).

    Raises
    ------
    TrainingError
        If the loss stops being a number.
    """
    while len(state.history) < settings.epochs and not state.stopped(settings.patience):
        started, number = time.perf_counter(), len(state.history) + 1
        training_loss = _train_epoch(state, training, settings, number)
        validation_loss = evaluate(state.network, validation, settings) if validation.shape[0] else None
        for what, loss in (("training", training_loss), ("held-out", validation_loss)):
            if loss is not None and not math.isfinite(loss):
                raise TrainingError(
                    f"the {what} loss became {loss} in epoch {number}",
                    expected="a finite number",
                    hint=f"--learning-rate {settings.learning_rate / 10:g}",
                    epoch=number,
                )
        better = validation_loss is not None and validation_loss < state.best_loss
        state.history.append(Epoch(number, training_loss, validation_loss, time.perf_counter() - started))
        if better:
            state.best_epoch = number
            state.best_tensors = {name: tensor.clone() for name, tensor in state.network.state_dict().items()}
        on_epoch(state)
    if state.best_epoch:
        state.network.load_state_dict(state.best_tensors)
    state.network.eval()


def evaluate(network: MaskedAutoencoder, fractions: csr_array, settings: Settings) -> float:
    """Return the loss on samples without dropout, masked the same way at every call."""
    network.eval()
    return _mean_loss(fractions, settings, network.loss)


def baseline_loss(training: csr_array, validation: csr_array, settings: Settings) -> float:
    """Return the held-out loss of predicting each species' training mean, whatever the sample.

    For the masked squared error this is the mean log abundance; for the hurdle loss the
    prevalence, and the mean log abundance where present. A model must be below it.
    """
    absent, n_species = settings.preprocessing.absent, training.shape[1]
    total, n_present, total_present = (torch.zeros(n_species, dtype=torch.float64) for _ in range(3))
    for inputs in _batches(training, settings, np.arange(training.shape[0])):
        present = inputs > absent
        total += inputs.sum(dim=0)
        n_present += present.sum(dim=0)
        total_present += (inputs * present).sum(dim=0)
    if settings.loss == HURDLE:
        # Laplace's rule keeps the logit of a species that all samples have finite.
        prevalence = (n_present + 1) / (training.shape[0] + 2)
        constant = torch.cat([torch.logit(prevalence), total_present / n_present.clamp(min=1)])
    else:
        constant = total / training.shape[0]

    def loss(inputs: Tensor, mask: Tensor, _: Tensor) -> Tensor:
        output = constant.to(inputs.dtype).expand(len(inputs), -1)
        return reconstruction_loss(output, inputs, mask, absent, hurdle=settings.loss == HURDLE)

    return _mean_loss(validation, settings, loss)


def derive_seed(seed: int, *parts: int) -> int:
    """Return an independent seed for one purpose (NumPy's SeedSequence, cut to 63 bits)."""
    return int(np.random.SeedSequence([seed, *parts]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def n_batches(n_samples: int, batch_size: int) -> int:
    """Return the number of batches per epoch."""
    return max(1, math.ceil(n_samples / batch_size))


def _train_epoch(state: TrainingState, fractions: csr_array, settings: Settings, number: int) -> float:
    state.network.train()
    seed = derive_seed(settings.seed, TRAINING, number)
    order = np.random.default_rng(seed).permutation(fractions.shape[0])
    generator = torch.Generator().manual_seed(seed)
    total, n_samples = 0.0, len(order)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # dropout draws from torch's global generator
        for inputs in _batches(fractions, settings, order):
            mask, ratio = mask_inputs((inputs.shape[0], inputs.shape[1]), settings.mask, generator)
            state.optimizer.zero_grad(set_to_none=True)
            loss = state.network.loss(inputs, mask, ratio)
            loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
            state.optimizer.step()
            state.schedule.step()
            total += loss.item() * len(inputs)
    return total / n_samples


@torch.no_grad()
def _mean_loss(fractions: csr_array, settings: Settings, loss: Callable[[Tensor, Tensor, Tensor], Tensor]) -> float:
    generator = torch.Generator().manual_seed(derive_seed(settings.seed, VALIDATION))
    total, order = 0.0, np.arange(fractions.shape[0])
    for inputs in _batches(fractions, settings, order):
        mask, ratio = mask_inputs((inputs.shape[0], inputs.shape[1]), settings.mask, generator)
        total += loss(inputs, mask, ratio).item() * len(inputs)
    return total / len(order)


def _batches(fractions: csr_array, settings: Settings, order: NDArray[np.intp]) -> Iterator[Tensor]:
    """Yield preprocessed batches of nearly equal size: no last batch of one sample for BatchNorm."""
    for rows in np.array_split(order, n_batches(len(order), settings.batch_size)):
        yield torch.from_numpy(settings.preprocessing.apply(fractions[rows]))
