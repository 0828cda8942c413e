"""An interrupted run goes on where it stopped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mbembed.errors import EvaluationError
from mbembed.evaluation.checkpoint import CHECKPOINT, Checkpoint, digest
from mbembed.evaluation.fits import Fit

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = {"the labels": "1", "the options": "2"}
FIT = Fit("clr", "linear", 0.1, {"roc_auc": 0.1 + 0.2}, {"roc_auc": np.array([0.1, -0.1], dtype=np.float32)})
TREES = FIT._replace(head="forest", strength=math.nan)


def filled(folder: Path) -> None:
    with Checkpoint(folder, INPUTS) as checkpoint:
        checkpoint.add(0, [FIT, TREES])
        checkpoint.add(3, [FIT])


def test_fits_come_back_exactly(tmp_path: Path) -> None:
    filled(tmp_path)
    with Checkpoint(tmp_path, INPUTS) as again:
        assert sorted(again.done) == [0, 3]
        one, trees = again.done[0]
    assert one.values == FIT.values
    assert math.isnan(trees.strength)
    np.testing.assert_array_equal(one.influence["roc_auc"], FIT.influence["roc_auc"])


def test_a_line_that_was_cut_off_is_done_again(tmp_path: Path) -> None:
    filled(tmp_path)
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-9])
    with Checkpoint(tmp_path, INPUTS) as again:
        assert sorted(again.done) == [0]
        again.add(3, [FIT])
    with Checkpoint(tmp_path, INPUTS) as once_more:
        assert sorted(once_more.done) == [0, 3]


def test_other_inputs_are_refused(tmp_path: Path) -> None:
    filled(tmp_path)
    with pytest.raises(EvaluationError, match=r"with other inputs: the options changed.*--restart"):
        Checkpoint(tmp_path, {**INPUTS, "the options": "3"})
    with Checkpoint(tmp_path, {**INPUTS, "the options": "3"}, restart=True) as anew:
        assert anew.done == {}
    with Checkpoint(tmp_path, {**INPUTS, "the options": "3"}) as after:
        assert after.done == {}


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    filled(tmp_path)
    path = tmp_path / CHECKPOINT
    path.write_text(path.read_text().replace('"split"', '"splat"'))
    with pytest.raises(EvaluationError, match="damaged in line 2"):
        Checkpoint(tmp_path, INPUTS)


def test_digest_tells_values_shapes_and_types_apart() -> None:
    values = np.arange(6.0)
    assert digest(values) == digest(values.copy())
    assert (
        len({digest(values), digest(values.reshape(2, 3)), digest(values.astype("f4")), digest(["a"]), digest("a")})
        == 5
    )
