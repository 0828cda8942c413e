#!/usr/bin/env bash
# Installs R with phyloseq, biomformat and rhdf5 from Debian or Ubuntu, for the tests in tests/r.
# Needs root and apt; where either is missing it says what is skipped and ends with success.
set -uo pipefail

packages=(r-base-core r-bioc-phyloseq r-bioc-biomformat r-bioc-rhdf5)

if command -v Rscript >/dev/null && Rscript -e 'library(phyloseq); library(biomformat); library(rhdf5)' >/dev/null 2>&1; then
    echo "R with phyloseq, biomformat and rhdf5 is installed"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "suite R: skipped (no apt-get; install R with phyloseq, biomformat and rhdf5 from Bioconductor by hand)"
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
