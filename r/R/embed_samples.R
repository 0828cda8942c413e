#' Embed the samples of a species table
#'
#' One vector per sample: species are named, matched to the species of a model, and encoded. A sample's
#' vector does not depend on the other samples of the table. Nothing is guessed silently: what was read
#' and matched is in the attributes, in `print()` and in `summary()`.
#'
#' @param x A `phyloseq` object or its `otu_table`; a `matrix`, `data.frame` or sparse `Matrix` with
#'   species and samples as row and column names; a `SummarizedExperiment` or one of its children
#'   (`SingleCellExperiment`, `TreeSummarizedExperiment`); or the path of a file of any kind that mbembed
#'   reads (BIOM, MetaPhlAn, Bracken, mOTUs, QIIME 2, `.rds`, ...).
#'
#'   Which way round the table stands is stated by `phyloseq` and `SummarizedExperiment` objects; for a
#'   matrix, a data frame and a file it is decided from the names. Species are named by `tax_table` (or
#'   `rowData`) where there is one: rank prefixes such as `s__` go before the names of its columns.
#' @param model Model to use: a name from [list_models()], or a model folder; `NULL` is the model that
#'   travels with mbembed.
#' @param ... The following arguments, whatever `x` is.
#' @param units Unit of the values, when it is not to be detected: `"fraction"`, `"percent"` or `"counts"`.
#' @param rank Rank to take from a table of several ranks (default: species).
#' @param missing What an empty cell or NA among the numbers means: an error, or zero.
#' @param taxonomy Lineages of features that the table names by ids only: QIIME 2's taxonomy (.qza or TSV) or
#'   mothur's cons.taxonomy.
#' @param closure What an abundance is a fraction of: everything in the sample as the table states it (input),
#'   the classified part (classified), or the part that the model knows (matched); default: as the model was
#'   trained.
#' @param names How taxa find the model's species: through the name maps (resolve), the same without ambiguous
#'   names (strict), or by equal names only (exact).
#' @param min_coverage Leave out samples of which less than this share of the abundance (0 to 1) matches the
#'   model.
#' @param on_empty Samples in which nothing, or less than the minimum, matches: leave them out (drop), write
#'   missing values (nan), or embed them all the same, as the published script does (floor).
#' @param device Where to compute; cuda needs `mbembed[torch]`, and the route `"process"`.
#' @param threads How many threads compute; no number depends on it (default: `OMP_NUM_THREADS`, else all cores).
#' @param orientation Which way round the table stands, when it is not to be detected: `"samples-in-rows"` or
#'   `"taxa-in-rows"`.
#' @param assay.type Assay to take, by name or number; default: `relative_abundance`, `relabundance`, `counts`,
#'   or the first.
#' @param format Dialect of the table, when it is not to be detected from its content.
#' @param engine `"process"` runs Python as a process of its own; `"reticulate"` runs it in this session.
#'   `"auto"` takes reticulate where it already runs a Python with mbembed, and a process otherwise. Both
#'   give the same numbers, bit for bit.
#' @param quiet Say nothing but warnings and errors.
#'
#' @return A numeric matrix of class `mbembed_embedding`, samples in rows in the order of `x`, one column
#'   per dimension. Its attributes are `model` (a name), `match` (a data frame: which taxon fed which
#'   species, by which rule), `summary` (a list: every decision, version, hash and count), `samples` (a data
#'   frame: the sample data of `x`, where it has any) and `asked` (what was asked for). Rows can be taken as
#'   usual; anything that changes the columns gives a plain matrix.
#'
#'   Errors have the class `mbembed_error`, and one that says which (`mbembed_error_no_match`, ...), with
#'   the fields `found`, `expected` and `hint`. Warnings have the class `mbembed_warning`.
#' @seealso [plot.mbembed_embedding()], [embedding_distance()], [embedding_ordination()] and
#'   [explain_embedding()] for what comes next, [inspect_profile()] to look first, [mbembed_sitrep()] when Python
#'   is not found.
#' @export
#' @examplesIf mbembed_available()
#' cohort <- example_cohort()
#' E <- embed_samples(cohort$abundance, units = "percent")
#' E
#' summary(E)
#' head(attr(E, "match"))
embed_samples <- function(x, model = NULL, ...) {
  UseMethod("embed_samples")
}

