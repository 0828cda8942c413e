# Reads a BIOM file as R users do and writes what was found, for the tests to look at:
#   Rscript import_biom.R FILE FOLDER [write]
# FOLDER gets values.tsv, ranks_default.tsv, ranks_greengenes.tsv, samples.tsv (if there are any);
# with "write" also back.biom, the table as R's biomformat writes it.
suppressMessages({
  library(phyloseq)
  library(biomformat)
  library(rhdf5) # Debian's biomformat does not load it by itself, and fails on HDF5 without it
})
arguments <- commandArgs(TRUE)
file <- arguments[1]
folder <- arguments[2]
put <- function(x, name) {
  write.table(x, file.path(folder, name), sep = "\t", quote = FALSE, col.names = NA, fileEncoding = "UTF-8")
}

# Numbers with 17 digits, which are enough for every float64.
as_text <- function(x) array(sprintf("%.17g", x), dim(x), dimnames(x))
ps <- import_biom(file)
put(as_text(as(otu_table(ps), "matrix")), "values.tsv")
put(as(tax_table(ps), "matrix"), "ranks_default.tsv")
put(as(tax_table(import_biom(file, parseFunction = parse_taxonomy_greengenes)), "matrix"), "ranks_greengenes.tsv")
if (!is.null(sample_data(ps, errorIfNULL = FALSE))) put(data.frame(sample_data(ps)), "samples.tsv")

table <- read_biom(file)
values <- as.matrix(biom_data(table)) # of one sample biom_data() makes a vector
stopifnot(inherits(table, "biom"), identical(dim(values), dim(otu_table(ps))), all(values == otu_table(ps)))
if (length(arguments) > 2) {
  dimnames(values) <- list(rownames(table), colnames(table))
  write_biom(make_biom(values, observation_metadata = observation_metadata(table)), file.path(folder, "back.biom"))
}
