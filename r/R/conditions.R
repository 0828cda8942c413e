# Conditions: what was found, what was expected, what to type.

# Signals an error with a class of its own, and the three parts of its message as fields.
abort <- function(code, found, expected = NULL, hint = NULL, notes = NULL, ..., call = entry()) {
  rlang::abort(
    c(
      as_sentence(found),
      stats::setNames(as_sentence(notes), rep("!", length(notes))),
      x = if (has_text(expected)) as_sentence(paste("Expected:", expected)),
      i = if (has_text(hint)) as_sentence(paste("Try:", hint))
    ),
    class = c(paste0("mbembed_error_", code), "mbembed_error"),
    code = code, found = found, expected = expected %||% "", hint = hint %||% "", ...,
    call = call
  )
}

# Signals an error of the Python side as one of ours.
abort_python <- function(error, call = entry()) {
  abort(
    error$code,
    in_r_words(error$found), in_r_words(error$expected), in_r_words(error$hint),
    vapply(as.character(error$fields$notes), in_r_words, "", USE.NAMES = FALSE),
    fields = error$fields, python_trace = error$trace, call = call
  )
}

# The frame of the function of this package that the user called: where a message says it comes from.
entry <- function() {
  ours <- environment(entry)
  for (frame in seq_len(sys.nframe())) {
    if (identical(environment(sys.function(frame)), ours)) {
      return(sys.frame(frame))
    }
  }
}

warn <- function(text) {
  rlang::warn(as_sentence(in_r_words(text)), class = "mbembed_warning")
}

inform <- function(text, quiet = FALSE) {
  if (!quiet) rlang::inform(text, class = "mbembed_message")
}

# Says something once in a session.
inform_once <- function(text, quiet = FALSE) {
  if (quiet || text %in% the$told) {
    return(invisible())
  }
  the$told <- c(the$told, text)
  inform(c(i = text))
}

# Options of the command line that are arguments here too; others belong to other programs.
our_options <- c(
  "model", "format", "orientation", "units", "rank", "missing", "taxonomy", "closure", "names", "min_coverage",
  "on_empty", "device", "to", "to_unit", "unclassified", "target", "group", "subject", "positive", "protocols", "sizes",
  "repeats", "folds", "heads", "representations", "kind", "contrast", "case", "control", "axis", "dimension", "head",
  "baseline", "resamples", "seed", "k", "measure", "color_by", "batch"
)
# Those whose values are numbers, which R takes without quotes.
numeric_options <- c("min_coverage", "axis", "dimension", "resamples", "seed", "k")

# What commands and their placeholders are in R, in this order.
in_r <- c(
  "mbembed inspect( TABLE)?" = "inspect_profile(x)",
  "mbembed models list" = "list_models()",
  "mbembed models pull ([a-z0-9]+)" = "'mbembed models pull \\1' in a terminal",
  "mbembed evaluate TABLE --target ([^ ]+) -o DIR" = "evaluate_embedding(x, \"\\1\", folder = \"DIR\")",
  "mbembed evaluate" = "evaluate_embedding()",
  "mbembed explain --head DIR/heads.json" = "explain_embedding(x, head = \"DIR/heads.json\")",
  "mbembed embed TABLE -o OUT --report report.html embeds and reports at once" = "E <- embed_samples(x), with this x",
  "mbembed embed without --model" = "embed_samples(x), without model",
  "'mbembed calibrate'" = "'mbembed calibrate' in a terminal",
  "--metadata samples.tsv --contrast COLUMN" = "contrast = ~ COLUMN",
  "--contrast COLUMN" = "contrast = ~ COLUMN",
  "--metadata samples.tsv" = "samples = a data frame with the sample names as row names",
  "--metadata" = "samples",
  "--(case|control|group|subject|batch) (VALUE|COLUMN|STUDY)" = "\\1 = \"\\2\""
)

# Python's messages speak of the command line; R has arguments of the same names.
in_r_words <- function(text) {
  if (!has_text(text)) {
    return(text)
  }
  for (i in seq_along(in_r)) text <- gsub(names(in_r)[i], in_r[[i]], text)
  text <- gsub("--id-column ([^ ,;]+)", "rownames(samples) <- samples$\\1", text)
  text <- sub("^--positive (?!is )([^,]+?)([.]?)$", "positive = \"\\1\"\\2", text, perl = TRUE)
  flag <- "--([a-z][a-z-]*)(?: ([a-z0-9][a-z0-9.-]*)(?=$|[,.;:) ]))?"
  values <- c(
    "fraction", "percent", "counts", "zero", "error", "input", "classified", "matched", "resolve", "strict", "exact",
    "drop", "nan", "floor", "taxa-in-rows", "samples-in-rows", "taxids", "species",
    "binary", "multiclass", "continuous", "biom", "tsv"
  )
  found <- gregexpr(flag, text, perl = TRUE)
  regmatches(text, found) <- lapply(regmatches(text, found), function(flags) {
    vapply(flags, function(one) {
      parts <- strsplit(sub("^--", "", one), " ", fixed = TRUE)[[1]]
      name <- gsub("-", "_", parts[1], fixed = TRUE)
      if (!name %in% our_options) {
        return(one)
      }
      if (length(parts) == 1) {
        return(name)
      }
      value <- sub("[.]$", "", parts[2])
      if (name %in% numeric_options && !is.na(suppressWarnings(as.numeric(value)))) {
        paste(name, "=", value)
      } else if (value %in% values || grepl("[.][a-z]+$", value)) {
        sprintf("%s = \"%s\"", name, value)
      } else {
        paste(c(name, parts[-1]), collapse = " ")
      }
    }, "", USE.NAMES = FALSE)
  })
  # Arguments have commas between them.
  gsub("( = [^ ,]+) (?=[a-z_]+ = )", "\\1, ", text, perl = TRUE)
}

has_text <- function(text) is.character(text) && length(text) == 1 && !is.na(text) && nzchar(text)

as_sentence <- function(text) ifelse(grepl("[.!?:]$", text), text, paste0(text, "."))

# "48 samples", "1 sample"
counted <- function(n, word) {
  sprintf("%s %s%s", format(n, big.mark = ","), word, if (n == 1) "" else "s")
}

as_percent <- function(share) sprintf("%.1f%%", 100 * share)
