# Sourced by the scripts beside it: finds a Python, makes .venv and installs the locked requirements into it.
#
#   source "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh" run|dev|lock
#
# Afterwards `python` and all commands are those of .venv, and $ROOT is the repository. What is installed is checked
# against the hashes in requirements/. If nothing changed since the last time, this costs a few milliseconds.
# Nothing but bash (also 3.2, the one on a Mac) and a Python is needed.

set -euo pipefail

# What the caller's shell points Python at must not get in here, nor install outside of .venv.
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV PIP_TARGET PIP_PREFIX PIP_ROOT
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0

ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
VENV="$ROOT/.venv"

say() { printf 'daybook: %s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# Each is asked to run, not only to be there: version managers leave names behind that start nothing.
is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

can_make_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

find_python() {
    local candidate lacking=""
    for candidate in python3.13 python3.12 python3.11 python3 python; do
        if is_new_enough "$candidate"; then
            if can_make_venv "$candidate"; then
                printf '%s\n' "$candidate"
                return
            fi
            lacking="${lacking:-$candidate}"
        fi
    done
    if [ -n "$lacking" ]; then
        fail "$lacking lacks the venv module. On Debian and Ubuntu: apt install $lacking-venv. Then run this again."
    fi
    fail "needs Python 3.11 or newer, and found none as python3.13, python3.12, python3.11, python3 or python." \
        "Install one (https://www.python.org/downloads/), then run this again."
}

# What an environment is made of: where it stands, since an editable install names the folder, and what was asked for.
recipe() { printf '%s\n' "$ROOT" && cat -- "$ROOT/requirements/$1.txt" "$ROOT/pyproject.toml"; }

is_current() { [ -f "$VENV/daybook-$1.recipe" ] && recipe "$1" | cmp -s -- - "$VENV/daybook-$1.recipe"; }

# dev.txt holds all of run.txt, in the same versions.
is_ready() { is_new_enough "$VENV/bin/python" && { is_current "$1" || { [ "$1" = run ] && is_current dev; }; }; }

install() {
    say "setting up .venv from requirements/$1.txt, once; this takes about a minute"
    if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1 || ! is_new_enough "$VENV/bin/python"; then
        "$PYTHON" -m venv --clear "$VENV"
    fi
    "$VENV/bin/python" -m pip install -qq --require-hashes --requirement "$ROOT/requirements/$1.txt"
    "$VENV/bin/python" -m pip install -qq --no-deps --no-build-isolation --editable "$ROOT"
    # Last of all, so that an installation that was interrupted is done again.
    recipe "$1" >"$VENV/daybook-$1.recipe"
}

if ! is_ready "$1"; then
    PYTHON="$(find_python)"
    # Two that start at once take turns. The lock belongs to this shell's descriptor and ends with it, however it ends.
    exec 9>"$ROOT/.venv.lock"
    "$PYTHON" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    is_ready "$1" || install "$1"
    exec 9>&-
fi

export VIRTUAL_ENV="$VENV" PATH="$VENV/bin:$PATH"
