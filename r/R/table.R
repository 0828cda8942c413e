# R's objects taken apart into what crosses to Python: raw vectors, integers and text.
#
# table_of() gives a list with `meta` (what becomes JSON) and `parts` (the non-zero values by columns,
# as in a dgCMatrix: values, rows from 0, offsets of columns). For a file it gives its path.

# Assays that hold abundances, the best first: names that mia and curatedMetagenomicData use.
assay_names <- c("relative_abundance", "relabundance", "counts")
# Columns that a warning names.
shown_names <- 5L

table_of <- function(x, ...) UseMethod("table_of")

new_table <- function(meta, parts = list()) structure(list(meta = meta, parts = parts), class = "mbembed_table")

#' @export
table_of.mbembed_table <- function(x, ...) x

#' @export
table_of.default <- function(x, ...) {
  abort(
    "usage",
    sprintf("an object of class %s cannot be read", paste(class(x), collapse = "/")),
    "a phyloseq object, an otu_table, a matrix, a data frame, a SummarizedExperiment, or the path of a file",
    "as.matrix(x), with samples and species as row and column names"
  )
}

#' @export
table_of.character <- function(x, ...) {
  missing <- x[!file.exists(x)]
  if (!length(x) || length(missing)) {
    abort(
      "table",
      if (length(missing)) sprintf("there is no file %s", missing[1]) else "no file was named",
      "the path of an abundance table",
      sprintf("list.files() shows what is in %s", getwd())
    )
  }
  path <- enc2utf8(normalizePath(x, winslash = "/"))
  new_table(if (length(path) == 1) path else I(path))
}

#' @export
table_of.phyloseq <- function(x, with_samples = FALSE, ...) {
  rlang::check_installed("phyloseq", "to take a phyloseq object apart.")
  table <- table_of(phyloseq::otu_table(x))
  table$meta$kind <- "phyloseq"
  ranks <- phyloseq::tax_table(x, errorIfNULL = FALSE)
  if (!is.null(ranks)) {
    ranks <- methods::as(ranks, "matrix")
    taxa <- if (table$meta$taxa_are_rows) table$meta$rows else table$meta$columns
    row <- match(taxa, enc2utf8(rownames(ranks)))
    titles <- colnames(ranks) %||% paste0("ta", seq_len(ncol(ranks)))
    columns <- lapply(seq_len(ncol(ranks)), function(i) as_texts(ranks[row, i]))
    table$meta$ranks <- stats::setNames(columns, titles)
  }
  if (with_samples) table$meta$samples <- samples_meta(known_samples(x))
  table
}

#' @export
table_of.otu_table <- function(x, ...) {
  rlang::check_installed("phyloseq", "to take an otu_table apart.")
  flag <- isTRUE(phyloseq::taxa_are_rows(x))
  matrix_parts(methods::as(x, "matrix"), "otu_table", taxa_are_rows = flag)
}

#' @export
table_of.matrix <- function(x, ...) matrix_parts(x, "matrix")

#' @export
table_of.Matrix <- function(x, ...) matrix_parts(x, "matrix")

#' @export
table_of.data.frame <- function(x, ...) {
  is_number <- vapply(x, function(column) is.numeric(column) && is.null(dim(column)), TRUE)
  if (!any(is_number) || !nrow(x)) {
    abort(
      "table",
      sprintf("the data frame has %s and %s of numbers", counted(nrow(x), "row"), counted(sum(is_number), "column")),
      "one column of numbers for each species, or for each sample",
      "str(x) shows what its columns are"
    )
  }
  notes <- list()
  rows <- rownames(x)
  text <- which(!is_number)
  if (length(text) && identical(rows, as.character(seq_len(nrow(x))))) {
    rows <- as.character(x[[text[1]]])
    rows[is.na(rows)] <- "NA"
    notes <- list(I(c("id column", names(x)[text[1]], "the first column of text; the data frame has no row names")))
    text <- text[-1]
  }
  for (i in text) check_no_numbers(x[[i]], names(x)[i])
  if (length(text)) {
    some <- paste(utils::head(names(x)[text], shown_names), collapse = ", ")
    if (length(text) > shown_names) some <- paste0(some, ", ...")
    warn(sprintf("%s of the data frame left out, as %s no numbers: %s",
      counted(length(text), "column"), if (length(text) == 1) "it holds" else "they hold", some
    ))
  }
  values <- as.matrix(as.data.frame(x)[is_number])
  dimnames(values) <- list(rows, names(x)[is_number])
  matrix_parts(values, "data.frame", notes = notes)
}

