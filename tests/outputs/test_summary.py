"""The summary is JSON that anyone can read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from mbembed.errors import OutputError
from mbembed.outputs.summary import environment, to_json, write_summary


def test_every_kind_of_value(tmp_path: Path) -> None:
    summary = {
        "samples": np.int64(3),
        "coverage": np.float32(0.5),
        "not a number": [np.float64("nan"), float("inf"), float("-inf")],
        "values": np.array([[1, 2], [3, 4]]),
        "flag": np.bool_(True),
        "nothing": None,
        "names": {"b", "a"},
        "path": PurePosixPath("in/ä.biom"),
        "nested": {"z": 1, "a": ({"x": np.str_("Ünïcode\t")},)},
        7: "a key that is no text",
    }
    write_summary(tmp_path / "s.json", summary)
    raw = (tmp_path / "s.json").read_bytes()
    assert raw.endswith(b"}\n")
    assert "ä.biom".encode() in raw
    assert json.loads(raw) == {
        "samples": 3,
        "coverage": 0.5,
        "not a number": [None, None, None],
        "values": [[1, 2], [3, 4]],
        "flag": True,
        "nothing": None,
        "names": ["a", "b"],
        "path": "in/ä.biom",
        "nested": {"z": 1, "a": [{"x": "Ünïcode\t"}]},
        "7": "a key that is no text",
    }


def test_keys_keep_their_order_and_equal_summaries_give_equal_bytes() -> None:
    assert to_json({"z": 1, "a": {"y": 2, "b": {3, 1, 2}}}) == '{"z": 1, "a": {"y": 2, "b": [1, 2, 3]}}'


def test_an_object_is_a_programming_error() -> None:
    with pytest.raises(TypeError, match="cannot hold a object"):
        to_json({"x": object()})


def test_a_summary_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a directory"):
        write_summary(tmp_path, {})


def test_environment_names_versions_without_importing_them() -> None:
    script = (
        "import sys; from mbembed.outputs.summary import environment; e = environment();"
        "assert not {'scipy', 'polars', 'biom', 'pandas', 'torch'} & set(sys.modules); print(e['python'], e['numpy'])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.split() == [".".join(map(str, sys.version_info[:3])), np.__version__]
    assert all(environment().values())
