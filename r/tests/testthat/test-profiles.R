test_that("inspect_profile says how a table is read", {
  skip_without_python()
  found <- inspect_profile(fractions())
  expect_s3_class(found, "mbembed_inspection")
  expect_identical(found$models[[1]]$verdict, "ok")
  expect_snapshot(print(structure(list(
    table = found$table, warnings = found$warnings, models = found$models[1]
  ), class = class(found))), transform = mask_model)
  nothing <- fractions()
  colnames(nothing) <- paste("Unknownia", letters[1:6])
  expect_output(print(inspect_profile(nothing, orientation = "samples-in-rows")), "Nothing matches")
})

test_that("convert_profile keeps values, names and sample data", {
  skip_without_python()
  skip_if_not_installed("phyloseq")
  ps <- as_phyloseq(taxa_are_rows = TRUE, ranks = TRUE, samples = TRUE)
  file <- withr::local_tempfile(fileext = ".biom")
  expect_message(expect_identical(convert_profile(ps, file), file), "Wrote")
  expect_identical(as.matrix(quietly(file)), as.matrix(quietly(ps)))
  out <- withr::local_tempfile(fileext = ".tsv")
  convert_profile(file, out, to_unit = "percent", quiet = TRUE)
  table <- utils::read.delim(out, row.names = 1, check.names = FALSE)
  expect_equal(unname(colSums(table[vapply(table, is.numeric, TRUE)])), rep(100, 4))
  expect_error(convert_profile(ps, file.path(tempdir(), "x.docx"), quiet = TRUE), class = "mbembed_error_usage")
})

test_that("models are listed, the default first", {
  skip_without_python()
  models <- list_models()
  expect_true(models$default[1])
  expect_named(models, c("name", "default", "species", "dimensions", "nomenclature", "licence", "path"))
  E <- quietly(fractions(), model = models$name[1])
  expect_identical(ncol(E), models$dimensions[1])
  expect_identical(as.matrix(quietly(fractions(), model = models$path[1])), as.matrix(E))
})
