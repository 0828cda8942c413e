"""Ages, depths, totals among the taxa: refused by name, noted where they weigh."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mbembed
from mbembed.errors import AxisError, DialectError, UnitError

SPECIES = ["Blautia obeum", "Blautia wexlerae", "Roseburia hominis", "Dorea longicatena"]
FRACTIONS = np.array([[0.4, 0.3, 0.2, 0.1], [0.25, 0.25, 0.25, 0.25], [0.7, 0.1, 0.1, 0.1]])


def table(values=FRACTIONS, columns=SPECIES):
    return pd.DataFrame(values, index=["S1", "S2", "S3"], columns=columns)


@pytest.mark.parametrize("orientation", ["samples-in-rows", "taxa-in-rows"])
@pytest.mark.parametrize("scale", [1, 100, 1000])
@pytest.mark.parametrize("name", ["Age", "BMI", "Sample_Depth", "total.reads", "Shannon", "Total", "Unnamed: 0"])
def test_sample_data_among_the_taxa_is_refused(tmp_path, name, scale, orientation):
    frame = table(FRACTIONS * scale)
    frame.insert(0, name, [34, 27, 61])
    path = tmp_path / "table.tsv"
    (frame if orientation == "samples-in-rows" else frame.T).to_csv(path, sep="\t")
    with pytest.raises(AxisError, match="no taxon, by its name") as caught:
        mbembed.read_table(path)
    assert caught.value.fields["names"] == [name]


@pytest.mark.parametrize("spell", [lambda name: name, lambda name: name.replace(" ", ".")])
def test_a_data_frame_is_checked_too_also_after_r(spell):
    frame = table(columns=[spell(name) for name in SPECIES])
    frame["Total.reads"] = [34, 27, 61]
    with pytest.raises(AxisError, match=r"Total\.reads"):
        mbembed.read_table(frame)


def test_lineages_beside_an_age(tmp_path):
    lineage = "k__Bacteria|p__Firmicutes|c__Clostridia|o__Eubacteriales|f__Lachnospiraceae|g__X|s__"
    frame = table(columns=[lineage + name.replace(" ", "_") for name in SPECIES])
    frame["age"] = [34, 27, 61]
    path = tmp_path / "table.tsv"
    frame.to_csv(path, sep="\t")
    with pytest.raises(AxisError, match="age"):
        mbembed.read_table(path)


def test_a_mean_among_the_samples_is_named():
    frame = table()
    frame.loc["mean"] = frame.mean()
    warnings = mbembed.read_table(frame).warnings
    assert warnings == ["named like a sum or mean of the others, yet read as a sample: mean"]


def test_words_that_weigh_are_noted():
    frame = table(FRACTIONS * 0.5)
    frame["Others"] = 0.5
    (warning,) = mbembed.read_table(frame).warnings
    assert "1 of 5 taxa is not named like species, yet counted (50% of the average sample): Others" in warning


@pytest.mark.parametrize("name", ["uncultured bacterium", "s__GGB9512_SGB14909", "Blautia_A_sp900066165"])
def test_odd_taxa_are_not(name):
    frame = table(FRACTIONS * 0.5)
    frame[name] = 0.5
    assert mbembed.read_table(frame).warnings == []


def test_a_table_as_it_should_be_has_no_warning():
    assert mbembed.read_table(table()).warnings == []


@pytest.mark.parametrize(("scale", "times"), [(2, 2), (700, 7)])
def test_ranks_on_top_of_each_other_are_not_sent_to_counts(scale, times):
    with pytest.raises(UnitError, match=f"every sample is there {times} times") as caught:
        mbembed.read_table(table(FRACTIONS * scale))
    assert "--units counts" not in str(caught.value)


def test_presence_and_absence_is_refused_unless_named():
    columns = [f"Blautia species{chr(97 + i)}" for i in range(12)]
    frame = table(np.tril(np.ones((12, 12)))[[9, 10, 11]], columns)
    with pytest.raises(UnitError, match="presence and absence"):
        mbembed.read_table(frame)
    profile = mbembed.read_table(frame, units="counts")
    assert profile.unit == "counts"
    assert any("presence and absence" in warning for warning in profile.warnings)


@pytest.mark.parametrize(("delimiter", "sign"), [("\t", ","), (";", ","), ("\t", "."), (";", ".")])
def test_signs_for_thousands_are_no_decimal_signs(tmp_path, delimiter, sign):
    counts = np.array([[67484, 12003, 840, 1], [5211, 999, 0, 33], [1201, 17388, 4, 250]])
    path = tmp_path / "table.txt"
    table(counts).map(lambda count: f"{count:,}".replace(",", sign)).to_csv(path, sep=delimiter)
    with pytest.raises(UnitError, match="sign for thousands"):
        mbembed.read_table(path)


@pytest.mark.parametrize("values", [[[45.123, 30.456, 14.421, 10.0]] * 3, [[12.5, 30.25, 20.75, 11.0]] * 3])
def test_percent_with_decimals_stay_percent(values):
    assert mbembed.read_table(table(np.array(values))).unit == "percent"


def test_fractions_in_a_dialect_of_percent_are_refused_unless_named(tmp_path):
    lineage = "k__Bacteria|p__Firmicutes|c__Clostridia|o__Eubacteriales|f__Lachnospiraceae|g__X|s__"
    frame = table(columns=[lineage + name.replace(" ", "_") for name in SPECIES]).T
    path = tmp_path / "merged.tsv"
    frame.to_csv(path, sep="\t", index_label="clade_name")
    with pytest.raises(UnitError, match="divided by 100") as caught:
        mbembed.read_table(path)
    assert "--units fraction" in str(caught.value)
    assert mbembed.read_table(path, units="fraction").unit == "fraction"


@pytest.mark.parametrize(("scale", "unit"), [(1, "fraction"), (100, "percent"), (7000, "counts")])
def test_a_unit_that_hangs_on_a_stranger_is_none(scale, unit):
    frame = table(FRACTIONS * scale)
    frame["HOMA"] = [5.25, 6.5, 7.125]
    with pytest.raises(AxisError, match=f"is in {unit} by what its samples add up to.* HOMA is a taxon"):
        mbembed.read_table(frame)
    assert mbembed.read_table(frame, units=unit).n_taxa == 5


def test_a_unit_that_does_not_fit_is_said_both_ways():
    (warning,) = mbembed.read_table(table(), units="percent").warnings
    assert warning == "read as percent because --units says so, yet samples add up to 1"


@pytest.mark.parametrize("scale", [0.3, 0.3 * 0.99])
def test_parts_of_samples_are_said_to_be_so(scale):
    (warning,) = mbembed.read_table(table(FRACTIONS * scale)).warnings
    assert warning.startswith(f"the median sample adds up to {scale:.4g}, not 1")


def test_blanks_between_the_columns_are_named(tmp_path):
    path = tmp_path / "table.txt"
    table().to_csv(path, sep=" ", quotechar='"')
    with pytest.raises(DialectError, match="separated by blanks"):
        mbembed.read_table(path)
