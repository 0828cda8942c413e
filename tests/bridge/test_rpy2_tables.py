"""`from_r`: every object gives what its ``.rds`` file gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from mbembed.bridge import from_r
from mbembed.errors import CellError, MbembedError, UsageError
from mbembed.tables import read_table
from tests.bridge.r_objects import NO_TABLES, PRELUDE, TABLES, UNUSABLE
from tests.helpers import SHARED, needs_shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mbembed.tables.profile import Profile

pytestmark = pytest.mark.slow  # library(phyloseq) alone takes 6 s of CPU

#: What depends on where the table came from.
SOURCE = {"format", "object"}


@pytest.fixture(scope="module")
def objects(r: Callable[[str], Any]) -> Callable[[str], Any]:
    """Make an object of R from its code; R keeps it as ``object``."""
    r(PRELUDE)

    def make(code: str) -> Any:
        r(f"object <- {code}")
        return r("object")

    return make


def assert_equal(one: Profile, other: Profile) -> None:
    """Compare bit for bit, with everything that was decided."""
    assert one.sample_ids == other.sample_ids
    assert one.taxa == other.taxa
    assert (one.unit, one.dialect, one.warnings) == (other.unit, other.dialect, other.warnings)
    assert (one.merged, one.dropped) == (other.merged, other.dropped)
    for part in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(one.values, part), getattr(other.values, part))
    assert one.values.dtype == other.values.dtype
    np.testing.assert_array_equal(one.unclassified, other.unclassified)
    decisions = [[d for d in profile.decisions if d.what not in SOURCE] for profile in (one, other)]
    assert decisions[0] == decisions[1]
    assert (one.sample_metadata is None) == (other.sample_metadata is None)
    if one.sample_metadata is not None:
        pd.testing.assert_frame_equal(one.sample_metadata, other.sample_metadata)


def through_file(robj: Any, path: Path, **options: str) -> Profile:
    from rpy2.rinterface import StrSexpVector, baseenv

    baseenv["saveRDS"](robj, StrSexpVector([str(path)]))
    return read_table(path, **options)


@pytest.mark.parametrize("name", TABLES)
def test_same_as_the_file(objects: Callable[[str], Any], name: str, tmp_path: Path) -> None:
    robj = objects(TABLES[name])
    profile = from_r(robj)
    assert_equal(profile, through_file(robj, tmp_path / "x.rds"))
    assert (profile.path, profile.sha256) == ("", "")
    assert profile.decisions[0] == ("format", "phyloseq", "an object of R, held through rpy2")


def test_what_a_phyloseq_object_says(objects: Callable[[str], Any]) -> None:
    profile = from_r(objects(TABLES["phyloseq, taxa in columns"]))
    assert profile.sample_ids == ["001", "1e5", "Ünï-μ"]
    assert profile.taxon_names[:2] == ["Blautia obeum", "Blautia wexlerae"]
    assert profile.unit == "counts"
    np.testing.assert_array_equal(profile.values.toarray(), [[5, 0, 3, 1], [0, 0, 7, 2], [9, 4, 0, 6]])
    metadata = profile.sample_metadata
    assert metadata is not None
    assert metadata["site"].tolist() == ["gut", "skin", "gut"]
    assert metadata["note"].iloc[2] == "ü"


def test_names_that_are_numbers_stay_text(objects: Callable[[str], Any]) -> None:
    assert from_r(objects(TABLES["phyloseq with samples 1, 2, 3"])).sample_ids == ["1", "2", "3"]


def test_objects_of_rinterface_too(objects: Callable[[str], Any]) -> None:
    from rpy2 import rinterface

    robj = objects(TABLES["phyloseq"])
    low = rinterface.globalenv["object"]
    assert type(low).__module__.startswith("rpy2.rinterface")
    assert_equal(from_r(low), from_r(robj))


def test_conversions_that_are_switched_on_do_not_matter(objects: Callable[[str], Any]) -> None:
    from rpy2 import robjects
    from rpy2.robjects import pandas2ri

    robj = objects(TABLES["data.frame"])
    expected = from_r(robj)
    with robjects.conversion.localconverter(robjects.default_converter + pandas2ri.converter):
        assert_equal(from_r(robj), expected)


def test_options(objects: Callable[[str], Any]) -> None:
    robj = objects(UNUSABLE["an NA among integers"])
    profile = from_r(robj, missing="zero", units="counts", orientation="taxa-in-rows")
    assert "1 missing values were read as 0" in profile.warnings
    assert ("units", "counts", "given") in profile.decisions
    with pytest.raises(UsageError, match="there is no choice 'sideways' for orientation"):
        from_r(robj, orientation="sideways")


def test_features_named_in_a_file_beside(objects: Callable[[str], Any], tmp_path: Path) -> None:
    (tmp_path / "taxonomy.tsv").write_text(
        "Feature ID\tTaxon\tConfidence\n"
        + "".join(f"OTU{i}\tk__Bacteria; g__Blautia; s__Blautia sp{i}x\t0.9\n" for i in (1, 2, 3, 4))
    )
    robj = objects("phyloseq(table_of(counts), sample_data(about))")
    profile = from_r(robj, taxonomy=tmp_path / "taxonomy.tsv")
    assert profile.taxa[0].lineage[-1] == "s__Blautia sp1x"
    assert_equal(profile, through_file(robj, tmp_path / "x.rds", taxonomy=tmp_path / "taxonomy.tsv"))


@pytest.mark.parametrize("name", UNUSABLE)
def test_refused_as_the_file_is(objects: Callable[[str], Any], name: str, tmp_path: Path, snapshot) -> None:
    robj = objects(UNUSABLE[name])
    with pytest.raises(MbembedError) as here:
        from_r(robj)
    with pytest.raises(type(here.value)):
        through_file(robj, tmp_path / "x.rds")
    snapshot(f"bridge/{name.replace(' ', '_')}", str(here.value))


def test_a_missing_integer_is_no_number(objects: Callable[[str], Any]) -> None:
    with pytest.raises(CellError, match="1 value of the table is missing") as caught:
        from_r(objects(UNUSABLE["an NA among integers"]))
    assert caught.value.sample == "1e5"


@pytest.mark.parametrize("name", NO_TABLES)
def test_objects_that_are_no_tables(objects: Callable[[str], Any], name: str, snapshot) -> None:
    with pytest.raises(UsageError) as caught:
        from_r(objects(NO_TABLES[name]))
    snapshot(f"bridge/no_table_{name}", str(caught.value))


@pytest.mark.parametrize("value", [None, 3, "ps.rds", pd.DataFrame({"Blautia obeum": [1.0]})])
def test_objects_that_are_not_of_r(value: object) -> None:
    with pytest.raises(UsageError, match="not an object of R"):
        from_r(value)


@pytest.mark.shared
@needs_shared("formats/phyloseq")
def test_real_files(objects: Callable[[str], Any]) -> None:
    compared = 0
    for path in sorted((SHARED / "formats" / "phyloseq").rglob("*")):
        if path.suffix not in {".rds", ".RData", ".rda"}:
            continue
        try:
            expected = read_table(path)
        except MbembedError:
            continue
        load = "readRDS" if path.suffix == ".rds" else "function(x) { e <- new.env(); get(load(x, e)[1], e) }"
        assert_equal(from_r(objects(f"({load})('{path}')")), expected)
        compared += 1
    assert compared > 0
