#!/bin/sh
# The unit tests and the scenarios of tests/platforms on a Python for Windows, under Wine. The tree as it lies here is
# copied onto Wine's drive C:. Usage: test-windows.sh FOLDER VERSION PYTHON, the last being this machine's.
set -eu

python=$(sh tools/platforms/windows.sh "$1" "$2")
drive=$(cd "$1" && pwd)/prefix/drive_c
packages=$drive/tests-$2
log=$(cd "$1" && pwd)/unit-$2.log
if [ ! -e "$packages/done" ]; then
    echo "Installing what the tests need …" >&2
    cp requirements*.txt "$drive/"
    "$python" -m pip install -q --target "C:\\tests-$2" -r "$drive/requirements-dev.txt" </dev/null 2>&1 | cat >"$1/tests.log"
    [ -d "$packages/pytest" ] || { echo "Skipped: what the tests need cannot be had from PyPI (see $1/tests.log)." >&2; exit 77; }
    touch "$packages/done"
fi

rm -rf "$drive/plexsync"
mkdir -p "$drive/plexsync"
# What git knows and what is new, and nothing that is only made here.
git ls-files -z --cached --others --exclude-standard | tar --null --files-from - --ignore-failed-read -cf - 2>/dev/null |
    tar xf - -C "$drive/plexsync"
# Wine's _locking() says nothing of why it fails, where Microsoft's says EACCES.
sed -i 's/^_HELD = (/_HELD = (0, /' "$drive/plexsync/worker/system.py"
echo "The unit tests, some seven minutes on two cores; they are kept in $log:" >&2
cd "$drive/plexsync"
# Wine's Python ends where its output is a file.
{
    failed=no
    PYTHONPATH="C:\\tests-$2" "$python" -m pytest ${TESTS:-tests/unit} -vv -rs --timeout 900 \
        -p tests.platforms.at_once </dev/null 2>&1 ||
        failed=yes
    echo $failed >"$drive/failed"
} | tee "$log"
cd - >/dev/null
echo "The scenarios, some two minutes:" >&2
PLEXSYNC_PYTHON=$python PLEXSYNC_FOLDER=$drive/scenarios "$3" -m pytest tests/platforms -vv -s -o python_files='platform_*.py'
[ "$(cat "$drive/failed")" = no ] || { echo "Unit tests failed on Windows: see $log." >&2; exit 1; }
