"""`to_r` and `add_to_phyloseq`: the numbers and names of the embedding, in R's objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import mbembed
from mbembed.bridge import add_to_phyloseq, from_r, to_r
from mbembed.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mbembed.embedding import Embedding

pytestmark = pytest.mark.slow  # library(phyloseq) alone takes 6 s of CPU

#: A phyloseq object of species that the default model knows; ``sample_data`` in another order than the samples.
PS = """
function(species, about = TRUE) {
  x <- outer(seq_along(species), 1:4, function(i, j) (7 * i + 3 * j) %% 11 + 1)
  dimnames(x) <- list(species, c("3", "1", "b", "Ünï"))
  data <- data.frame(row.names = rev(colnames(x)), group = factor(c("u", "v", "u", "v")), age = c(1L, NA, 3L, 4L))
  if (about) phyloseq(otu_table(x, TRUE), sample_data(data)) else
    merge_phyloseq(otu_table(x, TRUE), tax_table(cbind(Species = setNames(paste0("s__", species), species))))
}
"""


@pytest.fixture(scope="module")
def make(r: Callable[[str], Any]) -> Callable[..., Any]:
    from rpy2.robjects import StrVector

    species = StrVector(mbembed.load_model().species[:12])
    return lambda **options: r(PS)(species, **options)


@pytest.fixture(scope="module")
def ps(make: Callable[..., Any]) -> Any:
    return make()


@pytest.fixture(scope="module")
def embedding(ps: Any) -> Embedding:
    return mbembed.embed(from_r(ps))


def names_of(robj: Any) -> list[list[str]]:
    from rpy2.rinterface import baseenv

    return [list(part) for part in baseenv["dimnames"](robj)]


def column_names(embedding: Embedding, prefix: str = "mb") -> list[str]:
    """As R's ``add_embedding`` has them: from 1, padded to one width."""
    width = len(str(embedding.n_dimensions))
    return [prefix + str(i + 1).zfill(width) for i in range(embedding.n_dimensions)]


def call(r: Callable[[str], Any], code: str, *values: Any) -> Any:
    return r(code)(*values)


def test_a_matrix(r: Callable[[str], Any], embedding: Embedding) -> None:
    matrix = to_r(embedding)
    assert type(matrix).__name__ == "FloatMatrix"
    assert names_of(matrix) == [["3", "1", "b", "Ünï"], embedding.dimension_names]
    values = np.asarray(matrix)
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, embedding.values)  # every float32 is a double
    # as R sees it: the first row, and whether the package's own kind of work can be done with it
    np.testing.assert_array_equal(np.asarray(call(r, "function(E) E['3', ]", matrix)), embedding.values[0])
    assert list(call(r, "function(E) attr(dist(E), 'Labels')", matrix)) == embedding.sample_ids


def test_a_data_frame(r: Callable[[str], Any], embedding: Embedding) -> None:
    frame = to_r(embedding, "data.frame")
    assert list(frame.rclass) == ["data.frame"]
    assert names_of(frame) == [embedding.sample_ids, embedding.dimension_names]
    np.testing.assert_array_equal(np.asarray(frame[1]), embedding.values[:, 1])


def test_one_sample_stays_a_matrix(r: Callable[[str], Any], ps: Any) -> None:
    one = mbembed.embed(from_r(ps).select_samples([2]))
    assert names_of(to_r(one)) == [["b"], one.dimension_names]
    np.testing.assert_array_equal(np.asarray(to_r(one)), one.values)


def test_missing_values_are_na(r: Callable[[str], Any], make: Callable[..., Any]) -> None:
    emptied = call(r, "function(ps) { otu_table(ps)[, 'b'] <- 0; ps }", make())
    embedding = mbembed.embed(from_r(emptied), on_empty="nan")
    kinds = call(r, "function(E) c(all(is.na(E['b', ])), any(is.nan(E['b', ])), anyNA(E['3', ]))", to_r(embedding))
    assert list(kinds) == [True, False, False]


def test_no_such_kind(embedding: Embedding, snapshot) -> None:
    with pytest.raises(UsageError) as caught:
        to_r(embedding, "tibble")
    snapshot("bridge/no_such_kind", str(caught.value))


