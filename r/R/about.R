# Questions about an embedding, and the table that it was made of.

# Asks Python: E goes along, and the table of x, to be embedded again as it was; other vectors are an error.
ask_about <- function(do, E, x = NULL, options = NULL, ..., engine = "process", quiet = FALSE) {
  asked <- attr(E, "asked")
  asked$options$device <- NULL # vectors of a GPU are the same but for rounding
  table <- if (!is.null(x)) table_of(x, assay.type = asked$assay.type)
  values <- as_plain(E)
  vectors <- writeBin(as.vector(values), raw(), size = 4L, endian = "little")
  made <- attr(E, "summary")
  ask(
    do, new_table(table$meta, c(table$parts, list(vectors))),
    model = asked$model, options = c(asked$options, options),
    embedding = list(samples = as_texts(rownames(values)), summary = made[c("model", "options")]),
    ..., engine = engine, quiet = quiet
  )
}

# Checks that E is an embedding; `call` is what to type if a formula stands in its place.
check_embedding <- function(E, call = NULL) {
  if (is_embedding(E)) {
    return(invisible())
  }
  is_formula <- inherits(E, "formula") && !is.null(call)
  abort(
    "usage", sprintf("E is of class %s", paste(class(E), collapse = "/")), "what embed_samples() gives",
    if (is_formula) sprintf(call, paste(deparse(E), collapse = " ")) else "E <- embed_samples(x)"
  )
}

# What crosses of the samples of x: the columns that arguments name, as text.
samples_for <- function(x, samples, columns) {
  if (is.null(samples) && is.character(x)) {
    return(NULL) # the file may carry them
  }
  samples <- samples %||% sample_table(x)
  check_columns(columns, samples)
  samples_meta(as.data.frame(lapply(samples[unique(unlist(columns))], as.character), optional = TRUE, row.names = rownames(samples)))
}

# Warns of what E has not warned of already.
warn_of <- function(warnings, E) {
  for (text in setdiff(unlist(warnings), unlist(attr(E, "summary")$warnings))) warn(text)
}

# Columns from Python as a data frame; numbers are doubles, whether or not they have a fraction.
tidy_frame <- function(columns) {
  columns <- lapply(columns, function(column) {
    if (is.list(column)) unlist(column) %||% logical() else if (is.integer(column)) as.double(column) else column
  })
  as.data.frame(columns, stringsAsFactors = FALSE)
}
