#!/usr/bin/env bash
# Installs what the tests of galaxy/ need: a Galaxy server and planemo from PyPI, pinned, in .env-galaxy;
# Chromium from Debian or Ubuntu; and what the tests talk to them with into the Python that is named.
#   tools/install-galaxy.sh PYTHON     says what is skipped where something cannot be installed, and ends with success
#   tools/install-galaxy.sh check      succeeds if server and planemo are there, as pinned
#   tools/install-galaxy.sh check PYTHON   the same, with the browser and what the tests need in that Python
#   tools/install-galaxy.sh update     makes the constraints anew, after GALAXY below was changed
set -uo pipefail
cd "$(dirname "$0")/.."
. tools/environment.sh

# All parts of Galaxy must have one version: they do not pin each other.
GALAXY=26.1.2
PARTS=(app auth config data files job-execution job-metrics navigation objectstore schema tool-shed-schema tool-util
    tool-util-models tours util web-apps web-client web-framework web-stack)
SERVER_PACKAGES=(galaxy-web-apps galaxy-web-client)
PLANEMO_PACKAGES=(planemo)
folder=${MBEMBED_GALAXY_ENV:-.env-galaxy}
pins=tools/galaxy

stamp() { cat "$pins"/constraints-*.txt | sha256sum | cut -d ' ' -f 1; }

is_complete() { [ "$(cat "$folder/installed" 2>/dev/null)" = "$(stamp)" ]; }

has_browser() { { command -v chromium || command -v google-chrome; } >/dev/null && command -v chromedriver >/dev/null; }

has_clients() { "$1" -c "import bioblend, selenium" 2>/dev/null; }

skip() { echo "suite galaxy: skipped ($*)"; exit 0; }

# install ENVIRONMENT PACKAGE…: pinned
install() {
    local environment=$1; shift
    make_environment "$folder/$environment" &&
        "$folder/$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
            -c "$pins/constraints-$environment.txt" "$@"
}

update() {
    local one environment
    one=$(mktemp)
    printf "galaxy-%s==$GALAXY\n" "${PARTS[@]}" >"$one"
    for environment in server planemo; do
        rm -rf "${folder:?}/$environment"
        make_environment "$folder/$environment"
        local packages=("${SERVER_PACKAGES[@]}")
        [ "$environment" = server ] || packages=("${PLANEMO_PACKAGES[@]}")
        "$folder/$environment/bin/python" -m pip install --quiet --disable-pip-version-check -c "$one" "${packages[@]}" || exit 1
        {
            echo "# What the $environment environment holds, for Python 3.11 on Linux. Made by: tools/install-galaxy.sh update"
            "$folder/$environment/bin/python" -m pip freeze --disable-pip-version-check
        } >"$pins/constraints-$environment.txt"
    done
    rm "$one"
    stamp >"$folder/installed"
}

case "${1:-}" in
    check)
        is_complete && { [ $# = 1 ] || { has_browser && has_clients "$2"; }; }
        exit
        ;;
    update) update; exit ;;
    "") fail "install-galaxy.sh takes the Python that runs the tests, 'check' or 'update'" ;;
esac

"$1" -m pip install --quiet --disable-pip-version-check -e ".[galaxy]" || skip "bioblend and selenium could not be installed"
if ! is_complete; then
    step "installing Galaxy $GALAXY and planemo in $folder (1.6 GB, once)"
    install server "${SERVER_PACKAGES[@]}" && install planemo "${PLANEMO_PACKAGES[@]}" ||
        skip "Galaxy or planemo could not be installed from the package registry"
    stamp >"$folder/installed"
fi
if ! has_browser; then
    if ! may_install || ! apt_install chromium chromium-driver; then
        echo "suite galaxy-browser: skipped (Chromium and its driver could not be installed: apt-get install chromium chromium-driver)"
    fi
fi