@pytest.mark.parametrize("about", [True, False])
def test_columns_of_the_sample_data(
    r: Callable[[str], Any], make: Callable[..., Any], embedding: Embedding, *, about: bool
) -> None:
    before = make(about=about)
    after = add_to_phyloseq(before, embedding)
    assert list(after.rclass) == ["phyloseq"]
    ids = list(call(r, "sample_names", after))
    assert ids == list(call(r, "sample_names", before)) == embedding.sample_ids
    frame = call(r, "function(ps) as(sample_data(ps), 'data.frame')", after)
    rows, columns = names_of(frame)
    assert sorted(rows) == sorted(ids)
    assert columns == [*(["group", "age"] if about else []), *column_names(embedding)]
    at = [embedding.sample_ids.index(name) for name in rows]
    for i, name in enumerate(column_names(embedding)):
        np.testing.assert_array_equal(np.asarray(frame.rx2(name)), embedding.values[at, i])
    # nothing else has changed, and the old object is as it was
    same = """function(one, other) {
      parts <- c(identical(one@otu_table, other@otu_table), identical(one@tax_table, other@tax_table))
      old <- as(sample_data(one, FALSE), "data.frame"); new <- as(sample_data(other), "data.frame")
      c(parts, is.null(one@sam_data) || identical(old, new[names(old)]), validObject(other))
    }"""
    if not about:
        same = "function(one, other) c(identical(one@otu_table, other@otu_table), is.null(one@sam_data))"
    assert all(call(r, same, before, after))
    # and phyloseq can work with it
    assert len(
        call(r, "function(ps) sample_variables(ps)", call(r, "function(ps) prune_samples(c('1', 'b'), ps)", after))
    )


def test_samples_named_by_numbers(r: Callable[[str], Any], make: Callable[..., Any]) -> None:
    numbered = call(r, "function(ps) { x <- otu_table(ps); colnames(x) <- 1:4; merge_phyloseq(x, tax_table(ps)) }",
                    make(about=False))  # fmt: skip
    embedding = mbembed.embed(from_r(numbered))
    assert embedding.sample_ids == ["1", "2", "3", "4"]
    after = add_to_phyloseq(numbered, embedding)
    assert list(call(r, "sample_names", after)) == embedding.sample_ids
    assert list(call(r, "function(ps) rownames(sample_data(ps))", after)) == embedding.sample_ids


def test_matched_by_name(r: Callable[[str], Any], ps: Any, embedding: Embedding) -> None:
    backwards = mbembed.embed(from_r(ps).select_samples([3, 2, 1, 0]))
    same = "function(one, other) identical(sample_data(one), sample_data(other))"
    assert call(r, same, add_to_phyloseq(ps, backwards), add_to_phyloseq(ps, embedding))[0]


def test_a_prefix_and_a_second_time(r: Callable[[str], Any], ps: Any, embedding: Embedding, snapshot) -> None:
    once = add_to_phyloseq(ps, embedding, prefix="mae30_")
    assert list(call(r, "sample_variables", once))[2:] == column_names(embedding, "mae30_")
    twice = add_to_phyloseq(once, embedding)
    assert len(call(r, "sample_variables", twice)) == 2 + 2 * embedding.n_dimensions
    with pytest.raises(UsageError) as caught:
        add_to_phyloseq(twice, embedding)
    assert caught.value.columns == column_names(embedding)
    # How many digits there are depends on the model.
    snapshot("bridge/columns_taken", re.sub(r"\bmb0+", "mb0", str(caught.value)))


def test_samples_that_do_not_fit(r: Callable[[str], Any], ps: Any, embedding: Embedding, snapshot) -> None:
    emptied = call(r, "function(ps) { otu_table(ps)[, 'b'] <- 0; ps }", ps)
    left_out = mbembed.embed(from_r(emptied))
    half = mbembed.embed(from_r(ps).select_samples([0, 2]))
    pruned = call(r, "function(ps) prune_samples(c('3', 'b'), ps)", ps)
    for name, robj, vectors in (
        ("left_out", emptied, left_out),
        ("too_few", ps, half),
        ("too_many", pruned, embedding),
    ):
        with pytest.raises(UsageError) as caught:
            add_to_phyloseq(robj, vectors)
        snapshot(f"bridge/samples_{name}", str(caught.value))
    with_gaps = add_to_phyloseq(emptied, mbembed.embed(from_r(emptied), on_empty="nan"))
    missing = call(r, "function(ps) is.na(sample_data(ps)[[3]])", with_gaps)
    assert list(missing).count(True) == 1


def test_other_objects(r: Callable[[str], Any], ps: Any, embedding: Embedding, snapshot) -> None:
    for name, value in (("matrix", to_r(embedding)), ("dict", {})):
        with pytest.raises(UsageError) as caught:
            add_to_phyloseq(value, embedding)
        snapshot(f"bridge/add_to_{name}", str(caught.value))


def test_names_of_the_user_do_not_get_in_between(r: Callable[[str], Any], ps: Any, embedding: Embedding) -> None:
    r('matrix <- match <- is.nan <- function(...) stop("mine")')
    try:
        np.testing.assert_array_equal(np.asarray(to_r(embedding)), embedding.values)
        add_to_phyloseq(ps, embedding)
    finally:
        r("rm(matrix, match, is.nan)")
