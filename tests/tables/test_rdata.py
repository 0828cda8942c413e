"""R data files: the serialisation in all its forms, the objects in it, and hostile content."""

from __future__ import annotations

import bz2
import gzip
import lzma
import math
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mbembed.errors import AxisError, DialectError, EmptyTableError, MbembedError, TableError
from mbembed.tables.blocks import whole
from mbembed.tables.raw import RawTable, ReadOptions
from mbembed.tables.readers import rdata
from mbembed.tables.rformat import rserial
from mbembed.tables.rformat.rserial import SerialError, parse
from mbembed.tables.source import open_source
from tests.helpers import SHARED, needs_shared
from tests.tables.rwriter import (
    NA_INTEGER,
    NULL,
    NULL_SLOT,
    Latin1,
    R,
    altrep,
    character,
    data_frame,
    double,
    dumps,
    factor,
    integer,
    logical,
    matrix,
    named_list,
    phyloseq,
    s4,
)

if TYPE_CHECKING:
    from pathlib import Path

TAXA = ["OTU1", "OTU2", "OTU3"]
SAMPLES = ["001", "1e5"]
VALUES = [[6.0, 1.0], [0.0, 2.5], [3.0, 0.0]]
RANKS = ["Kingdom", "Genus", "Species"]
TAX = [
    ["Bacteria", "Blautia", "wexlerae"],
    ["k__Bacteria", "g__Blautia", None],
    ["Bacteria", "Faecalibacterium", "Faecalibacterium_prausnitzii"],
]
LINEAGES = [
    ("k__Bacteria", "g__Blautia", "s__wexlerae"),
    ("k__Bacteria", "g__Blautia", "s__"),
    ("k__Bacteria", "g__Faecalibacterium", "s__Faecalibacterium_prausnitzii"),
]


def example(*, taxa_are_rows: bool = True) -> R:
    counts = matrix(VALUES, TAXA, SAMPLES) if taxa_are_rows else matrix(np.transpose(VALUES).tolist(), SAMPLES, TAXA)
    sample_data = data_frame(
        ["1e5", "001"],  # not in the order of the samples
        site=factor([2, 1], ["gut", "skin"]),
        age=integer(NA_INTEGER, 41),
        bmi=double(math.nan, 22.5),
        treated=logical(True, False),
        note=character("ü", None),
    )
    return phyloseq(
        counts,
        taxa_are_rows=taxa_are_rows,
        tax_table=matrix([TAX[2], TAX[0], TAX[1]], [TAXA[2], TAXA[0], TAXA[1]], RANKS),
        sam_data=sample_data,
        refseq=s4("DNAStringSet", pool=R("raw", b"ACGT\x00\xff")),
    )


def write(path: Path, value: R | dict[str, R], **options: object) -> Path:
    path.write_bytes(dumps(value, **options))
    return path


def read(path: Path, **options: str) -> RawTable:
    return rdata.read(open_source(path), ReadOptions(**options))


def dense(table: RawTable) -> np.ndarray:
    return table.values.toarray() if hasattr(table.values, "toarray") else np.asarray(table.values)


# --- phyloseq ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["xdr", "ascii", "native"])
@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("workspace", [True, False])
@pytest.mark.parametrize("taxa_are_rows", [True, False])
def test_a_phyloseq_object_in_every_encoding(tmp_path, encoding, version, workspace, taxa_are_rows):
    ps = example(taxa_are_rows=taxa_are_rows)
    path = write(tmp_path / "x.dat", {"ps": ps} if workspace else ps, encoding=encoding, version=version)
    assert rdata.sniff(open_source(path)) == f"{'.RData' if workspace else '.rds'}, version {version}"
    table = read(path)
    np.testing.assert_array_equal(dense(table), np.transpose(VALUES))
    assert (list(table.sample_ids), list(table.labels)) == (SAMPLES, TAXA)
    assert table.lineages == LINEAGES
    metadata = table.sample_metadata
    assert metadata is not None
    assert metadata.index.tolist() == SAMPLES
    assert metadata["site"].tolist() == ["gut", "skin"]
    assert metadata["age"].tolist()[0] == 41
    assert math.isnan(metadata["age"].tolist()[1])
    assert metadata["treated"].tolist() == [False, True]
    assert metadata["note"].isna().tolist() == [True, False]
    assert metadata["note"].iloc[1] == "ü"
    assert [decision.value for decision in table.decisions if decision.what == "orientation"] == [
        "taxa-in-rows" if taxa_are_rows else "samples-in-rows"
    ]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_every_compression_of_r(tmp_path, pack):
    path = tmp_path / "ps.rds"
    path.write_bytes(pack(dumps(example())))
    assert read(path).lineages == LINEAGES


