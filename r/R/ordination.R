#' Distances between samples in an embedding
#'
#' @param E What [embed_samples()] gives, or any numeric matrix with samples in rows.
#' @param method `"cosine"` (1 - cosine of the angle between two vectors) or `"euclidean"`.
#' @return A `dist` object, for `phyloseq::ordinate()`, `vegan::adonis2()`, `vegan::betadisper()`,
#'   `phyloseq::plot_heatmap()`, `hclust()` and whatever else takes one.
#' @export
#' @examplesIf mbembed_available()
#' cohort <- example_cohort()
#' E <- embed_samples(cohort$abundance, units = "percent")
#' D <- embedding_distance(E, "cosine")
#' if (requireNamespace("vegan", quietly = TRUE)) {
#'   vegan::adonis2(D ~ group, data = cohort$samples[labels(D), ], permutations = 99)
#' }
embedding_distance <- function(E, method = c("cosine", "euclidean")) {
  method <- rlang::arg_match(method)
  values <- complete_rows(E)
  if (method == "euclidean") {
    return(stats::dist(values))
  }
  values <- unit_length(values)
  similarity <- tcrossprod(values)
  # Rounding must not make a distance negative, nor differ from the other triangle.
  D <- stats::as.dist(pmax(1 - similarity, 0))
  attr(D, "method") <- "cosine"
  attr(D, "call") <- match.call()
  D
}

#' Ordination of an embedding
#'
#' Principal components of the vectors, in the form that `phyloseq::plot_ordination()` knows: an object
#' like that of `ape::pcoa()`, with the share of the variance for the axes.
#'
#' @inheritParams embedding_distance
#' @param method `"euclidean"`: of the vectors as they are; `"cosine"`: of the vectors at unit length, whose
#'   squared distances are twice the cosine distance.
#' @param axes How many axes to keep.
#' @return A list of class `c("mbembed_ordination", "pcoa")`: `vectors` (samples by axes), `values` (a data
#'   frame with `Eigenvalues` and `Relative_eig`), `trace`, `correction` and `note`, as `ape::pcoa()` has them.
#' @export
#' @examplesIf mbembed_available() && requireNamespace("phyloseq", quietly = TRUE)
#' ps <- example_cohort("phyloseq")
#' E <- embed_samples(ps)
#' ord <- embedding_ordination(E)
#' phyloseq::plot_ordination(ps, ord, color = "group")
embedding_ordination <- function(E, method = c("euclidean", "cosine"), axes = 10) {
  method <- rlang::arg_match(method)
  values <- complete_rows(E)
  if (!is.numeric(axes) || length(axes) != 1 || is.na(axes)) {
    abort("usage", "axes is no number", "how many axes to keep", "axes = 10")
  }
  if (method == "cosine") values <- unit_length(values)
  axes <- max(2, min(axes, nrow(values) - 1, ncol(values)))
  found <- stats::prcomp(values, rank. = min(axes, dim(values)))
  eigenvalues <- found$sdev^2
  total <- sum(eigenvalues)
  vectors <- found$x
  colnames(vectors) <- paste0("Axis.", seq_len(ncol(vectors)))
  structure(
    list(
      correction = c("none", "1"),
      note = sprintf("Principal components of an mbembed embedding (%s)", method),
      values = data.frame(
        Eigenvalues = eigenvalues,
        Relative_eig = if (total > 0) eigenvalues / total else eigenvalues
      ),
      vectors = vectors,
      trace = total
    ),
    class = c("mbembed_ordination", "pcoa")
  )
}

#' @export
print.mbembed_ordination <- function(x, ...) {
  shares <- x$values$Relative_eig[seq_len(ncol(x$vectors))]
  cat(x$note, ": ", counted(nrow(x$vectors), "sample"), "\n", sep = "")
  cat("Variance by axis:", paste0(colnames(x$vectors), " ", as_percent(shares), collapse = ", "), "\n")
  invisible(x)
}

# The numbers of an embedding, without rows of missing values (on_empty = "nan").
complete_rows <- function(E) {
  if (is.data.frame(E)) E <- as.matrix(E)
  if (!is.matrix(E) || !is.numeric(E)) {
    abort(
      "usage", sprintf("E is of class %s", paste(class(E), collapse = "/")), "a numeric matrix with samples in rows",
      "E <- embed_samples(x)"
    )
  }
  values <- if (is_embedding(E)) as_plain(E) else E
  empty <- !stats::complete.cases(values)
  if (any(empty)) {
    warn(sprintf("%s without a vector: left out", counted(sum(empty), "sample")))
    values <- values[!empty, , drop = FALSE]
  }
  if (nrow(values) < 2) {
    abort(
      "usage", sprintf("E has a vector of %s", counted(nrow(values), "sample")), "two samples or more",
      "embed a table of several samples"
    )
  }
  values
}

unit_length <- function(values) {
  lengths <- sqrt(rowSums(values^2))
  if (any(lengths == 0)) {
    abort(
      "usage", "a vector of zeros has no angle to others", "vectors that are not all zero",
      "method = \"euclidean\""
    )
  }
  values / lengths
}
