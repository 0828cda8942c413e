# What is known of the samples of an object: data frames with the sample names as row names.

# Columns that a message names.
named_columns <- 10L

# The sample data of an object; NULL if it carries none.
known_samples <- function(x) {
  found <- NULL
  if (inherits(x, "phyloseq")) {
    found <- phyloseq::sample_data(x, errorIfNULL = FALSE)
    if (!is.null(found)) found <- data.frame(found, check.names = FALSE)
  } else if (inherits(x, "SummarizedExperiment")) {
    found <- as.data.frame(SummarizedExperiment::colData(x), optional = TRUE)
  }
  if (!is.null(found) && ncol(found)) found
}

# The same, where it is needed.
sample_table <- function(x) {
  known_samples(x) %||% abort(
    "usage", "nothing is known of the samples of x", "sample data with the columns that are named",
    "samples = a data frame with the sample names as row names"
  )
}

# Checks that the columns which arguments name are there; NULL names none.
check_columns <- function(columns, samples) {
  if (!is.data.frame(samples)) {
    abort(
      "usage", sprintf("samples is of class %s", paste(class(samples), collapse = "/")),
      "a data frame with the sample names as row names", "as.data.frame(samples)"
    )
  }
  columns <- stated(columns)
  for (i in seq_along(columns)) {
    column <- columns[[i]]
    if (!has_text(column) || !column %in% names(samples)) {
      abort(
        "usage",
        sprintf("there is no column '%s' in the sample data", paste(column, collapse = " ")),
        paste("one of:", paste(utils::head(names(samples), named_columns), collapse = ", ")),
        sprintf("%s = \"%s\"", names(columns)[i], names(samples)[1])
      )
    }
  }
}

# What crosses to Python of sample data.
samples_meta <- function(samples) {
  columns <- plain_columns(samples)
  if (length(columns)) list(names = as_texts(rownames(samples)), columns = columns)
}