def test_missing_slots(tmp_path):
    table = read(write(tmp_path / "x", phyloseq(matrix(VALUES, TAXA, SAMPLES))))
    assert table.lineages is None
    assert table.sample_metadata is None
    assert list(table.labels) == TAXA


def test_a_bare_otu_table_is_asked_for_its_orientation_too(tmp_path):
    counts = matrix(np.transpose(VALUES).tolist(), SAMPLES, TAXA)
    counts.attributes |= {"taxa_are_rows": logical(False), "class": character("otu_table")}
    table = read(write(tmp_path / "x", counts))
    np.testing.assert_array_equal(dense(table), np.transpose(VALUES))


def test_the_user_may_overrule_taxa_are_rows(tmp_path):
    ps = phyloseq(matrix(VALUES, TAXA, SAMPLES), taxa_are_rows=False)
    path = write(tmp_path / "x", ps)
    assert list(read(path).sample_ids) == TAXA
    assert list(read(path, orientation="taxa-in-rows").sample_ids) == SAMPLES


def test_missing_integers_become_nan(tmp_path):
    counts = R("integer", [1, NA_INTEGER], matrix([[1.0], [2.0]], ["a", "b"], ["S"]).attributes)
    values = dense(read(write(tmp_path / "x", phyloseq(counts))))
    assert values[0, 0] == 1
    assert math.isnan(values[0, 1])


def test_prefixes_go_before_column_names(tmp_path):
    # As phyloseq reads Greengenes2: the domain is left in a column that is named after nothing.
    tax = matrix([["", "p__Bacillota", "d__Bacteria"], [None, None, None]], ["a", "b"], ["Kingdom", "ta1", "Rank3"])
    table = read(write(tmp_path / "x", phyloseq(matrix([[1.0], [2.0]], ["a", "b"], ["S"]), tax_table=tax)))
    assert table.lineages == [("d__Bacteria", "p__Bacillota"), ("p__",)]


def test_sample_data_that_do_not_match_are_left_out_with_a_word(tmp_path):
    ps = phyloseq(matrix(VALUES, TAXA, SAMPLES), sam_data=data_frame(None, age=double(1.0, 2.0)))
    table = read(write(tmp_path / "x", ps))
    assert table.sample_metadata is None
    assert "2 of 2 samples are not among their row names" in table.warnings[0]


def test_the_only_phyloseq_object_of_a_workspace_is_taken(tmp_path):
    objects = {
        "meta": data_frame(["a"], age=double(3.0)),
        "x": integer(1),
        "ps": example(),
        "m": matrix(VALUES, TAXA, SAMPLES),
    }
    table = read(write(tmp_path / "x", objects))
    assert table.decisions[0] == ("object", "ps", "the only phyloseq of the file")


def test_a_list_of_objects_is_opened(tmp_path):
    table = read(write(tmp_path / "x", named_list(meta=character("a"), ps=example())))
    assert table.decisions[0].value == "ps"


