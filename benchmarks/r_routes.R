# Times embed_samples() by either route beside R's own prcomp(), on a simulated table:
#   Rscript benchmarks/r_routes.R [SAMPLES TAXA [RUNS]]      (default: 5000 2000 3)
# The Python with mbembed is named by MBEMBED_PYTHON. The first species are those of the example cohort, the others are
# unknown; values are fractions, one in four is not zero, as in MetaPhlAn tables of many studies.
library(mbembed)
given <- as.integer(commandArgs(TRUE))
size <- if (length(given) >= 2) given[1:2] else c(5000L, 2000L)
runs <- if (length(given) >= 3) given[3] else 3L

known <- rownames(example_cohort()$abundance)
unknown <- paste0("k__Bacteria|g__Unknownia|s__Unknownia_", chartr("0123456789", "abcdefghij", seq_len(size[2])))
names <- head(c(known, unknown), size[2])
set.seed(1)
values <- matrix(rlnorm(prod(size)) * (runif(prod(size)) < 0.25), size[1])
values <- values / rowSums(values)
dimnames(values) <- list(paste0("S", seq_len(size[1])), names)
sparse <- Matrix::Matrix(values, sparse = TRUE)

timed <- function(what, code) {
  times <- vapply(seq_len(runs), function(i) system.time(code())[["elapsed"]], 0)
  cat(sprintf("%-45s %6.2f s  (%.2f to %.2f)\n", what, stats::median(times), min(times), max(times)))
}
embed <- function(x, engine) function() {
  suppressWarnings(embed_samples(x, units = "fraction", engine = engine, quiet = TRUE))
}
cat(sprintf("%d samples x %d taxa, %d runs, R %s\n", size[1], size[2], runs, getRversion()))
timed("process, matrix", embed(values, "process"))
timed("process, dgCMatrix", embed(sparse, "process"))
if (requireNamespace("reticulate", quietly = TRUE)) {
  first <- system.time(by_reticulate <- embed(sparse, "reticulate")())[["elapsed"]]
  cat(sprintf("%-45s %6.2f s\n", "reticulate, dgCMatrix, first (starts Python)", first))
  timed("reticulate, matrix", embed(values, "reticulate"))
  timed("reticulate, dgCMatrix", embed(sparse, "reticulate"))
  stopifnot(identical(by_reticulate, embed(sparse, "process")()))
}
timed("prcomp(values, rank. = 10)", function() stats::prcomp(values, rank. = 10))
