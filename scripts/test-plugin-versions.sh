#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the Wireshark plugin for Wireshark 4.4 (Debian 13) and 4.6 (Debian testing), or for a Wireshark that is there
# already, and runs its tests in that tshark.
set -euo pipefail
source_dir=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
# shellcheck source=scripts/debian-root.sh
. "$source_dir/scripts/debian-root.sh"

# shellcheck disable=SC2100
tool=test-plugin-versions

usage() {
  cat <<'TEXT'
usage: scripts/test-plugin-versions.sh [--yes] [--have-only] [--prefix DIR] [4.4|4.6]...

Fetches tshark and Wireshark's headers (about 150 MB a version, once) into
${XDG_CACHE_HOME:-~/.cache}/migwire/wireshark/VERSION, builds the plugin for them in build/wireshark-VERSION and runs
tests/plugin/ there. Default: both versions. Needs migreplay in build/dev. Needs no root and installs nothing into the
system. Packages are checked with Debian's archive keys.

  --yes         do not ask before the download (it is asked on a terminal only)
  --have-only   only the versions that were fetched before
  --prefix DIR  a Wireshark of your own, of whatever version: tshark in DIR/bin, its headers and CMake files below DIR.
                --prefix /usr is the one that the system has. Fetches nothing
  --help        this text

Environment:
  MIGWIRE_DEBIAN_MIRROR   the URL of a Debian mirror to use instead of apt's
TEXT
}

own_path_hint() { echo "Or name a Wireshark of your own with --prefix."; }

complete_root() {
  write_wrapper tshark usr/bin/tshark
  "$work/tshark" --version 2>"$work/start.log" | grep -q "^TShark (Wireshark) $version\." ||
    fail "what was fetched is not a tshark $version that starts: $(tail -n 1 "$work/start.log")" "$(own_path_hint)"
}

get_version() {
  what="Wireshark $version" size="about 150 MB" cache=$(cache_folder wireshark)
  packages=(tshark wireshark-dev libc6 libgcc-s1)
  others=("Install wireshark-dev and tshark with your distribution's tools.")
  case $version in
    4.4) suites=(trixie) ;;
    4.6) suites=(forky) ;;
  esac
  [ "$have_only" = no ] || [ -e "$cache/$version/.complete" ] || return 1
  get_cached
}

# In build/wireshark-NAME; HINT tells CMake where that Wireshark is.
build_plugin() {
  local name=$1 hint=$2
  build=$source_dir/build/wireshark-$name
  mkdir -p "$build"
  # A Wireshark found by an earlier run must not be taken instead.
  { cmake -S "$source_dir" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMIG_BUILD_PROGRAMS=OFF \
    -DMIG_BUILD_TESTS=OFF -DMIG_BUILD_BENCH=OFF -UWireshark_DIR "$hint" \
    -DCMAKE_MODULE_LINKER_FLAGS=-Wl,--allow-shlib-undefined &&
    cmake --build "$build" --target qemumig; } >"$build/build.log" 2>&1 && return
  tail -n 30 "$build/build.log" >&2
  fail "the plugin does not build for Wireshark $name: see $build/build.log"
}

run_tests() {
  local name=$1 tshark=$2 test failed=0 pytest
  pytest=$(command -v pytest-3 || command -v pytest) || fail "no pytest (Debian: python3-pytest)"
  for test in "$source_dir"/tests/plugin/*_test.py; do
    say "Wireshark $name: $(basename "$test")"
    QEMUMIG_TSHARK=$tshark QEMUMIG_PLUGIN=$build/wireshark/qemumig.so \
      QEMUMIG_SAMPLES=$source_dir/capture-samples QEMUMIG_MIGREPLAY=$source_dir/build/dev/bin/migreplay \
      PYTHONDONTWRITEBYTECODE=1 "$pytest" -q -rs -p no:cacheprovider "$test" || failed=1
  done
  return $failed
}

# The linker need not ask for what the libraries of a newer Debian want of its libc: it is there when they run. The tests
# run as nobody, who may not enter root's cache: they get links to the files in a folder of their own.
test_fetched() {
  local root links triplet failed=0
  get_version || return 0
  root=$cache/$version/root
  triplet=$(cd "$root/usr/lib" && echo *-linux-gnu)
  build_plugin "$version" "-DWireshark_DIR=$root/usr/lib/$triplet/cmake/wireshark"
  links=$(mktemp -d)
  chmod 755 "$links"
  cp -al "$cache/$version/." "$links" 2>/dev/null || cp -a "$cache/$version/." "$links"
  run_tests "$version" "$links/tshark" || failed=1
  rm -rf "$links"
  return $failed
}

test_own() {
  local found
  found=$("$prefix/bin/tshark" --version 2>/dev/null | sed -n '1s/^TShark (Wireshark) \([0-9.]*[0-9]\).*/\1/p')
  [ -n "$found" ] || fail "no tshark that starts in $prefix/bin"
  build_plugin "$found" "-DCMAKE_PREFIX_PATH=$prefix"
  run_tests "$found" "$prefix/bin/tshark"
}

parse_arguments() {
  assume_yes=no have_only=no prefix='' versions=()
  while [ $# -gt 0 ]; do
    case $1 in
      --yes | -y) assume_yes=yes ;;
      --have-only) have_only=yes ;;
      --prefix)
        prefix=${2:?--prefix needs a folder}
        shift
        ;;
      --help | -h) usage && exit 0 ;;
      4.4 | 4.6) versions+=("$1") ;;
      *)
        say "unknown argument '$1'"
        usage >&2
        exit 2
        ;;
    esac
    shift
  done
  [ "${#versions[@]}" -gt 0 ] || [ -n "$prefix" ] || versions=(4.4 4.6)
}

main() {
  local failed=0
  parse_arguments "$@"
  [ -x "$source_dir/build/dev/bin/migreplay" ] ||
    fail "build/dev/bin/migreplay is missing" "cmake --preset dev && cmake --build --preset dev --target migreplay"
  [ -z "$prefix" ] || test_own || failed=1
  for version in "${versions[@]}"; do
    test_fetched || failed=1
  done
  exit $failed
}

main "$@"
