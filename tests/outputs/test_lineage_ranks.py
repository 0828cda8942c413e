"""Lineages of every shape, brought to one length."""

from __future__ import annotations

import pytest

from mbembed.outputs.lineage_ranks import rank_rows
from mbembed.tables.profile import Taxon


def rows(*lineages: tuple[str, ...], rank: str = "species") -> list[list[str]]:
    return rank_rows([Taxon("x", "Blautia obeum", lineage) for lineage in lineages], rank)


@pytest.mark.parametrize(
    ("lineages", "expected"),
    [
        # a gap in the middle keeps its place
        ([("k__B", "p__F", "g__G", "s__x"), ("k__B", "g__G", "s__y")], ["k__B", "p__", "g__G", "s__y"]),
        # no prefixes: the place says the rank
        ([("Bacteria", "Firmicutes", "Clostridia")], ["k__Bacteria", "p__Firmicutes", "c__Clostridia"]),
        # QIIME 2's nameless ranks
        ([("d__Bacteria", "p__F", "__")], ["d__Bacteria", "p__F", "c__"]),
        # nobody has ranks: name and rank alone
        ([(), ()], ["s__Blautia obeum"]),
        # d and k are one step …
        ([("d__Bacteria", "s__x"), ("k__Fungi", "s__y")], ["k__Fungi", "s__y"]),
        # … unless one lineage has both
        ([("d__Bacteria", "s__x"), ("d__Eukaryota", "k__Fungi", "s__y")], ["d__Eukaryota", "k__Fungi", "s__y"]),
        # GTDB's domain where only one row has it
        ([("d__Bacteria", "s__x"), ("s__y",)], ["d__", "s__y"]),
        # ranks that nobody knows stay as they are
        ([("cellular organisms", "Bacteria", "FCB group", *"abcdefgh"), ("x",)], ["x", *[""] * 10]),
    ],
)
def test_last_row(lineages: list[tuple[str, ...]], expected: list[str]) -> None:
    found = rows(*lineages)
    assert found[-1] == expected
    assert len(set(map(len, found))) == 1


def test_both_domain_and_kingdom_leave_a_gap_where_one_is_missing() -> None:
    assert rows(("d__Bacteria", "s__x"), ("d__Eukaryota", "k__Fungi", "s__y"))[0] == ["d__Bacteria", "k__", "s__x"]


def test_a_taxon_without_lineage_gets_the_rank_of_the_table() -> None:
    assert rows((), rank="genus") == [["g__Blautia obeum"]]
    assert rank_rows([Taxon("s__Blautia_obeum", "Blautia obeum")], "species") == [["s__Blautia_obeum"]]


def test_what_is_not_classified_stands_last() -> None:
    taxa = [Taxon("x", "Blautia obeum", ("d__Bacteria", "s__Blautia obeum"))]
    assert rank_rows(taxa, "species", unclassified=True)[-1] == ["d__UNCLASSIFIED", "s__"]
    strange = [Taxon("x", "x", ("s__x", "p__y"))]
    assert rank_rows(strange, "species", unclassified=True)[-1] == ["UNCLASSIFIED", ""]
