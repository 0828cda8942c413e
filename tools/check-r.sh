#!/usr/bin/env bash
# Builds and checks the R package in r/: tools/check-r.sh PYTHON, where PYTHON has mbembed.
# Fails on an error or a warning of R CMD check, and where its tests were skipped altogether.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tools/environment.sh"

MBEMBED_PYTHON=$(command -v "${1:?tools/check-r.sh PYTHON}") || fail "there is no Python $1"
# Absolute, but not resolved: the link of a virtual environment is what makes it one.
MBEMBED_PYTHON=$(cd "$(dirname "$MBEMBED_PYTHON")" && pwd)/$(basename "$MBEMBED_PYTHON")
# reticulate would otherwise look for a Python of its own.
RETICULATE_PYTHON=$MBEMBED_PYTHON
export MBEMBED_PYTHON RETICULATE_PYTHON
if [ -z "${MBEMBED_SHARED:-}" ] && [ -d "$root/../shared/data" ]; then
    MBEMBED_SHARED=$(cd "$root/../shared/data" && pwd)
    export MBEMBED_SHARED
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# No package is looked for on CRAN; suggested ones that are not installed are left out.
printf 'options(repos = character())\n' > "$scratch/profile.R"
# NOT_CRAN: testthat compares its snapshots only then.
export R_PROFILE_USER="$scratch/profile.R" _R_CHECK_FORCE_SUGGESTS_=false NOT_CRAN=true LANG=C.UTF-8
cd "$scratch" || exit 1

step "R CMD build"
R CMD build "$root/r" > build.log 2>&1 || { cat build.log; fail "R CMD build failed"; }
step "R CMD check --no-manual"
# PDF needs LaTeX, which no test machine has.
R CMD check --no-manual mbembed_*.tar.gz > check.log 2>&1
checked=$?
tests=$(cat mbembed.Rcheck/tests/testthat.Rout* 2>/dev/null)
if [ "$checked" != 0 ] || ! grep -q '^Status:' check.log || grep -qE '^Status:.*(ERROR|WARNING)' check.log; then
    cat check.log
    printf '%s\n' "$tests"
    fail "R CMD check found errors or warnings"
fi
counts=$(grep -oE '\[ FAIL .* \]' <<< "$tests" | tail -n 1)
grep -qE 'PASS [1-9]' <<< "$counts" || { printf '%s\n' "$tests"; fail "the tests of the R package did not run"; }
# Python is there: tests that did not find it, or the extras that run-tests installs, guard nothing.
unmet=$(grep -oE 'no Python with mbembed|the Python extra mbembed\[[a-z]+\] is not installed' <<< "$tests" | sort -u)
[ -z "$unmet" ] || { printf '%s\n' "$tests"; fail "tests of the R package were skipped: $unmet"; }
grep '^Status:' check.log
echo "testthat: $counts"
