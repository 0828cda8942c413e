"""A run to be killed: ``python -m tests.training.interrupted OUT``."""

from __future__ import annotations

import sys

from mbembed.training.pretrain import pretrain
from mbembed.training.record import Description
from tests.training.synthetic import corpus, settings

#: Enough epochs that the parent can kill the run while it is going on.
N_EPOCHS = 60


def train(out: str, *, resume: bool = False, on_epoch=lambda _: None) -> bytes:
    """Train and return the bytes of the weights."""
    profile, groups = corpus()
    model = pretrain(
        [profile],
        out,
        settings("hurdle", epochs=N_EPOCHS, patience=0),
        Description(name="interrupted"),
        groups=groups,
        resume=resume,
        on_epoch=on_epoch,
    )
    return (model.path / "weights.safetensors").read_bytes()


if __name__ == "__main__":
    train(sys.argv[1], on_epoch=lambda epoch: print(epoch.number, flush=True))
