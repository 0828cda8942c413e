test_that("every kind of object gives the same vectors, by every route", {
  skip_without_python()
  values <- fractions()
  E <- expect_same_everywhere(values)
  expect_identical(dimnames(E)[[1]], rownames(values))
  expect_type(E, "double")
  same <- function(x, ...) expect_identical(as.matrix(quietly(x, ...)), as.matrix(E))
  same(t(values))
  same(as.data.frame(values))
  same(data.frame(id = rownames(values), values, check.names = FALSE, row.names = NULL))
  skip_if_not_installed("Matrix")
  expect_same_everywhere(methods::as(values, "CsparseMatrix"))
  same(methods::as(values, "CsparseMatrix"))
  same(methods::as(methods::as(t(values), "CsparseMatrix"), "RsparseMatrix"))
})

test_that("phyloseq in either orientation, with and without its parts", {
  skip_without_python()
  skip_if_not_installed("phyloseq")
  E <- as.matrix(quietly(fractions()))
  for (taxa_are_rows in c(TRUE, FALSE)) {
    expect_identical(as.matrix(quietly(as_phyloseq(taxa_are_rows = taxa_are_rows))), E) # an otu_table
    full <- as_phyloseq(taxa_are_rows = taxa_are_rows, ranks = TRUE, samples = TRUE)
    expect_identical(as.matrix(expect_same_everywhere(full)), E)
    expect_identical(as.matrix(quietly(as_phyloseq(taxa_are_rows = taxa_are_rows, samples = TRUE))), E)
  }
  expect_same_everywhere(as_phyloseq(ranks = TRUE))
})

test_that("prefixes of ranks go before the names of the columns; NA and factors are names too", {
  skip_without_python()
  skip_if_not_installed("phyloseq")
  values <- fractions()
  colnames(values) <- paste0("OTU", seq_along(species))
  ranks <- data.frame(
    Rank1 = "k__Bacteria", Rank2 = NA, Rank6 = paste0("g__", sub(" .*", "", species)),
    Rank7 = factor(paste0("s__", species)), row.names = colnames(values)
  )
  ps <- phyloseq::phyloseq(
    phyloseq::otu_table(values, taxa_are_rows = FALSE), phyloseq::tax_table(as.matrix(ranks))
  )
  E <- expect_same_everywhere(ps)
  expect_identical(as.matrix(E), as.matrix(quietly(fractions())))
  ranks$Rank7[2] <- NA
  phyloseq::tax_table(ps) <- phyloseq::tax_table(as.matrix(ranks))
  expect_lt(attr(expect_same_everywhere(ps), "summary")$match$median_coverage, 1)
})

test_that("one sample, one taxon, integer-like names", {
  skip_without_python()
  skip_if_not_installed("phyloseq")
  values <- fractions()
  E <- quietly(values)
  one <- quietly(values[2, , drop = FALSE])
  expect_identical(as.matrix(one), as.matrix(E)[2, , drop = FALSE])
  expect_same_everywhere(as_phyloseq(values[3, , drop = FALSE], ranks = TRUE, samples = TRUE))
  single <- values[, 1, drop = FALSE] / values[, 1]
  expect_identical(nrow(expect_same_everywhere(single, orientation = "samples-in-rows")), 4L)
  expect_same_everywhere(as_phyloseq(single, taxa_are_rows = TRUE))
  rownames(values) <- 1:4
  expect_identical(rownames(quietly(values)), as.character(1:4))
  expect_identical(rownames(quietly(as_phyloseq(values))), as.character(1:4))
  rownames(values) <- rownames(phyloseq::sample_data(data.frame(a = 1:4))) # as phyloseq renames them
  expect_identical(rownames(values), paste0("sa", 1:4))
  ps <- as_phyloseq(values, samples = TRUE)
  expect_identical(rownames(expect_same_everywhere(ps)), phyloseq::sample_names(ps))
})

test_that("counts and percent give the vectors of their fractions", {
  skip_without_python()
  counts <- matrix(as.integer(fractions() * 1e6), 4, dimnames = dimnames(fractions()))
  E <- expect_same_everywhere(counts)
  expect_identical(attr(E, "summary")$input$units, "counts")
  expect_identical(as.matrix(quietly(100 * fractions(), units = "percent")), as.matrix(quietly(100 * fractions())))
  expect_equal(as.matrix(E), as.matrix(quietly(fractions())), tolerance = 1e-3)
})

