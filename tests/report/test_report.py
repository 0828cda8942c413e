"""The report as its readers meet it: whole, true, safe, and the same each time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import numpy as np
import pandas as pd
import pytest

import mbembed
from mbembed.cli.main import main
from mbembed.errors import MissingExtraError, UsageError
from mbembed.report import make_report
from tests.helpers import ROOT, SHARED, needs_shared
from tests.report.cohort import HOSTILE, check_page, metadata, table

if TYPE_CHECKING:
    from pathlib import Path


SECTIONS = ["Verdict", "Match", "Map", "Is it in range?", "Study signal", "Which taxa speak", "Provenance"]


@pytest.fixture(scope="module")
def good() -> mbembed.Embedding:
    return mbembed.embed(table(), units="percent")


def test_a_good_table(good: mbembed.Embedding) -> None:
    page = check_page(make_report(good, metadata(), command=["mbembed", "embed", "a b.tsv"]))
    assert [text for level, text in page.headings if level == 2] == SECTIONS
    # Shares at random: all names match, and it is no gut.
    assert (
        "The names match the model (100.0% of the abundance of the median sample), but 12 of 12 samples are out"
        in page.text
    )
    assert "Every taxon" in page.text.replace("every", "Every")
    assert [text for level, text in page.headings if level == 3 and text.startswith("By ")] == ["By group", "By age"]
    assert len(page.images) >= 6
    assert "mbembed embed 'a b.tsv'" in page.text
    assert good.match.model.weights_sha256 in page.text


@pytest.mark.slow
def test_a_cohort_of_guts() -> None:
    embedding = mbembed.embed(ROOT / "examples" / "cohort_metaphlan.tsv")
    page = check_page(make_report(embedding, ROOT / "examples" / "cohort_metadata.tsv", contrast="group"))
    assert "The table matches the model: 100.0% of the abundance of the median sample" in page.text
    assert "Nothing in it gave cause for a warning, and 48 of 48 samples are of the kind" in page.text
    assert "Taxa that speak in the direction from control to case" in page.text


def test_a_table_that_matches_badly() -> None:
    page = check_page(make_report(mbembed.embed(table(stranger=0.7), units="percent")))
    assert "Do not rely on these vectors: only 30.0% of the abundance" in page.text
    assert "Nobodia ignota 70.00% 100% unknown name" in page.text
    assert "12 of 12 samples are below 60%" in page.text
    assert "Use the vectors" not in page.text


def test_some_bad_samples() -> None:
    mixed = pd.concat([table(), table(2, stranger=0.8, seed=5).rename(index={"S00": "bad0", "S01": "bad1"})]).fillna(
        0.0
    )
    page = check_page(make_report(mbembed.embed(mixed, units="percent")))
    assert "see “Is it in range?” and the warnings before you use the vectors" in page.text
    assert "2 of 14 samples are below 60%" in page.text
    assert "bad0 20.0%" in page.text
    assert "Leave out what matches badly (2 samples) with --min-coverage 0.6" in page.text


@pytest.mark.parametrize("on_empty", ["drop", "nan"])
def test_samples_without_a_vector(on_empty: str) -> None:
    values = table()
    values.loc["S05"] = 0.0
    page = check_page(make_report(mbembed.embed(values, units="percent", on_empty=on_empty), metadata()))
    assert "11 of 12 samples have a vector" in page.text
    assert ("not in the output" if on_empty == "drop" else "have missing values in the output") in page.text
    assert "Samples without any classified abundance are not in the figure: 1" in page.text


@pytest.mark.parametrize("n_samples", [1, 2])
def test_too_few_samples_for_a_map(n_samples: int) -> None:
    page = check_page(make_report(mbembed.embed(table(n_samples), units="percent"), metadata()))
    assert f"it takes 3 samples with a vector, and this table has {n_samples}" in page.text


def test_three_samples_have_a_map() -> None:
    page = check_page(make_report(mbembed.embed(table(3), units="percent")))
    assert {(4, "The embedding"), (4, "The table itself")} <= set(page.headings)


def test_names_cannot_run_and_keep_their_signs() -> None:
    values = table(stranger=0.7).rename(index={"S01": HOSTILE}, columns={"Nobodia ignota": "Nobodia <b>$x_2$</b>"})
    known = pd.DataFrame(
        {
            "sample": values.index,
            f"{HOSTILE} & 'co'": ["$a$ 患者", '"><img src=x>'] * 6,
        }
    )
    html = make_report(mbembed.embed(values, units="percent"), known, command=["mbembed", HOSTILE])
    page = check_page(html)
    assert HOSTILE in page.text
    assert "<script" not in html
    for image in page.images:
        svg = unquote_to_bytes(str(image["src"]).partition(",")[2]).decode()
        assert "<script" not in svg
        assert svg.count("<title>") == 1
    assert any("$a$ 患者" in unquote_to_bytes(str(image["src"])).decode() for image in page.images)


def test_the_same_bytes_each_time(good: mbembed.Embedding, tmp_path: Path) -> None:
    import matplotlib as mpl

    good.report(tmp_path / "a.html", metadata())
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "black", "svg.hashsalt": None}):  # the user's own settings
        good.report(tmp_path / "b.html", metadata())
        assert mpl.rcParams["font.size"] == 20
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


@pytest.mark.slow
def test_many_samples_become_an_image() -> None:
    rng = np.random.default_rng(0)
    values = pd.DataFrame(rng.dirichlet(np.ones(20), 2500), columns=mbembed.load_model().species[:20])
    values.index = values.index.map(lambda i: f"S{i}")
    known = pd.DataFrame({"sample": values.index, "study": [f"study {i % 30}" for i in range(2500)]})
    html = make_report(mbembed.embed(values, units="fraction"), known)
    page = check_page(html)
    assert len(html) < 1_500_000
    assert "Aitchison" in page.text
    assert "24 other values" in unquote_to_bytes(str(page.images[1]["src"])).decode()


def test_metadata_that_the_table_carries() -> None:
    profile = mbembed.read_table(table(), units="percent")
    from dataclasses import replace

    known = metadata().set_index("sample")
    page = check_page(make_report(mbembed.embed(replace(profile, sample_metadata=known))))
    assert "By group" in [text for _, text in page.headings]


def test_color_by(good: mbembed.Embedding) -> None:
    page = check_page(make_report(good, metadata(), color_by="age, kit"))
    assert [text for level, text in page.headings if level == 3 and text.startswith("By ")] == ["By age", "By kit"]
    with pytest.raises(UsageError, match="there are no metadata"):
        make_report(good, color_by="age")


def test_missing_extra(good: mbembed.Embedding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbembed.extras.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"jinja2, matplotlib.*mbembed\[report\]"):
        make_report(good)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table().T.rename_axis("taxon").to_csv(tmp_path / "t.tsv", sep="\t")
    metadata().to_csv(tmp_path / "m.tsv", sep="\t", index=False)
    out, report = tmp_path / "e.tsv", tmp_path / "new" / "r.html"
    base = ["embed", str(tmp_path / "t.tsv"), "-o", str(out), "--units", "percent"]
    assert main([*base, "--report", str(report), "--metadata", str(tmp_path / "m.tsv")]) == 0
    assert "open it in a browser" in capsys.readouterr().err
    check_page(report.read_text(encoding="utf-8"))
    plain = out.read_bytes()
    out.unlink()
    assert main(base) == 0
    assert out.read_bytes() == plain


def test_nothing_is_written_if_the_metadata_do_not_join(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table().T.rename_axis("taxon").to_csv(tmp_path / "t.tsv", sep="\t")
    metadata().assign(sample="x").drop_duplicates("sample").to_csv(tmp_path / "m.tsv", sep="\t", index=False)
    out, report = tmp_path / "e.tsv", tmp_path / "r.html"
    base = ["embed", str(tmp_path / "t.tsv"), "-o", str(out)]
    assert main([*base, "--report", str(report), "--metadata", str(tmp_path / "m.tsv")]) == 1
    assert main([*base, "--report", str(report), "--metadata", str(tmp_path / "absent.tsv")]) == 1
    assert main([*base, "--metadata", str(tmp_path / "m.tsv")]) == 2
    assert main([*base, "--color-by", "age"]) == 2
    assert not out.exists()
    assert not report.exists()
    talk = capsys.readouterr().err
    assert "no sample id of the table is in the metadata" in talk
    assert "there is no file" in talk
    assert "--metadata was given, but no report is written" in talk


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("crossprofiler/metaphlan3_merged.txt", "The table matches the model"),
        ("crossprofiler/bracken_ncbi_S.txt", "Do not rely on these vectors|The table matches the model"),
        ("formats/biom/ag-fecal.biom", "Do not rely on these vectors"),
    ],
)
def test_real_tables(name: str, verdict: str) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"real data absent: {name}")
    page = check_page(make_report(mbembed.embed(SHARED / name)))
    assert re.search(verdict, page.text)


@needs_shared("formats/biom/ag-fecal.biom")
@pytest.mark.shared
def test_amplicons_are_told_so() -> None:
    page = check_page(make_report(mbembed.embed(SHARED / "formats/biom/ag-fecal.biom")))
    assert "There is no remedy for amplicons" in page.text
