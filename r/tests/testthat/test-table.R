test_that("a matrix and a dgCMatrix cross as the same bytes", {
  skip_if_not_installed("Matrix")
  values <- fractions()
  sparse <- methods::as(values, "CsparseMatrix")
  expect_s4_class(sparse, "dgCMatrix")
  expect_identical(sparse_parts(values), sparse_parts(sparse))
  expect_identical(sparse_parts(values), sparse_parts(methods::as(sparse, "TsparseMatrix")))
  expect_identical(readBin(sparse_parts(values)[[3]], "integer", 7), sparse@p)
})

test_that("missing values cross, empty columns too", {
  values <- matrix(c(0, NA, 0, 0, 1, 2), 2, dimnames = list(c("a", "b"), species[1:3]))
  parts <- sparse_parts(values)
  expect_identical(readBin(parts[[1]], "numeric", 3), c(NA, 1, 2))
  expect_identical(readBin(parts[[2]], "integer", 3), c(1L, 0L, 1L))
  expect_identical(readBin(parts[[3]], "integer", 4), c(0L, 1L, 1L, 3L))
})

test_that("phyloseq states its orientation and its ranks", {
  skip_if_not_installed("phyloseq")
  in_rows <- table_of(as_phyloseq(taxa_are_rows = TRUE, ranks = TRUE, samples = TRUE), with_samples = TRUE)$meta
  in_columns <- table_of(as_phyloseq(ranks = TRUE))$meta
  expect_true(in_rows$taxa_are_rows)
  expect_false(in_columns$taxa_are_rows)
  expect_identical(in_rows$rows, in_columns$columns)
  expect_identical(in_rows$ranks, in_columns$ranks)
  expect_identical(names(in_rows$ranks), c("Domain", "Genus", "Species"))
  expect_identical(unclass(in_rows$samples$columns$group), c("a", "b", "a", "b"))
  expect_null(in_columns$samples)
})

test_that("a data frame may have its ids in a column", {
  frame <- data.frame(sample = rownames(fractions()), fractions(), check.names = FALSE)
  rownames(frame) <- NULL
  meta <- table_of(frame)$meta
  expect_identical(unclass(meta$rows), rownames(fractions()))
  expect_identical(unclass(meta$columns), species)
  expect_identical(unclass(meta$notes[[1]])[2], "sample")
})

test_that("columns without numbers are left out with a warning, numbers as text are refused", {
  frame <- data.frame(fractions(), note = "a word", check.names = FALSE)
  expect_warning(meta <- table_of(frame)$meta, "1 column of the data frame left out, as it holds no numbers: note")
  expect_identical(unclass(meta$columns), species)
  for (as_text in list(as.character, as.factor)) {
    frame <- data.frame(fractions(), check.names = FALSE)
    frame[[2]] <- as_text(frame[[2]])
    error <- tryCatch(table_of(frame), error = identity)
    expect_s3_class(error, "mbembed_error_cell")
    expect_match(conditionMessage(error), species[2], fixed = TRUE)
  }
})

test_that("an assay that is not there is named", {
  skip_if_not_installed("SummarizedExperiment")
  object <- SummarizedExperiment::SummarizedExperiment(list(counts = t(fractions())))
  for (wrong in list("none", 2, 0, c("counts", "none"))) {
    expect_error(table_of(object, assay.type = wrong), class = "mbembed_error_table")
  }
  expect_identical(table_of(object, assay.type = 1)$parts, table_of(object)$parts)
})

test_that("what cannot be used is refused in words", {
  bare <- matrix(1:4, 2)
  one_bare <- fractions()
  colnames(one_bare)[3] <- NA
  text <- matrix("a", 1, 1, dimnames = list("a", "b"))
  expect_snapshot(error = TRUE, {
    embed_samples(bare)
    embed_samples(one_bare)
    embed_samples(fractions()[0, ])
    embed_samples(fractions(), units = c("percent", "counts"))
    embed_samples(fractions(), min_coverage = "0.6")
    embed_samples(text)
    embed_samples(data.frame(a = "x"))
    embed_samples("no/such/file.tsv")
    embed_samples(sum)
  }, transform = function(lines) gsub("in /.*[.]$", "in <folder>.", lines))
})