# Numbers that were read as text would go missing with their sample or species.
check_no_numbers <- function(column, name) {
  cells <- trimws(as.character(column))
  cells <- cells[!is.na(cells) & nzchar(cells)]
  if (length(cells) && is.atomic(column) && !anyNA(suppressWarnings(as.numeric(cells)))) {
    abort(
      "cell", sprintf("the column '%s' of the data frame holds numbers as %s", name, class(column)[1]),
      "abundances as numbers, and nothing else that looks like them",
      sprintf("x$`%s` <- as.numeric(as.character(x$`%s`)), or x$`%s` <- NULL if it is no abundance", name, name, name)
    )
  }
}

#' @export
table_of.SummarizedExperiment <- function(x, assay.type = NULL, with_samples = FALSE, ...) {
  rlang::check_installed("SummarizedExperiment", "to take a SummarizedExperiment apart.")
  titles <- SummarizedExperiment::assayNames(x) %||% character()
  n_assays <- length(SummarizedExperiment::assays(x, withDimnames = FALSE))
  known <- intersect(assay_names, titles)
  chosen <- assay.type %||% if (length(known)) known[1] else 1L
  if (!length(chosen) || length(chosen) > 1 || !chosen %in% c(titles, seq_len(n_assays))) {
    abort(
      "table",
      if (n_assays) sprintf("there is no assay '%s'", paste(chosen, collapse = " ")) else "the object has no assay",
      "an assay of abundances",
      sprintf("assay.type = \"%s\"", if (length(titles)) titles[1] else "counts")
    )
  }
  values <- SummarizedExperiment::assay(x, chosen)
  name <- if (is.character(chosen)) chosen else if (length(titles)) titles[chosen] else paste("assay", chosen)
  reason <- if (!is.null(assay.type)) {
    "given"
  } else if (n_assays == 1) {
    "its only assay"
  } else {
    paste("of its assays", paste(titles, collapse = ", "))
  }
  table <- matrix_parts(values, "SummarizedExperiment", taxa_are_rows = TRUE, notes = list(I(c("assay", name, reason))))
  features <- plain_columns(as.data.frame(SummarizedExperiment::rowData(x), optional = TRUE))
  if (length(features)) table$meta$ranks <- features
  if (with_samples) table$meta$samples <- samples_meta(known_samples(x))
  table
}

matrix_parts <- function(x, kind, taxa_are_rows = NULL, notes = list()) {
  if (!all(dim(x))) {
    abort(
      "empty_table", sprintf("the table has %s and %s", counted(nrow(x), "row"), counted(ncol(x), "column")),
      "at least one sample and one species", "dim(x) at each step shows where they went"
    )
  }
  names <- list(rows = rownames(x), columns = colnames(x))
  nameless <- names(names)[vapply(names, function(side) is.null(side) || anyNA(side), TRUE)]
  if (length(nameless)) {
    side <- names[[nameless[1]]]
    some <- if (length(side)) sprintf("%s of the %d %s", sum(is.na(side)), length(side), nameless[1])
    abort(
      "table",
      paste(some %||% paste("the", paste(nameless, collapse = " and ")), "of the table have no names"),
      "species names on one side and sample names on the other",
      paste(if (nameless[1] == "rows") "rownames(x)" else "colnames(x)", "<- the names of its samples, or of its species")
    )
  }
  meta <- list(kind = kind, rows = as_texts(rownames(x)), columns = as_texts(colnames(x)), notes = notes)
  meta$taxa_are_rows <- taxa_are_rows
  new_table(meta, sparse_parts(x))
}

# Non-zero values by columns, as raw vectors. Missing values cross as such: Python decides what they mean.
sparse_parts <- function(x) {
  if (inherits(x, "Matrix")) {
    x <- methods::as(methods::as(methods::as(x, "dMatrix"), "generalMatrix"), "CsparseMatrix")
    values <- x@x
    rows <- x@i
    offsets <- x@p
  } else {
    x <- as.matrix(x)
    if (!is.numeric(x) && !is.logical(x)) {
      abort(
        "cell", sprintf("the table holds values of type %s", typeof(x)), "numbers in every cell",
        "leave out the columns that are no abundances"
      )
    }
    filled <- which(is.na(x) | x != 0)
    values <- as.double(x[filled])
    rows <- (filled - 1L) %% nrow(x)
    offsets <- c(0, cumsum(tabulate((filled - 1L) %/% nrow(x) + 1L, ncol(x))))
  }
  list(
    writeBin(as.double(values), raw(), endian = "little"),
    writeBin(as.integer(rows), raw(), endian = "little"),
    writeBin(as.integer(offsets), raw(), endian = "little")
  )
}

# A character vector that stays an array in JSON, whatever its length.
as_texts <- function(x) I(enc2utf8(as.character(x)))

# The columns of a data frame as text, numbers and truth values; others (lists, matrices) are left out.
plain_columns <- function(x) {
  keep <- vapply(x, function(column) is.atomic(column) && is.null(dim(column)), TRUE)
  lapply(x[keep], function(column) if (is.factor(column) || !is.null(oldClass(column))) as_texts(column) else I(column))
}
