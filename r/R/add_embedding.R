#' Put an embedding into an object
#'
#' `add_embedding()` writes the vectors into the sample data of a `phyloseq` object. `getEmbedding()` and
#' `addEmbedding()` are for `SingleCellExperiment` and its children (such as `TreeSummarizedExperiment`),
#' in the manner of mia: the first gives the matrix, the second writes it into `reducedDim()`.
#'
#' Samples are brought together by their names, never by position. Samples without a vector get missing
#' values.
#'
#' @param ps A `phyloseq` object.
#' @param x A `SummarizedExperiment` or one of its children; one without `reducedDim()` becomes a
#'   `SingleCellExperiment`.
#' @param E What [embed_samples()] gives; made here if missing.
#' @param prefix Begin of the names of the new columns: `mb001`, `mb002`, ... (as many digits as the last one needs)
#' @param name Name of the `reducedDim()`.
#' @param ... Arguments of [embed_samples()].
#' @return The object with the embedding; `getEmbedding()` the embedding.
#' @export
#' @examplesIf mbembed_available() && requireNamespace("phyloseq", quietly = TRUE)
#' ps <- example_cohort("phyloseq")
#' ps <- add_embedding(ps, embed_samples(ps))
#' tail(phyloseq::sample_variables(ps), 3)
add_embedding <- function(ps, E = embed_samples(ps, ...), prefix = "mb", ...) {
  if (!inherits(ps, "phyloseq")) {
    abort(
      "usage", sprintf("ps is of class %s", paste(class(ps), collapse = "/")), "a phyloseq object",
      "addEmbedding() for SummarizedExperiment objects; cbind(samples, E) for data frames"
    )
  }
  rlang::check_installed("phyloseq", "to change a phyloseq object.")
  values <- of_samples(E, phyloseq::sample_names(ps))
  width <- nchar(ncol(values))
  colnames(values) <- paste0(prefix, formatC(seq_len(ncol(values)), width = width, flag = "0"))
  old <- phyloseq::sample_data(ps, errorIfNULL = FALSE)
  new <- as.data.frame(values)
  if (!is.null(old)) {
    old <- data.frame(old, check.names = FALSE)
    new <- cbind(old[setdiff(names(old), names(new))], new)
  }
  # sample_data() would rename samples that are called 1, 2, ...
  phyloseq::sample_data(ps) <- methods::new(methods::getClass("sample_data", where = asNamespace("phyloseq")), new)
  ps
}

#' @rdname add_embedding
#' @export
getEmbedding <- function(x, ...) embed_samples(x, ...)

#' @rdname add_embedding
#' @export
addEmbedding <- function(x, name = "MBEMBED", E = getEmbedding(x, ...), ...) {
  if (!inherits(x, "SummarizedExperiment")) {
    abort(
      "usage", sprintf("x is of class %s", paste(class(x), collapse = "/")),
      "a SummarizedExperiment or one of its children", "add_embedding() for phyloseq objects"
    )
  }
  rlang::check_installed("SingleCellExperiment", "to use reducedDim().")
  if (!inherits(x, "SingleCellExperiment")) {
    x <- methods::as(x, "SingleCellExperiment")
    inform(c(i = "x became a SingleCellExperiment, which has reducedDim()."), getOption("mbembed.quiet", FALSE))
  }
  SingleCellExperiment::reducedDim(x, name) <- of_samples(E, colnames(x))
  x
}

# The vectors of some samples, by name; missing values for those that have none.
of_samples <- function(E, samples) {
  values <- as_plain(E)
  row <- match(samples, rownames(values))
  if (all(is.na(row))) {
    abort(
      "usage",
      sprintf("none of the %d samples has a vector in E, whose rows are %s, ...", length(samples), rownames(values)[1]),
      "the embedding of this object", "E <- embed_samples(x)"
    )
  }
  values <- values[row, , drop = FALSE]
  rownames(values) <- samples
  values
}
