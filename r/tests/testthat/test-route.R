# Another Python of this machine; reticulate puts its own first on the PATH.
bare_python <- function() {
  for (python in unique(c("/usr/bin/python3", Sys.which("python3")))) {
    if (file.exists(python) && !is.list(probe(as_command(python)))) {
      return(python)
    }
  }
  skip("no Python without mbembed")
}

test_that("a Python without mbembed is named, with what to do", {
  withr::local_options(mbembed.python = file.path(tempdir(), "no", "python"))
  expect_snapshot(error = TRUE, embed_samples(fractions(), engine = "process"), transform = mask)
  withr::local_options(mbembed.python = bare_python())
  error <- tryCatch(embed_samples(fractions(), engine = "process"), error = identity)
  expect_s3_class(error, "mbembed_error_no_python")
  expect_match(error$found, "No module named .*mbembed")
})

test_that("where is looked: the option, the variable, reticulate's, the PATH, the environment", {
  home <- withr::local_tempdir()
  made <- environment_python(file.path(home, environment_name))
  found <- in_new_r(c(
    "first <- function() vapply(mbembed:::python_places(), function(place) place$command[1], '')",
    "cat('none:', length(first()), '\\n')",
    "cat(class(tryCatch(mbembed::embed_samples(matrix(1, dimnames = list('a', 'b'))), error = identity))[1], '\\n')",
    sprintf("dir.create('%s', recursive = TRUE); invisible(file.create('%s'))", dirname(made), made),
    "cat('environment:', first(), '\\n')",
    "Sys.setenv(RETICULATE_PYTHON = '/some/python'); cat('reticulate:', first()[1], '\\n')",
    "Sys.setenv(MBEMBED_PYTHON = '/other/python'); cat('variable:', first(), '\\n')",
    "options(mbembed.python = '/third/python'); cat('option:', first(), '\\n')"
  ), c(
    MBEMBED_PYTHON = NA, RETICULATE_PYTHON = NA, RETICULATE_VIRTUALENV_ROOT = NA, WORKON_HOME = home,
    PATH = "/usr/bin:/bin"
  ))
  expect_match(found$out, "none: 0")
  expect_match(found$out, "mbembed_error_no_python")
  expect_match(found$out, paste("environment:", made), fixed = TRUE)
  expect_match(found$out, "reticulate: /some/python")
  expect_match(found$out, "variable: /other/python *\n")
  expect_match(found$out, "option: /third/python *(\n|$)")
})

test_that("the process does not see R's libraries, and R keeps its variables", {
  skip_on_os("windows")
  withr::local_envvar(LD_LIBRARY_PATH = "/of/r", PYTHONHOME = "/of/another", PYTHONPATH = NA)
  out <- withr::local_tempfile()
  run_clean(c("sh", "-c", "env"), said = FALSE, stdout = out)
  expect_false(any(grepl("^(LD_LIBRARY_PATH|PYTHONHOME|PYTHONPATH)=", readLines(out))))
  expect_identical(Sys.getenv("LD_LIBRARY_PATH"), "/of/r")
  expect_identical(Sys.getenv("PYTHONPATH", NA), NA_character_)
  lines <- character()
  ended <- run_lines(c("sh", "-c", "echo one; echo two >&2; env"), function(line) lines <<- c(lines, line))
  expect_identical(ended, list(said = lines, status = 0L))
  expect_false(run_lines(c("sh", "-c", "exit 3"), identity)$status == 0)
  expect_identical(lines[1:2], c("one", "two"))
  expect_false(any(grepl("^PYTHONHOME=", lines)))
  expect_identical(Sys.getenv("PYTHONHOME"), "/of/another")
})

test_that("a mbembed of another age is refused in words", {
  skip_without_python()
  text <- "{\"protocol\": 0, \"do\": \"version\"}"
  answer <- jsonlite::fromJSON(ask_process(find_python()$command, text, list())[[1]])
  expect_match(answer$error$message, "version 0 of the exchange")
  expect_error(abort_python(answer$error), class = "mbembed_error_usage")
})

test_that("a session with data.table, phyloseq and another Python goes on, by the process", {
  skip_without_reticulate()
  skip_if_not_installed("phyloseq")
  other <- bare_python()
  python <- find_python()$version$executable
  found <- in_new_r(c(
    "suppressMessages({if (requireNamespace('data.table', quietly = TRUE)) library(data.table); library(phyloseq)})",
    sprintf("reticulate::use_python(\"%s\", required = TRUE)", other),
    "invisible(reticulate::import('json'))",
    "library(mbembed)",
    "ps <- example_cohort('phyloseq')",
    "E <- embed_samples(ps, units = 'percent')",
    "cat(dim(E)[1], '\\n')",
    "r <- tryCatch(embed_samples(ps, engine = 'reticulate'), error = function(e) class(e)[1])",
    "cat(r, '\\n')",
    "s <- mbembed_sitrep()",
    "cat(s$route, sum(svd(matrix(1:4, 2))$d) > 5, '\\n')"
  ), c(MBEMBED_PYTHON = python, RETICULATE_PYTHON = other))
  skip_if(grepl("--enable-shared|shared library|libpython", found$out), "python3 has no shared library")
  expect_identical(found$status, 0L)
  expect_match(found$out, "runs a Python without mbembed in this session; mbembed runs in a process")
  expect_match(found$out, "\n48 ")
  expect_match(found$out, "mbembed_error_reticulate")
  expect_match(found$out, "process TRUE")
})

test_that("auto goes through reticulate where that has mbembed, and never starts it", {
  skip_without_reticulate()
  python <- find_python()$version$executable
  found <- in_new_r(c(
    "library(mbembed)",
    "x <- example_cohort()$abundance",
    "a <- embed_samples(x)",
    "cat('running:', 'reticulate' %in% loadedNamespaces(), '\\n')",
    "b <- embed_samples(x, engine = 'reticulate')",
    "c <- embed_samples(x)",
    "cat('same:', identical(a, b), identical(a, c), '\\n')",
    "cat('torch:', reticulate::py_eval(\"'torch' in __import__('sys').modules\"), '\\n')"
  ), c(MBEMBED_PYTHON = python))
  expect_identical(found$status, 0L)
  expect_match(found$out, "running: FALSE")
  expect_match(found$out, "same: TRUE TRUE")
  expect_match(found$out, "torch: FALSE")
  expect_match(found$out, "route: process.*route: reticulate.*route: reticulate")
})
