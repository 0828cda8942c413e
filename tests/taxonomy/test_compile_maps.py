"""The script that makes the maps: on tables of our own, and against what is shipped."""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from typing import TYPE_CHECKING

import pytest

from mbembed.taxonomy import maps
from tests.helpers import ROOT, SHARED, needs_shared

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

TABLES = {
    "r220_species": """
domain phylum class order family genus species representative genomes_r214 unit
Bacteria P C O F Gena Gena alpha 000000001 10 Gena alpha
Bacteria P C O F Gena Gena alpha_A 000000002 30 Gena alpha
Bacteria P C O F Genb Genb sp000000003 000000003 1 Genb sp000000003
""",
    "units": """
unit corpus_mean corpus_prevalence corpus_species taxids
Gena alpha 0.1 0.5 Gena alpha 11
Genb sp000000003 0 0 - -
Nogtdb name 0.01 0.2 Nogtdb name 33
""",
    "sgb_to_r220": """
sgb metaphlan4_name r220_species share name_r220 max_mean
SGB1 Gena_alpha Gena alpha_A 1.000 Gena alpha 0.1
SGB2  Genb sp000000003 1.000 Genb sp000000003 0
""",
    "gtdb_names_to_r220": """
release name r220_species share
95 Gena alpha Gena alpha_A 0.750
95 Gena alpha Gena alpha 0.250
95 Genx sp1 Genb sp000000003 1.000
86 Genx sp1 Genb sp000000003 1.000
214 Gena alpha Gena alpha 1.000
95 Geny gone Outside species 0.900
95 Geny gone Gena alpha 0.100
""",
    "ncbi_to_r220": """
taxid name r220_species unit share evidence main
11 Gena alpha Gena alpha_A Gena alpha 0.700 gtdb,syn:wol yes
11 Gena alpha Gena alpha Gena alpha 0.200 gtdb,sib yes
11 Gena alpha Genb sp000000003 Genb sp000000003 0.100 coab r=0.97 -
11 [Oldgen] alpha Gena alpha_A Gena alpha 1.000 syn:gtdb yes
""",
    "motus3_to_r220": """
motus_id gtdb_name_given r220_species unit
00001 Gena alpha Gena alpha Gena alpha
00002 Gena alpha/Genb sp000000003 Genb sp000000003 Genb sp000000003
""",
}
#: Cells of the tables above that hold blanks.
BLANKS = ("Gena alpha_A", "Gena alpha", "Genb sp000000003", "Nogtdb name", "Genx sp1", "Geny gone", "Outside species")
WITH_BLANKS = ("[Oldgen] alpha", "coab r=0.97")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("compile_maps", ROOT / "tools" / "compile_maps.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tabbed(text: str) -> str:
    """Turn the readable tables above into tab-separated ones; ``-`` is an empty cell."""
    for cell in WITH_BLANKS:
        text = text.replace(cell, cell.replace(" ", "~"))
    for cell in BLANKS:
        text = text.replace(cell, cell.replace(" ", "~"))
    return text.lstrip("\n").replace(" ", "\t").replace("~", " ").replace("\t-", "\t")


def run(script: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["compile_maps.py", *map(str, arguments)])
    script.main()


@pytest.fixture
def compiled(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    source = tmp_path / "tables"
    source.mkdir()
    for name, text in TABLES.items():
        (source / f"{name}.tsv.gz").write_bytes(gzip.compress(tabbed(text).encode()))
    accessions = tmp_path / "accessions.tsv.gz"
    rows = [f"{number:09d}\tGena alpha" for number in (7, 5, 1)] + [
        f"{number:09d}\tGenb sp000000003" for number in (8, 9)
    ]
    accessions.write_bytes(gzip.compress(("accession_number\tmodel_species\n" + "\n".join(rows) + "\n").encode()))
    seen = tmp_path / "seen.txt"
    seen.write_text("clade_name\tS1\nk__Bacteria|g__Gena|s__Gena_alpha\t1\nk__Bacteria|g__Genq|s__Genq_x|t__y\t1\n")
    output = tmp_path / "out"
    run(script, monkeypatch, source, "-o", output, "--accessions", accessions, "--seen", f"metaphlan3={seen}")
    return output


def content(folder: Path, name: str) -> list[list[str]]:
    text = gzip.decompress((folder / f"{name}.tsv.gz").read_bytes()).decode()
    return [line.split("\t") for line in text.splitlines()]


def test_what_is_written(compiled: Path) -> None:
    assert content(compiled, "species")[1] == ["Gena alpha_A", "000000002", "30", "220", "220", "Gena alpha"]
    assert content(compiled, "species")[2] == ["Gena alpha", "000000001", "10", "95", "220", "Gena alpha"]
    assert content(compiled, "sgb")[1:] == [
        ["SGB1", "Gena_alpha", "Gena alpha_A:1|Gena alpha:0", "0.1"],
        ["SGB2", "", "Genb sp000000003:1", "0"],
    ]
    # R214 means the species of that name, R95 another; a name that went elsewhere is left out
    assert content(compiled, "gtdb_names")[1:] == [
        ["Gena alpha", "95", "95", "Gena alpha_A:0.75|Gena alpha:0.25"],
        ["Genx sp1", "86", "95", "Genb sp000000003:1"],
    ]
    assert content(compiled, "ncbi_names")[1:] == [
        [
            "gena alpha",
            "Gena alpha",
            "11",
            "3",
            "coab,gtdb,sib,wol",
            "Gena alpha",
            "Gena alpha_A:0.7|Gena alpha:0.2|Genb sp000000003:0.1",
        ],
        ["nogtdb name", "Nogtdb name", "33", "", "corpus", "Nogtdb name", ""],
        ["oldgen alpha", "[Oldgen] alpha", "11", "", "gtdb", "Gena alpha", "Gena alpha_A:1"],
    ]
    assert content(compiled, "motus3")[1:] == [["00001", "Gena alpha:1"]]
    assert content(compiled, "accessions")[1:] == [["Gena alpha", "5,2"]]  # Genb: two, but one public genome
    assert content(compiled, "lineages")[1:] == [
        ["Bacteria", "P", "C", "O", "F", "Gena"],
        ["Bacteria", "P", "C", "O", "F", "Genb"],
    ]
    listed = json.loads((compiled / "maps.json").read_text())
    assert listed["files"]["sgb.tsv.gz"]["rows"] == 2


@pytest.mark.shared
@needs_shared("maps/units")
@needs_shared("corpus/profiles.biom")
def test_the_shipped_maps_are_what_the_script_makes(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [("metaphlan3", "corpus/profiles.biom"), ("metaphlan3", "crossprofiler/metaphlan3_merged.txt")]
    seen += [("metaphlan2", f"corpus_more/{name}.biom") for name in ("ihmp_mpa2", "yachida_mpa2", "erawijantari_mpa2")]
    seen += [("metaphlan2", "corpus_more/metaml_stool.biom"), ("metaphlan2", "formats/metaphlan2_merged_bom.csv")]
    options = [part for profiler, path in seen for part in ("--seen", f"{profiler}={SHARED / path}")]
    accessions = SHARED / "maps" / "model902" / "genome_accession_number_to_model.tsv.gz"
    run(script, monkeypatch, SHARED / "maps" / "units", "-o", tmp_path, "--accessions", accessions, *options)
    assert json.loads((tmp_path / "maps.json").read_text()) == maps.about()
