#!/usr/bin/env bash
# Installs R from Debian or Ubuntu with what the tests need that have to do with it: tests/r, tests/bridge (rpy2)
# and the R package in r/. Needs root and apt; where either is missing it says what is skipped and ends with success.
#   tools/install-r.sh check    installs and says nothing; succeeds if all of it is there
set -uo pipefail

# knitr and rmarkdown (with pandoc) build the vignette of the R package.
packages=(
    r-base-core
    r-bioc-biomformat r-bioc-phyloseq r-bioc-rhdf5 r-bioc-singlecellexperiment r-bioc-summarizedexperiment
    r-cran-cli r-cran-ggplot2 r-cran-jsonlite r-cran-knitr r-cran-matrix r-cran-reticulate r-cran-rlang
    r-cran-rmarkdown r-cran-testthat r-cran-vegan r-cran-withr
)
libraries='c("biomformat", "phyloseq", "rhdf5", "SingleCellExperiment", "SummarizedExperiment", "cli", "ggplot2",
    "jsonlite", "knitr", "Matrix", "reticulate", "rlang", "rmarkdown", "testthat", "vegan", "withr")'

# The libraries that R lacks; fails where there is no R.
missing() { Rscript -e "p <- $libraries; cat(p[!p %in% rownames(installed.packages())])" 2>/dev/null; }

if [ "${1:-}" = check ]; then
    lacking=$(missing) && [ -z "$lacking" ]
    exit
fi
if lacking=$(missing) && [ -z "$lacking" ]; then
    echo "R is installed with everything that the tests need"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "suite R: skipped (no apt-get; install R by hand, and in it: ${lacking:-$libraries})"
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "suite R: skipped (not root; run: sudo apt-get install --no-install-recommends ${packages[*]})"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
if apt-get update -qq && apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null; then
    echo "installed: ${packages[*]}"
else
    echo "suite R: skipped (apt-get could not install ${packages[*]})"
fi
