#' Which taxa speak?
#'
#' Attributes a score of the embedding to the taxa of the table, by integrated gradients through the encoder:
#' the difference between two groups (`contrast`), a principal axis (`axis`), one dimension (`dimension`) or a linear
#' head that [evaluate_embedding()] has fitted (`head`). Attributions add up to the difference of the score; they are made
#' again on resamples of the samples, to see which are stable. The same as `mbembed explain` in a terminal.
#'
#' The direction between two groups is measured in samples that it was not fitted on. A positive attribution
#' raises the score of the cases over that of the controls, be it by more or by less of the taxon: `change` says
#' which. It is association, not cause.
#'
#' @inheritParams embed_samples
#' @param x What was embedded: as in [embed_samples()].
#' @param E Its embedding; made here if missing.
#' @param contrast A one-sided formula with the column of two groups, such as `~ group`, or its name.
#' @param case,control Values of that column. Not needed where it has two: then `case` is the one that is no control, or
#'   the rarer. Without `control`, all other samples. For a head of several classes `case` says which.
#' @param ... Arguments of [embed_samples()], where `E` is not given.
#' @param axis Explain a principal axis of this table's embedding, from 1, as in [embedding_ordination()].
#' @param dimension Explain one dimension of the embedding: 5 for `embedding_5`.
#' @param head Explain a linear head: the path of `heads.json` in the `folder` of [evaluate_embedding()].
#' @param group Column with the study of each sample: groups are compared within studies, and from five on studies
#'   are drawn again.
#' @param subject Column with the person of each sample: a person's samples are drawn together.
#' @param samples A data frame with the sample names as row names; default: the sample data of a `phyloseq`
#'   object, or `colData`.
#' @param baseline What a sample is compared with: the mean of the controls, or of all samples without a contrast
#'   (reference), or a sample without any species (absent).
#' @param resamples How often samples are drawn again, to see what is stable.
#' @param seed Same seed, same results.
#' @param by_sample Also give the attributions of each single sample.
#' @return A data frame of class `mbembed_explanation`, one row per taxon that feeds the model, the largest attribution first:
#'   `taxon` (as in the table), `name`, `species` (of the model, `|` between several), `attribution`, `lower`,
#'   `upper` (a 95 % interval), `sign_share` (of the resamples), `stable`, `change` (difference of the mean log10 abundance of
#'   case and control, or per standard deviation of the score), and means and prevalences as shares.
#'
#'   Its attributes are `words` (what was found, in sentences), `scores` (a data frame: `sample`, `score`, `group`),
#'   `summary` (a list) and, if asked for, `by_sample` (a matrix, samples by taxa: a row adds up to the score of
#'   the sample less that of the baseline). Rows and columns that are taken from it are a plain data frame.
#' @seealso [autoplot.mbembed_explanation()]
#' @export
#' @examplesIf mbembed_available() && requireNamespace("phyloseq", quietly = TRUE)
#' ps <- example_cohort("phyloseq")
#' E <- embed_samples(ps)
#' explained <- explain_embedding(ps, E, ~ group, resamples = 50)
#' explained
#' explained[explained$stable, c("name", "attribution", "change")]
#' if (requireNamespace("ggplot2", quietly = TRUE)) ggplot2::autoplot(explained)
explain_embedding <- function(x, E = embed_samples(x, ..., engine = engine, quiet = quiet), contrast = NULL, case = NULL,
                              control = NULL, ..., axis = NULL, dimension = NULL, head = NULL, group = NULL,
                              subject = NULL, samples = NULL, baseline = c("reference", "absent"), resamples = 500,
                              seed = 0, by_sample = FALSE, engine = c("auto", "reticulate", "process"),
                              quiet = getOption("mbembed.quiet", FALSE)) {
  if (!missing(E)) rlang::check_dots_empty()
  engine <- rlang::arg_match(engine)
  baseline <- rlang::arg_match(baseline)
  contrast <- contrast_column(contrast)
  columns <- list(contrast = contrast, group = group, subject = subject)
  known <- if (length(stated(columns))) samples_for(x, samples, columns)
  questions <- list(contrast = contrast, axis = axis, dimension = dimension, head = full_path(head))
  values <- lapply(list(case = case, control = control), function(value) if (!is.null(value)) as.character(value))
  options <- single(c(
    questions, values, list(group = group, subject = subject, baseline = baseline, resamples = resamples, seed = seed)
  ))
  check_embedding(E, "explain_embedding(x, contrast = %s)")
  start_progress("Drawing samples again ...", quiet)
  answer <- ask_about(
    "explain", E, x,
    options = options, samples = known, by_sample = by_sample, engine = engine, quiet = quiet
  )
  warn_of(answer$result$warnings, E)
  new_explanation(answer)
}

new_explanation <- function(answer) {
  result <- answer$result
  explained <- structure(
    tidy_frame(result$taxa),
    class = c("mbembed_explanation", "data.frame"),
    words = as.character(result$words), scores = tidy_frame(result$scores), summary = result$summary
  )
  if (length(answer$parts)) {
    samples <- attr(explained, "scores")$sample
    attr(explained, "by_sample") <- named_matrix(answer$parts[[1]], samples, as.character(result$by_sample), size = 8L)
  }
  explained
}

