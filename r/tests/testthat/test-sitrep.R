test_that("the report names routes and versions", {
  skip_without_python()
  expect_message(found <- mbembed_sitrep(), "engine = \"auto\" takes: (process|reticulate)")
  expect_named(found, c("route", "python", "version", "reticulate"))
  expect_true(file.exists(found$python))
})

test_that("the report says what to do where nothing is found", {
  found <- in_new_r(
    c("library(mbembed)", "s <- mbembed_sitrep()", "cat(s$route, '\\n')"),
    c(MBEMBED_PYTHON = "/no/such/python")
  )
  expect_identical(found$status, 0L)
  expect_snapshot(cat(found$out), transform = function(lines) {
    lines <- gsub("mbembed [0-9.]+, R [0-9.]+", "mbembed <version>, R <version>", mask(lines))
    gsub("route reticulate: .*", "route reticulate: <state>", lines)
  })
})

test_that("nothing is installed without a question", {
  expect_error(install_mbembed(), class = "mbembed_error_usage")
  folder <- withr::local_tempfile()
  python <- if (nzchar(Sys.which("python3"))) Sys.which("python3") else "python3"
  rlang::with_interactive(value = FALSE, {
    expect_error(install_mbembed("x", python = python, folder = folder), class = "mbembed_error_usage")
  })
  expect_false(dir.exists(folder))
})