def test_several_phyloseq_objects_are_listed(tmp_path):
    with pytest.raises(TableError, match=r"2 tables of the same kind \(phyloseq\): all, gut.*saveRDS\(all") as caught:
        read(write(tmp_path / "x", {"all": example(), "gut": example()}))
    assert caught.value.objects == ["all", "gut"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (character("a"), r"it holds one object \(character\)"),
        ({"fit": named_list(a=integer(1)), "t": s4("taxonomyTable")}, r"fit \(list\), t \(taxonomyTable\)"),
        ({}, "it holds nothing"),
    ],
)
def test_without_a_table_it_says_what_there_is(tmp_path, value, words):
    with pytest.raises(DialectError, match=words):
        read(write(tmp_path / "x", value))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (phyloseq(matrix(VALUES, None, SAMPLES)), "no names for its rows"),
        (phyloseq(matrix(VALUES, TAXA[:2], SAMPLES)), "3 × 2, but 2 rows and 2 columns have names"),
        (phyloseq(matrix(VALUES, TAXA, SAMPLES), tax_table=integer(3)), "tax_table is no matrix of text"),
        (phyloseq(character("x")), "no plain matrix of numbers"),
        (s4("phyloseq", otu_table=matrix(VALUES, TAXA, SAMPLES)), "does not say whether taxa are rows"),
    ],
)
def test_parts_that_do_not_fit_are_named(tmp_path, value, words):
    with pytest.raises(TableError, match=words):
        read(write(tmp_path / "x", value))


def test_an_empty_table_is_named(tmp_path):
    empty = R("double", [], {"dim": integer(0, 2), "dimnames": R("list", [NULL, character(*SAMPLES)])})
    with pytest.raises((EmptyTableError, TableError), match=r"names for its rows|0 rows"):
        read(write(tmp_path / "x", phyloseq(empty)))


# --- other classes ----------------------------------------------------------------------------


def experiment(assay: R, *, names: R = NULL_SLOT, name: str = "counts") -> R:
    features = s4("DFrame", listData=named_list(Kingdom=character("Bacteria"), Genus=character("Blautia")))
    columns = s4("DFrame", rownames=character(*SAMPLES), listData=named_list(age=integer(3, 4)))
    assays = s4("SimpleAssays", data=s4("SimpleList", listData=named_list(**{name: assay})))
    return s4("TreeSummarizedExperiment", assays=assays, colData=columns, NAMES=names, elementMetadata=features)


def sparse(values: list[list[float]], rows: list[str], columns: list[str]) -> R:
    from scipy.sparse import csc_array

    matrix_ = csc_array(np.array(values))
    return s4(
        "dgCMatrix",
        i=integer(*matrix_.indices.tolist()),
        p=integer(*matrix_.indptr.tolist()),
        x=double(*matrix_.data.tolist()),
        Dim=integer(*matrix_.shape),
        Dimnames=R("list", [character(*rows), character(*columns)]),
    )


@pytest.mark.parametrize("is_sparse", [True, False])
def test_summarized_experiment(tmp_path, is_sparse):
    assay = (sparse if is_sparse else matrix)([[5.0, 0.0]], ["OTU1"], SAMPLES)
    table = read(write(tmp_path / "x", experiment(assay, name="relabundance")))
    np.testing.assert_array_equal(dense(table), [[5.0], [0.0]])
    assert (list(table.sample_ids), list(table.labels)) == (SAMPLES, ["OTU1"])
    assert table.lineages == [("k__Bacteria", "g__Blautia")]
    assert table.sample_metadata["age"].tolist() == [3, 4]
    assert ("assay", "relabundance", "its only assay") in table.decisions


def test_names_of_features_beside_the_assay(tmp_path):
    table = read(write(tmp_path / "x", experiment(matrix([[5.0, 0.0]], None, None), names=character("OTU9"))))
    assert (list(table.sample_ids), list(table.labels)) == (SAMPLES, ["OTU9"])


def test_a_delayed_assay_is_refused_by_its_class(tmp_path):
    with pytest.raises(TableError, match=r"'counts' .DelayedMatrix. is no plain matrix"):
        read(write(tmp_path / "x", experiment(s4("DelayedMatrix", seed=NULL))))


