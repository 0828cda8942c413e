test_that("errors have a class, the parts of the message and bullets", {
  error <- tryCatch(
    abort_python(list(code = "no_match", found = "none of the 3 taxa", expected = "species", hint = "--rank species")),
    error = identity
  )
  expect_s3_class(error, c("mbembed_error_no_match", "mbembed_error", "rlang_error"))
  expect_identical(error$found, "none of the 3 taxa")
  expect_identical(error$hint, "rank = \"species\"")
  expect_snapshot(error = TRUE, stop(error))
})

test_that("the command line's words become R's", {
  expect_snapshot(writeLines(vapply(c(
    "--missing zero reads them as 0",
    "--orientation taxa-in-rows or --orientation samples-in-rows",
    "mbembed inspect TABLE shows how the table was read; another --rank, --orientation or --model may be meant",
    "a lower --min-coverage, or a model (mbembed inspect TABLE)",
    "--min-coverage 0.6 leaves them out",
    "--min-coverage 0.6 for 60 %",
    "--taxonomy taxonomy.qza (or its TSV) gives them names",
    "--format taxids, if they are such ids",
    "export the table with names (taxpasta merge --add-name)",
    "mbembed models pull mae30",
    "--target with another column; --kind multiclass if these really are classes",
    "--positive is 'a', which is no class of 'b'",
    "--positive Crohn disease",
    "--id-column patient",
    "--to biom",
    "correct them where the table was made"
  ), in_r_words, "", USE.NAMES = FALSE)))
})
