#' Plot an embedding
#'
#' Principal components of the vectors, as points: `plot()` with R's own graphics, `autoplot()` as a ggplot that
#' can be added to. Colours and shapes are those that colour-blind people tell apart, and a distance is the
#' same along both axes. The coordinates are those of [embedding_ordination()].
#'
#' @param x,object What [embed_samples()] gives.
#' @param color What colours the samples: the name of a column of `samples`, or one value for each sample in the
#'   order of `x`. Numbers become a scale, everything else groups; of more than seven groups the rarest
#'   are put together.
#' @param shape Likewise, for the shapes; groups only. Default: each group its own shape.
#' @param samples A data frame with the sample names as row names; default: the sample data of the object that
#'   was embedded.
#' @param axes Two axes.
#' @param method `"euclidean"` or `"cosine"`, as in [embedding_ordination()].
#' @param ... For `plot()`: arguments of [graphics::plot.default()], such as `main` or `cex`. For `autoplot()`: arguments of
#'   [ggplot2::geom_point()], such as `size` or `alpha`.
#' @return `plot()`: the ordination, invisibly. `autoplot()`: a ggplot, whose data have the coordinates
#'   and all columns of `samples`, for facets and labels.
#' @seealso [embedding_ordination()], which `phyloseq::plot_ordination()` takes.
#' @export
#' @examplesIf mbembed_available()
#' cohort <- example_cohort()
#' E <- embed_samples(cohort$abundance, units = "percent")
#' plot(E, color = "group", samples = cohort$samples)
#' if (requireNamespace("ggplot2", quietly = TRUE)) {
#'   ggplot2::autoplot(E, color = "age", samples = cohort$samples)
#' }
plot.mbembed_embedding <- function(x, ..., color = NULL, samples = attr(x, "samples"), axes = c(1, 2),
                                   method = c("euclidean", "cosine")) {
  laid <- lay_out(x, axes, rlang::arg_match(method))
  style <- list(pch = shapes[1], col = colours[1])
  legend <- NULL
  if (!is.null(color)) {
    values <- values_of(color, "color", samples, x)[laid$kept]
    if (is.numeric(values)) {
      legend <- scale_legend(values)
      style <- list(pch = shapes[1], col = legend$of(values))
    } else {
      groups <- as_groups(values)
      legend <- list(legend = levels(groups$values), pch = groups$shape, col = groups$colour)
      style <- list(pch = groups$shape[groups$values], col = groups$colour[groups$values])
    }
    legend$title <- if (has_text(color)) shorten(color)
  }
  # Room for the legend on the right: inches of its longest line, in lines of the margin.
  letters <- max(nchar(c(legend$legend, legend$title)), 0)
  width <- min((letters + symbol_letters) * letter_width * graphics::par("cin")[1], most_room * graphics::par("din")[1])
  room <- if (is.null(legend)) 2.1 else width / graphics::par("csi") + 1
  old <- graphics::par(mar = c(4.6, 4.1, 2.6, room))
  on.exit(graphics::par(old))
  points <- as.data.frame(laid$points)
  settings <- utils::modifyList(
    c(list(x = points[[1]], y = points[[2]], xlab = laid$labels[1], ylab = laid$labels[2], asp = 1, las = 1), style),
    list(...)
  )
  do.call(graphics::plot.default, settings)
  if (!is.null(legend)) {
    corner <- graphics::par("usr")
    graphics::legend(
      corner[2], corner[4], legend$legend,
      pch = legend$pch, col = legend$col, title = legend$title, bty = "n", xpd = TRUE, title.adj = 0.1
    )
  }
  invisible(laid$ordination)
}

