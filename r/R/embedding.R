# The class of what embed_samples() gives: a numeric matrix that knows where it comes from.

# Rows and columns, taxa and samples that print() and summary() show.
shown_rows <- 6L
shown_columns <- 4L
shown_taxa <- 5L

# What an embedding knows beside its numbers.
known_attributes <- c("class", "model", "match", "summary", "samples", "asked")

new_embedding <- function(answer, asked) {
  result <- answer$result
  samples <- as.character(result$samples)
  dimensions <- as.character(result$dimensions)
  values <- named_matrix(answer$parts[[1]], samples, dimensions)
  match <- as.data.frame(lapply(result$match, unlist), stringsAsFactors = FALSE)
  for (column in c("mean_abundance", "prevalence")) match[[column]] <- as.double(match[[column]])
  structure(
    values,
    class = c("mbembed_embedding", "matrix", "array"),
    model = result$summary$model$name,
    match = match,
    summary = result$summary,
    asked = asked
  )
}

# A matrix that came as raw numbers of 4 or 8 bytes, column by column; what is missing is NA.
named_matrix <- function(part, rows, columns, size = 4L) {
  values <- readBin(part, "numeric", n = length(rows) * length(columns), size = size, endian = "little")
  values[is.nan(values)] <- NA_real_
  matrix(values, length(rows), length(columns), dimnames = list(rows, columns))
}

# Adds the sample data of an object to its embedding.
with_samples <- function(E, x) {
  samples <- known_samples(x)
  attr(E, "samples") <- samples[match(rownames(E), rownames(samples)), , drop = FALSE]
  E
}

is_embedding <- function(x) inherits(x, "mbembed_embedding")

# The numbers alone.
as_plain <- function(x) {
  attributes(x) <- attributes(x)[c("dim", "dimnames")]
  x
}

#' @export
`[.mbembed_embedding` <- function(x, i, j, ..., drop = TRUE) {
  plain <- as_plain(x)
  if (nargs() - (!missing(drop)) < 3) {
    return(if (missing(i)) x else plain[i])
  }
  if (missing(j) && !missing(i)) {
    rows <- plain[i, , drop = FALSE]
    if (nrow(rows) == 1 && drop) {
      return(rows[1, ])
    }
    for (name in known_attributes) attr(rows, name) <- attr(x, name)
    samples <- attr(x, "samples")
    attr(rows, "samples") <- samples[match(rownames(rows), rownames(samples)), , drop = FALSE]
    return(rows)
  }
  plain[i, j, drop = drop]
}

#' @export
t.mbembed_embedding <- function(x) t(as_plain(x))

#' @export
as.matrix.mbembed_embedding <- function(x, ...) as_plain(x)

#' @export
as.data.frame.mbembed_embedding <- function(x, ...) as.data.frame(as_plain(x), ...)

# What was matched, in one sentence.
said_of <- function(x) {
  match <- attr(x, "summary")$match
  sprintf(
    "%s, %s; %s knows %s of the abundance of the median sample and %s of %s taxa",
    counted(nrow(x), "sample"), counted(ncol(x), "dimension"), attr(x, "model"), as_percent(match$median_coverage),
    format(match$taxa_matched, big.mark = ","), format(match$taxa, big.mark = ",")
  )
}

#' @export
print.mbembed_embedding <- function(x, ...) {
  cat("<mbembed embedding> ", said_of(x), "\n", sep = "")
  rows <- seq_len(min(nrow(x), shown_rows))
  columns <- seq_len(min(ncol(x), shown_columns))
  print(as_plain(x)[rows, columns, drop = FALSE], ...)
  more <- c(
    if (nrow(x) > length(rows)) counted(nrow(x) - length(rows), "row"),
    if (ncol(x) > length(columns)) counted(ncol(x) - length(columns), "column")
  )
  if (length(more)) cat("and", paste(more, collapse = ", "), "more; summary() says what was matched\n")
  invisible(x)
}

#' @rdname embed_samples
#' @param object An embedding.
#' @export
summary.mbembed_embedding <- function(object, ...) {
  structure(
    list(
      samples = nrow(object), dimensions = ncol(object), model = attr(object, "model"),
      summary = attr(object, "summary")
    ),
    class = "summary.mbembed_embedding"
  )
}

#' @export
print.summary.mbembed_embedding <- function(x, ...) {
  read <- x$summary$input
  match <- x$summary$match
  size <- paste(counted(x$samples, "sample"), "in", counted(x$dimensions, "dimension"))
  cat(sprintf("Embedding of %s by the model %s\n", size, x$model))
  cat(sprintf("\nRead: %d samples \u00d7 %d taxa\n", read$samples, read$taxa))
  for (one in read$decisions) cat(sprintf("  %s: %s \u2013 %s\n", one$what, one$value, one$reason))
  cat(sprintf("\nMatched (%s):\n", match$verdict))
  cat(matched_in_words(match), sep = "\n")
  rules <- match$rules
  for (rule in names(rules)) {
    share <- as_percent(rules[[rule]]$mean_abundance)
    cat(sprintf("  %s: %.0f taxa, %s of the abundance\n", rule, rules[[rule]]$taxa, share))
  }
  left_out <- x$summary$output$left_out
  if (length(left_out)) {
    cat(sprintf("\nWithout a vector (%s):\n", counted(length(left_out), "sample")))
    some <- utils::head(left_out, shown_taxa)
    cat(sprintf("  %s: %s\n", names(some), unlist(some)), sep = "")
  }
  warnings <- unlist(x$summary$warnings)
  if (length(warnings)) cat("\nNote:\n", paste0("  ", vapply(warnings, in_r_words, ""), "\n"), sep = "")
  invisible(x)
}

# The numbers of a match, as lines; the same for summary() and inspect_profile().
matched_in_words <- function(match) {
  left <- match$leftovers
  leftovers <- vapply(utils::head(left, shown_taxa), function(one) {
    sprintf("%s (%s, %s)", one$name, as_percent(one$mean_abundance), one$reason)
  }, "")
  c(
    sprintf("  abundance matched: %s in the median sample", as_percent(match$median_coverage)),
    sprintf(
      "  taxa matched: %d of %d; model species reached: %d of %d",
      match$taxa_matched, match$taxa, match$species_reached, match$species_in_model
    ),
    if (length(leftovers)) paste("  most abundant without a match:", paste(leftovers, collapse = ", "))
  )
}