test_that("SummarizedExperiment and its children", {
  skip_without_python()
  skip_if_not_installed("SingleCellExperiment")
  values <- t(fractions())
  rows <- S4Vectors::DataFrame(Genus = sub(" .*", "", species), Species = factor(species))
  se <- SummarizedExperiment::SummarizedExperiment(list(counts = values * 100, relabundance = values), rowData = rows)
  E <- expect_same_everywhere(se)
  expect_identical(as.matrix(E), as.matrix(quietly(fractions())))
  decisions <- attr(E, "summary")$input$decisions
  expect_identical(Filter(function(one) one$what == "assay", decisions)[[1]]$value, "relabundance")
  sparse <- methods::as(values, "CsparseMatrix")
  sce <- SingleCellExperiment::SingleCellExperiment(list(abundance = sparse), rowData = rows)
  expect_identical(as.matrix(expect_same_everywhere(sce)), as.matrix(E))
  counts <- quietly(se, assay.type = "counts", units = "percent")
  expect_identical(attr(counts, "summary")$input$units, "percent")
  expect_error(embed_samples(se, assay.type = "rpkm"), class = "mbembed_error_table")
})

test_that("names of any script, and lone ones, come back as they were", {
  skip_without_python()
  values <- fractions()
  rownames(values) <- c("\u00dcn\u00ef-\u03bc", "NA", "1e5", "a \"b\"\\ c")
  E <- expect_same_everywhere(values)
  expect_identical(rownames(E), rownames(values))
})

test_that("samples without a vector are left out, or missing, with a warning", {
  skip_without_python()
  values <- rbind(fractions(), nothing = 0)
  expect_warning(
    expect_warning(E <- embed_samples(values, quiet = TRUE), "left out: nothing", class = "mbembed_warning"),
    "all zero",
    class = "mbembed_warning"
  )
  expect_identical(nrow(E), 4L)
  E <- quietly(values, on_empty = "nan")
  expect_true(all(is.na(E["nothing", ])))
  expect_same_everywhere(values)
})

test_that("nothing that matches is an error with its three parts", {
  skip_without_python()
  values <- fractions()
  colnames(values) <- paste("Unknownia", c("una", "dua", "tria", "quattra", "quinqua", "sexta"))
  error <- tryCatch(embed_samples(values, quiet = TRUE), error = identity)
  expect_s3_class(error, c("mbembed_error_no_match", "mbembed_error"))
  expect_match(error$hint, "inspect_profile(x)", fixed = TRUE)
  expect_identical(error$fields$n_taxa, 6L)
  if (requireNamespace("reticulate", quietly = TRUE)) {
    there <- tryCatch(embed_samples(values, quiet = TRUE, engine = "reticulate"), error = identity)
    expect_identical(conditionMessage(there), conditionMessage(error))
    expect_identical(class(there), class(error))
  }
})

test_that("wrong arguments are refused here or there", {
  skip_without_python()
  values <- fractions()
  values[2, 2] <- NA
  expect_error(embed_samples(values, quiet = TRUE), class = "mbembed_error_cell")
  expect_identical(nrow(quietly(values, missing = "zero")), 4L)
  expect_error(
    embed_samples(fractions(), model = "no-such-model", quiet = TRUE),
    class = "mbembed_error_model_not_found"
  )
  expect_error(embed_samples(values, min_coverage = 60, missing = "zero", quiet = TRUE), class = "mbembed_error_usage")
  expect_error(embed_samples(values, names = "guess"), class = "rlang_error")
  expect_error(embed_samples(values, engine = "reticulate", device = "cuda"), class = "mbembed_error_usage")
})

test_that("what is said names the route and can be silenced", {
  skip_without_python()
  expect_message(embed_samples(fractions(), engine = "process"), "route: process", class = "mbembed_message")
  expect_no_message(embed_samples(fractions(), quiet = TRUE))
  withr::local_options(cli.dynamic = TRUE)
  withr::local_envvar(TERM = "xterm")
  expect_message(expect_s3_class(embed_samples(fractions()), "mbembed_embedding"))
  expect_error(embed_samples(fractions(), unit = "percent"), class = "rlib_error_dots_nonempty")
})
