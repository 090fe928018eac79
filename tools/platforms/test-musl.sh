#!/bin/sh
# The scenarios of tests/platforms on a Python for musl: once with pip as its users have it, once with uv alone.
# Usage: test-musl.sh FOLDER PYTHON, the last being this machine's.
set -eu

python=$(sh tools/platforms/musl.sh "$1")
folder=$(cd "$1" && pwd)
scenarios() {
    PLEXSYNC_PYTHON=$python PLEXSYNC_FOLDER=$folder/scenarios "$here" -m pytest tests/platforms -vv -s \
        -o python_files='platform_*.py' "$@"
}
here=$2
# It was built without ensurepip, as Alpine's is without its package py3-pip: uv installs then.
if [ ! -x "$folder/uv/bin/uv" ]; then
    "$here" -m pip install -q --target "$folder/uv" uv >"$folder/uv.log" 2>&1 ||
        { echo "Skipped: uv cannot be had from PyPI (see $folder/uv.log)." >&2; exit 77; }
fi
PATH="$folder/uv/bin:$PATH" scenarios
