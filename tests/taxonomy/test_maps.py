"""The shipped maps: whole, consistent, and what README and maps.json say they are."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
from collections import Counter
from importlib.resources import files
from itertools import pairwise

import pytest

from mbembed.taxonomy import maps
from mbembed.taxonomy.spelling import normalise
from tests.helpers import ROOT

DATA = files("mbembed.taxonomy") / "data"
#: All files together, in bytes: they travel with the package.
MAX_BYTES = 1_200_000


def test_files_are_the_ones_that_were_compiled() -> None:
    listed = maps.about()["files"]
    assert sorted(listed) == sorted(path.name for path in DATA.iterdir() if path.name.endswith(".gz"))
    for name, facts in listed.items():
        content = gzip.decompress((DATA / name).read_bytes())
        assert hashlib.sha256(content).hexdigest() == facts["sha256"], name
        assert content.count(b"\n") - 1 == facts["rows"], name
    assert sum(len((DATA / name).read_bytes()) for name in listed) < MAX_BYTES


def test_licences_are_stated() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for text in (readme, notice):
        assert "CC BY-SA 4.0" in text
        assert "Genome Taxonomy Database" in text
        assert "MetaPhlAn" in text
        assert "public domain" in text
    for name in maps.about()["files"]:
        assert name in readme


def test_every_unit_exists() -> None:
    units = set(maps.unit_facts())
    assert len(units) == len(maps.unit_facts())
    assert set(maps.species_units().values()) <= units
    for names in (maps.ncbi_names(), maps.sgbs(), maps.motus3()):
        assert {entry.unit for entry in names.values()} <= units


def test_every_candidate_is_a_species_and_the_first_is_of_the_unit() -> None:
    units = maps.species_units()
    for names in (maps.ncbi_names(), maps.sgbs(), maps.motus3()):
        for entry in names.values():
            assert all(species in units and 0 <= share <= 1 for species, share in entry.candidates), entry
            if entry.candidates:
                assert units[entry.candidates[0][0]] == entry.unit, entry
    for meanings in maps.gtdb_names().values():
        for meaning in meanings:
            entry = maps.gtdb_entry(normalise(meaning.name).key, meaning.last)
            assert entry is not None
            assert 0.5 <= sum(share for _, share in entry.candidates) <= 1.01


def test_one_key_per_name() -> None:
    columns = maps._columns("ncbi_names")
    assert [normalise(name).key for name in columns["name"]] == list(columns["key"])
    assert max(Counter(columns["key"]).values()) == 1
    taxids = [taxid for listed in columns["taxids"] if listed for taxid in listed.split("|")]
    units = {taxid: maps.ncbi_names()[maps.taxids()[taxid]].unit for taxid in taxids}
    for listed, unit in zip(columns["taxids"], columns["unit"], strict=True):
        assert all(units[taxid] == unit for taxid in listed.split("|") if taxid)


def test_quick_keys_are_the_normaliser_s_keys() -> None:
    for file, column in (("species", "species"), ("gtdb_names", "name")):
        names = maps._columns(file)[column]
        assert maps._keys(names) == [normalise(name).key for name in names]
    assert len(maps.species_keys()) == len(maps.species_units())


def test_releases_do_not_overlap() -> None:
    for meanings in maps.gtdb_names().values():
        for newer, older in pairwise(meanings):
            assert older.last < newer.first


def test_lineages_cover_every_genus() -> None:
    genera = {species.split(" ")[0] for species in maps.species_units()}
    assert genera == set(maps.lineages())
    assert maps.lineages()["Akkermansia"][:2] == ("Bacteria", "Verrucomicrobiota")


def test_accessions() -> None:
    accessions = maps.accessions()
    assert len(accessions) > 60_000
    assert accessions.get("000000001") == ""
    assert accessions.get("999999999") == ""
    columns = maps._columns("accessions")
    first = columns["numbers"][0].split(",")
    assert accessions.get(f"{int(first[0]):09d}") == columns["species"][0]
    last = sum(map(int, columns["numbers"][-1].split(",")))
    assert accessions.get(f"{last:09d}") == columns["species"][-1]
    assert set(columns["species"]) <= set(maps.species_units())


@pytest.mark.parametrize("first", ["species_units", "ncbi_names", "gtdb_names", "sgbs", "motus3", "accessions"])
def test_loading_time_is_printed(first: str) -> None:
    """The aim is 50 ms with only what is needed; a busy machine may take longer, so it is not asserted."""
    code = (
        "import time; from mbembed.taxonomy import maps; start = time.perf_counter();"
        f"n = len(maps.{first}()); print('{first}', n, 'entries,', round(1e3 * (time.perf_counter() - start)), 'ms')"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    print(result.stdout)
    assert result.stdout.startswith(first)
