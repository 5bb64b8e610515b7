#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A tar.zst of the programs that runs from wherever it is unpacked, on any distribution whose glibc is as new as this one's.
set -euo pipefail
source_dir=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)

usage() {
  cat <<'TEXT'
usage: scripts/make-tarball.sh [FOLDER]

Packs the programs of a build (default: build/release, by `cmake --preset release`) into
migwire-VERSION-ARCHITECTURE.tar.zst in the current folder, with the libraries beside them that a system may lack.
TEXT
}

# An old-fashioned RPATH, as libraries of libraries are found by it, too. Only the programs are linked again.
build() {
  # shellcheck disable=SC2016
  cmake -DCMAKE_INSTALL_RPATH='$ORIGIN/../lib/migwire' -DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags "$1" &&
    cmake --build "$1" --target migreplay_completions migproxy_completions migvalidate migpeer
}

# Not what every Linux with glibc has.
libraries_of() {
  ldd "$@" | sed -nE 's/.* => (\/[^ ]+) .*/\1/p' | sort -u |
    grep -vE '/(libc|libm|libdl|libpthread|librt|ld-linux[^/]*)\.so'
}

# One time for all files, that of the last commit: the same commit gives the same file.
pack() {
  local time=${SOURCE_DATE_EPOCH:-$(git -C "$source_dir" log -1 --format=%ct)}
  tar --sort=name --owner=0 --group=0 --numeric-owner --mode=go-w --mtime="@$time" -C "$1" -cf - "$2" |
    zstd -q -19 -f -o "$2.tar.zst"
}

main() {
  case ${1:-} in --help | -h) usage && exit 0 ;; esac
  local build=${1:-$source_dir/build/release} name libraries
  [ -f "$build/CMakeCache.txt" ] || { usage >&2 && exit 2; }
  build "$build" >&2
  name=migwire-$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")-$(uname -m)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cmake --install "$build" --prefix "$work/$name" --strip >&2
  mapfile -t libraries < <(libraries_of "$work/$name"/bin/*)
  mkdir -p "$work/$name/lib/migwire"
  cp -L "${libraries[@]}" "$work/$name/lib/migwire/"
  cp "$source_dir/LICENSE" "$work/$name/"
  cp "$source_dir/third_party/uplot/LICENSE" "$work/$name/LICENSE.uPlot"
  pack "$work" "$name"
  echo "$name.tar.zst"
}

main "$@"