SPECIES = ["Blautia wexlerae", "Faecalibacterium prausnitzii", "Roseburia hominis"]


@pytest.mark.parametrize("taxa_in_rows", [True, False])
@pytest.mark.parametrize("kind", ["matrix", "dgCMatrix", "data.frame"])
def test_plain_tables_either_way_round(tmp_path, taxa_in_rows, kind):
    values = VALUES if taxa_in_rows else np.transpose(VALUES).tolist()
    rows, columns = (SPECIES, SAMPLES) if taxa_in_rows else (SAMPLES, SPECIES)
    if kind == "data.frame":
        by_column = {name: double(*column) for name, column in zip(columns, np.transpose(values).tolist(), strict=True)}
        value = data_frame(rows, **by_column)
    else:
        value = (matrix if kind == "matrix" else sparse)(values, rows, columns)
    table = read(write(tmp_path / "x", value))
    np.testing.assert_array_equal(dense(table), np.transpose(VALUES))
    assert (list(table.sample_ids), list(table.labels)) == (SAMPLES, SPECIES)


def test_a_data_frame_with_its_ids_in_a_column(tmp_path):
    value = data_frame(None, taxon=character(*SPECIES), S1=integer(1, 2, 3), S2=integer(4, 5, 6))
    table = read(write(tmp_path / "x", value))
    assert list(table.labels) == SPECIES
    assert table.decisions[0].what == "id column"


def test_a_data_frame_with_numbers_as_text_is_refused(tmp_path):
    value = data_frame(SPECIES, S1=integer(1, 2, 3), S2=character("4", "5", " 6"))
    with pytest.raises(TableError, match="'S2' holds numbers as text"):
        read(write(tmp_path / "x", value))


def test_what_a_data_frame_holds_besides_numbers_is_named(tmp_path):
    value = data_frame(SPECIES, S1=integer(1, 2, 3), phylum=character("a", "b", "c"))
    decision = read(write(tmp_path / "x", value)).decisions[0]
    assert (decision.what, decision.value) == ("left out", "phylum")


def test_a_matrix_that_does_not_show_its_axes(tmp_path):
    with pytest.raises(AxisError, match="--orientation"):
        read(write(tmp_path / "x", matrix(VALUES, ["a", "b", "c"], SAMPLES)))


# --- the serialisation ------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["xdr", "ascii"])
def test_compact_forms_are_expanded(encoding):
    value = named_list(
        whole=altrep("compact_intseq", double(3.0, 5.0, -1.0)),
        real=altrep("compact_realseq", double(2.0, 0.0, 1.0)),
        wrapped=altrep("wrap_real", R("list", [double(1.5), integer(0, 0)])),
        text=altrep("deferred_string", R("pairlist", [("", double(100000.0, 0.5, math.nan)), ("", integer(0))])),
    )
    whole, real, wrapped, text = parse(dumps(value, encoding=encoding))[""].value
    assert whole.value.tolist() == [5, 4, 3]
    assert real.value.tolist() == [0.0, 1.0]
    assert wrapped.value.tolist() == [1.5]
    assert text.value == ["1e+05", "0.5", None]