#' @rdname plot.mbembed_embedding
#' @exportS3Method ggplot2::autoplot
autoplot.mbembed_embedding <- function(object, ..., color = NULL, shape = NULL, samples = attr(object, "samples"),
                                       axes = c(1, 2), method = c("euclidean", "cosine")) {
  laid <- lay_out(object, axes, rlang::arg_match(method))
  titles <- list(
    x = laid$labels[1], y = laid$labels[2], colour = if (has_text(color)) color, shape = if (has_text(shape)) shape
  )
  data <- data.frame(sample = rownames(laid$points), laid$points, row.names = rownames(laid$points))
  places <- names(data)[2:3]
  if (!is.null(samples)) {
    check_columns(list(), samples)
    known <- samples[match(data$sample, rownames(samples)), setdiff(names(samples), names(data)), drop = FALSE]
    data <- cbind(data, known)
  }
  aes <- list(x = rlang::expr(.data[[!!places[1]]]), y = rlang::expr(.data[[!!places[2]]]))
  scales <- list()
  if (!is.null(color)) {
    values <- values_of(color, "color", samples, object)[laid$kept]
    aes$colour <- quote(.data$.colour)
    if (is.numeric(values)) {
      scales <- list(ggplot2::scale_colour_viridis_c(direction = -1, na.value = unknown$colour))
    } else {
      groups <- as_groups(values)
      values <- groups$values
      scales <- list(ggplot2::scale_colour_manual(values = stats::setNames(groups$colour, levels(values))))
      if (is.null(shape)) {
        aes$shape <- quote(.data$.colour)
        titles["shape"] <- titles["colour"]
        scales <- c(scales, list(ggplot2::scale_shape_manual(values = stats::setNames(groups$shape, levels(values)))))
      }
    }
    data$.colour <- values
  }
  if (!is.null(shape)) {
    groups <- as_groups(values_of(shape, "shape", samples, object)[laid$kept])
    data$.shape <- groups$values
    aes$shape <- quote(.data$.shape)
    scales <- c(scales, list(ggplot2::scale_shape_manual(values = stats::setNames(groups$shape, levels(groups$values)))))
  }
  point <- if (is.null(color)) list(size = 2.2, colour = colours[1]) else list(size = 2.2)
  ggplot2::ggplot(data, ggplot2::aes(!!!aes)) +
    do.call(ggplot2::geom_point, utils::modifyList(point, list(...))) +
    scales +
    ggplot2::coord_equal() +
    do.call(ggplot2::labs, titles) +
    ggplot2::theme_bw() +
    ggplot2::theme(panel.grid.minor = ggplot2::element_blank())
}

# The samples on two axes: `points`, the `labels` of the axes, `kept` (rows with a vector) and the `ordination`.
lay_out <- function(E, axes, method) {
  if (!is.numeric(axes) || length(axes) != 2 || anyNA(axes) || any(axes < 1 | axes != round(axes))) {
    abort("usage", sprintf("axes is %s", paste(axes, collapse = ", ")), "the numbers of two axes", "axes = c(1, 2)")
  }
  ordination <- embedding_ordination(E, method, axes = max(axes))
  vectors <- ordination$vectors
  if (max(axes) > ncol(vectors)) {
    abort(
      "usage", sprintf("there is no axis %d", max(axes)), sprintf("an axis from 1 to %d", ncol(vectors)), "axes = c(1, 2)"
    )
  }
  shares <- ordination$values$Relative_eig[axes]
  list(
    points = vectors[, axes, drop = FALSE],
    labels = sprintf("Axis %d (%s of the variance)", axes, as_percent(shares)),
    kept = match(rownames(vectors), rownames(E)),
    ordination = ordination
  )
}

# The values that an argument names: of a column of the sample data, or one for each sample.
values_of <- function(given, argument, samples, E) {
  if (length(given) == nrow(E) && !(has_text(given) && given %in% names(samples))) {
    return(if (is.numeric(given)) as.vector(given) else as.factor(given))
  }
  if (is.null(samples)) {
    abort(
      "usage", sprintf("%s names a column, but nothing is known of the samples", argument),
      sprintf("a data frame with the sample names as row names, or one value for each of the %d samples", nrow(E)),
      sprintf("samples = a data frame with the column %s", paste(utils::head(given, 1), collapse = ""))
    )
  }
  check_columns(stats::setNames(list(given), argument), samples)
  row <- match(rownames(E), rownames(samples))
  if (all(is.na(row))) {
    abort(
      "usage",
      sprintf("no sample of E is in samples, whose rows are %s, ...", rownames(samples)[1]),
      sprintf("row names such as %s", rownames(E)[1]), "rownames(samples) <- the column with the sample names"
    )
  }
  values <- samples[[given]][row]
  if (is.numeric(values)) values else as.factor(values)
}
