"""BIOM files of ``mbembed convert`` in R: `phyloseq::import_biom`, and biomformat's own way back."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from mbembed.outputs.profile_writers import write_profile
from mbembed.tables import read_table
from mbembed.tables.profile import Taxon
from tests.outputs.test_convert import assert_same, profile_of

if TYPE_CHECKING:
    from mbembed.tables.profile import Profile

pytestmark = pytest.mark.slow  # library(phyloseq) alone takes 6 s of CPU

SCRIPT = Path(__file__).with_name("import_biom.R")
#: R calls the only sample of a BIOM file this, whatever its id (phyloseq pull request 1797).
ONLY_SAMPLE = "sa1"
#: R's biomformat writes four decimals (jsonlite's default), however small the values are.
R_ROUNDING = 0.5e-4
SAMPLES = ["001", "1e5", "NA", "Ünï-μ"]
GREENGENES = ["Kingdom", "Phylum", "Genus", "Species"]


def make(n_samples: int = 4, *, lineages: bool = True, metadata: bool = True) -> Profile:
    taxa = []
    for genus, name in (("Blautia", "obeum"), ("Blautia", "wexlerae"), ("Faecalibacterium", "prausnitzii")):
        ranks = ("k__Bacteria", "p__Firmicutes" if name == "obeum" else "p__", f"g__{genus}", f"s__{genus} {name}")
        label = f"{genus} {name}"
        taxa.append(Taxon(label, label, ranks if lineages else (), "species"))
    values = np.random.default_rng(0).dirichlet(np.ones(4), n_samples)
    values[0, 1] = 0.0
    frame = pd.DataFrame(
        {"site": ["gut"] * n_samples, "age": np.arange(n_samples)}, index=pd.Index(SAMPLES[:n_samples])
    )
    return profile_of(
        values[:, :3], taxa, SAMPLES[:n_samples], values[:, 3], sample_metadata=frame if metadata else None
    )


def in_r(rscript: str, folder: Path, file: str, *more: str) -> dict[str, pd.DataFrame]:
    result = subprocess.run(
        [rscript, str(SCRIPT), str(folder / file), str(folder), *more], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return {
        path.stem: pd.read_csv(path, sep="\t", index_col=0, dtype=str, keep_default_na=False, encoding="utf-8")
        for path in folder.glob("*.tsv")
    }


@pytest.mark.parametrize("file", ["t.biom", "t.json"])
def test_import_biom(rscript: str, file: str, tmp_path: Path) -> None:
    profile = make()
    write_profile(tmp_path / file, profile)
    found = in_r(rscript, tmp_path, file, "write")
    values = found["values"]
    assert list(values.columns) == SAMPLES
    assert list(values.index) == [*profile.taxon_names, "UNCLASSIFIED"]
    written = np.vstack([profile.values.toarray().T, profile.unclassified])
    assert np.array_equal(values.astype(float).to_numpy(), written)
    assert list(found["ranks_default"].columns) == ["Rank1", "Rank2", "Rank3", "Rank4"]
    assert found["ranks_default"].loc["Blautia wexlerae"].tolist() == [
        "k__Bacteria",
        "p__",
        "g__Blautia",
        "s__Blautia wexlerae",
    ]
    ranks = found["ranks_greengenes"]
    assert list(ranks.columns) == GREENGENES
    assert ranks.loc["Blautia wexlerae"].tolist() == ["Bacteria", "NA", "Blautia", "Blautia wexlerae"]
    assert ranks.loc["UNCLASSIFIED", "Kingdom"] == "UNCLASSIFIED"
    assert found["samples"]["age"].tolist() == ["0", "1", "2", "3"]
    assert found["samples"]["site"].tolist() == ["gut"] * 4
    # and what R's biomformat writes is read again
    back = read_table(tmp_path / "back.biom")
    assert back.sample_ids == profile.sample_ids
    assert back.taxon_names == profile.taxon_names
    assert np.allclose(back.values.toarray(), profile.values.toarray(), rtol=0, atol=R_ROUNDING)
    assert np.allclose(back.unclassified, profile.unclassified, rtol=0, atol=R_ROUNDING)


@pytest.mark.parametrize("file", ["t.biom", "t.json"])
def test_one_sample(rscript: str, file: str, tmp_path: Path) -> None:
    profile = make(1, metadata=False)  # with metadata import_biom fails: the sample's name is lost on one side only
    write_profile(tmp_path / file, profile)
    found = in_r(rscript, tmp_path, file, "write")
    assert list(found["values"].columns) == [ONLY_SAMPLE]
    back = read_table(tmp_path / "back.biom")
    assert np.allclose(back.values.toarray(), profile.values.toarray(), rtol=0, atol=R_ROUNDING)


@pytest.mark.parametrize("file", ["t.biom", "t.json"])
def test_without_lineages(rscript: str, file: str, tmp_path: Path) -> None:
    profile = make(lineages=False)
    write_profile(tmp_path / file, profile)
    found = in_r(rscript, tmp_path, file)
    assert list(found["ranks_greengenes"].columns) == ["Species"]
    assert found["ranks_greengenes"].loc["Blautia obeum"].tolist() == ["Blautia obeum"]
    assert_same(profile, read_table(tmp_path / file))