# Argument names and defaults are those of mbembed/options.py. The other methods take their object apart and end here.
#' @rdname embed_samples
#' @export
embed_samples.default <- function(x, model = NULL, ..., units = NULL, rank = NULL, missing = c("error", "zero"),
                                  taxonomy = NULL, closure = NULL, names = c("resolve", "strict", "exact"),
                                  min_coverage = 0, on_empty = c("drop", "nan", "floor"), device = c("cpu", "cuda"),
                                  threads = NULL, orientation = NULL, format = NULL, engine = c("auto", "reticulate", "process"),
                                  quiet = getOption("mbembed.quiet", FALSE)) {
  table <- table_of(x) # of an unknown object it says what is expected
  rlang::check_dots_empty()
  engine <- rlang::arg_match(engine)
  if (!is.numeric(min_coverage)) {
    abort("usage", "min_coverage is no number", "a share from 0 to 1", "min_coverage = 0.6 for 60 %")
  }
  if (!is.null(threads) && !rlang::is_integerish(threads, n = 1, finite = TRUE)) {
    abort("usage", "threads is no whole number", "how many threads compute", "threads = 2, or leave it out")
  }
  options <- single(list(
    format = format, orientation = orientation, units = units, rank = rank, missing = rlang::arg_match(missing),
    taxonomy = full_path(taxonomy), closure = closure, names = rlang::arg_match(names), min_coverage = min_coverage,
    on_empty = rlang::arg_match(on_empty), device = rlang::arg_match(device),
    threads = threads
  ))
  model <- full_model(model)
  progress <- start_progress("Embedding ...", quiet)
  answer <- ask(
    "embed", table,
    model = model, options = options, engine = engine, device = options$device, quiet = quiet
  )
  E <- new_embedding(answer, list(model = model, options = options))
  end_progress(progress)
  inform(c(v = sprintf("%s (route: %s)", said_of(E), answer$route)), quiet)
  for (text in answer$result$warnings) warn(text)
  E
}

#' @rdname embed_samples
#' @export
embed_samples.phyloseq <- function(x, model = NULL, ...) {
  with_samples(embed_samples.default(table_of(x), model, ...), x)
}

#' @rdname embed_samples
#' @export
embed_samples.otu_table <- function(x, model = NULL, ...) {
  embed_samples.default(table_of(x), model, ...)
}

#' @rdname embed_samples
#' @export
embed_samples.matrix <- function(x, model = NULL, ...) {
  embed_samples.default(table_of(x), model, ...)
}

#' @rdname embed_samples
#' @export
embed_samples.data.frame <- embed_samples.matrix

#' @rdname embed_samples
#' @export
embed_samples.dgCMatrix <- embed_samples.matrix

#' @rdname embed_samples
#' @export
embed_samples.Matrix <- embed_samples.matrix

#' @rdname embed_samples
#' @export
embed_samples.SummarizedExperiment <- function(x, model = NULL, ..., assay.type = NULL) {
  E <- with_samples(embed_samples.default(table_of(x, assay.type = assay.type), model, ...), x)
  attr(E, "asked")$assay.type <- assay.type
  E
}

#' @rdname embed_samples
#' @export
embed_samples.character <- function(x, model = NULL, ...) {
  embed_samples.default(table_of(x), model, ...)
}

# Options of one value that were given; the others keep Python's defaults.
single <- function(options) {
  options <- stated(options)
  for (name in names(options)) {
    if (length(options[[name]]) != 1 || is.na(options[[name]])) {
      abort(
        "usage", sprintf("%s is %s", name, paste(options[[name]], collapse = ", ")), "one value",
        sprintf("leave %s out: the default is mostly right", name)
      )
    }
  }
  options
}

# Options that were given.
stated <- function(options) {
  options <- options[!vapply(options, is.null, TRUE)]
  if (length(options)) options else NULL
}

full_path <- function(path) if (is.null(path)) NULL else normalizePath(path, winslash = "/", mustWork = FALSE)

# A model folder is named from here, not from where Python runs.
full_model <- function(model) {
  if (is.null(model)) {
    return(NULL)
  }
  if (!has_text(model)) {
    abort("usage", "model is no text", "a name from list_models(), or a folder", "model = NULL is the default model")
  }
  if (file.exists(file.path(model, "config.json"))) full_path(model) else model
}

# A line that stands on a terminal while Python works; it goes when the frame ends, or before by end_progress().
start_progress <- function(text, quiet, frame = parent.frame()) {
  if (quiet || !cli::is_dynamic_tty()) {
    return(NULL)
  }
  text <- gsub("}", "}}", gsub("{", "{{", text, fixed = TRUE), fixed = TRUE)
  cli::cli_progress_message(text, .envir = frame)
}

end_progress <- function(id, frame = parent.frame()) {
  if (!is.null(id)) cli::cli_progress_done(id, .envir = frame)
}