# The column that a contrast names: that of a one-sided formula, or a text.
contrast_column <- function(contrast) {
  if (!inherits(contrast, "formula")) {
    return(contrast)
  }
  said <- paste(deparse(contrast), collapse = " ")
  if (length(contrast) == 3) {
    abort(
      "usage", sprintf("the formula %s has two sides", said), "one side: the column with the two groups",
      sprintf("contrast = ~ %s", paste(all.vars(contrast[[2]]), collapse = ""))
    )
  }
  if (!is.name(contrast[[2]]) || identical(contrast[[2]], quote(.))) {
    named <- setdiff(all.vars(contrast), ".")
    abort(
      "usage", sprintf("the formula %s names %s", said, if (length(named) > 1) "several columns" else "no single column"),
      "one column with two groups; group = and subject = take a study and a person into account",
      sprintf("contrast = ~ %s", c(named, "group")[1])
    )
  }
  as.character(contrast[[2]])
}

#' @export
`[.mbembed_explanation` <- function(x, ...) as.data.frame(x)[...]

#' @export
as.data.frame.mbembed_explanation <- function(x, ...) {
  attributes(x) <- attributes(x)[c("names", "row.names")]
  class(x) <- "data.frame"
  x
}

#' @export
print.mbembed_explanation <- function(x, n = 10, ...) {
  for (text in attr(x, "words")) cat(strwrap(in_r_words(text), width = 0.95 * getOption("width"), exdent = 2), sep = "\n")
  shown <- c("name", "attribution", "lower", "upper", "stable", "change")
  taxa <- utils::head(as.data.frame(x)[shown], n)
  for (column in c("attribution", "lower", "upper")) taxa[[column]] <- sprintf("%+.3f", taxa[[column]])
  taxa$change <- sprintf("%+.2f", taxa$change)
  taxa$stable <- ifelse(taxa$stable, "yes", "no")
  cat("\n")
  print(taxa, row.names = FALSE, right = TRUE)
  if (nrow(x) > n) cat("and", counted(nrow(x) - n, "row"), "more; autoplot() draws them\n")
  invisible(x)
}

#' Plot which taxa speak
#'
#' The largest attributions as bars with their intervals. Colour says in which group its mean log abundance is higher; those that
#' are not stable when samples are drawn again are grey.
#'
#' @param object,x What [explain_embedding()] gives.
#' @param n How many taxa to draw.
#' @param ... Arguments of `autoplot()`; none besides `n` are used.
#' @return A ggplot.
#' @exportS3Method ggplot2::autoplot
autoplot.mbembed_explanation <- function(object, n = 20, ...) {
  rlang::check_installed("ggplot2", "to draw an explanation.")
  summary <- attr(object, "summary")
  groups <- names(summary$groups$sizes)
  where <- if (length(groups)) paste("in", groups[1]) else "where the score is high"
  kinds <- c(paste("higher mean log abundance", where), paste("lower mean log abundance", where), "not stable when samples are drawn again")
  taxa <- utils::head(as.data.frame(object), n)
  kind <- ifelse(taxa$stable, ifelse(taxa$change > 0, 1, 2), 3)
  taxa$kind <- factor(kinds[kind], kinds)
  twice <- duplicated(taxa$name) | duplicated(taxa$name, fromLast = TRUE)
  labels <- shorten(ifelse(twice, sprintf("%s [%s]", taxa$name, taxa$taxon), taxa$name), taxon_length)
  taxa$label <- factor(labels, rev(labels))
  total <- summary$total
  ggplot2::ggplot(taxa, ggplot2::aes(.data$attribution, .data$label, fill = .data$kind)) +
    ggplot2::geom_vline(xintercept = 0, colour = unknown$colour) +
    ggplot2::geom_col(width = 0.72) +
    ggplot2::geom_linerange(
      ggplot2::aes(xmin = .data$lower, xmax = .data$upper, colour = .data$stable),
      show.legend = FALSE
    ) +
    ggplot2::scale_fill_manual(values = stats::setNames(c(colours[1:2], pale), kinds), drop = FALSE) +
    ggplot2::scale_colour_manual(values = c("TRUE" = "#333333", "FALSE" = unknown$colour)) +
    ggplot2::labs(
      x = if (length(groups)) {
        sprintf("part of the difference in score, %s less %s", groups[1], groups[2])
      } else {
        "share of the score's variance"
      },
      y = NULL, fill = NULL, title = paste("Taxa that speak in", summary$explained$words),
      subtitle = if (length(groups)) {
        sprintf(
          "in samples that the score was not fitted on, the groups differ by %.2f (%.2f to %.2f)",
          total$attribution, total$lower, total$upper
        )
      }
    ) +
    ggplot2::theme_bw() +
    ggplot2::theme(
      legend.position = "bottom", legend.direction = "vertical", panel.grid.minor = ggplot2::element_blank(),
      panel.grid.major.y = ggplot2::element_blank(), plot.title.position = "plot"
    )
}

#' @rdname autoplot.mbembed_explanation
#' @export
plot.mbembed_explanation <- function(x, ...) autoplot.mbembed_explanation(x, ...)
