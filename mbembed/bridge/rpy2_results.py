"""Vectors handed to R through rpy2: as a matrix, a data frame, or columns of a phyloseq object's sample data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mbembed.bridge.rpy2_host import is_r_object, start_r
from mbembed.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.embedding import Embedding

__all__ = ["add_to_phyloseq", "to_r"]

#: What `to_r` can make.
_CLASSES = ("matrix", "data.frame")
#: Begin of the names of columns in sample data, the same as in the R package (r/R/add_embedding.R).
PREFIX = "mb"
#: How many names a message lists.
SHOWN = 5

#: Rows of missing values are NaN in Python and NA in R.
_MATRIX = """
function(values, rows, columns) {
  values[is.nan(values)] <- NA_real_
  matrix(values, length(rows), length(columns), dimnames = list(rows, columns))
}
"""
#: ``sample_data()`` would rename rows ``1``, ``2`` … to ``sa1``, ``sa2`` …, and ``sample_data<-`` drop and reorder
#: samples: so the slot is set itself, and checked.
_ADD_COLUMNS = """
function(ps, vectors) {
  known <- phyloseq::sample_data(ps, errorIfNULL = FALSE)
  samples <- phyloseq::sample_names(ps)
  frame <- if (is.null(known)) data.frame(row.names = samples) else methods::as(known, "data.frame")
  added <- vectors[match(row.names(frame), rownames(vectors)), , drop = FALSE]
  for (name in colnames(vectors)) frame[[name]] <- as.vector(added[, name])
  ps@sam_data <- methods::new("sample_data", frame)
  methods::validObject(ps)
  ps
}
"""
_IS_PHYLOSEQ = 'function(x) methods::is(x, "phyloseq")'
_HAS_PHYLOSEQ = 'function() requireNamespace("phyloseq", quietly = TRUE)'
_SAMPLES = "function(ps) phyloseq::sample_names(ps)"
_VARIABLES = "function(ps) as.character(phyloseq::sample_variables(ps, errorIfNULL = FALSE))"


def to_r(embedding: Embedding, kind: str = "matrix") -> Any:
    """Hand an embedding to R.

    Parameters
    ----------
    embedding : Embedding
    kind : {"matrix", "data.frame"}
        Class of the result.

    Returns
    -------
    rpy2.robjects object
        Samples × dimensions, numeric, named on both sides as the embedding is; missing values are ``NA``.

    Raises
    ------
    UsageError
        If there is no such kind, or ``R_HOME`` is wrong.
    MissingExtraError
        If rpy2 or R is missing, or the two do not fit each other.

    Examples
    --------
    ::

        robjects.globalenv["E"] = mbembed.bridge.to_r(embedding)
        robjects.r("prcomp(E)")
    """
    if kind not in _CLASSES:
        raise UsageError(
            f"there is no kind {kind!r} of R object to make",
            expected=f"one of: {', '.join(_CLASSES)}",
            hint='to_r(embedding, "data.frame")',
        )
    rinterface = start_r("to_r")
    matrix = _matrix(rinterface, embedding, embedding.dimension_names)
    return _for_people(rinterface.baseenv["as.data.frame"](matrix) if kind == "data.frame" else matrix)


def add_to_phyloseq(robj: object, embedding: Embedding, *, prefix: str = PREFIX) -> Any:
    """Put an embedding into the sample data of a phyloseq object, one column for each dimension.

    Parameters
    ----------
    robj : rpy2 object
        A phyloseq object. It is not changed, as everywhere in R.
    embedding : Embedding
        With a row for every sample of it; matched by name.
    prefix : str
        Begin of the names of the columns: ``mb001``, ``mb002`` and so on (as many digits as the last one
        needs), as ``add_embedding`` of the R package names them.

    Returns
    -------
    rpy2.robjects object
        The phyloseq object with the columns; its samples and their order are the same.

    Raises
    ------
    UsageError
        If it is no phyloseq object, has columns of these names, or its samples are not those of the embedding.
    MissingExtraError
        If R has no package phyloseq.

    Examples
    --------
    ::

        embedding = mbembed.embed(mbembed.bridge.from_r(ps), on_empty="nan")
        ps = mbembed.bridge.add_to_phyloseq(ps, embedding)
    """
    rinterface = start_r("add_to_phyloseq")
    if not is_r_object(robj) or not _run(rinterface, _IS_PHYLOSEQ, robj)[0]:
        raise UsageError(
            f"add_to_phyloseq was given {_described(robj)}, not a phyloseq object",
            expected="a phyloseq object of rpy2, such as robjects.r['ps']",
            hint="to_r(embedding) makes a matrix for objects of other classes",
        )
    if not _run(rinterface, _HAS_PHYLOSEQ)[0]:
        raise MissingExtraError(
            "add_to_phyloseq needs the R package phyloseq, which is not installed",
            expected="phyloseq in the library of the R that runs in this process",
            hint='sudo apt-get install r-bioc-phyloseq, or BiocManager::install("phyloseq") in R',
            extra="r",
        )
    width = len(str(embedding.n_dimensions))
    names = [f"{prefix}{i:0{width}}" for i in range(1, embedding.n_dimensions + 1)]
    _check_samples(list(_run(rinterface, _SAMPLES, robj)), embedding)
    _check_columns(list(_run(rinterface, _VARIABLES, robj)), names)
    return _for_people(_run(rinterface, _ADD_COLUMNS, robj, _matrix(rinterface, embedding, names)))


def _matrix(rinterface: Any, embedding: Embedding, columns: Sequence[str]) -> Any:
    # R keeps matrices column by column, and doubles only.
    values = rinterface.FloatSexpVector(embedding.values.astype("float64").ravel(order="F"))
    rows = rinterface.StrSexpVector(embedding.sample_ids)
    return _run(rinterface, _MATRIX, values, rows, rinterface.StrSexpVector(list(columns)))


def _run(rinterface: Any, code: str, *arguments: object) -> Any:
    """Call a function of R, written where no name of the user's can get in between."""
    return rinterface.evalr(code, envir=rinterface.baseenv)(*arguments)


