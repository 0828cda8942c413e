test_that("taxa, scores and words are the same by both routes, and in Python's own files", {
  skip_without_reticulate()
  skip_if_not_installed("phyloseq")
  ps <- example_cohort("phyloseq")
  E <- quietly(ps)
  explain <- function(...) {
    suppressWarnings(explain_embedding(ps, E, ..., resamples = 20, quiet = TRUE), classes = "mbembed_warning")
  }
  found <- explain(~group, by_sample = TRUE, engine = "process")
  expect_s3_class(found, c("mbembed_explanation", "data.frame"), exact = TRUE)
  expect_identical(explain("group", by_sample = TRUE, engine = "reticulate"), found)
  # The simulated cases have more oral species and fewer butyrate producers.
  stable <- found[found$stable, ]
  expect_identical(class(stable), "data.frame")
  expect_true(any(grepl("^Streptococcus", stable$name[stable$change > 0])))
  expect_false(is.unsorted(-abs(found$attribution)))
  expect_true(all(found$lower <= found$upper))
  scores <- attr(found, "scores")
  expect_identical(scores$sample, phyloseq::sample_names(ps))
  expect_identical(scores$group, phyloseq::sample_data(ps)$group)
  summary <- attr(found, "summary")
  expect_equal(sum(found$attribution), summary$total$attribution)
  by_sample <- attr(found, "by_sample")
  expect_identical(dimnames(by_sample), list(scores$sample, found$taxon))
  expect_equal(rowSums(by_sample), stats::setNames(scores$score - summary$explained$baseline_score, scores$sample),
    tolerance = 1e-4
  )
  expect_output(print(found), "from control to case \\(group\\).*[0-9]+ rows more; autoplot")
  # The command line, on the same object and numbers.
  files <- file.path(withr::local_tempdir(), c("ps.rds", "samples.tsv", "taxa.tsv"))
  saveRDS(ps, files[1])
  write_samples(data.frame(phyloseq::sample_data(ps)), files[2])
  command <- c(find_python()$command, "explain", files[1], "--metadata", files[2], "--contrast", "group")
  run_lines(c(command, "--resamples", "20", "-o", files[3]), identity)
  written <- utils::read.delim(files[3])
  expect_identical(written$taxon, found$taxon)
  expect_equal(written$attribution, found$attribution, tolerance = 1e-5)
  expect_identical(written$stable == "yes", found$stable)
})

test_that("matrices take a data frame; axes and groups of three values work", {
  skip_without_python()
  cohort <- example_cohort()
  x <- cohort$abundance
  E <- quietly(x, units = "percent")
  explain <- function(...) {
    suppressWarnings(explain_embedding(x, E, ..., resamples = 20, quiet = TRUE), classes = "mbembed_warning")
  }
  shuffled <- cohort$samples[rev(seq_len(nrow(cohort$samples))), ]
  shuffled$site <- factor(shuffled$site)
  by_site <- explain(~site, samples = shuffled, case = "west", control = "north")
  expect_identical(names(attr(by_site, "summary")$groups$sizes), c("west", "north"))
  expect_identical(sort(unique(attr(by_site, "scores")$group)), c("north", "west"))
  rest <- explain(~site, samples = shuffled, case = "west")
  expect_identical(nrow(attr(rest, "scores")), 48L)
  axis <- explain(axis = 1)
  expect_equal(sum(axis$attribution), 1, tolerance = 1e-6)
  expect_null(attr(axis, "by_sample"))
  # The same axis as that of the ordination.
  expect_gt(abs(stats::cor(attr(axis, "scores")$score, embedding_ordination(E)$vectors[, 1])), 0.9999)
  by_person <- explain(~site, samples = shuffled, case = "west", control = "south", subject = "age")
  expect_identical(attr(by_person, "summary")$drawn, "persons")
  skip_if_not_installed("ggplot2")
  for (one in list(by_site, axis)) expect_no_warning(ggplot2::ggplot_build(plot(one)))
  bars <- ggplot2::autoplot(by_site, n = 7)
  expect_identical(nrow(bars$data), 7L)
  expect_match(bars$labels$x, "west less north")
  expect_identical(levels(bars$data$kind)[1:2], paste(c("higher", "lower"), "mean log abundance in west"))
  built <- ggplot2::ggplot_build(bars)$data[[2]]
  expect_setequal(built$fill == pale, !bars$data$stable)
})

test_that("what is asked is checked before Python is", {
  E <- structure(fractions(), class = c("mbembed_embedding", "matrix", "array"))
  samples <- data.frame(group = c("a", "b", "a", "b"), row.names = rownames(E))
  withr::local_options(mbembed.python = "/no/python")
  for (ask in list(explain_embedding, out_of_range, impute_species, embedding_report)) {
    expect_error(ask(fractions(), E, resample = 50), class = "rlib_error_dots_nonempty")
  }
  for (call in alist(
    explain_embedding(fractions(), E, group ~ age, samples = samples),
    explain_embedding(fractions(), E, ~ group + age, samples = samples),
    explain_embedding(fractions(), E, ~., samples = samples),
    explain_embedding(fractions(), E, ~ log(age), samples = samples),
    explain_embedding(fractions(), E, ~grp, samples = samples),
    explain_embedding(fractions(), E, ~group),
    explain_embedding(fractions(), ~group),
    explain_embedding(fractions(), E, ~group, group = c("a", "b"), samples = samples)
  )) {
    expect_snapshot(error = TRUE, eval(call), transform = function(lines) sub("eval\\(call\\)", "explain_embedding()", lines))
  }
})

test_that("what Python refuses is said in R's words", {
  skip_without_python()
  cohort <- example_cohort()
  x <- cohort$abundance
  E <- quietly(x, units = "percent")
  refused <- function(...) {
    error <- tryCatch(explain_embedding(..., samples = cohort$samples, quiet = TRUE), error = identity)
    expect_s3_class(error, "mbembed_error")
    expect_false(grepl("--|TABLE|mbembed [a-z]+ ", conditionMessage(error)), conditionMessage(error))
    error
  }
  expect_identical(refused(x, E, ~site)$hint, "case = \"VALUE\", control = \"VALUE\"")
  expect_identical(refused(x, E)$hint, "contrast = ~ COLUMN")
  expect_match(refused(x, E, ~age)$hint, "explain_embedding(x, head = ", fixed = TRUE)
  expect_match(refused(x, E, ~group, case = "ill")$found, "no sample with 'ill'")
  expect_identical(refused(x, E, axis = 1000)$hint, "axis = 1")
  # The embedding of another table, or of a part of it.
  expect_match(refused(x[, 48:1], E, ~group)$hint, "E <- embed_samples(x)", fixed = TRUE)
  expect_match(refused(x, E[1:20, ], ~group)$found, "20 of them are the same")
  expect_match(refused(x, quietly(x, units = "percent", names = "exact")[, ] + 0, ~group)$hint, "E <- embed_samples")
})
