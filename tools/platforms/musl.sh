#!/bin/sh
# Makes a CPython against musl, the C library of Alpine, in a folder of its own, from Debian's source packages alone.
# Some six minutes on two cores; a second run finds what is there. Usage: musl.sh FOLDER. Prints the path of its Python.
# Ends with 77 and one sentence where something cannot be had.
set -eu

folder=${1:?the folder to make it in}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
python=$folder/python/bin/python3
log=$folder/setup.log

cannot() {
    echo "Skipped: $1." >&2
    exit 77
}

[ -e "$folder/done" ] && { echo "$python"; exit 0; }
: >"$log"
command -v apt-get >/dev/null && [ -d /etc/apt/sources.list.d ] || cannot "a CPython for musl is built from Debian's packages"
[ "$(uname -m)" = x86_64 ] || cannot "the build of a CPython for musl knows x86-64 only"
missing=
for program in musl-gcc:musl-tools tclsh:tcl make:make gcc:gcc dpkg-source:dpkg-dev perl:perl; do
    command -v "${program%%:*}" >/dev/null || missing="$missing ${program#*:}"
done
if [ -n "$missing" ]; then
    [ "$(id -u)" = 0 ] || cannot "these are not installed: \"apt install$missing\""
    # shellcheck disable=SC2086 # each of them is a word
    { apt-get update && apt-get install -y --no-install-recommends $missing; } >>"$log" 2>&1 ||
        cannot "Debian's packages cannot be reached (see $log)"
fi

# Sources by lists of our own: the system's stay as they are.
mkdir -p "$folder/apt/lists/partial" "$folder/sources" "$folder/libraries/lib" "$folder/libraries/include"
if ls /etc/apt/sources.list.d/debian.sources >/dev/null 2>&1; then
    sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >"$folder/apt/debian.sources"
    list="$folder/apt/debian.sources"
else
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$folder/apt/debian.list"
    list="$folder/apt/debian.list"
fi
mkdir -p "$folder/apt/parts"
cp "$list" "$folder/apt/parts/"
apt="-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$folder/apt/parts -o Dir::State::Lists=$folder/apt/lists"
# A build as root would fetch as another user, who may not write here.
apt="$apt -o APT::Sandbox::User=root"
cd "$folder/sources"
echo "Fetching the sources …" >&2
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
# shellcheck disable=SC2086 # several words
fetch() { # the newest, or what the release came with: not every mirror has the sources of each update
    apt-get $apt source --download-only "$1" >>"$log" 2>&1 ||
        { rm -f "$1"_* && apt-get $apt source --download-only "$1/$release" >>"$log" 2>&1; }
}
# shellcheck disable=SC2086
apt-get $apt update >>"$log" 2>&1 || cannot "Debian's source packages cannot be reached (see $log)"
for name in zlib sqlite3 openssl; do
    fetch $name || cannot "the source of $name cannot be had from Debian (see $log)"
done
version=
for version in 3.14 3.13 3.12 3.11 none; do fetch "python$version" && break; done
[ "$version" != none ] || cannot "the source of Python cannot be had from Debian (see $log)"

unpack() {
    rm -rf "$folder/build/$1"
    mkdir -p "$folder/build/$1"
    tar xf "$(ls "$folder/sources/$1"_*.orig.tar.* | grep -v '[.]asc$')" -C "$folder/build/$1" --strip 1
}

# The kernel's headers belong to no C library.
mkdir -p "$folder/headers"
ln -sfn /usr/include/linux "$folder/headers/linux"
ln -sfn /usr/include/asm-generic "$folder/headers/asm-generic"
ln -sfn /usr/include/x86_64-linux-gnu/asm "$folder/headers/asm"
cat >"$folder/cc" <<COMPILER
#!/bin/sh
case "\${1:-}" in --print-multiarch | -print-multiarch) echo x86_64-linux-musl; exit 0 ;; esac
exec musl-gcc "\$@" -idirafter "$folder/headers"
COMPILER
chmod +x "$folder/cc"
export CC="$folder/cc" CFLAGS="-O1 -fPIC"
libraries=$folder/libraries

echo "Building zlib, SQLite, OpenSSL and Python $version against musl …" >&2
exec 3>&1 4>&2 >>"$log" 2>&1
trap '[ -e "$folder/done" ] || { echo "The build failed; the end of $log:"; tail -n 5 "$log"; } >&4' EXIT
set -x

unpack zlib
cd "$folder/build/zlib"
./configure --static --prefix="$libraries"
make -j2 libz.a
cp libz.a "$libraries/lib" && cp zlib.h zconf.h "$libraries/include"

unpack sqlite3
cd "$folder/build/sqlite3"
CC=gcc ./configure --disable-tcl
make sqlite3.c
"$CC" $CFLAGS -DSQLITE_THREADSAFE=1 -DSQLITE_ENABLE_FTS5 -c sqlite3.c -o sqlite3.o
ar rcs "$libraries/lib/libsqlite3.a" sqlite3.o
cp sqlite3.h "$libraries/include"

unpack openssl
cd "$folder/build/openssl"
./Configure linux-x86_64 --prefix="$libraries" --libdir=lib --openssldir=/etc/ssl \
    no-shared no-tests no-engine no-module no-ssl3 no-async
make -j2 build_libs
make install_dev

unpack "python$version"
cd "$folder/build/python$version"
absent=
for module in _lzma _bz2 _ctypes _tkinter _uuid _gdbm _dbm _curses _curses_panel readline nis; do
    absent="$absent py_cv_module_$module=n/a"
done
# shellcheck disable=SC2086 # each of them is a word
PKG_CONFIG_LIBDIR="$libraries/lib/pkgconfig" PKG_CONFIG_PATH='' ./configure --prefix="$folder/python" $absent \
    --with-openssl="$libraries" --disable-test-modules --with-ensurepip=no \
    LIBSQLITE3_CFLAGS="-I$libraries/include" LIBSQLITE3_LIBS="-L$libraries/lib -lsqlite3 -lm" \
    ZLIB_CFLAGS="-I$libraries/include" ZLIB_LIBS="-L$libraries/lib -lz" \
    CPPFLAGS="-I$libraries/include" LDFLAGS="-L$libraries/lib"
make -j2
make install

"$python" -c 'import sqlite3, ssl, zlib, sys; assert "musl" in sys.implementation._multiarch'
rm -rf "$folder/build"
touch "$folder/done"
echo "$python" >&3
