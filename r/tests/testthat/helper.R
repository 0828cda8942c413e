skip_without_python <- function() {
  skip_if_not(mbembed_available(), "no Python with mbembed (MBEMBED_PYTHON)")
}

skip_without_reticulate <- function() {
  skip_without_python()
  skip_if_not_installed("reticulate", "1.28")
}

# A file of the real data, which are not in the repository.
shared <- function(...) {
  folder <- Sys.getenv("MBEMBED_SHARED")
  skip_if(folder == "", "real data absent (MBEMBED_SHARED)")
  path <- file.path(folder, ...)
  skip_if_not(file.exists(path), paste("real data absent:", file.path(...)))
  path
}

quietly <- function(...) suppressWarnings(embed_samples(..., quiet = TRUE), classes = "mbembed_warning")

# What the Python API makes of a file: a plain matrix with the names of the samples.
python_embeds <- function(file, ...) {
  code <- paste(
    "import sys, json, mbembed",
    "e = mbembed.embed(sys.argv[1], **json.loads(sys.argv[3]))",
    "open(sys.argv[2], 'wb').write(e.values.astype('<f4').tobytes(order='F'))",
    "open(sys.argv[2] + '.ids', 'w', encoding='utf-8').write(json.dumps(e.sample_ids))",
    sep = "\n"
  )
  script <- withr::local_tempfile(lines = code, fileext = ".py")
  out <- withr::local_tempfile()
  options <- as.character(jsonlite::toJSON(list(...), auto_unbox = TRUE))
  if (!length(list(...))) options <- "{}"
  status <- run_clean(c(find_python()$version$executable, script, file, out, options), "")
  stopifnot(status == 0)
  ids <- jsonlite::fromJSON(paste0(out, ".ids"))
  values <- readBin(out, "numeric", file.size(out) / 4, size = 4L, endian = "little")
  matrix(values, length(ids), dimnames = list(ids, NULL))
}

# The same numbers for the same samples by both routes, and by the Python API on the saved object.
expect_same_everywhere <- function(object, ...) {
  by_process <- quietly(object, ..., engine = "process")
  file <- withr::local_tempfile(fileext = ".rds")
  saveRDS(object, file)
  by_python <- python_embeds(file, ...)
  expect_identical(unname(as.matrix(by_process)), unname(by_python))
  expect_identical(rownames(by_process), rownames(by_python))
  expect_identical(as.matrix(quietly(file, ...)), as.matrix(by_process))
  if (requireNamespace("reticulate", quietly = TRUE)) {
    expect_identical(quietly(object, ..., engine = "reticulate"), by_process)
  }
  invisible(by_process)
}

# Runs code in an R of its own, which a crash would not take the tests with.
in_new_r <- function(code, env = character()) {
  file <- withr::local_tempfile(lines = c(
    sprintf(".libPaths(%s)", paste(deparse(.libPaths()), collapse = "")),
    "options(mbembed.quiet = FALSE, cli.unicode = FALSE, width = 80)",
    code
  ), fileext = ".R")
  withr::local_envvar(env)
  out <- suppressWarnings(
    system2(file.path(R.home("bin"), "Rscript"), c("--vanilla", shQuote(file)), stdout = TRUE, stderr = TRUE)
  )
  list(out = paste(out, collapse = "\n"), status = attr(out, "status") %||% 0L)
}

# Hides what depends on the machine.
mask <- function(lines) gsub("(/[^ ():\"]+)+", "<path>", lines)

# Hides what depends on the default model: its name, its size, how it knows the species.
mask_model <- function(lines) {
  lines <- gsub(list_models(quiet = TRUE)$name[1], "<model>", lines, fixed = TRUE)
  lines <- gsub("[0-9]+[.][0-9]+%", "<share>", lines)
  lines <- gsub("[0-9,]+ dimensions", "<n> dimensions", lines)
  lines <- gsub("[0-9,]+ columns more", "<n> columns more", lines)
  lines <- gsub("reached: [0-9]+ of [0-9]+", "reached: <n> of <n>", lines)
  lines <- gsub("(orientation: [a-z-]+ . ).*", "\\1<reason>", lines)
  # Widths too: they depend on the digits and the signs.
  lines <- gsub(" +-?[0-9]+[.][0-9]+( +-?[0-9]+[.][0-9]+)+", " <numbers>", lines)
  lines <- gsub("( +embedding_[0-9]+)+$", " <dimensions>", lines)
  lines[!grepl("[0-9]+ taxa, <share> of the abundance$", lines)] # one line for each rule of names
}

# Species that any model of the gut knows.
species <- c(
  "Bacteroides uniformis", "Faecalibacterium prausnitzii", "Escherichia coli", "Akkermansia muciniphila",
  "Bifidobacterium longum", "Parabacteroides distasonis"
)

# Fractions, samples in rows; the last species is missing from the first sample.
fractions <- function(n = 4) {
  values <- outer(seq_len(n), seq_along(species), function(i, j) (i * 7 + j * 13) %% 11 + 1)
  values[1, length(species)] <- 0
  values <- values / rowSums(values)
  dimnames(values) <- list(paste0("P", seq_len(n)), species)
  values
}

as_phyloseq <- function(values = fractions(), taxa_are_rows = FALSE, ranks = FALSE, samples = FALSE) {
  if (taxa_are_rows) values <- t(values)
  parts <- list(phyloseq::otu_table(values, taxa_are_rows = taxa_are_rows))
  taxa <- phyloseq::taxa_names(parts[[1]])
  if (ranks) {
    table <- cbind(Domain = "Bacteria", Genus = sub(" .*", "", taxa), Species = taxa)
    rownames(table) <- taxa
    parts <- c(parts, list(phyloseq::tax_table(table)))
  }
  if (samples) {
    names <- phyloseq::sample_names(parts[[1]])
    table <- data.frame(group = rep_len(c("a", "b"), length(names)), age = seq_along(names), row.names = names)
    parts <- c(parts, list(phyloseq::sample_data(table)))
  }
  if (length(parts) == 1) parts[[1]] else do.call(phyloseq::phyloseq, parts)
}
