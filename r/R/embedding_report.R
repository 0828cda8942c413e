#' A page to look at
#'
#' Writes one HTML page on an embedding: did it work, what was matched, where the samples lie, whether they are in the
#' range of the model, what the studies or batches explain, and how to repeat it. It needs no network and no
#' scripts to be read. The same as `mbembed embed --report` in a terminal, which needs the Python extra
#' `mbembed[report]`. Always runs in a process of its own.
#'
#' @inheritParams explain_embedding
#' @param file Where to write the page.
#' @param color_by Columns of the sample data that colour the map, at most three; default: the first that tell samples apart.
#' @param batch Column that says in which study, batch, run or centre a sample was measured, for the study signal; default: a
#'   column that is called so.
#' @param contrast A one-sided formula with a column of two groups, such as `~ group`, or its name: the page says
#'   which taxa speak for the difference.
#' @return The path of the page, invisibly.
#' @export
#' @examples
#' \donttest{
#' if (mbembed_available() && requireNamespace("phyloseq", quietly = TRUE)) {
#'   ps <- example_cohort("phyloseq")
#'   file <- tempfile(fileext = ".html")
#'   try(embedding_report(ps, embed_samples(ps), file, color_by = "group"))
#'   # browseURL(file)
#' }
#' }
embedding_report <- function(x, E = embed_samples(x, ..., quiet = quiet), file = "report.html", ..., color_by = NULL,
                             batch = NULL, contrast = NULL, samples = NULL,
                             quiet = getOption("mbembed.quiet", FALSE)) {
  if (!missing(E)) rlang::check_dots_empty()
  check_embedding(E)
  contrast <- contrast_column(contrast)
  samples <- samples %||% known_samples(x)
  named <- stats::setNames(as.list(color_by), rep("color_by", length(color_by)))
  if (!is.null(samples)) check_columns(c(named, list(batch = batch, contrast = contrast)), samples)
  start_progress("Drawing the page ...", quiet)
  options <- c(single(list(batch = batch, contrast = contrast)), if (!is.null(color_by)) list(color_by = I(color_by)))
  answer <- ask_about(
    "report", E, x,
    options = options, samples = samples_meta(samples), path = full_path(file), engine = "process", quiet = quiet
  )
  warn_of(answer$result$warnings, E)
  inform(c(v = sprintf("Wrote %s: browseURL(\"%s\") shows it", file, file)), quiet)
  invisible(file)
}
