"""All dialects of one and the same table give the same profile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mbembed.tables import read_table, registry
from mbembed.tables.source import open_source
from tests.tables import profilers
from tests.tables.fixtures import SAMPLES, SPECIES, VALUES, rows, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Longest that all readers together may look at a file (seconds).
SNIFF_LIMIT = 0.05
#: The program writes ``_`` for every blank.
UNDERSCORED = {"kraken_mpa", "kraken_mpa_combined", "kraken_mpa_old", "pcl"}
#: The file holds tax ids and no names.
UNNAMED = {"taxids", "taxpasta_single"}
#: The file holds the first sample only.
FIRST = {"kraken2", "kraken2_minimizers", "bracken", "kraken_mpa", "kraken_mpa_old", "sylph", "taxpasta_single"}
UNITS = {
    **dict.fromkeys(("motus", "motus_lineages", "sourmash"), "fraction"),
    **dict.fromkeys(("sylph", "sylph_merged", "cami", "taxids", "gmrepo", "pcl"), "percent"),
}
#: What the file says is not classified, as a share of all that it says.
UNCLASSIFIED = {
    **dict.fromkeys(("motus", "motus_counts", "motus_lineages", "motus4", "sourmash"), 0.5),
    **dict.fromkeys(("kraken2", "kraken2_minimizers", "gmrepo"), 0.2),
}


@pytest.mark.parametrize("writer", [writer for _, writer in profilers.CASES], ids=lambda writer: writer.__name__)
def test_the_same_profile(writer: Callable[[Path], Path], tmp_path: Path) -> None:
    path = writer(tmp_path)
    profile = read_table(path, **profilers.options(path))
    name = writer.__name__
    if name in UNNAMED:
        assert profile.taxon_names == list(profilers.TAXIDS)
    else:
        assert profile.taxon_names == [
            species.replace("_", " ") if name in UNDERSCORED else species for species in SPECIES
        ]
    expected = VALUES[:1] if name in FIRST else VALUES
    assert profile.sample_ids == (["gut0"] if name in FIRST else list(SAMPLES))
    np.testing.assert_allclose(profile.values.toarray() / profile.classified[:, None], expected, atol=1e-9)
    assert profile.unit == UNITS.get(name, "counts")
    if name in UNCLASSIFIED:
        shares = profile.unclassified / (profile.unclassified + profile.classified)
        np.testing.assert_allclose(shares, UNCLASSIFIED[name])
    elif not name.startswith("taxpasta"):
        assert not profile.unclassified.any()


@pytest.mark.parametrize("writer", [writer for _, writer in profilers.CASES], ids=lambda writer: writer.__name__)
@pytest.mark.parametrize("change", ["crlf", "bom", "blank lines", "utf-16"])
def test_other_ends_of_lines_and_encodings(change: str, writer: Callable[[Path], Path], tmp_path: Path) -> None:
    path = writer(tmp_path)
    expected = read_table(path, **profilers.options(path))
    content = path.read_bytes()
    content = {
        "crlf": lambda: content.replace(b"\n", b"\r\n"),
        "bom": lambda: b"\xef\xbb\xbf" + content,
        "blank lines": lambda: content + b"\n\n\n",
        "utf-16": lambda: content.decode().encode("utf-16"),
    }[change]()
    path.write_bytes(content)
    profile = read_table(path, **profilers.options(path))
    assert profile.dialect == expected.dialect
    assert profile.taxon_names == expected.taxon_names
    assert profile.sample_ids == expected.sample_ids
    np.testing.assert_array_equal(profile.values.toarray(), expected.values.toarray())


@pytest.mark.parametrize("samples", [1, 2])
@pytest.mark.parametrize("release", ["", "\tr207"])
def test_metaphlan_converted_to_gtdb(release: str, samples: int, tmp_path: Path) -> None:
    """``sgb_to_gtdb_profile.py``: semicolons, blanks in the names, the release behind the database."""
    lineage = profilers.LINEAGES[3].split(";")
    unnamed = [*lineage[:-1], "s__"]
    header = "#clade_name\trelative_abundance" if samples == 1 else "clade_name\tS1\tS2"
    body = [(";".join(lineage[:n]), *[80.0] * samples) for n in range(1, 7)]
    body += [(";".join(lineage), *[60.0] * samples), *[(";".join(unnamed), *[10.0] * samples)] * 2]
    path = write(tmp_path / "gut7_profile.txt", f"#mpa_vJun23_CHOCOPhlAnSGB_202403{release}\n{header}\n" + rows(*body))
    profile = read_table(path)
    assert profile.dialect == "metaphlan"
    assert profile.sample_ids == (["gut7"] if samples == 1 else ["S1", "S2"])
    assert profile.taxon_names == ["Prevotella copri_A", "unnamed species of Prevotella"]
    assert profile.values.toarray()[0].tolist() == [60.0, 20.0]
    assert profile.merged == {"unnamed species of Prevotella": 2}


@pytest.mark.parametrize("writer", [writer for _, writer in profilers.CASES], ids=lambda writer: writer.__name__)
def test_detection_is_quick(writer: Callable[[Path], Path], tmp_path: Path) -> None:
    path = writer(tmp_path)
    readers = registry.readers()
    started = time.perf_counter()
    source = open_source(path)
    claims = [reader.DIALECT for reader in readers if reader.sniff(source) is not None]
    assert time.perf_counter() - started < SNIFF_LIMIT
    assert len(claims) == 1
