# How plots look: colours, shapes and legends.

# Colours that colour-blind people tell apart (Okabe and Ito), without the yellow that is pale on white, and a
# shape for each, as in mbembed/report/picture.py.
colours <- c("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
shapes <- c(16, 15, 17, 18, 6, 3, 4)
# What is not known, and groups that have no colour of their own.
unknown <- list(label = "not known", colour = "#767676", shape = 1)
rest <- list(colour = "#A6A6A6", shape = 20)
# Behind the data, and what does not count.
pale <- "#D9D9D9"
# Letters of a group and of a taxon in a figure, if it stays the only one of its kind.
label_length <- 28L
taxon_length <- 40L
# Width of a letter of ordinary text as a share of the widest; letters that a symbol takes in a legend.
letter_width <- 0.62
symbol_letters <- 5L
# Most of the width of a figure that a legend takes (share).
most_room <- 0.4
# Steps of a scale of colours, and those of them that the legend of plot() names.
scale_steps <- 100L
named_steps <- 5L

# Values as groups with their numbers, for a legend: `values` (a factor), and the `colour` and `shape` of its levels.
# Of many groups the rarest are put together; what is not known comes last.
as_groups <- function(values) {
  values <- droplevels(as.factor(values))
  counts <- table(values)
  n_own <- length(colours)
  if (nlevels(values) > n_own) {
    n_own <- n_own - 1
    kept <- names(counts)[rank(-counts, ties.method = "first") <= n_own]
    together <- sprintf("%d other values", nlevels(values) - n_own)
    values <- factor(ifelse(is.na(values) | values %in% kept, as.character(values), together), c(kept, together))
    counts <- table(values)
  }
  is_own <- seq_len(nlevels(values)) <= n_own
  look <- data.frame(colour = colours, shape = shapes)[seq_len(nlevels(values)), ]
  look[!is_own, ] <- data.frame(rest)
  levels(values) <- sprintf("%s (n = %d)", shorten(levels(values)), counts)
  if (anyNA(values)) {
    values <- addNA(values)
    levels(values)[nlevels(values)] <- sprintf("%s (n = %d)", unknown$label, sum(is.na(levels(values))[values]))
    look <- rbind(look, data.frame(unknown)[names(look)])
  }
  list(values = values, colour = look$colour, shape = look$shape)
}

# A legend of numbers: `legend`, `pch` and `col`, and the function `of` that colours values.
scale_legend <- function(values) {
  steps <- grDevices::hcl.colors(scale_steps, "viridis", rev = TRUE)
  span <- range(values, na.rm = TRUE)
  of <- function(x) {
    at <- if (diff(span) > 0) 1 + round((scale_steps - 1) * (x - span[1]) / diff(span)) else rep(1, length(x))
    ifelse(is.na(x), unknown$colour, steps[at])
  }
  marks <- pretty(span, named_steps)
  marks <- marks[marks >= span[1] & marks <= span[2]]
  if (!length(marks)) marks <- span[1]
  n_unknown <- sum(is.na(values))
  list(
    legend = c(format(marks), if (n_unknown) sprintf("%s (n = %d)", unknown$label, n_unknown)),
    col = c(of(marks), if (n_unknown) unknown$colour),
    pch = shapes[1], of = of
  )
}

shorten <- function(texts, length = label_length) {
  short <- ifelse(nchar(texts) > length, paste0(substr(texts, 1, length - 1), "\u2026"), texts)
  if (anyDuplicated(short)) texts else short
}
