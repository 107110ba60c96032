# Shared by the scripts beside it: a uv of our own, and environments made from the lock files. Sourced, never run.

DIM='' PLAIN=''
# Sequences are for terminals alone, not for logs (https://no-color.org).
if [ -t 2 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then DIM=$'\033[2m' PLAIN=$'\033[0m'; fi
say() { printf '%s%s%s %s\n' "$DIM" "vllm-qualify:" "$PLAIN" "$*" >&2; }
fail() { printf 'vllm-qualify: %s\n' "$*" >&2; exit 1; }

CACHE="${VLLM_QUALIFY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vllm-qualify}"
UV_VERSION=0.13.9

# The newest Python from 3.11 on; PYTHON names another one.
find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 \
            && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed and none was found on PATH. Install it, or name it: PYTHON=/path/to/python3.12 $0"
}

# uv makes every other environment; pip is needed for this one step alone.
ensure_uv() {
    UV="$CACHE/uv-$UV_VERSION/bin/uv"
    [ -x "$UV" ] && return
    local python staging
    python=$(find_python)
    staging="$CACHE/uv-$UV_VERSION.$$"
    say "fetching uv $UV_VERSION (once)"
    mkdir -p "$CACHE"
    "$python" -m venv "$staging" >/dev/null \
        || fail "'$python -m venv' failed. On Debian and Ubuntu: apt install python3-venv"
    "$staging/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" \
        || fail "uv could not be installed. Is a package index reachable (pip config list)?"
    mv -T "$staging" "$CACHE/uv-$UV_VERSION" 2>/dev/null || rm -rf "$staging"
}

# ensure_env DIR LOCKFILE: makes DIR hold exactly what LOCKFILE pins; a stamp spares the work when nothing changed.
ensure_env() {
    local dir=$1 lock=$2 stamp
    stamp=$(sha256sum "$lock" | cut -d' ' -f1)
    [ -x "$dir/bin/python" ] && [ "$(cat "$dir/.locked" 2>/dev/null)" = "$stamp" ] && return
    ensure_uv
    say "making $dir from $lock"
    "$UV" venv --quiet --clear --python "$(find_python)" "$dir"
    "$UV" pip sync --quiet --require-hashes --python "$dir/bin/python" "$lock" \
        || fail "the packages of $lock could not be installed. Is a package index reachable?"
    printf '%s\n' "$stamp" >"$dir/.locked"
}

# ensure_self DIR: the harness itself, editable, so that `vllm-qualify` and its pytest plugin are there.
ensure_self() {
    local dir=$1 stamp
    stamp=$(sha256sum pyproject.toml | cut -d' ' -f1)
    [ "$(cat "$dir/.self" 2>/dev/null)" = "$stamp" ] && return
    ensure_uv
    "$UV" pip install --quiet --no-deps --build-constraints requirements/build.txt \
        --python "$dir/bin/python" --editable .
    printf '%s\n' "$stamp" >"$dir/.self"
}

# ready_env [--test]: makes .venv ready, or ready for working on the harness, and leaves one that is alone.
ready_env() {
    local lock=requirements/run.txt
    if [ "${1:-}" = --test ]; then
        lock=requirements/test.txt
    elif [ "$(cat .venv/.locked 2>/dev/null)" = "$(sha256sum requirements/test.txt | cut -d' ' -f1)" ]; then
        lock=requirements/test.txt # what a developer made holds all that a user needs
    fi
    ensure_env .venv "$lock"
    ensure_self .venv
}

# ensure_packages WHOSE PACKAGE...: packages of the distribution; no service of theirs is started.
ensure_packages() {
    local whose=$1 policy=/usr/sbin/policy-rc.d; shift
    local wanted="apt-get install $*"
    command -v apt-get >/dev/null 2>&1 || fail "there is no apt-get here; install $whose packages yourself: $*"
    [ "$(id -u)" = 0 ] || fail "only root can install $whose packages: sudo $wanted"
    # Debian starts a daemon as it installs it, unless this file refuses; Docker's would close the FORWARD chain.
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    say "$wanted (once)"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || fail "apt-get update failed; is the distribution's mirror reachable?"
    apt-get install -y --no-install-recommends "$@" >&2 || fail "$wanted failed"
}