def test_environments_functions_and_byte_code_are_walked_over():
    symbol = ("symbol", "x")
    null = ("integer", 254)
    environment = [("integer", 4), ("integer", 0), ("integer", 242), ("pairs", [("data", integer(7))]), null, null]
    # function() x(): environment, no arguments, a call
    closure = [("integer", 3 | 1 << 10), ("integer", 253), null, ("integer", 6), symbol, null]
    # Constants: the call x(…) whose rest is defined for reuse and refers to itself; a reference; a number.
    code = [("integer", 21), ("integer", 1), ("item", integer(1, 2)), ("integer", 3)]
    code += [("integer", 6), null, ("integer", 0), symbol]
    code += [
        ("integer", 244),
        ("integer", 0),
        ("integer", 2),
        null,
        ("integer", 243),
        ("integer", 0),
        ("integer", 0),
        null,
    ]
    code += [("integer", 243), ("integer", 0), ("integer", 13), ("item", integer(9))]
    back = [("integer", 2 << 8 | 255)]
    parts = [[symbol], environment, back, closure, code]
    value = R("list", [*(R("calls", calls) for calls in parts), R("complex", [1 + 2j])])
    items = parse(dumps(value))[""].value
    assert items[1].value["data"].value.tolist() == [7]
    assert items[2] is items[1]
    assert items[3].kind == items[4].kind == "opaque"
    assert items[5].value.tolist() == [1 + 2j]


def test_texts_in_other_encodings():
    value = character(Latin1("Müller"), "Müller", None, "", "two words\n\\")
    for encoding in ("xdr", "ascii", "native"):
        assert parse(dumps(value, encoding=encoding))[""].value == ["Müller", "Müller", None, "", "two words\n\\"]


def nested(depth: int) -> bytes:
    return dumps(R("calls", [("integer", 19), ("integer", 1)] * depth + [("integer", 254)]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (nested(rserial.MAX_DEPTH + 1), "nested deeper"),
        (nested(100_000), "nested deeper"),
        (dumps(R("calls", [("integer", 14), ("integer", 2**31 - 1)])), "2147483647|breaks off"),
        (dumps(R("calls", [("integer", 14), ("integer", -1), ("integer", 2**30), ("integer", 0)])), "breaks off"),
        (dumps(R("calls", [("integer", 19), ("integer", -7)])), "length of -7"),
        (dumps(altrep("compact_intseq", double(1e15, 1.0, 1.0))), "sequence of 1e[+]15"),
        (dumps(altrep("mmap_real", NULL)), "compact form 'mmap_real' is unknown"),
        (dumps(R("calls", [("integer", 5 << 8 | 255)])), "refers to item 5 of 0"),
        (dumps(R("calls", [("integer", 99)])), "type 99 is unknown"),
        (dumps(integer(1))[:-2], "breaks off"),
        (dumps(integer(1), encoding="ascii")[:-2], "breaks off"),
        (b"X\n\0\0\0\x01" + bytes(12), "version 1"),
        (b"something else", "does not begin"),
        (dumps({"a": integer(1)})[:5] + dumps(integer(1)), "must hold a list"),
    ],
)
def test_hostile_content_is_refused(content, words):
    with pytest.raises(SerialError, match=words):
        parse(content)


def test_the_deepest_list_allowed_is_read():
    assert parse(nested(rserial.MAX_DEPTH - 2))[""].kind == "list"


def test_a_long_chain_is_no_deep_nesting():
    objects = {f"x{i}": integer(i) for i in range(5000)}
    assert len(parse(dumps(objects))) == 5000


def test_a_decompression_bomb_stops_at_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(rdata, "MAX_R_BYTES", 8 << 20)
    path = tmp_path / "bomb.rds"
    path.write_bytes(gzip.compress(dumps(R("calls", [("integer", 14), ("integer", 2**27)])) + bytes(64 << 20)))
    tracemalloc.start()
    with pytest.raises(TableError, match="more than 8 MiB"):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 << 20


@pytest.mark.parametrize(
    "content", [b"A\n1\n2\n", b"A\tB\n1\t2\n", b"{}", b"taxon\tS1\nx\t1\n", b"X\nY\n1\n", bytes(64)]
)
def test_other_files_are_not_r(tmp_path, content):
    path = tmp_path / "x"
    path.write_bytes(content)
    assert rdata.sniff(open_source(path)) is None
    with pytest.raises(DialectError, match="not an R data file"):
        read(path)


MUTATIONS = st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=6)


