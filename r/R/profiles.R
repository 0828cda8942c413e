#' How a table is read, and how well it matches the installed models
#'
#' Writes nothing and embeds nothing: the same as `mbembed inspect` in a terminal.
#'
#' @inheritParams embed_samples
#' @param model A name or a folder; `NULL` looks at every installed model.
#' @param ... `assay.type`, as in [embed_samples()], for `SummarizedExperiment` objects.
#' @return A list of class `mbembed_inspection`, with `table`, `warnings` and `models`; it prints in words.
#' @export
#' @examplesIf mbembed_available()
#' inspect_profile(example_cohort()$abundance, units = "percent")
inspect_profile <- function(x, model = NULL, ..., units = NULL, rank = NULL, missing = c("error", "zero"),
                            orientation = NULL, format = NULL, taxonomy = NULL, closure = NULL,
                            names = c("resolve", "strict", "exact"), engine = c("auto", "reticulate", "process"),
                            quiet = getOption("mbembed.quiet", FALSE)) {
  options <- list(
    units = units, rank = rank, missing = rlang::arg_match(missing), orientation = orientation, format = format,
    taxonomy = full_path(taxonomy), closure = closure, names = rlang::arg_match(names)
  )
  answer <- ask(
    "inspect", table_of(x, ...),
    model = full_model(model), options = single(options), engine = rlang::arg_match(engine), quiet = quiet
  )
  structure(answer$result, class = "mbembed_inspection")
}

#' @export
print.mbembed_inspection <- function(x, ...) {
  cat(if (has_text(x$table$path)) x$table$path else "The table", "\n", sep = "")
  cat(sprintf("  %d samples \u00d7 %d taxa\n", x$table$samples, x$table$taxa))
  for (one in x$table$decisions) cat(sprintf("  %s: %s \u2013 %s\n", one$what, one$value, one$reason))
  for (text in unlist(x$warnings)) cat("  note: ", in_r_words(text), "\n", sep = "")
  for (match in x$models) {
    cat(sprintf("\nModel %s: %s\n", match$name, match$verdict))
    cat(matched_in_words(match), sep = "\n")
  }
  matched <- Filter(function(match) match$verdict != "nothing matched", x$models)
  if (length(matched)) {
    cat(sprintf("\nNext: embed_samples(x, model = \"%s\")\n", matched[[1]]$name))
  } else {
    cat("\nNothing matches: embeddings cannot be made. Are the taxa species names (see rank, orientation)?\n")
  }
  invisible(x)
}

#' Write a table as BIOM, text, Parquet or AnnData
#'
#' Any table that mbembed reads, from an object or a file: the same as `mbembed convert` in a terminal.
#' Values, ids and their order are kept exactly (R's own biomformat keeps four decimals).
#'
#' @inheritParams inspect_profile
#' @param file Where to write it. The suffix picks the format: `.biom`, `.biom1` or `.json`, `.tsv`, `.csv`,
#'   `.parquet`, `.h5ad`.
#' @param to Format to write, when the suffix of `file` does not say it: `"biom"`, `"tsv"`, ...
#' @param names Names of the taxa: as they stand (keep), or as GTDB R220 species where they are known (resolve).
#' @param to_unit Convert the values, as shares of everything that the table states (default: as they stand):
#'   `"fraction"` or `"percent"`.
#' @param unclassified Abundance that the profiler could not assign: a row UNCLASSIFIED (keep), or nothing (drop),
#'   which changes what each sample adds up to.
#' @return The path, invisibly.
#' @export
#' @examplesIf mbembed_available()
#' file <- tempfile(fileext = ".biom")
#' convert_profile(example_cohort()$abundance, file, units = "percent")
#' file.size(file) > 0
convert_profile <- function(x, file, ..., to = NULL, names = c("keep", "resolve"), to_unit = NULL,
                            unclassified = c("keep", "drop"), units = NULL, rank = NULL,
                            missing = c("error", "zero"), orientation = NULL, format = NULL, taxonomy = NULL,
                            engine = c("auto", "reticulate", "process"), quiet = getOption("mbembed.quiet", FALSE)) {
  options <- list(
    units = units, rank = rank, missing = rlang::arg_match(missing), orientation = orientation, format = format,
    taxonomy = full_path(taxonomy)
  )
  wanted <- list(
    path = full_path(file), to = to, names = rlang::arg_match(names), to_unit = to_unit,
    unclassified = rlang::arg_match(unclassified)
  )
  answer <- ask(
    "convert", table_of(x, with_samples = TRUE, ...),
    convert = single(wanted), options = single(options), engine = rlang::arg_match(engine), quiet = quiet
  )
  read <- answer$result$table
  size <- sprintf("%s, %d taxa, %s", counted(read$samples, "sample"), read$taxa, read$units)
  inform(c(v = sprintf("Wrote %s: %s", file, size)), quiet)
  for (text in unlist(answer$result$warnings)) warn(text)
  invisible(file)
}

#' Installed models
#'
#' The first travels with mbembed and is the default. The published MAE-30% comes with
#' `mbembed models pull mae30` in a terminal.
#'
#' @inheritParams embed_samples
#' @return A data frame: `name`, `default`, `species`, `dimensions`, `nomenclature`, `licence`, `path`.
#' @export
#' @examplesIf mbembed_available()
#' list_models()[c("name", "default")]
list_models <- function(engine = c("auto", "reticulate", "process"), quiet = getOption("mbembed.quiet", FALSE)) {
  answer <- ask("models", engine = rlang::arg_match(engine), quiet = quiet)
  rows <- lapply(answer$result, function(model) {
    as.data.frame(lapply(model, function(value) value %||% NA), stringsAsFactors = FALSE)
  })
  do.call(rbind, rows)
}
