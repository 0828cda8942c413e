"""PERMANOVA against scikit-bio, vegan, and what must hold."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import mbembed
from mbembed.errors import UsageError
from mbembed.report import permutation_test as module
from mbembed.report.distances import DISTANCES, distances
from mbembed.report.permutation_test import permanova
from tests.report.cohort import metadata, table

if TYPE_CHECKING:
    from pathlib import Path

#: As `tests/r` does: by a real R, where there is one with vegan.
VEGAN = """
arguments <- commandArgs(TRUE)
known <- read.delim(arguments[2]); d <- as.dist(as.matrix(read.delim(arguments[1], header = FALSE)))
for (column in names(known)) {
  found <- vegan::adonis2(d ~ known[[column]], permutations = 999)
  cat(column, found$R2[1], found$F[1], found$`Pr(>F)`[1], "\\n")
}
"""


def has_vegan() -> bool:
    if not shutil.which("Rscript"):
        return False
    asked = ["Rscript", "-e", 'quit(status = !requireNamespace("vegan", quietly = TRUE))']
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def embedding() -> mbembed.Embedding:
    return mbembed.embed(table(40), units="percent")


@pytest.fixture(scope="module")
def known(embedding: mbembed.Embedding) -> pd.DataFrame:
    """Return groups and measurements, some of which go with the vectors."""
    first = mbembed.ordination(embedding).samples["Axis.1"].to_numpy()
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "real": np.where(first > np.median(first), "high", "low"),
            "three": [f"g{i % 3}" for i in range(40)],
            "measure": (first + rng.normal(0, first.std(), 40)).round(4).astype(str),
            "noise": rng.normal(size=40).round(4).astype(str),
        },
        index=embedding.sample_ids,
    )


def test_groups_are_those_of_scikit_bio(embedding: mbembed.Embedding, known: pd.DataFrame) -> None:
    from skbio import DistanceMatrix
    from skbio.stats.distance import permanova as theirs

    for distance in DISTANCES:
        ours = permanova(embedding, known, ["real", "three"], distance=distance).set_index("column")
        square = distances(embedding, np.arange(40), distance)
        for name in ours.index:
            found = theirs(DistanceMatrix((square + square.T) / 2), known[name].tolist(), permutations=999, seed=1)
            assert ours.loc[name, "pseudo_F"] == pytest.approx(found["test statistic"], rel=1e-9)
            assert ours.loc[name, "p"] == pytest.approx(found["p-value"], abs=0.06)
            assert ours.loc[name, "groups"] == found["number of groups"]


@pytest.mark.slow
@pytest.mark.skipif(not has_vegan(), reason="no R with vegan")
def test_groups_and_measurements_are_those_of_vegan(
    embedding: mbembed.Embedding, known: pd.DataFrame, tmp_path: Path
) -> None:
    for distance in ("cosine", "bray-curtis"):
        ours = permanova(embedding, known, distance=distance).set_index("column")
        np.savetxt(tmp_path / "d.tsv", distances(embedding, np.arange(40), distance), delimiter="\t", fmt="%.17g")
        known.to_csv(tmp_path / "m.tsv", sep="\t", index=False)
        (tmp_path / "run.R").write_text(VEGAN)
        asked = ["Rscript", str(tmp_path / "run.R"), str(tmp_path / "d.tsv"), str(tmp_path / "m.tsv")]
        said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
        found = {line.split()[0]: [float(cell) for cell in line.split()[1:]] for line in said.strip().splitlines()}
        assert list(found) == list(known.columns)
        for name, (r2, statistic, p) in found.items():
            assert ours.loc[name, "R2"] == pytest.approx(r2, rel=1e-6)
            assert ours.loc[name, "pseudo_F"] == pytest.approx(statistic, rel=1e-6)
            assert ours.loc[name, "p"] == pytest.approx(p, abs=0.06)


def test_what_is_there_is_found(embedding: mbembed.Embedding, known: pd.DataFrame) -> None:
    found = permanova(embedding, known).set_index("column")
    assert list(found.columns) == list(module.COLUMNS[1:])
    assert found.loc["real", "p"] == found.loc["measure", "p"] == 0.001
    assert found.loc["noise", "p"] > 0.05
    assert found["kind"].tolist() == ["groups", "groups", "measurement", "measurement"]
    pd.testing.assert_frame_equal(found, permanova(embedding, known).set_index("column"))


def test_p_is_uniform_where_there_is_nothing() -> None:
    rng = np.random.default_rng(5)
    square = distances(mbembed.embed(table(12), units="percent"), np.arange(12), "cosine")
    blocks = np.zeros(12, dtype=np.intp)
    found = []
    for _ in range(300):
        codes = rng.permutation(np.arange(12) % 2)
        design = np.eye(2)[codes] / np.sqrt(6)
        found.append(module._test(square, design, 2, blocks, 49, rng)[2])  # type: ignore[misc]
    assert np.mean(np.array(found) <= 0.1) == pytest.approx(0.1, abs=0.06)
    assert min(found) >= 1 / 50


def test_missing_values_are_left_out_and_told() -> None:
    embedding = mbembed.embed(table(), units="percent")
    found = permanova(embedding, metadata(), ["age", "kit", "barcode", "group"]).set_index("column")
    assert found.loc["age", "n"] == 11
    assert found.loc["age", "note"] == "1 sample without a value left out"
    assert found.loc["kit", "note"] == "one group only"
    assert found.loc["barcode", "note"] == "each sample is a group of its own"
    assert found.loc[["kit", "barcode"], "p"].isna().all()
    assert found.loc["group", "note"] == ""
    without = embedding.sample_ids[1:]
    part = mbembed.embed(table().loc[without], units="percent")
    again = permanova(part, metadata(), "age").iloc[0]
    assert again["R2"] == pytest.approx(found.loc["age", "R2"])


def test_strata_keep_samples_in_their_block() -> None:
    blocks = np.array([2, 0, 2, 1, 0, 1, 1, 2])
    for seed in range(5):
        order = module._permuted(blocks, np.random.default_rng(seed))
        assert sorted(order) == list(range(8))
        assert (blocks[order] == blocks).all()
    embedding = mbembed.embed(table(20), units="percent")
    axis = mbembed.ordination(embedding).samples["Axis.1"]
    halves = pd.DataFrame({"half": np.where(axis > axis.median(), "a", "b")}, index=axis.index)
    free = permanova(embedding, halves, "half").loc[0, "p"]
    # Within strata that are the groups themselves nothing can change.
    tied = permanova(embedding, halves, "half", strata="half").loc[0, "p"]
    assert (free, tied) == (0.001, 1.0)


def test_samples_without_a_stratum_are_left_out(embedding: mbembed.Embedding, known: pd.DataFrame) -> None:
    rows = np.arange(40) % 4
    given = known.assign(person=np.where(rows == 0, "a", np.where(rows == 1, None, "b")))
    found = permanova(embedding, given, "real", strata="person").iloc[0]
    assert (found["n"], found["note"]) == (30, "10 samples without a stratum left out")
    part = mbembed.embed(table(40)[rows != 1], units="percent")
    pd.testing.assert_series_equal(
        found.drop("note"), permanova(part, given, "real", strata="person").iloc[0].drop("note"), rtol=1e-5
    )


def test_many_groups_by_pairs_are_the_same() -> None:
    rng = np.random.default_rng(0)
    square = np.abs(rng.normal(size=(30, 30)))
    inner = module.gower_centred(square + square.T)
    codes = np.arange(30) % 9
    design = np.eye(9)[codes] / np.sqrt(np.bincount(codes))
    orders = [rng.permutation(30) for _ in range(4)]
    with pytest.MonkeyPatch.context() as patched:
        by_matrix = module._explained(inner, design, orders)
        patched.setattr(module, "MANY_GROUPS", 2)
        np.testing.assert_allclose(module._explained(inner, design, orders), by_matrix)


def test_many_samples_are_drawn(
    embedding: mbembed.Embedding, known: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_COMPARED", 25)
    found = permanova(embedding, known, "real").iloc[0]
    assert (found["n"], found["note"]) == (25, "25 of 40 samples drawn")
    assert found["p"] < 0.05


def test_samples_that_are_all_the_same() -> None:
    same = pd.concat([table(1)] * 4)
    same.index = pd.Index(list("abcd"))
    found = permanova(
        mbembed.embed(same, units="percent"), pd.DataFrame({"g": ["x", "x", "y", "y"]}, index=list("abcd"))
    )
    assert found.loc[0, "note"] == "all samples are the same"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"distance": "unifrac"}, "the distance is 'unifrac'"),
        ({"permutations": 0}, "permutations is 0"),
        ({"columns": "nope"}, "no column 'nope'"),
        ({"strata": "nope"}, "no column 'nope'"),
    ],
)
def test_refusals(embedding: mbembed.Embedding, known: pd.DataFrame, arguments: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        permanova(embedding, known, **arguments)  # type: ignore[arg-type]


def test_a_column_by_itself_is_metadata_too(embedding: mbembed.Embedding, known: pd.DataFrame) -> None:
    name = known.columns[0]
    assert permanova(embedding, known[name]).equals(permanova(embedding, known, name))
    with pytest.raises(UsageError, match="strata is an object of class Series"):
        permanova(embedding, known, strata=known[name])  # type: ignore[arg-type]
