from __future__ import annotations

import pytest

from mbembed.errors import TrainingError, UsageError
from mbembed.training.studies import read_groups


def test_metadata(tmp_path):
    path = tmp_path / "samples.tsv"
    path.write_text("\ufeffsample\tage\tstudy\n001\t3\tA\r\nNA\t\tB\n", encoding="utf-8")
    assert read_groups(path, "study") == {"001": "A", "NA": "B"}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("sample\tage\n1\t2\n", UsageError, "has no column 'study'. Expected: one of its columns: age"),
        ("study\n1\n", UsageError, "has no column 'study'"),
        ("", UsageError, "has no column 'study'"),
        ("sample\tstudy\n1\tA\n2\t\n", TrainingError, "line 3: sample '2' has no study"),
        ("sample\tstudy\n1\tA\n1\tB\n", TrainingError, "line 3: sample '1' stands twice"),
    ],
)
def test_metadata_that_cannot_be_used(tmp_path, text, error, message):
    path = tmp_path / "samples.tsv"
    path.write_text(text)
    with pytest.raises(error, match=message):
        read_groups(path, "study")


def test_metadata_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_groups(tmp_path / "none.tsv", "study")
