random_embedding <- function(n = 12, dimensions = 20) {
  withr::local_seed(1)
  names <- list(paste0("S", seq_len(n)), paste0("embedding_", seq_len(dimensions) - 1))
  matrix(stats::rnorm(n * dimensions), n, dimnames = names)
}

test_that("distances are those of the formulas", {
  E <- random_embedding()
  D <- as.matrix(embedding_distance(E, "cosine"))
  expect_equal(D["S2", "S5"], 1 - sum(E[2, ] * E[5, ]) / sqrt(sum(E[2, ]^2) * sum(E[5, ]^2)))
  expect_identical(as.vector(embedding_distance(E, "euclidean")), as.vector(stats::dist(E)))
  expect_identical(labels(embedding_distance(E)), rownames(E))
  same <- embedding_distance(rbind(a = E[1, ], b = 3 * E[1, ]))
  expect_true(same >= 0 && same < 1e-12)
})

test_that("rows without a vector are left out, zeros refused", {
  E <- random_embedding()
  E[3, ] <- NA
  expect_warning(D <- embedding_distance(E), class = "mbembed_warning")
  expect_false("S3" %in% labels(D))
  E[3, ] <- 0
  expect_error(embedding_distance(E, "cosine"), class = "mbembed_error_usage")
  expect_error(embedding_distance("a"), class = "mbembed_error_usage")
})

test_that("an ordination is the principal coordinates of the distances", {
  E <- random_embedding()
  ord <- embedding_ordination(E)
  expect_s3_class(ord, c("mbembed_ordination", "pcoa"), exact = TRUE)
  expect_equal(sum(ord$values$Relative_eig), 1)
  expect_equal(
    unname(as.matrix(stats::dist(embedding_ordination(E, axes = 20)$vectors))),
    unname(as.matrix(stats::dist(E)))
  )
  cosine <- stats::dist(embedding_ordination(E, "cosine", axes = 20)$vectors)
  expect_equal(as.vector(cosine^2 / 2), as.vector(embedding_distance(E, "cosine")))
  expect_identical(dim(embedding_ordination(E[1:2, ])$vectors), c(2L, 2L))
  expect_error(embedding_ordination(E[1, , drop = FALSE]), class = "mbembed_error_usage")
  expect_error(embedding_distance(E[1, , drop = FALSE]), class = "mbembed_error_usage")
  expect_error(embedding_ordination(E, axes = "all"), class = "mbembed_error_usage")
  expect_snapshot(embedding_ordination(E, axes = 3))
})

test_that("phyloseq plots it without warnings, with percentages", {
  skip_if_not_installed("phyloseq")
  values <- fractions(12)
  ps <- as_phyloseq(values, ranks = TRUE, samples = TRUE)
  E <- random_embedding()
  rownames(E) <- rownames(values)
  ord <- embedding_ordination(E)
  expect_no_warning(plot <- phyloseq::plot_ordination(ps, ord, color = "group"))
  expect_match(plot$labels$x, "^Axis.1 +\\[[0-9.]+%\\]$")
  expect_identical(nrow(plot$data), 12L)
  expect_no_warning(ggplot2::ggplot_build(plot))
  expect_no_warning(phyloseq::plot_ordination(ps, ord, type = "scree"))
  expect_no_warning(half <- phyloseq::plot_ordination(ps, embedding_ordination(E[1:6, ]), color = "group"))
  expect_identical(sum(stats::complete.cases(half$data)), 6L)
})

test_that("the distances work where distances are taken", {
  skip_if_not_installed("phyloseq")
  skip_if_not_installed("vegan")
  values <- fractions(12)
  ps <- as_phyloseq(values, ranks = TRUE, samples = TRUE)
  E <- random_embedding()
  rownames(E) <- rownames(values)
  for (method in c("cosine", "euclidean")) {
    D <- embedding_distance(E, method)
    expect_s3_class(phyloseq::ordinate(ps, "PCoA", distance = D), "pcoa")
    samples <- data.frame(phyloseq::sample_data(ps))
    expect_identical(vegan::adonis2(D ~ group, samples, permutations = 9)$Df, c(1, 10, 11))
    expect_s3_class(vegan::betadisper(D, samples$group), "betadisper")
  }
  expect_s3_class(phyloseq::plot_heatmap(ps, "PCoA", D), "ggplot")
  expect_s3_class(vegan::adonis2(as.matrix(E) ~ group, samples, method = "euclidean", permutations = 9), "anova")
})
