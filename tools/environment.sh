# Shell functions that quickstart and run-tests share. Sourced, not run.

# The oldest Python that mbembed supports (setup.cfg: python_requires).
OLDEST_PYTHON="3.11"

step() { printf '\n==> %s\n' "$*" >&2; }

fail() { printf '%s\n' "$*" >&2; exit 1; }

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# Whether packages can be had at all: a machine without a network is not to blame for what it lacks.
apt_reaches() { may_install && apt-get update -qq -o APT::Update::Error-Mode=any >/dev/null 2>&1; }

apt_install() { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }

# The first Python that is new enough; PYTHON overrides. Installed from apt where there is none.
find_python() {
    local candidate
    if [ -z "${PYTHON:-}" ] && ! command -v python3 >/dev/null && may_install; then
        step "installing python3"
        apt_install python3 python3-venv
    fi
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c "import sys; sys.exit(sys.version_info < tuple(map(int, '$OLDEST_PYTHON'.split('.'))))" 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "No Python found that is $OLDEST_PYTHON or newer. Install one (apt-get install python3 python3-venv), or name it: PYTHON=/path/to/python3 $0"
}

# make_environment DIR: a virtual environment, made once.
make_environment() {
    local python
    [ -x "$1/bin/python" ] && "$1/bin/python" -m pip --version >/dev/null 2>&1 && return
    python=$(find_python)
    step "making a virtual environment in $1 with $("$python" --version)"
    if ! "$python" -m venv --clear "$1" >/dev/null 2>&1; then
        may_install || fail "This Python cannot make virtual environments. Try: sudo apt-get install python3-venv"
        step "installing python3-venv"
        apt_install python3-venv
        "$python" -m venv --clear "$1"
    fi
}
