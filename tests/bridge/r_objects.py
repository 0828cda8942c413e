"""R code for tables of every kind that `from_r` takes, and of some that it refuses."""

from __future__ import annotations

#: Run once before the others. The names come from no real table.
PRELUDE = """
set.seed(7)
species <- c("Blautia obeum", "Blautia wexlerae", "Faecalibacterium prausnitzii", "Bacteroides ovatus")
samples <- c("001", "1e5", "Ünï-μ")
otus <- paste0("OTU", 1:4)
counts <- matrix(c(5L, 0L, 3L, 1L, 0L, 0L, 7L, 2L, 9L, 4L, 0L, 6L), 4, dimnames = list(otus, samples))
fractions <- sweep(counts, 2, colSums(counts), "/")
ranks <- c("Kingdom", "Phylum", "Genus", "Species")
taxonomy <- cbind(rep("k__Bacteria", 4), c("p__Firmicutes", "p__Firmicutes", NA, "p__Bacteroidota"),
                  paste0("g__", sub(" .*", "", species)), paste0("s__", species))
dimnames(taxonomy) <- list(otus, ranks)
about <- data.frame(row.names = rev(samples), site = factor(c("gut", "skin", "gut")), age = c(41L, NA, 3L),
                    bmi = c(22.5, NaN, NA), treated = c(TRUE, NA, FALSE), note = c("\u00fc", NA, "b"))
named <- function(x, names = species) { rownames(x) <- names; x }
table_of <- function(x, rows = TRUE) otu_table(if (rows) x else t(x), taxa_are_rows = rows)
"""

#: Name → code of one object.
TABLES = {
    "phyloseq": "phyloseq(table_of(counts), tax_table(taxonomy), sample_data(about))",
    "phyloseq, taxa in columns": "phyloseq(table_of(counts, FALSE), tax_table(taxonomy), sample_data(about))",
    "phyloseq of fractions": "phyloseq(table_of(fractions), tax_table(taxonomy))",
    "phyloseq of percent": "phyloseq(table_of(100 * fractions, FALSE), tax_table(taxonomy))",
    "phyloseq without tax_table": "phyloseq(table_of(named(counts)), sample_data(about))",
    "phyloseq without prefixes": (
        'phyloseq(table_of(counts), tax_table({ x <- sub("^.__", "", taxonomy); x[2, 4] <- NA; x[3, 4] <- ""; x }))'
    ),
    "phyloseq with Rank1 to Rank4": (
        "phyloseq(table_of(counts), tax_table({ x <- taxonomy; colnames(x) <- paste0('Rank', 1:4); x }))"
    ),
    "phyloseq from factors": (
        "phyloseq(table_of(counts), tax_table(as.matrix(as.data.frame(taxonomy, stringsAsFactors = TRUE))))"
    ),
    "phyloseq with a tree and sequences": (
        "phyloseq(table_of(counts), tax_table(taxonomy), ape::rtree(4, tip.label = otus),"
        " Biostrings::DNAStringSet(setNames(c('ACGT', 'GG', 'T', 'AC'), otus)))"
    ),
    "phyloseq with samples 1, 2, 3": (
        "phyloseq(table_of({ x <- counts; colnames(x) <- 1:3; x }), tax_table(taxonomy))"
    ),
    "phyloseq of one sample": "phyloseq(table_of(counts[, 1, drop = FALSE]), tax_table(taxonomy))",
    "phyloseq of one taxon": "phyloseq(table_of(counts[1, , drop = FALSE]), tax_table(taxonomy[1, , drop = FALSE]))",
    "phyloseq, pruned": "prune_samples(c(TRUE, FALSE, TRUE), phyloseq(table_of(counts), tax_table(taxonomy)))",
    "otu_table": "table_of(named(counts))",
    "otu_table, taxa in columns": "table_of(named(counts), FALSE)",
    "matrix": "t(named(counts))",
    "matrix, taxa in rows": "named(fractions)",
    "dgCMatrix": 'as(t(named(fractions)), "CsparseMatrix")',
    "dgCMatrix, taxa in rows": 'as(named(counts) + 0, "CsparseMatrix")',
    "data.frame": "as.data.frame(t(named(counts)))",
    "data.frame with ids in a column": "data.frame(id = samples, t(named(counts)), row.names = NULL, check.names = FALSE)",
    "SummarizedExperiment": (
        "SummarizedExperiment::SummarizedExperiment(list(counts = counts),"
        " rowData = S4Vectors::DataFrame(taxonomy), colData = S4Vectors::DataFrame(about[samples, ]))"
    ),
    "SummarizedExperiment of several assays": (
        "SummarizedExperiment::SummarizedExperiment(list(logs = log1p(counts), counts = counts,"
        " relabundance = fractions), rowData = S4Vectors::DataFrame(taxonomy))"
    ),
    "SingleCellExperiment of a dgCMatrix": (
        'SingleCellExperiment::SingleCellExperiment(list(counts = as(counts + 0, "CsparseMatrix")),'
        " rowData = S4Vectors::DataFrame(taxonomy))"
    ),
    "GlobalPatterns": 'local({ data("GlobalPatterns", package = "phyloseq", envir = environment()); GlobalPatterns })',
    "enterotype": 'local({ data("enterotype", package = "phyloseq", envir = environment()); enterotype })',
}

#: Tables that are refused, from a file and from memory by the same class of error.
UNUSABLE = {
    "an NA among integers": "{ x <- counts; x[2, 2] <- NA; phyloseq(table_of(x), tax_table(taxonomy)) }",
    "a negative value": "{ x <- fractions; x[2, 2] <- -0.1; table_of(named(x)) }",
    "nothing but zeros": "table_of(named(0L * counts))",
    "a matrix without names": "unname(counts)",
    "a matrix of unclear sides": "matrix(1:4 + 0, 2, dimnames = list(c('a', 'b'), c('c', 'd')))",
}

#: Objects that are no tables at all, by their class.
NO_TABLES = {
    "lm": "lm(age ~ 1, about)",
    "list": "list(ps = 1, other = 'x')",
    "function": "function(x) x",
    "NULL": "NULL",
    "character": "letters",
}
