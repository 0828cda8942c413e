"""The scripts that time mbembed beside others run, and print what they say they print."""

from __future__ import annotations

import numpy as np
import pytest

import mbembed
from benchmarks import encoding, text
from tests.helpers import SHARED, needs_shared


def test_encoding(capsys: pytest.CaptureFixture[str]) -> None:
    model = mbembed.load_model()
    encoding.compare(model, encoding.some_fractions(model, 20), threads=2, runs=1, title="generated")
    out = capsys.readouterr().out
    assert "generated: 20 samples" in out
    assert out.count("samples/s") == 4
    assert "100.0% of numpy.dot float32" in out


@pytest.mark.shared
@needs_shared("upstream/mae30_encoder_full.pkl")
def test_the_published_module_gives_our_numbers() -> None:
    pytest.importorskip("torch")
    from mbembed.models.importing import import_checkpoint

    upstream = SHARED / "upstream"
    checkpoint = upstream / "mae30_encoder_full.pkl"
    model = import_checkpoint(checkpoint, upstream / "model_species_reference.csv", "published")
    fractions = encoding.some_fractions(model, 9)
    theirs = encoding.published_module(checkpoint, model.preprocessing.apply(fractions), 1)()
    np.testing.assert_allclose(model.encode(fractions), theirs, atol=5e-5)


def test_a_machine_without_gpu_is_said_to_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    encoding.on_device(mbembed.load_model(), "cuda", 1)
    assert "there is no GPU here" in capsys.readouterr().out


def test_text(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(text, "READ", (6, 40))
    monkeypatch.setattr(text, "WRITE", (6, 40))
    text.reading(tmp_path, 1)
    text.writing(tmp_path, 1)
    out = capsys.readouterr().out
    assert out.count("ratio  1.00") == 2
    assert "polars.write_csv" in out
    ours, polars = (
        (tmp_path / name).read_text().replace("-0.00000000", "0.00000000") for name in ("ours.tsv", "polars.tsv")
    )
    assert ours == polars
