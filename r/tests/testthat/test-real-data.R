phyloseq_example <- function(name) {
  skip_if_not_installed("phyloseq")
  space <- new.env()
  utils::data(list = name, package = "phyloseq", envir = space)
  space[[name]]
}

load_one <- function(path) {
  space <- new.env()
  name <- load(path, envir = space)
  space[[name[1]]]
}

test_that("16S objects are refused with help or embedded with a warning, never rubbish", {
  skip_without_python()
  for (name in c("GlobalPatterns", "enterotype", "esophagus")) {
    ps <- phyloseq_example(name)
    seen <- list()
    E <- withCallingHandlers(
      tryCatch(embed_samples(ps, quiet = TRUE), mbembed_error = identity),
      mbembed_warning = function(w) {
        seen <<- c(seen, list(w))
        invokeRestart("muffleWarning")
      }
    )
    if (inherits(E, "condition")) {
      expect_true(nzchar(E$hint), info = name)
      if (name == "GlobalPatterns") expect_match(conditionMessage(E), "16S or other amplicons")
    } else {
      expect_gt(length(seen), 0)
      expect_identical(attr(E, "summary")$match$verdict, "low coverage", info = name)
    }
  }
})

test_that("real phyloseq files give what the Python API gives", {
  skip_without_python()
  for (file in list.files(shared("formats", "phyloseq"), full.names = TRUE)) {
    skip_if_not_installed("phyloseq")
    ps <- load_one(file)
    by_object <- tryCatch(quietly(ps), mbembed_error = function(e) e$code)
    by_file <- tryCatch(quietly(file), mbembed_error = function(e) e$code)
    if (is.character(by_object)) {
      expect_identical(by_object, by_file, info = file)
    } else {
      expect_identical(as.matrix(by_object), as.matrix(by_file), info = file)
      expect_same_everywhere(ps)
    }
  }
})

test_that("a shotgun table as phyloseq, in counts and fractions, in rows and columns", {
  skip_without_python()
  skip_if_not_installed("phyloseq")
  path <- shared("crossprofiler", "metaphlan3_merged.txt")
  table <- utils::read.delim(path, skip = 1, row.names = 1, check.names = FALSE, quote = "")
  table <- as.matrix(table[grepl("|s__", rownames(table), fixed = TRUE), -1])
  ranks <- do.call(rbind, strsplit(rownames(table), "|", fixed = TRUE))[, 1:7]
  colnames(ranks) <- paste0("Rank", 1:7)
  rownames(ranks) <- rownames(table) <- paste0("sp", seq_len(nrow(table)))
  ps <- phyloseq::phyloseq(phyloseq::otu_table(table, taxa_are_rows = TRUE), phyloseq::tax_table(ranks))
  E <- expect_same_everywhere(ps, units = "percent")
  expect_gt(attr(E, "summary")$match$median_coverage, 0.6)
  turned <- phyloseq::phyloseq(phyloseq::otu_table(t(table), taxa_are_rows = FALSE), phyloseq::tax_table(ranks))
  expect_identical(as.matrix(quietly(turned, units = "percent")), as.matrix(E))
  counts <- phyloseq::transform_sample_counts(ps, function(x) round(x * 1e4))
  expect_equal(as.matrix(expect_same_everywhere(counts)), as.matrix(E), tolerance = 0.05)
  fractions <- phyloseq::transform_sample_counts(ps, function(x) x / 100)
  expect_equal(as.matrix(expect_same_everywhere(fractions, units = "fraction")), as.matrix(E), tolerance = 1e-6)
  expect_identical(quietly(ps, units = "percent"), E)
})

test_that("a mOTUs matrix of an .rda", {
  skip_without_python()
  path <- shared("formats", "motus", "wirbel_otu.rda")
  by_file <- tryCatch(quietly(path), mbembed_error = function(e) e$code)
  by_object <- tryCatch(quietly(load_one(path)), mbembed_error = function(e) e$code)
  if (is.character(by_file)) {
    expect_identical(by_object, by_file)
  } else {
    expect_identical(as.matrix(by_object), as.matrix(by_file))
  }
})
