"""Which file is whose: every reader reads its own files and refuses all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mbembed.errors import DialectError, MbembedError, TableError, UsageError
from mbembed.tables import read_table, registry
from mbembed.tables.raw import ReadOptions
from mbembed.tables.source import open_source
from tests.helpers import SHARED, needs_shared
from tests.tables.fixtures import WRITERS
from tests.tables.profilers import PROFILERS, options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CASES = [
    pytest.param(dialect, writer, id=writer.__name__)
    for dialect, found in {**WRITERS, **PROFILERS}.items()
    for writer in found
]
#: Real files: folder or pattern → dialect.
REAL = {
    "formats/metaphlan/*": "metaphlan",
    "formats/metaphlan2_merged_bom.csv": "matrix",
    "formats/bracken/*": "bracken",
    "formats/kraken2/*": "kraken2",
    "formats/motus/*.out": "motus",
    "formats/motus/*.rda": "phyloseq",
    "formats/phyloseq/*": "phyloseq",
    "formats/qiime2/*.qza": "qza",
    "formats/biom/json_*": "biom-json",
    "formats/biom/*_otu_table.biom": "biom-json",
    "formats/biom/hdf5_*": "biom-hdf5",
    "formats/biom/ag-fecal.biom": "biom-hdf5",
    "crossprofiler/bracken_*_S.txt": "matrix",
    "crossprofiler/metaphlan3_merged.txt": "metaphlan",
    "upstream/golden_input.tsv": "matrix",
}
REAL_FILES = [
    pytest.param(dialect, path, id=path.name)
    for pattern, dialect in REAL.items()
    for path in sorted(SHARED.glob(pattern))
    if path.name not in {"wirbel_taxonomy.rda", "taxonomy.qza", "wirbel_sample.rda"}  # parts of a table, no table
]


def check_claims(path: Path, dialect: str) -> None:
    """The reader of the dialect, if there is one, claims the file; all others refuse it."""
    source = open_source(path)
    claims = {reader.DIALECT: reader.sniff(source) for reader in registry.readers()}
    assert [name for name, detail in claims.items() if detail is not None] == ([dialect] if dialect in claims else [])
    for reader in registry.readers():
        name = reader.DIALECT
        if name != dialect:
            with pytest.raises(TableError):
                reader.read(source, ReadOptions())


@pytest.mark.parametrize(("dialect", "writer"), CASES)
def test_every_reader_refuses_every_other_dialect(dialect: str, writer: Callable[[Path], Path], tmp_path: Path) -> None:
    check_claims(writer(tmp_path), dialect)


@pytest.mark.parametrize(("dialect", "writer"), CASES)
def test_a_file_is_read_or_refused_by_name(dialect: str, writer: Callable[[Path], Path], tmp_path: Path) -> None:
    path = writer(tmp_path)
    if dialect in registry.formats():
        assert read_table(path, **options(path)).dialect == dialect
    else:
        with pytest.raises(DialectError, match="which is not read"):
            read_table(path)


@pytest.mark.shared
@needs_shared("formats")
@pytest.mark.parametrize(("dialect", "path"), REAL_FILES)
def test_every_reader_refuses_every_other_real_dialect(dialect: str, path: Path) -> None:
    check_claims(path, dialect)


@pytest.mark.shared
@needs_shared("formats")
@pytest.mark.parametrize(("dialect", "path"), REAL_FILES)
def test_real_files_are_read(dialect: str, path: Path) -> None:
    known = dialect in registry.formats()
    if known and "invalid" not in path.name and path.name != "table.qza":
        assert read_table(path).n_samples > 0
    else:
        with pytest.raises(MbembedError):
            read_table(path)


def test_format_forces_a_reader(tmp_path: Path) -> None:
    path = WRITERS["matrix"][0](tmp_path)
    assert read_table(path, format="matrix").decisions[0] == ("format", "matrix", "given")
    with pytest.raises(DialectError, match="does not look like metaphlan"):
        read_table(path, format="metaphlan")


def test_an_unknown_format_lists_the_names(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="metaphlan") as caught:
        read_table(WRITERS["matrix"][0](tmp_path), format="excel")
    assert caught.value.exit_code == 2


def test_each_reader_has_its_own_name() -> None:
    names = [reader.DIALECT for reader in registry.readers()]
    assert len(set(names)) == len(names)
    assert names[-1] == "matrix"
