#' Who is like whom?
#'
#' For each sample its most similar samples in the same embedding. Warns where two samples have nearly the same vector:
#' the same person, or the same file twice.
#'
#' @inheritParams embed_samples
#' @inheritParams embedding_distance
#' @param k Neighbours per sample.
#' @param measure How alike two vectors are: `"cosine"`, or `"euclidean"` (a distance, with a minus).
#' @return A data frame: `sample`, `neighbour`, `rank` (from 1) and `similarity`, in the order of the samples.
#' @export
#' @examplesIf mbembed_available()
#' E <- embed_samples(example_cohort()$abundance, units = "percent")
#' head(embedding_neighbours(E, k = 2))
embedding_neighbours <- function(E, k = 5, measure = c("cosine", "euclidean"),
                                 engine = c("auto", "reticulate", "process"),
                                 quiet = getOption("mbembed.quiet", FALSE)) {
  check_embedding(E)
  options <- list(k = k, measure = rlang::arg_match(measure))
  answer <- ask_about("neighbours", E, options = single(options), engine = rlang::arg_match(engine), quiet = quiet)
  warn_of(answer$result$warnings, E)
  tidy_frame(answer$result$neighbours)
}
