#' Does the embedding help, for your own labels?
#'
#' Predicts a column of the sample data from the embedding and, on the same splits, from log abundances, CLR,
#' presence/absence and their principal components; from few labelled samples and from many, within studies
#' and across them; with intervals and a verdict in words. The same as `mbembed evaluate` in a terminal, which
#' needs the Python extra `mbembed[evaluate]`. Takes minutes; always runs in a process of its own.
#'
#' @inheritParams embed_samples
#' @param target Column to predict.
#' @param group Column with the study of each sample; draws and scores are then within studies.
#' @param subject Column with the person of each sample; no person is trained on and scored.
#' @param samples A data frame with the sample names as row names; default: the sample data of a `phyloseq`
#'   object, or `colData`.
#' @param model Names or folders of models; `NULL` is the one that travels with mbembed.
#' @param ... `assay.type`, as in [embed_samples()].
#' @param positive Positive class of two (default: the one that is no control, or the rarer).
#' @param kind Kind of the target, when its values should not decide: `"binary"`, `"multiclass"` or `"continuous"`.
#' @param protocols What is measured (default: all that the data allow): `"limited-data"`, `"cross-validation"`,
#'   `"leave-one-study-out"`, `"study-transfer"`.
#' @param sizes Numbers of labelled samples (default: 10, 20, 40 and so on, as far as they fit).
#' @param repeats Draws per number of labelled samples; cross-validation is repeated until it has as many fits.
#' @param folds Folds of the cross-validation.
#' @param heads What is fitted: ridge regression (`"linear"`), random forest (`"forest"`); the first gives the
#'   verdict.
#' @param representations What it is fitted on: `"log"`, `"clr"`, `"presence"`, `"pca"`, `"model"`, `"joined"`
#'   (default: all).
#' @param seed Same seed, same results.
#' @param jobs Processes; -1 for one per core; the results do not depend on it.
#' @param folder Keep the files there, with a page to look at (`report.html`); an interrupted run goes on where
#'   it stopped. `NULL` keeps nothing.
#' @return A data frame of class `mbembed_evaluation`: one row per split, representation, head and metric
#'   (`protocol`, `study`, `train_study`, `n_labels`, `split`, `representation`, `head`, `metric`, `value`,
#'   `n_train`, `n_test`, `strength`). Its attributes are `verdict` (text), `scores` (a data frame of means with
#'   95 % intervals) and `summary` (a list). Prints its verdict; `plot()` is [plot_learning_curve()].
#' @export
#' @examples
#' \donttest{
#' if (mbembed_available() && requireNamespace("phyloseq", quietly = TRUE)) {
#'   ps <- example_cohort("phyloseq")
#'   result <- try(evaluate_embedding(ps, "group", units = "percent", repeats = 2, heads = "linear", jobs = 1))
#'   result
#' }
#' }
evaluate_embedding <- function(x, target, group = NULL, subject = NULL, samples = NULL, model = NULL, ...,
                               positive = NULL, kind = NULL, protocols = NULL, sizes = NULL, repeats = 20,
                               folds = 5, heads = c("linear", "forest"), representations = NULL, seed = 0, jobs = 1,
                               folder = NULL, units = NULL, rank = NULL, missing = c("error", "zero"),
                               orientation = NULL, format = NULL, taxonomy = NULL, closure = NULL,
                               names = c("resolve", "strict", "exact"), quiet = getOption("mbembed.quiet", FALSE)) {
  missing <- rlang::arg_match(missing)
  names <- rlang::arg_match(names)
  samples <- samples %||% sample_table(x)
  check_columns(list(target = target, group = group, subject = subject), samples)
  scratch <- tempfile("mbembed-")
  dir.create(scratch)
  on.exit(unlink(scratch, recursive = TRUE))
  reading <- list(
    units = units, rank = rank, missing = missing, orientation = orientation, format = format,
    taxonomy = full_path(taxonomy)
  )
  if (is.character(x)) {
    file <- table_of(x)$meta
  } else {
    file <- file.path(scratch, "table.biom")
    answer <- ask(
      "convert", table_of(x, ...),
      convert = list(path = full_path(file)), options = single(reading), engine = "process", quiet = quiet
    )
    # The values alone do not always show their unit.
    reading <- list(units = answer$result$table$units)
  }
  metadata <- file.path(scratch, "samples.tsv")
  write_samples(samples, metadata)
  output <- full_path(folder %||% file.path(scratch, "evaluation"))
  command <- c(
    find_python()$command, "evaluate", unclass(file), "--metadata", metadata, "--target", target, "--output", output,
    flags(c(
      list(
        group = group, subject = subject, model = unlist(lapply(model, full_model)), positive = positive,
        kind = kind, protocols = protocols, sizes = sizes, repeats = repeats, folds = folds, heads = heads,
        representations = representations, seed = seed, jobs = jobs, closure = closure, names = names
      ),
      single(reading)
    ))
  )
  start_progress(sprintf("Evaluating %s: this takes minutes ...", target), quiet)
  ended <- run_lines(command, function(line) {
    if (startsWith(line, "warning: ")) warn(sub("^warning: ", "", line))
  })
  check_ended(ended)
  summary <- jsonlite::fromJSON(file.path(output, "summary.json"), simplifyMatrix = FALSE)
  results <- utils::read.delim(file.path(output, "results.tsv"), colClasses = c(study = "character"))
  structure(
    results,
    class = c("mbembed_evaluation", "data.frame"),
    verdict = summary$verdict, scores = summary$scores, target = target, summary = summary
  )
}