def check_damaged(path: Path, content: bytes, changes: list[tuple[int, int]], cut: int | None) -> None:
    damaged = bytearray(content)
    for position, value in changes:
        damaged[position % len(damaged)] = value
    path.write_bytes(damaged if cut is None else damaged[: 1 + cut % len(damaged)])
    try:
        source = open_source(path)
        rdata.sniff(source)
        table = rdata.read(source, ReadOptions())
    except MbembedError:
        pass
    else:
        assert table.values.shape == (len(table.sample_ids), len(table.labels))


@pytest.mark.parametrize("encoding", ["xdr", "ascii"])
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=MUTATIONS, cut=st.none() | st.integers(0, 2**16))
def test_only_named_errors_come_out_of_damaged_files(tmp_path, encoding, changes, cut):
    content = dumps({"ps": example(), "se": experiment(sparse(VALUES, TAXA, SAMPLES))}, encoding=encoding)
    check_damaged(tmp_path / "damaged", content, changes, cut)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=400),
    encoding=st.sampled_from([b"X\n\0\0\0\2", b"A\n2\n262657\n131840\n", b"B\n\2\0\0\0"]),
)
def test_only_named_errors_come_out_of_garbage(tmp_path, content, encoding):
    check_damaged(tmp_path / "garbage", encoding + content, [], None)


# --- real files -------------------------------------------------------------------------------

REAL = {  # name → samples, taxa, sum (of the values, as R has it), lineages
    "phyloseq/GlobalPatterns.RData": (26, 19216, True),
    "phyloseq/enterotype.RData": (280, 553, True),
    "phyloseq/esophagus.RData": (3, 58, False),
    "phyloseq/HMPv13.rda": (3285, 5830, True),
    "motus/wirbel_otu.rda": (566, 845, False),
}


@pytest.mark.shared
@needs_shared("formats/phyloseq")
@pytest.mark.parametrize("name", REAL)
def test_real_files(name):
    n_samples, n_taxa, has_lineages = REAL[name]
    table = read(SHARED / "formats" / name)
    assert table.values.shape == (n_samples, n_taxa) == (len(table.sample_ids), len(table.labels))
    assert (table.lineages is not None) is has_lineages
    if table.lineages:
        assert len(table.lineages) == n_taxa


@pytest.mark.shared
@needs_shared("formats/biom/hdf5_hmpv13_16S.biom")
def test_the_same_study_as_biom_and_as_phyloseq_is_the_same_table():
    from mbembed.tables.readers import biom_hdf5

    left = read(SHARED / "formats/phyloseq/HMPv13.rda")
    right = biom_hdf5.read(open_source(SHARED / "formats/biom/hdf5_hmpv13_16S.biom"), ReadOptions())
    assert set(left.labels) == set(right.labels)
    taxa = {name: i for i, name in enumerate(right.labels)}
    samples = {name: i for i, name in enumerate(right.sample_ids)}
    again = whole(right.values).toarray()[np.ix_([samples[n] for n in left.sample_ids], [taxa[n] for n in left.labels])]
    np.testing.assert_array_equal(dense(left), again)
    lineage = dict(zip(right.labels, right.lineages, strict=True))
    assert left.lineages is not None
    assert all(lineage[name] == parts for name, parts in zip(left.labels, left.lineages, strict=True))


@pytest.mark.shared
@needs_shared("formats/motus")
def test_a_taxonomy_alone_is_no_table():
    with pytest.raises(DialectError, match=r"wirbel_taxonomy .character."):
        read(SHARED / "formats/motus/wirbel_taxonomy.rda")


@pytest.mark.shared
@needs_shared("formats/phyloseq/esophagus.RData")
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=MUTATIONS, cut=st.none() | st.integers(0, 2**16))
def test_only_named_errors_come_out_of_damaged_real_files(tmp_path, changes, cut):
    content = lzma.decompress((SHARED / "formats/phyloseq/esophagus.RData").read_bytes())
    check_damaged(tmp_path / "damaged", content, changes, cut)
