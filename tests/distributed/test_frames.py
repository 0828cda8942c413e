"""Dask DataFrames: the same vectors as the whole table, or a refusal that names the partitions."""

from __future__ import annotations

import warnings

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

import mbembed
from mbembed.distributed import embed_dask
from mbembed.errors import DuplicateIdError, EmptyTableError, NoMatchError, TableError, UnitError, UsageError
from tests.distributed.tables import cut, fractions


@pytest.fixture(autouse=True)
def in_this_process():
    with dask.config.set(scheduler="synchronous"):
        yield


def parts_of(*frames: pd.DataFrame) -> list[object]:
    return [dask.delayed(frame) for frame in frames]


@pytest.mark.parametrize("n_partitions", [1, 3])
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_a_dataframe_gives_what_the_whole_table_gives(n_partitions, scale):
    table = fractions(17) * scale
    vectors = embed_dask(dd.from_pandas(table, npartitions=n_partitions, sort=False))
    whole = mbembed.embed(table).to_frame()
    assert vectors.npartitions == n_partitions
    assert list(vectors.columns) == list(whole.columns)
    assert set(vectors.dtypes) == {np.dtype(np.float32)}
    pd.testing.assert_frame_equal(vectors.compute(), whole, check_exact=True)
    assert vectors._meta.index.name == "sample"
    assert vectors._meta.index.dtype == whole.index.dtype


def test_delayed_blocks_give_what_the_whole_table_gives():
    table = fractions(9)
    counts = (table * 10_000).round()
    vectors = embed_dask(parts_of(*cut(counts, [4, 0, 5])))
    pd.testing.assert_frame_equal(vectors.compute(), mbembed.embed(counts).to_frame(), check_exact=True)


def test_ids_that_are_numbers_become_text_as_they_do_elsewhere():
    table = fractions(4).set_axis([1, 2, 3, 4])
    vectors = embed_dask(dd.from_pandas(table, npartitions=2)).compute()
    assert vectors.index.tolist() == ["1", "2", "3", "4"]


@pytest.mark.parametrize("on_empty", ["drop", "nan", "floor"])
def test_partitions_in_which_nothing_matches(on_empty):
    """A block of zeros, one of unknown species, and a poor sample among good ones."""
    table = fractions(8, foreign=2)
    known = table.columns[:-2]
    table.iloc[2:4] = 0.0
    table.loc[table.index[4:6], known] = 0.0
    table.iloc[4:6, -1] = 1.0
    options = {"on_empty": on_empty, "min_coverage": 0.2}
    with pytest.warns(UserWarning, match="samples were") as told:
        vectors = embed_dask(parts_of(*cut(table, [2, 2, 2, 2])), **options).compute()
    whole = mbembed.embed(table, **options)
    pd.testing.assert_frame_equal(vectors, whole.to_frame(), check_exact=True)
    done = {"drop": "left out", "nan": "written as missing values", "floor": "embedded all the same"}[on_empty]
    assert any(f"4 of 8 samples were {done}: sample002 (all zero)" in str(one.message) for one in told)


def test_different_units_are_refused_and_the_partitions_named(snapshot):
    table = fractions(6)
    counts = (table.iloc[2:4] * 1000).round()
    with pytest.raises(UnitError) as refusal:
        embed_dask(parts_of(table.iloc[:2], counts, table.iloc[4:]))
    snapshot("distributed/units", str(refusal.value))
    assert refusal.value.units == {"fraction": ["partition 0", "partition 2"], "counts": ["partition 1"]}


def test_a_partition_without_a_unit_of_its_own_is_refused_beside_others():
    table = fractions(4)
    with pytest.raises(UnitError, match=r"no unit that it shows by itself: partition 1"):
        embed_dask(parts_of(table.iloc[:2], table.iloc[2:] * 7.3))
    with pytest.raises(UnitError, match=r"partition 0: .*neither 1 \(fraction\)"):
        embed_dask(parts_of(table.iloc[:2] * 7.3, table.iloc[2:] * 7.3))


def test_a_unit_that_is_given_holds_for_all():
    table = fractions(6) * 7.3
    vectors = embed_dask(parts_of(*cut(table, [3, 3])), units="counts").compute()
    pd.testing.assert_frame_equal(vectors, mbembed.embed(table, units="counts").to_frame(), check_exact=True)