# Options of the command line from a list; a name with several values takes them all.
flags <- function(options) {
  options <- stated(options)
  unlist(lapply(base::names(options), function(name) {
    c(paste0("--", gsub("_", "-", name, fixed = TRUE)), vapply(options[[name]], format, "", scientific = FALSE))
  }))
}

write_samples <- function(samples, path) {
  columns <- plain_columns(samples)
  table <- data.frame(sample = rownames(samples), lapply(columns, unclass), check.names = FALSE)
  table[] <- lapply(table, function(column) if (is.character(column)) gsub("[\t\r\n]+", " ", column) else column)
  utils::write.table(table, path, sep = "\t", quote = FALSE, row.names = FALSE, na = "", fileEncoding = "UTF-8")
}

# Turns a run that failed into a condition: with the error that the command line said, if it came to say one.
check_ended <- function(ended) {
  if (ended$status == 0) {
    return(invisible())
  }
  from <- "^(mbembed[a-z ]*: )?error: "
  at <- grep(from, ended$said)
  if (!length(at)) {
    abort(
      "process",
      paste(c("mbembed evaluate ended without a result", utils::tail(ended$said, 1)), collapse = ": "),
      "a finished evaluation", "fewer repeats or jobs, if it was killed for want of memory",
      said = utils::tail(ended$said, shown_lines)
    )
  }
  text <- sub(from, "", ended$said[at[1]])
  hint <- if (grepl(" Try: ", text, fixed = TRUE)) sub(".* Try: ", "", text)
  expected <- if (grepl(" Expected: ", text, fixed = TRUE)) sub(" Try: .*", "", sub(".* Expected: ", "", text))
  abort("evaluation", in_r_words(sub(" (Expected|Try): .*", "", text)), in_r_words(expected), in_r_words(hint))
}

#' @export
print.mbembed_evaluation <- function(x, ...) {
  cat(strwrap(attr(x, "verdict") %||% "", width = 0.95 * getOption("width")), sep = "\n")
  scores <- attr(x, "scores")
  cat(sprintf("\n%s scores for %s\n", format(nrow(x), big.mark = ","), attr(x, "target")))
  if (!is.null(scores)) print(utils::head(as.data.frame(scores), shown_rows), row.names = FALSE)
  cat("plot() draws the learning curve; attr(, \"scores\") has all means with their intervals\n")
  invisible(x)
}

