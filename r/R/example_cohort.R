#' A simulated cohort
#'
#' 48 samples in two groups: cases have more oral species and fewer butyrate producers. No person's data
#' are in it. It is the example that travels with mbembed, in MetaPhlAn's form.
#'
#' @param as `"list"`: `abundance` (a matrix in percent, species in rows, named by their lineages) and
#'   `samples` (a data frame); `"phyloseq"`: a `phyloseq` object with `tax_table` and `sample_data`;
#'   `"file"`: the path of the table.
#' @return As asked.
#' @export
#' @examples
#' str(example_cohort(), max.level = 1, give.attr = FALSE)
example_cohort <- function(as = c("list", "phyloseq", "file")) {
  as <- rlang::arg_match(as)
  file <- system.file("extdata", "cohort_metaphlan.tsv.gz", package = "mbembed", mustWork = TRUE)
  if (as == "file") {
    return(file)
  }
  table <- utils::read.delim(file, skip = 1, row.names = 1, check.names = FALSE)
  abundance <- as.matrix(table[grepl("|s__", rownames(table), fixed = TRUE), -1])
  samples <- utils::read.delim(
    system.file("extdata", "cohort_metadata.tsv", package = "mbembed", mustWork = TRUE),
    row.names = 1
  )
  if (as == "list") {
    return(list(abundance = abundance, samples = samples))
  }
  rlang::check_installed("phyloseq", "to make a phyloseq object.")
  ranks <- do.call(rbind, strsplit(rownames(abundance), "|", fixed = TRUE))
  colnames(ranks) <- c("Kingdom", "Genus", "Species")
  rownames(abundance) <- rownames(ranks) <- sub("^s__", "", ranks[, "Species"])
  phyloseq::phyloseq(
    phyloseq::otu_table(abundance, taxa_are_rows = TRUE),
    phyloseq::tax_table(ranks),
    phyloseq::sample_data(samples)
  )
}
