from __future__ import annotations

import pytest

from mbembed.errors import TrainingError, UsageError
from mbembed.tables.sample_metadata import read_metadata
from mbembed.training.studies import columns_of, groups_of


@pytest.fixture
def metadata(tmp_path):
    path = tmp_path / "samples.tsv"
    path.write_text("sample\tage\tstudy\n001\tNA\tA\r\nNA\t4\tB\n3\t\tunknown\n", encoding="utf-8")
    return read_metadata(path)


def test_studies(metadata):
    assert groups_of(metadata, "study", ["NA", "001"]) == {"NA": "B", "001": "A"}


def test_labels(metadata):
    assert columns_of(metadata, {"age": "--labels"}, ["3", "NA", "001"]) == {"age": ["", "4", ""]}


@pytest.mark.parametrize(
    ("column", "samples", "error", "message"),
    [
        ("studi", ["001"], UsageError, "has no column 'studi'.*Try: --group study"),
        ("study", ["001", "3"], TrainingError, "1 of 2 samples have no 'study' in .*samples.tsv: 3"),
        ("study", ["001", "4"], TrainingError, "1 of 2 samples of the table are not in the metadata. Table: 4"),
    ],
)
def test_metadata_that_cannot_be_used(metadata, column, samples, error, message):
    with pytest.raises(error, match=message):
        groups_of(metadata, column, samples)