def test_a_partition_of_missing_values_that_are_read_as_zero():
    table = fractions(4)
    table.iloc[2:] = np.nan
    with pytest.warns(UserWarning, match=r"2 of 4 samples were left out"):
        vectors = embed_dask(parts_of(*cut(table, [2, 2])), missing="zero").compute()
    pd.testing.assert_frame_equal(vectors, mbembed.embed(table, missing="zero").to_frame(), check_exact=True)


def test_a_sample_in_two_partitions_is_refused(snapshot):
    table = fractions(6)
    with pytest.raises(DuplicateIdError) as refusal:
        embed_dask(parts_of(table.iloc[:4], table.iloc[3:]))
    snapshot("distributed/duplicates", str(refusal.value))
    assert refusal.value.ids == ["sample003"]


def test_other_columns_are_refused():
    table = fractions(4)
    with pytest.raises(UsageError, match="partition 1 has other columns than partition 0"):
        embed_dask(parts_of(table.iloc[:2], table.iloc[2:, ::-1]))


def test_ranks_that_are_sums_in_some_partitions_only_are_refused():
    """A genus whose column holds its species in the first partition, and something else in the second."""
    species = [
        "k__Bacteria|g__Dorea|s__Dorea_longicatena",
        "k__Bacteria|g__Dorea|s__Dorea_formicigenerans",
        "k__Bacteria|g__Dorea",
    ]
    nested = pd.DataFrame([[0.3, 0.2, 0.5]], index=["a"], columns=species) * 200
    beside = pd.DataFrame([[0.5, 0.3, 0.2]], index=["b"], columns=species) * 100
    with pytest.raises(TableError, match="differ in rows left out because they repeat others"):
        embed_dask(parts_of(nested.round(), beside.round()), units="counts")


def test_errors_of_a_partition_name_it():
    table = fractions(4)
    broken = table.iloc[2:].copy()
    broken.iloc[0, 0] = np.nan
    with pytest.raises(mbembed.errors.CellError, match=r"partition 1: 1 value .* is missing"):
        embed_dask(parts_of(table.iloc[:2], broken))


def test_nothing_at_all():
    table = fractions(4)
    with pytest.raises(EmptyTableError, match="nothing but zeros"):
        embed_dask(parts_of(table.iloc[:2] * 0, table.iloc[2:] * 0))
    strange = table.set_axis([f"Madeupia inventa{chr(97 + i)}" for i in range(table.shape[1])], axis=1)
    with pytest.raises(NoMatchError, match="none of the 40 taxa"):
        embed_dask(parts_of(*cut(strange, [2, 2])))
    with pytest.raises(NoMatchError, match="no sample reaches a matched abundance of 100%"):
        embed_dask(parts_of(*cut(fractions(4, foreign=30), [2, 2])), min_coverage=1.0)


@pytest.mark.parametrize("table", [fractions(3), "table.tsv", []])
def test_what_is_no_dask_table_is_refused(table):
    with pytest.raises(UsageError, match="cannot be embedded with Dask"):
        embed_dask(table)


def test_options_are_checked_before_anything_is_read():
    with pytest.raises(UsageError, match="on_empty is 'keep'"):
        embed_dask([], on_empty="keep")
    with pytest.raises(UsageError, match=r"min_coverage is 60"):
        embed_dask([], min_coverage=60)


def test_warnings_are_told_once():
    table = fractions(8, foreign=60)
    with pytest.warns(UserWarning, match="median sample") as told:
        embed_dask(parts_of(*cut(table, [4, 4])))
    messages = [str(one.message) for one in told]
    assert len(messages) == len(set(messages))
    assert any(
        message.startswith("only ") and "of the abundance of the median sample" in message for message in messages
    )


def test_partitions_that_change_between_readings_are_refused():
    table = fractions(6)
    readings = iter([table.iloc[:3], table.iloc[:3] * 0.5])
    changing = dask.delayed(lambda: next(readings), pure=False)()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vectors = embed_dask([changing, dask.delayed(table.iloc[3:])])
    with pytest.raises(TableError, match="is not what it was"):
        vectors.compute()
