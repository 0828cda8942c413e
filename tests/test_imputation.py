"""Which species a sample should have, given its others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mbembed
from mbembed.cli.main import main
from mbembed.errors import UsageError
from mbembed.imputation import Imputation, impute
from mbembed.models.folder import load_folder
from mbembed.training.pretrain import pretrain
from mbembed.training.record import Description
from tests.helpers import ROOT
from tests.training.synthetic import N_SPECIES, N_TYPES, corpus, settings


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A model of community types that it can learn, and samples that it has not seen."""
    profile, groups = corpus()
    chosen = settings("hurdle", bottleneck=0, validation_fraction=0.0, epochs=20)
    model = pretrain([profile], tmp_path_factory.mktemp("impute") / "m", chosen, Description(name="t"), groups=groups)
    unseen, _ = corpus(n_samples=60, seed=9)
    return model, unseen


def test_hidden_species_are_predicted_from_the_rest(learnt) -> None:
    model, unseen = learnt
    result = impute(mbembed.match_profile(unseen, model, names="exact"))
    assert result.presence.shape == result.expected.shape == (60, N_SPECIES)
    # The model sorts its columns by name.
    truth = unseen.to_frame()[model.species].to_numpy()
    present = truth > 0
    np.testing.assert_allclose(result.observed, truth, rtol=1e-6)
    correct = (result.presence > 0.5) == present
    assert correct.mean() > 0.85
    logs = np.log10(result.observed[present]), np.log10(result.abundance[present])
    assert np.corrcoef(*logs)[0, 1] > 0.25
    np.testing.assert_allclose(result.expected, result.presence * result.abundance)


def test_strangers_and_missing_members_are_surprising(learnt) -> None:
    model, _ = learnt
    home = np.arange(N_SPECIES) % N_TYPES
    values = np.where(home == 1, 1.0, 0.0)
    values[1], values[2] = 0.0, 1.0  # a member is missing, a stranger is there
    frame = pd.DataFrame([values / values.sum()], index=["a"], columns=[f"Species {i}" for i in range(N_SPECIES)])
    found = impute(mbembed.embed(frame, model, names="exact")).surprises()
    best = found.groupby("kind")["species"].first()
    assert best.to_dict() == {"absence": "Species 1", "presence": "Species 2"}
    assert (found["log_odds"] > 0).all()
    absent = found["kind"] == "absence"
    assert (found.loc[absent, "observed"] == 0).all()
    assert (found.loc[absent, "probability"] > 0.5).all()
    assert (found.loc[~absent, "probability"] < 0.5).all()


def test_what_cannot_be_seen_is_never_absent() -> None:
    # Old MetaPhlAn names: the names of this table cannot show every species of the model.
    names = ["Bacteroides uniformis", "Bacteroides vulgatus", "Faecalibacterium prausnitzii", "Eubacterium rectale",
             "Ruminococcus bromii", "Alistipes putredinis", "Dorea longicatena", "Subdoligranulum unclassified"]  # fmt: skip
    frame = pd.DataFrame([[1 / len(names)] * len(names)], index=["a"], columns=names)
    result = impute(mbembed.embed(frame))
    hidden = {name for name, seen in zip(result.species, result.observable, strict=True) if not seen}
    found = result.surprises(1000)
    assert not hidden & set(found["species"])
    assert np.isfinite(result.expected).all()


def test_the_number_of_surprises_is_a_limit(learnt) -> None:
    model, unseen = learnt
    result = impute(mbembed.embed(unseen, model, names="exact"))
    sizes = result.surprises(2).groupby(["sample", "kind"]).size()
    assert sizes.max() == 2


