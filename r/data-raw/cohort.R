# Takes the example of the Python package into this one; run it in r/ after examples/make_cohort.py:
#   Rscript data-raw/cohort.R
from <- file.path("..", "examples")
to <- file.path("inst", "extdata")
file.copy(file.path(from, "cohort_metadata.tsv"), to, overwrite = TRUE)
lines <- readLines(file.path(from, "cohort_metaphlan.tsv"))
out <- gzfile(file.path(to, "cohort_metaphlan.tsv.gz"), "wb")
writeLines(lines, out)
close(out)
