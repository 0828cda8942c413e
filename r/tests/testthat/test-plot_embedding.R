# An embedding without Python: of the numbers of a matrix, with sample data.
drawn <- function(n = 12) {
  values <- withr::with_seed(1, matrix(stats::rnorm(n * 5), n, dimnames = list(paste0("S", seq_len(n)), NULL)))
  samples <- data.frame(
    group = rep_len(c("a", "b", NA), n), age = seq_len(n), many = paste("g", seq_len(n)),
    row.names = rev(rownames(values))
  )
  structure(values, class = c("mbembed_embedding", "matrix", "array"), samples = samples)
}

# Runs base graphics without a window or a file.
on_device <- function(code) {
  grDevices::pdf(NULL)
  withr::defer(grDevices::dev.off())
  force(code)
}

test_that("plot() draws the ordination and gives the graphics back as they were", {
  E <- drawn()
  on_device({
    before <- graphics::par("mar")
    ord <- expect_invisible(plot(E, color = "group", main = "A title", cex = 2))
    expect_identical(graphics::par("mar"), before)
    expect_equal(ord$vectors, embedding_ordination(E, axes = 2)$vectors)
    expect_no_warning(plot(E, color = "age", method = "cosine"))
    expect_no_warning(plot(E, color = "many"))
    expect_no_warning(plot(E, color = rep(1:2, 6), axes = c(2, 4)))
    expect_no_warning(plot(E, color = factor(rep(c("x", "y"), 6)), col = "black"))
  })
})

test_that("autoplot() gives a ggplot with the coordinates, the sample data and the shares of the axes", {
  skip_if_not_installed("ggplot2")
  E <- drawn()
  plot <- ggplot2::autoplot(E, color = "group")
  expect_s3_class(plot, "ggplot")
  ord <- embedding_ordination(E)
  expect_equal(plot$data$Axis.1, unname(ord$vectors[, 1]))
  expect_identical(plot$labels$x, sprintf("Axis 1 (%s of the variance)", as_percent(ord$values$Relative_eig[1])))
  expect_identical(plot$data$age, rev(seq_len(12)))
  built <- ggplot2::ggplot_build(plot)$data[[1]]
  # Samples are matched by name: the rows of the sample data are in the opposite order.
  groups <- rev(rep_len(c("a", "b", NA), 12))
  expect_identical(built$colour, unname(c(a = colours[1], b = colours[2])[groups] |> replace(is.na(groups), unknown$colour)))
  expect_identical(built$shape[!is.na(groups)], unname(c(a = shapes[1], b = shapes[2])[groups[!is.na(groups)]]))
  expect_identical(levels(plot$data$.colour), c("a (n = 4)", "b (n = 4)", "not known (n = 4)"))
  expect_no_warning(ggplot2::ggplot_build(ggplot2::autoplot(E, color = "age", shape = "group", size = 4)))
  expect_no_warning(ggplot2::ggplot_build(ggplot2::autoplot(E, axes = c(3, 1)) + ggplot2::facet_wrap("group")))
})

test_that("rows without a vector are left out, with their groups", {
  skip_if_not_installed("ggplot2")
  E <- drawn()
  E[2, ] <- NA
  expect_warning(plot <- ggplot2::autoplot(E, color = "age"), class = "mbembed_warning")
  expect_identical(plot$data$.colour, rev(seq_len(12))[-2])
})

test_that("the rarest of many groups are put together, and long names stay apart", {
  groups <- as_groups(rep(letters[1:9], 9:1))
  expect_identical(levels(groups$values)[c(1, 6, 7)], c("a (n = 9)", "f (n = 4)", "3 other values (n = 6)"))
  expect_identical(groups$colour[c(1, 7)], c(colours[1], rest$colour))
  expect_length(unique(paste(groups$colour, groups$shape)), 7)
  long <- paste(strrep("x", 40), 1:2)
  expect_identical(shorten(long), long)
  expect_identical(nchar(shorten(long[1])), label_length)
  expect_identical(levels(as_groups(c(TRUE, FALSE))$values), c("FALSE (n = 1)", "TRUE (n = 1)"))
})

test_that("what cannot be drawn is said", {
  E <- drawn()
  bare <- structure(E, samples = NULL)
  for (call in alist(
    plot(E, color = "grp"), plot(E, axes = 1), plot(E, axes = c(1, 9)), plot(bare, color = "group"), plot(E, color = 1:3),
    plot(E, color = "a", samples = data.frame(a = 1, row.names = "other")), plot(E, color = "a", samples = "samples.tsv")
  )) {
    expect_snapshot(error = TRUE, eval(call), transform = function(lines) sub("eval\\(call\\)", "plot()", lines))
  }
})

test_that("an embedding of an object carries its sample data", {
  skip_without_python()
  skip_if_not_installed("phyloseq")
  ps <- as_phyloseq(ranks = TRUE, samples = TRUE)
  E <- quietly(ps)
  expect_identical(attr(E, "samples"), data.frame(phyloseq::sample_data(ps)))
  expect_identical(attr(E[c("P3", "P1"), ], "samples")$age, c(3L, 1L))
  expect_null(attr(quietly(fractions()), "samples"))
  on_device(expect_no_warning(plot(E, color = "group")))
})