#' Learning curve of an evaluation
#'
#' Score by number of labelled samples, with 95 % intervals, for each representation.
#'
#' @param x What [evaluate_embedding()] gives.
#' @param metric Metric; default: the first (`roc_auc`, or `pearson_r` of a continuous target).
#' @param head `"linear"` or `"forest"`; default: the first.
#' @param representations Which ones to draw; default: all but principal components.
#' @param ... Arguments of `plot_learning_curve()`.
#' @return A ggplot.
#' @export
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' scores <- data.frame(
#'   protocol = "limited-data", n_labels = c(10, 20, 10, 20), study = "", head = "linear", metric = "roc_auc",
#'   representation = rep(c("log", "model"), each = 2), mean = c(0.6, 0.7, 0.65, 0.74),
#'   low = c(0.5, 0.6, 0.55, 0.66), high = c(0.7, 0.8, 0.75, 0.82)
#' )
#' plot_learning_curve(structure(scores, class = c("mbembed_evaluation", "data.frame"), scores = scores))
plot_learning_curve <- function(x, metric = NULL, head = NULL, representations = NULL) {
  rlang::check_installed("ggplot2", "to draw a learning curve.")
  scores <- as.data.frame(attr(x, "scores"))
  scores <- scores[scores$protocol == "limited-data" & scores$study == "", ]
  if (!nrow(scores)) {
    abort(
      "usage", "the evaluation has no learning curve", "the protocol limited-data among those that were run",
      "evaluate_embedding(protocols = \"limited-data\")"
    )
  }
  metric <- metric %||% scores$metric[1]
  head <- head %||% scores$head[1]
  known <- unique(scores$representation)
  representations <- representations %||% known[!startsWith(known, "pca(")]
  keep <- scores$metric == metric & scores$head == head & scores$representation %in% representations
  scores <- scores[keep, ]
  if (!nrow(scores)) {
    abort(
      "usage", "nothing is left to draw", paste("representations among:", paste(known, collapse = ", ")),
      "leave out metric, head and representations"
    )
  }
  scores$representation <- factor(scores$representation, levels = representations)
  chance <- c(roc_auc = 0.5, pearson_r = 0)[metric]
  words <- c(roc_auc = "AUC", pr_auc = "PR-AUC", pearson_r = "Pearson r", r2 = "R\u00b2")
  ggplot2::ggplot(scores, ggplot2::aes(.data$n_labels, .data$mean, colour = .data$representation)) +
    (if (!is.na(chance)) ggplot2::geom_hline(yintercept = chance, linetype = "dashed", colour = "grey60")) +
    ggplot2::geom_linerange(
      ggplot2::aes(ymin = .data$low, ymax = .data$high),
      alpha = 0.5, position = ggplot2::position_dodge(width = 0.06)
    ) +
    ggplot2::geom_line(position = ggplot2::position_dodge(width = 0.06)) +
    ggplot2::geom_point(position = ggplot2::position_dodge(width = 0.06)) +
    # Okabe and Ito's colours, which colour-blind people can tell apart.
    ggplot2::scale_colour_manual(
      values = unname(grDevices::palette.colors(length(representations), recycle = TRUE))
    ) +
    ggplot2::scale_x_log10(breaks = sort(unique(scores$n_labels))) +
    ggplot2::labs(
      x = "labelled samples", y = if (metric %in% base::names(words)) words[[metric]] else metric, colour = NULL,
      title = attr(x, "target"), subtitle = sprintf("%s head; bars: 95 %% intervals", head)
    ) +
    ggplot2::theme_bw() +
    ggplot2::theme(panel.grid.minor = ggplot2::element_blank())
}

#' @rdname plot_learning_curve
#' @export
plot.mbembed_evaluation <- function(x, ...) plot_learning_curve(x, ...)

#' @rdname plot_learning_curve
#' @param object What [evaluate_embedding()] gives.
#' @exportS3Method ggplot2::autoplot
autoplot.mbembed_evaluation <- function(object, ...) plot_learning_curve(object, ...)
