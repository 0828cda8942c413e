# Draws the figures of docs/r.md with the R package itself, from the simulated cohort that travels with it:
#   Rscript docs/figures/r_figures.R
suppressMessages({
  library(mbembed)
  library(ggplot2)
})
here <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
folder <- file.path(dirname(dirname(normalizePath(here))), "images")
dir.create(folder, showWarnings = FALSE)
save <- function(plot, name) ggsave(file.path(folder, name), plot, width = 6.4, height = 4.2, dpi = 110)

ps <- example_cohort("phyloseq")
E <- embed_samples(ps)
save(
  phyloseq::plot_ordination(ps, embedding_ordination(E), color = "group", shape = "site") +
    geom_point(size = 2.5) + theme_bw() + ggtitle("48 simulated samples"),
  "r-ordination.png"
)
save(autoplot(E, color = "age", shape = "site", size = 2.5) + ggtitle("48 simulated samples"), "r-autoplot.png")
explained <- explain_embedding(ps, E, ~group)
ggsave(file.path(folder, "r-explain.png"), autoplot(explained), width = 6.8, height = 6, dpi = 110)
result <- evaluate_embedding(
  ps, "group",
  heads = "linear", sizes = c(10, 20, 30), repeats = 20, representations = c("log", "clr", "presence", "model"),
  protocols = "limited-data"
)
save(plot_learning_curve(result), "r-learning-curve.png")
