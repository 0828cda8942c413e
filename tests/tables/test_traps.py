"""Every known trap of tables in the wild, and where it is tested.

==================================================  ==========================================================
trap                                                test
==================================================  ==========================================================
orientation                                         test_axis, test_matrix (both, known names, obeyed), test_biom
percent, fraction, counts, log, CLR, mixed          test_assemble (units), test_bad_input (mixed, log, clr)
partial sums                                        here, test_profilers (unclassified), test_pipeline (closure)
rows of all ranks                                   test_assemble, test_metaphlan, test_krakentools, test_motus
UNKNOWN, unclassified, unassigned, -1, tax id 0     test_assemble, test_motus, test_taxpasta, test_taxids
unclassified never feeds a species ``unknown``      test_pipeline (unknown is unclassified)
taxa that are one after normalising                 test_assemble (summed, reported), here (mOTUs are not)
names that stand twice in a model                   test_pipeline (share equally)
sample ids 001, 1e5, NA, nan, 3                     here, and SAMPLES in all fixtures
sample ids that stand twice                         here, test_bad_input, test_many
NaN, empty cells, negative, infinite                test_bad_input, here (in every dialect)
values below 1e-4                                   test_pipeline (golden preprocessing)
all-zero samples, nothing matched                   test_assemble, test_pipeline
byte-order mark, UTF-16, CRLF, blank last lines     test_profilers (in every dialect), test_matrix
old-Mac line ends, trailing tabs                    here, test_matrix
gzip, bzip2, xz without a suffix                    here (in every dialect), test_matrix
zip, Excel, images                                  test_bad_input
semicolon and decimal comma                         test_matrix (spellings)
commas in quoted names, lone quotes                 test_matrix
``#`` in front of the header                        test_motus, test_krakentools, test_assemble (BIOM), here
header one cell short                               test_matrix, test_bracken (from R)
columns of text beside the numbers                  here, test_matrix, test_taxpasta
forms of names                                      tests/taxonomy/test_spelling, test_matrix (R), here (brackets)
huge tables                                         here (memory), test_bad_input (2 GB line)
constant sample name inside the file                test_metaphlan
two columns per sample                              test_bracken
metadata above the taxa                             test_pcl
the header is not in the first line                 test_motus, test_pcl, test_metaphlan
hashes and numbers instead of names                 test_taxonomy_join, test_mothur, test_taxids, test_bad_input
==================================================  ==========================================================
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mbembed.errors import CellError, DuplicateIdError, TableError, UnitError
from mbembed.tables import read_table
from tests.tables import profilers
from tests.tables.fixtures import SAMPLES, SPECIES, VALUES, rows, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WRITERS = pytest.mark.parametrize(
    "writer", [writer for _, writer in profilers.CASES], ids=lambda writer: writer.__name__
)
#: A value of the first sample as it stands in each file, and a dialect's own word for a line of it.
IDS = ("001", "1e5", "NA", "nan", "3", "1.10", "TRUE", "S 1", "Ä-ß")


def read(path: Path) -> list[list[float]]:
    return read_table(path, **profilers.options(path)).values.toarray().tolist()


@pytest.mark.parametrize("turned", [False, True])
def test_sample_ids_stay_text(turned: bool, tmp_path: Path) -> None:
    values = np.full((len(IDS), len(SPECIES)), 0.25)
    if turned:
        text = rows(("", *SPECIES), *((name, *row) for name, row in zip(IDS, values.tolist(), strict=True)))
    else:
        text = rows(("", *IDS), *((name, *row) for name, row in zip(SPECIES, values.T.tolist(), strict=True)))
    assert read_table(write(tmp_path / "a.tsv", text)).sample_ids == list(IDS)


@WRITERS
def test_a_sample_that_stands_twice(writer: Callable[[Path], Path], tmp_path: Path) -> None:
    path = writer(tmp_path)
    text = path.read_text()
    if "1e5" not in text:
        pytest.skip("one sample")
    path.write_text(text.replace("1e5", "001"))
    with pytest.raises(DuplicateIdError):
        read(path)


@WRITERS
@pytest.mark.parametrize("value", ["-5", "inf", "x9"])
def test_a_cell_that_holds_no_abundance(value: str, writer: Callable[[Path], Path], tmp_path: Path) -> None:
    """The last number of the last line, in every dialect, is named."""
    path = writer(tmp_path)
    lines = path.read_text().rstrip("\n").split("\n")
    number = max(i for i, line in enumerate(lines) if line.strip())
    cells = lines[number].rstrip("\t").split("\t" if "\t" in lines[number] else ",")
    column = {
        "kraken2": 1,
        "gmrepo": 3,
        "taxpasta_long": 3,
        "sylph": 1,
        "bracken_combined": -2,
        "bracken_from_r": -2,
    }.get(writer.__name__.removesuffix("_minimizers"), -1)
    cells[column] = value
    lines[number] = ("\t" if "\t" in lines[number] else ",").join(cells)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(TableError) as caught:
        read(path)
    error = caught.value
    assert isinstance(error, CellError | UnitError)  # one of few values below 0 may be a logarithm
    assert str(path) in str(error)
    assert value.lstrip("-") in str(error) or "negative" in str(error)


@WRITERS
@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compression_is_seen_by_content(
    compress: Callable[[bytes], bytes], writer: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = writer(tmp_path)
    plain = read(path)
    path.write_bytes(compress(path.read_bytes()))
    assert read(path) == plain


@WRITERS
def test_old_mac_line_ends(writer: Callable[[Path], Path], tmp_path: Path) -> None:
    path = writer(tmp_path)
    plain = read(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r"))
    assert read(path) == plain


@WRITERS
def test_the_name_of_the_file_says_nothing(writer: Callable[[Path], Path], tmp_path: Path) -> None:
    path = writer(tmp_path)
    known = profilers.options(path)
    profile = read_table(path, **known)
    renamed = path.rename(tmp_path / "dataset_19.dat")
    assert read_table(renamed, **known).dialect == profile.dialect


def test_a_hash_before_the_header_of_a_plain_table(tmp_path: Path) -> None:
    text = "# made by us\n" + rows(("#name", *SAMPLES), *((s, *VALUES[:, i]) for i, s in enumerate(SPECIES)))
    profile = read_table(write(tmp_path / "a.tsv", text))
    assert profile.sample_ids == list(SAMPLES)
    assert profile.n_taxa == len(SPECIES)


def test_columns_of_text_are_left_out_and_named(tmp_path: Path) -> None:
    body = ((name, "gut", "x", *VALUES[:, i]) for i, name in enumerate(SPECIES))
    profile = read_table(write(tmp_path / "a.tsv", rows(("name", "site", "note", *SAMPLES), *body)))
    assert profile.sample_ids == list(SAMPLES)
    assert any("site, note" in warning for warning in profile.warnings)


def test_what_is_not_classified_is_kept_per_sample(tmp_path: Path) -> None:
    body = [("UNKNOWN", 40.0, 10.0), ("Blautia obeum", 60.0, 90.0)]
    profile = read_table(write(tmp_path / "a.tsv", rows(("", "S1", "S2"), *body)))
    assert profile.unclassified.tolist() == [40.0, 10.0]
    assert profile.classified.tolist() == [60.0, 90.0]
    assert profile.unit == "percent"


def test_brackets_around_a_genus_are_no_id(tmp_path: Path) -> None:
    body = [("[Ruminococcus] gnavus [ref_mOTU_v3_01594]", 1.0)]
    profile = read_table(
        write(tmp_path / "a.tsv", "# motus version 3.0.3\n" + rows(("#consensus_taxonomy", "S1"), *body))
    )
    assert profile.taxon_names == ["[Ruminococcus] gnavus"]


def test_a_large_sparse_table_stays_sparse(tmp_path: Path) -> None:
    """4,000 species × 2,000 samples, 1 in 200 above zero: 64 MB as a dense matrix."""
    n_samples, n_species = 2000, 4000
    rng = np.random.default_rng(7)
    with (tmp_path / "a.tsv").open("w") as file:
        file.write(rows(("name", *(f"S{i}" for i in range(n_samples)))))
        for k in range(n_species):
            cells = np.where(rng.random(n_samples) < 0.005, "7", "0")
            file.write(f"Testobacter sp{k:05}\t" + "\t".join(cells) + "\n")
    tracemalloc.start()
    profile = read_table(tmp_path / "a.tsv", orientation="taxa-in-rows")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert profile.values.shape == (n_samples, n_species)
    assert profile.values.nnz < 0.01 * n_samples * n_species
    assert peak < 64e6 * 1.5