def _for_people(value: Any) -> Any:
    """Wrap as ``rpy2.robjects`` does, whatever conversions (to pandas, say) are switched on."""
    from rpy2 import robjects

    return robjects.default_converter.rpy2py(value)


def _described(robj: Any) -> str:
    if not is_r_object(robj):
        return f"a {type(robj).__name__}"
    return f"an object of R of class {' '.join(robj.rclass)}"


def _check_samples(samples: Sequence[str], embedding: Embedding) -> None:
    known = set(embedding.sample_ids)
    without = [name for name in samples if name not in known]
    if without and set(without) <= set(embedding.left_out):
        reasons = ", ".join(f"{name} ({embedding.left_out[name]})" for name in without[:SHOWN])
        raise UsageError(
            f"{len(without)} of {len(samples)} samples of the phyloseq object have no vector: {reasons}{_more(without)}",
            expected="a row of the embedding for every sample",
            hint='mbembed.embed(…, on_empty="nan") for missing values in their place, or prune_samples() in R',
            samples=without,
        )
    stranger = [name for name in embedding.sample_ids if name not in set(samples)]
    if without or stranger:
        side, names = ("phyloseq object", without) if without else ("embedding", stranger)
        other = "embedding" if without else "phyloseq object"
        raise UsageError(
            f"{len(names)} samples of the {side} are not in the {other}: {', '.join(names[:SHOWN])}{_more(names)}",
            expected="the embedding of this phyloseq object",
            hint="mbembed.embed(mbembed.bridge.from_r(ps)) with the same object ps",
            samples=names,
        )


def _check_columns(present: Sequence[str], names: Sequence[str]) -> None:
    clashing = [name for name in names if name in set(present)]
    if clashing:
        raise UsageError(
            f"the sample data have columns of these names already: {', '.join(clashing[:SHOWN])}{_more(clashing)}",
            expected="names that are not taken",
            hint='prefix="mae30_", or the phyloseq object as it was before',
            columns=clashing,
        )


def _more(names: Sequence[str]) -> str:
    return ", …" if len(names) > SHOWN else ""
