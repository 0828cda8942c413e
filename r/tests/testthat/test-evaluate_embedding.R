can_evaluate <- function() {
  skip_without_python()
  status <- run_clean(c(find_python()$version$executable, "-c", "import sklearn, matplotlib"), FALSE)
  skip_if(status != 0, "the Python extra mbembed[evaluate] is not installed")
}

test_that("an evaluation gives results, a verdict and a learning curve", {
  can_evaluate()
  skip_if_not_installed("phyloseq")
  ps <- example_cohort("phyloseq")
  run <- function(x, ...) {
    suppressWarnings(
      evaluate_embedding(
        x, "group", ...,
        units = "percent", sizes = c(10, 20), repeats = 2, heads = "linear", jobs = 1,
        representations = c("clr", "model"), quiet = TRUE
      ),
      classes = "mbembed_warning"
    )
  }
  result <- run(ps)
  expect_s3_class(result, c("mbembed_evaluation", "data.frame"), exact = TRUE)
  expect_true(all(c("protocol", "n_labels", "representation", "metric", "value") %in% names(result)))
  expect_setequal(unique(result$n_labels[result$protocol == "limited-data"]), c(10, 20))
  expect_match(attr(result, "verdict"), "labelled samples")
  expect_output(print(result), "scores for group")
  cohort <- example_cohort()
  expect_equal(run(cohort$abundance, samples = cohort$samples)$value, result$value, tolerance = 1e-6)
  folder <- withr::local_tempdir()
  by_file <- run(example_cohort("file"), samples = cohort$samples, folder = folder)
  expect_equal(by_file$value, result$value, tolerance = 1e-6)
  expect_true(file.exists(file.path(folder, "report.html")))
  skip_if_not_installed("ggplot2")
  plot <- plot(result)
  expect_s3_class(plot, "ggplot")
  expect_no_warning(ggplot2::ggplot_build(plot))
  expect_error(plot_learning_curve(result, metric = "none"), class = "mbembed_error_usage")
})

test_that("columns are checked before anything runs, and errors are conditions", {
  cohort <- example_cohort()
  expect_error(evaluate_embedding(cohort$abundance, "group"), class = "mbembed_error_usage")
  expect_error(evaluate_embedding(cohort$abundance, "grp", samples = cohort$samples), "group, age, site")
  expect_error(evaluate_embedding(cohort$abundance, c("group", "age"), samples = cohort$samples), "group age")
  expect_error(evaluate_embedding(cohort$abundance, "group", samples = as.matrix(cohort$samples)), "matrix")
  can_evaluate()
  error <- tryCatch(
    evaluate_embedding(cohort$abundance, "group", samples = cohort$samples[1:6, ], units = "percent", quiet = TRUE),
    error = identity
  )
  expect_s3_class(error, c("mbembed_error_evaluation", "mbembed_error"))
  expect_true(nzchar(error$hint))
})

test_that("a run that fails is an error, whatever it said", {
  killed <- tryCatch(check_ended(list(said = c("Read a table", "Killed"), status = 137L)), error = identity)
  expect_s3_class(killed, c("mbembed_error_process", "mbembed_error"))
  expect_match(conditionMessage(killed), "Killed")
  usage <- list(said = "mbembed: error: unrecognized arguments: b", status = 2L)
  expect_error(check_ended(usage), "unrecognized arguments", class = "mbembed_error_evaluation")
  hint <- list(said = "error: there is no class 'a'. Expected: one of x, y. Try: --positive x.", status = 1L)
  expect_error(check_ended(hint), "positive = \"x\"", class = "mbembed_error_evaluation")
  expect_null(check_ended(list(said = "error: is a word of the table", status = 0L)))
})
