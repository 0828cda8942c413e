test_that("neighbours are those of the distances", {
  skip_without_python()
  E <- quietly(fractions(6))
  found <- embedding_neighbours(E, k = 5)
  D <- as.matrix(embedding_distance(E, "cosine"))
  expect_named(found, c("sample", "neighbour", "rank", "similarity"))
  expect_identical(found$sample, rep(rownames(E), each = 5))
  expect_identical(found$rank, rep(as.numeric(1:5), 6))
  expect_equal(found$similarity, 1 - D[cbind(found$sample, found$neighbour)], tolerance = 1e-6)
  for (sample in rownames(E)) expect_false(is.unsorted(D[sample, found$neighbour[found$sample == sample]]))
  expect_lt(max(embedding_neighbours(E, 1, "euclidean")$similarity), 0)
  expect_error(embedding_neighbours(E, k = 0), "k = 5", class = "mbembed_error_usage")
  expect_error(embedding_neighbours(as.matrix(E)), class = "mbembed_error_usage")
  skip_without_reticulate()
  expect_identical(embedding_neighbours(E, k = 5, engine = "reticulate"), embedding_neighbours(E, 5, engine = "process"))
})

test_that("two samples with one vector are named", {
  skip_without_python()
  values <- fractions(6)
  values["P2", ] <- values["P5", ]
  expect_warning(embedding_neighbours(quietly(values)), "P2 and P5", class = "mbembed_warning")
})

test_that("the expected species come with what is surprising", {
  skip_without_python()
  cohort <- example_cohort()
  x <- cohort$abundance[, 1:5]
  E <- quietly(x, units = "percent")
  imputed <- impute_species(x, E, surprises = 3, engine = "process")
  expect_identical(rownames(imputed$expected), colnames(x))
  expect_identical(dimnames(imputed$expected), dimnames(imputed$presence))
  expect_true(all(imputed$presence >= 0 & imputed$presence <= 1))
  expect_true(all(imputed$expected >= 0 & imputed$expected <= imputed$presence))
  surprises <- imputed$surprises
  expect_true(all(table(surprises$sample, surprises$kind) <= 3))
  at <- cbind(surprises$sample, surprises$species)
  expect_equal(surprises$probability, imputed$presence[at], tolerance = 1e-6)
  expect_true(all(xor(surprises$kind == "presence", surprises$observed == 0)))
  expect_true(all((surprises$probability < 0.5) == (surprises$kind == "presence")))
  expect_output(print(imputed), "There, though not expected.*Expected, though not there")
  none <- impute_species(x, E, surprises = 0)
  expect_identical(dim(none$surprises), c(0L, 7L))
  expect_output(print(none), "5 samples")
  expect_error(impute_species(x, E, surprises = "all"), class = "mbembed_error_usage")
  skip_without_reticulate()
  expect_identical(impute_species(x, E, surprises = 3, engine = "reticulate"), imputed)
})

test_that("samples unlike those of the training are told from those that are like them", {
  skip_without_python()
  cohort <- example_cohort()
  x <- cohort$abundance[, 1:12]
  # A sample of one species is like nothing that the model has seen.
  x[, 12] <- 0
  x[grep("s__Veillonella_tobetsuensis$", rownames(x)), 12] <- 100
  E <- quietly(x, units = "percent")
  found <- out_of_range(x, E, engine = "process", quiet = TRUE)
  expect_s3_class(found, c("mbembed_range", "data.frame"), exact = TRUE)
  expect_identical(found$sample, colnames(x))
  expect_named(found, c(
    "sample", "distance", "distance_percentile", "reconstruction_error", "reconstruction_percentile", "rarity",
    "rarity_percentile", "unobservable", "percentile", "verdict", "reason"
  ))
  expect_true(all(found$percentile >= 0 & found$percentile <= 100))
  expect_true(all(nzchar(found$reason) == (found$verdict != "in range")))
  expect_identical(as.character(found$verdict[12]), "out of range")
  expect_output(print(found), "1[0-9]* out of range")
  expect_identical(class(found[1:2, c("sample", "verdict")]), "data.frame")
  skip_without_reticulate()
  expect_identical(out_of_range(x, E, engine = "reticulate", quiet = TRUE), found)
})

test_that("the page is that of the command line", {
  skip_without_python()
  modules <- c("-c", "import jinja2, matplotlib, skbio")
  skip_if(run_clean(c(find_python()$version$executable, modules), FALSE) != 0, "the Python extra mbembed[report] is not installed")
  skip_if_not_installed("phyloseq")
  ps <- example_cohort("phyloseq")
  E <- quietly(ps)
  page <- file.path(withr::local_tempdir(), "a page.html")
  expect_identical(suppressWarnings(embedding_report(ps, E, page, color_by = c("group", "age"), quiet = TRUE)), page)
  html <- paste(readLines(page, warn = FALSE), collapse = "\n")
  expect_match(html, "by group", fixed = TRUE)
  expect_match(html, "by age", fixed = TRUE)
  expect_false(grepl("<script", html, fixed = TRUE))
  expect_error(embedding_report(ps, E, page, color_by = "grp"), "color_by = \"group\"", class = "mbembed_error_usage")
  expect_error(embedding_report(ps, E, dirname(page), quiet = TRUE), class = "mbembed_error_output")
})

test_that("options of the model and of reading go along with the embedding", {
  skip_without_python()
  x <- fractions(6)
  E <- quietly(x, names = "exact", closure = "matched", units = "fraction", threads = 1)
  expect_identical(attr(E, "asked")$options$names, "exact")
  # Other vectors would be refused.
  expect_s3_class(impute_species(x, E, quiet = TRUE), "mbembed_imputation")
  old <- structure(E, asked = NULL) # of an earlier version
  expect_s3_class(impute_species(x, old, quiet = TRUE), "mbembed_imputation")
  expect_error(embed_samples(x, threads = "two"), class = "mbembed_error_usage")
  skip_if_not_installed("SummarizedExperiment")
  assays <- list(counts = round(1e4 * t(x)), other = t(x[, ncol(x):1]))
  rownames(assays$other) <- colnames(x)
  se <- SummarizedExperiment::SummarizedExperiment(assays)
  by_other <- quietly(se, assay.type = "other")
  expect_identical(rownames(impute_species(se, by_other, quiet = TRUE)$expected), rownames(x))
})
