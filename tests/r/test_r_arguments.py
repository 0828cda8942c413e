"""The R package has the options of every surface, with the same names, defaults, choices and words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mbembed.bridge.session import PROTOCOL
from mbembed.options import CONVERT, EXPLAIN, NEIGHBOURS, OPTIONS
from tests.helpers import ROOT

if TYPE_CHECKING:
    from mbembed.options import Option

SOURCE = ROOT / "r" / "R"
#: Options that only make sense on a command line, or are the table's own argument in R.
ARGUMENTS = {
    "embed_samples": ("model", "units", "rank", "missing", "taxonomy", "closure", "names", "min_coverage", "on_empty",
                      "device", "threads", "orientation", "format"),
    "convert_profile": ("names", "to_unit", "unclassified"),
    "explain_embedding": ("axis", "dimension", "group", "subject", "baseline", "resamples", "seed"),
    "embedding_neighbours": ("k", "measure"),
}  # fmt: skip
#: Where their words are; others are those of reading, matching and embedding.
WORDS = {"convert_profile": CONVERT, "explain_embedding": EXPLAIN, "embedding_neighbours": NEIGHBOURS}
#: Options for files only: R has its vectors in memory, and what is known of the samples in a data frame.
FOR_FILES = {"resume", "shard", "metadata", "id_column", "samples", "figure"}


def words(text: str) -> str:
    """Return a text without markup, quotes and line breaks, in lower case."""
    text = re.sub(r"\\code\{([^}]*)\}", r"\1", text)
    return re.sub(r"[`'\"]|\s+", " ", text).replace("  ", " ").lower()


@pytest.mark.parametrize(("page", "name"), [(page, name) for page, names in ARGUMENTS.items() for name in names])
def test_help_has_the_same_words(page: str, name: str) -> None:
    option = WORDS.get(page, OPTIONS)[name]
    manual = (ROOT / "r" / "man" / f"{page}.Rd").read_text(encoding="utf-8")
    found = re.search(rf"\\item\{{{name}\}}\{{(.*?)\}}\n\n", manual, re.DOTALL)
    assert found, f"{page}.Rd has no argument {name}"
    # R has functions where the command line has commands.
    expected = words(option.help).partition(": a name from")[0].partition(" (default")[0]
    assert expected in words(found[1]), f"the help of {name} differs: roxygen2::roxygenise('r') after changing either"


@pytest.mark.parametrize("name", ["missing", "names", "on_empty", "device"])
def test_choices_begin_with_the_default(name: str) -> None:
    option = OPTIONS[name]
    choices = sorted(option.choices, key=lambda choice: choice != option.default)
    written = "c(" + ", ".join(f'"{choice}"' for choice in choices) + ")"
    assert f"{name} = {written}" in (SOURCE / "embed_samples.R").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "options"),
    [("embed_samples", OPTIONS), ("explain_embedding", EXPLAIN), ("embedding_neighbours", NEIGHBOURS)],
)
def test_every_option_is_an_argument(page: str, options: dict[str, Option]) -> None:
    manual = (ROOT / "r" / "man" / f"{page}.Rd").read_text(encoding="utf-8")
    documented = {name.strip() for names in re.findall(r"\\item\{([^}]*)\}\{", manual) for name in names.split(",")}
    assert set(options) - FOR_FILES <= documented


def test_both_speak_the_same_version() -> None:
    assert f"protocol <- {PROTOCOL}L\n" in (SOURCE / "route.R").read_text(encoding="utf-8")


def test_the_example_is_that_of_the_python_package() -> None:
    import gzip

    extdata = ROOT / "r" / "inst" / "extdata"
    hint = "(cd r && Rscript data-raw/cohort.R)"
    table = gzip.decompress((extdata / "cohort_metaphlan.tsv.gz").read_bytes())
    assert table == (ROOT / "examples" / "cohort_metaphlan.tsv").read_bytes(), hint
    assert (extdata / "cohort_metadata.tsv").read_bytes() == (ROOT / "examples" / "cohort_metadata.tsv").read_bytes(), (
        hint
    )