def test_samples_in_which_nothing_matches_are_left_out(tmp_path, capsys) -> None:
    frame = pd.DataFrame(
        [[0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.9, 0.1, 0.0]],
        index=pd.Index(list("abcd"), name="sample"),
        columns=["Bacteroides uniformis", "Veillonella parvula", "Nosuchbacter imaginarius"],
    )
    result = impute(mbembed.match_profile(mbembed.read_table(frame), mbembed.load_model()))
    assert result.sample_ids == ["a", "d"]
    for on_empty in ("drop", "nan", "floor"):
        of_embedding = impute(mbembed.embed(frame, on_empty=on_empty))
        assert of_embedding.sample_ids == ["a", "d"]
        np.testing.assert_array_equal(of_embedding.expected, result.expected)
    frame.to_csv(tmp_path / "table.tsv", sep="\t")
    assert main(["impute", str(tmp_path / "table.tsv"), "-o", str(tmp_path / "out.tsv")]) == 0
    assert "2 of 4 samples were left out: b (nothing matched), c (all zero)" in capsys.readouterr().err
    assert mbembed.read_table(tmp_path / "out.tsv", units="fraction").sample_ids == ["a", "d"]


def test_log_odds_are_those_of_the_probability_however_small() -> None:
    presence = np.array([[1e-20, 0.75, 1.0]], np.float32)
    observed = np.array([[0.5, 0.0, 0.0]], np.float32)
    names = ["a", "b", "c"]
    made = Imputation(["s"], names, presence, np.ones((1, 3), np.float32), observed, np.ones(3, dtype=bool))
    found = made.surprises().set_index("species")["log_odds"]
    assert found["a"] == pytest.approx(20 * np.log(10))
    assert found["b"] == pytest.approx(np.log(3))
    assert np.isfinite(found["c"])


def test_a_model_without_a_decoder_is_refused() -> None:
    golden = load_folder(ROOT / "tests" / "data" / "golden" / "model")
    frame = pd.DataFrame([[1.0]], index=["a"], columns=[golden.species[1]])
    with pytest.raises(UsageError, match="'golden' has no decoder"):
        impute(mbembed.embed(frame, golden, names="exact"))


def test_what_does_not_hold_the_table(tmp_path):
    frame = pd.DataFrame([[0.5, 0.5]], index=["a"], columns=["Bacteroides uniformis", "Veillonella parvula"])
    path = tmp_path / "e.parquet"
    mbembed.embed(frame).write(path)
    for other in (mbembed.read_embedding(path), frame, str(path)):
        with pytest.raises(UsageError, match=f"an object of class {type(other).__name__}"):
            impute(other)


@pytest.fixture
def file(tmp_path):
    frame = pd.DataFrame(
        [[0.5, 0.3, 0.2], [0.1, 0.0, 0.9]],
        index=pd.Index(["001", "002"], name="sample"),
        columns=["Bacteroides uniformis", "Veillonella parvula", "Streptococcus mitis"],
    )
    frame.to_csv(tmp_path / "table.tsv", sep="\t")
    return tmp_path / "table.tsv"


@pytest.mark.parametrize("suffix", ["tsv", "parquet", "biom"])
def test_command(file, tmp_path, suffix: str) -> None:
    out, told = tmp_path / f"expected.{suffix}", tmp_path / "surprises.tsv"
    assert main(["impute", str(file), "-o", str(out), "--surprises", str(told), "--top", "3"]) == 0
    back = mbembed.read_table(out, units="fraction")
    assert back.sample_ids == ["001", "002"]
    result = impute(mbembed.embed(file))
    assert back.n_taxa == len(result.species)
    np.testing.assert_allclose(back.values.toarray(), result.expected, rtol=1e-6)
    rows = pd.read_csv(told, sep="\t", dtype={"sample": str})
    assert rows["sample"].unique().tolist() == ["001", "002"]
    assert rows.groupby(["sample", "kind"]).size().max() <= 3


def test_command_refuses(file, tmp_path, capsys) -> None:
    golden = str(ROOT / "tests" / "data" / "golden" / "model")
    out = tmp_path / "x.tsv"
    assert main(["impute", str(file), "-o", str(out), "--top", "0"]) == 2
    assert "--top 0 is not possible" in capsys.readouterr().err
    assert main(["impute", str(file), "-o", str(out), "--model", golden]) != 0
    assert not out.exists()
