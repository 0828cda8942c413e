"""From a phyloseq object to its embedding and back, all in one Python process.

    pip install "mbembed[r]"                    # with R older than 4.5 also: "rpy2-rinterface<3.6.6"
    python docs/examples/r_from_python.py       # in a clone; writes cohort_embedded.rds

In a notebook each ``# %%`` is a cell. There ``%load_ext rpy2.ipython`` turns a cell that starts with ``%%R``
into R, so that the text between the quotes of ``robjects.r(...)`` can stand in a cell of its own, and
``%%R -i E -o ps`` carries objects in and out.
"""

# %% The phyloseq object: a MetaPhlAn table, its metadata, and the ranks from its clade names
from rpy2 import robjects

import mbembed
from mbembed.bridge import add_to_phyloseq, from_r, to_r

robjects.r(r"""
suppressPackageStartupMessages(library(phyloseq))
table <- read.delim("examples/cohort_metaphlan.tsv", skip = 1, row.names = 1, check.names = FALSE)
species <- grepl("[|]s__[^|]+$", rownames(table))
abundance <- as.matrix(table[species, names(table) != "NCBI_tax_id"])
ranks <- do.call(rbind, strsplit(rownames(abundance), "[|]"))
dimnames(ranks) <- list(rownames(abundance), c("Kingdom", "Genus", "Species"))
metadata <- read.delim("examples/cohort_metadata.tsv", row.names = 1)
ps <- phyloseq(otu_table(abundance, taxa_are_rows = TRUE), tax_table(ranks), sample_data(metadata))
""")

# %% Read it and embed it: ids, ranks, unit and orientation come from the object
profile = from_r(robjects.globalenv["ps"])
embedding = mbembed.embed(profile)
print(profile)
print(embedding)

# %% A matrix for R: what prcomp, dist and vegan take
robjects.globalenv["E"] = to_r(embedding)
robjects.r(r"""
components <- prcomp(E)
cat(sprintf("PC%d: %.0f %%\n", 1:2, 100 * summary(components)$importance[2, 1:2]), sep = "")
""")

# %% Or columns of the sample data, beside group and age, that stay with the object
robjects.globalenv["ps"] = add_to_phyloseq(robjects.globalenv["ps"], embedding)
robjects.r(r"""
cat(nsamples(ps), "samples,", length(sample_variables(ps)), "sample variables\n")
saveRDS(ps, "cohort_embedded.rds")
""")
