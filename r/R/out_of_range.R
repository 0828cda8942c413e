# The verdicts on a sample, from the most to the least usual.
range_verdicts <- c("in range", "unusual", "out of range", "not judged")

#' Are the samples like those that the model was trained on?
#'
#' A vector of a sample that is unlike all training samples (an infant, another body site, a mock community, a wrong
#' unit, 16S) looks like any other: this says which ones to distrust, and why. Percentiles are those of training samples
#' that were held out: 99 means that 99 % of them are less unusual.
#'
#' @inheritParams explain_embedding
#' @return A data frame of class `mbembed_range`, one row per sample: `sample`, `distance` (from the centre of the
#'   training samples, in the embedding; Mahalanobis) and `distance_percentile`, `reconstruction_error` (how badly the species of
#'   the sample predict each other) and `reconstruction_percentile`, `rarity` (of its species) and `rarity_percentile`,
#'   `unobservable` (share of the model's species that the names of the table cannot show), `percentile` (the
#'   three together), `verdict` (a factor: `"in range"`, `"unusual"`, `"out of range"`, `"not judged"`) and `reason` (likely
#'   causes; empty when in range). Prints those that are not in range; rows and columns of it are a plain data frame.
#' @export
#' @examplesIf mbembed_available()
#' cohort <- example_cohort()
#' E <- embed_samples(cohort$abundance, units = "percent")
#' out_of_range(cohort$abundance, E)
out_of_range <- function(x, E = embed_samples(x, ..., engine = engine, quiet = quiet), ...,
                         engine = c("auto", "reticulate", "process"), quiet = getOption("mbembed.quiet", FALSE)) {
  if (!missing(E)) rlang::check_dots_empty()
  engine <- rlang::arg_match(engine)
  check_embedding(E)
  start_progress("Comparing with the training samples ...", quiet)
  answer <- ask_about("range", E, x, engine = engine, quiet = quiet)
  warn_of(answer$result$warnings, E)
  found <- tidy_frame(answer$result$range)
  found$verdict <- factor(found$verdict, range_verdicts)
  structure(found, class = c("mbembed_range", "data.frame"))
}

#' @export
`[.mbembed_range` <- function(x, ...) as.data.frame(x)[...]

#' @export
print.mbembed_range <- function(x, n = 10, ...) {
  counts <- table(droplevels(x$verdict))
  cat(paste(counts, names(counts), collapse = ", "), "\n", sep = "")
  odd <- x[x$verdict != range_verdicts[1], ]
  odd <- odd[order(-odd$percentile), ]
  for (i in seq_len(min(n, nrow(odd)))) {
    how <- if (is.na(odd$percentile[i])) "" else sprintf(" (percentile %.1f)", odd$percentile[i])
    said <- sprintf("%s: %s%s: %s", odd$sample[i], odd$verdict[i], how, odd$reason[i])
    cat(strwrap(said, width = 0.95 * getOption("width"), indent = 2, exdent = 4), sep = "\n")
  }
  if (nrow(odd) > n) cat("  and", counted(nrow(odd) - n, "sample"), "more\n")
  invisible(x)
}
