#' Which species are missing, which are surprising?
#'
#' What the model expects of each of its species in each sample, given the sample's other species: each one is hidden
#' in turn and predicted from the rest. Needs a model with a decoder, as the default model has.
#'
#' @inheritParams explain_embedding
#' @param surprises How many surprising presences, and absences, to list for each sample.
#' @return A list of class `mbembed_imputation`:
#'   `expected` (a matrix, samples by species of the model: expected fraction of the sample; rows do not add up to 1,
#'   as each species is asked for by itself), `presence` (the probability of presence) and `surprises` (a data frame:
#'   `sample`, `species`, `kind` (`"presence"`: there, though less likely than not; `"absence"`: not there, though more likely than not),
#'   `log_odds`, `probability`, `observed`, `expected_if_present`). Species that the names of the table cannot
#'   show are expected too, and never called absent.
#' @export
#' @examplesIf mbembed_available()
#' x <- example_cohort()$abundance[, 1:3]
#' imputed <- impute_species(x, embed_samples(x, units = "percent"))
#' imputed
#' head(imputed$surprises)
impute_species <- function(x, E = embed_samples(x, ..., engine = engine, quiet = quiet), ..., surprises = 10,
                           engine = c("auto", "reticulate", "process"), quiet = getOption("mbembed.quiet", FALSE)) {
  if (!missing(E)) rlang::check_dots_empty()
  engine <- rlang::arg_match(engine)
  check_embedding(E)
  if (!is.numeric(surprises) || length(surprises) != 1 || !isTRUE(surprises >= 0)) {
    abort("usage", "surprises is no number from 0 up", "how many to list for each sample", "surprises = 10")
  }
  start_progress("Hiding one species after the other ...", quiet)
  answer <- ask_about("impute", E, x, surprises = as.integer(surprises), engine = engine, quiet = quiet)
  result <- answer$result
  samples <- as.character(result$samples)
  species <- as.character(result$species)
  structure(
    list(
      expected = named_matrix(answer$parts[[1]], samples, species),
      presence = named_matrix(answer$parts[[2]], samples, species),
      surprises = tidy_frame(result$surprises)
    ),
    class = "mbembed_imputation"
  )
}

#' @export
print.mbembed_imputation <- function(x, n = 5, ...) {
  size <- sprintf("%s, %s", counted(nrow(x$expected), "sample"), counted(ncol(x$expected), "column"))
  cat("<mbembed imputation> ", size, ": $expected, $presence, $surprises\n", sep = "")
  said <- c(presence = "\nThere, though not expected:\n", absence = "\nExpected, though not there:\n")
  for (kind in names(said)) {
    found <- x$surprises[x$surprises$kind == kind, ]
    found <- utils::head(found[order(-found$log_odds), ], n)
    if (nrow(found)) {
      cat(said[[kind]])
      shown <- data.frame(
        found[c("sample", "species")],
        odds_against = sprintf("%s : 1", format(round(exp(found$log_odds)), big.mark = ",")),
        percent = sprintf("%.2g", 100 * (if (kind == "presence") found$observed else found$expected_if_present))
      )
      names(shown)[4] <- if (kind == "presence") "percent_seen" else "percent_expected"
      print(shown, row.names = FALSE)
    }
  }
  invisible(x)
}
