#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds migwire with the compiler and the libraries of Debian 13, in a root of its own, and runs the tests there that need
# no QEMU. On any Debian or Ubuntu; nothing is installed into the system.
set -euo pipefail
source_dir=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
# shellcheck source=scripts/debian-root.sh
. "$source_dir/scripts/debian-root.sh"

tool=test-debian-13
known=(13)

usage() {
  cat <<'TEXT'
usage: scripts/test-debian-13.sh [--yes]

Fetches Debian 13's compiler, CMake and libraries (about 200 MB, once) into
${XDG_CACHE_HOME:-~/.cache}/migwire/debian/13-..., builds in build/debian-13 and runs the tests that need no QEMU.
Needs root or user namespaces. Exit status: 0 all passed, 1 not, 77 there is no such root and none can be made.

  --yes   do not ask before the download (it is asked on a terminal only)
  --help  this text

Environment:
  MIGWIRE_DEBIAN_MIRROR   the URL of a Debian mirror to use instead of apt's
TEXT
}

own_path_hint() { echo "On Debian 13 itself scripts/test.sh does the same."; }

# The last of alternatives is the name in the newer release.
needed_packages() {
  "$source_dir/scripts/setup.sh" --list migreplay migproxy migvalidate tests | sed 's/.*|//'
  printf '%s\n' base-files base-passwd bash coreutils dash findutils gawk grep gzip hostname libc-bin procps sed tar \
    ccache tshark zstd
}

# What the packages' own scripts would have done, as far as a build needs it.
complete_root() {
  mkdir -p "$work/root"/{dev,proc,tmp,source,ccache,etc}
  echo 'root:x:0:0:root:/root:/bin/bash' >"$work/root/etc/passwd"
  echo 'root:x:0:' >"$work/root/etc/group"
  echo '127.0.0.1 localhost' >"$work/root/etc/hosts"
  [ -x "$work/root/usr/bin/g++" ] || fail "no g++ in what was fetched" "$(own_path_hint)"
}

# A root with other packages is another root.
name_root() {
  mapfile -t packages < <(needed_packages)
  version=13-$(printf '%s\n' "${packages[@]}" | cksum | cut -d ' ' -f 1)
  cache=$(cache_folder debian)
}

get_root() {
  what="a root of Debian 13" size="about 200 MB" suites=(trixie)
  others=("Run it on Debian or Ubuntu.")
  get_cached
  find "$cache" -maxdepth 1 -name '13*' ! -name "$version" -exec rm -rf {} +
}

# COMMAND in the root, with the source tree and the user's ccache in it.
in_root() {
  local private=(--mount)
  [ "$(id -u)" = 0 ] || private+=(--map-root-user)
  local ccache=${CCACHE_DIR:-$HOME/.cache/ccache}
  mkdir -p "$ccache"
  # shellcheck disable=SC2016
  unshare "${private[@]}" bash -euc '
    root=$1 source=$2 ccache=$3
    mount --bind "$source" "$root/source"
    mount --bind "$ccache" "$root/ccache"
    mount --rbind /dev "$root/dev"
    mount --rbind /proc "$root/proc"
    shift 3
    exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin HOME=/tmp LC_ALL=C.UTF-8 CCACHE_DIR=/ccache CC=gcc CXX=g++ \
      "$@"' in_root "$cache/$version/root" "$source_dir" "$ccache" "$@"
}

# Optimised a little only and several files at once, as this is about compiling and about what is computed.
build() {
  in_root cmake -S /source -B /source/build/debian-13 -G Ninja -DCMAKE_BUILD_TYPE=Release -DMIG_LTO=OFF \
    -DCMAKE_CXX_FLAGS_RELEASE='-O1' -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=8 -DMIG_REQUIRE_ALL=ON \
    -DMIG_WARNINGS_AS_ERRORS=ON -DMIG_BUILD_PLUGIN=OFF -DMIG_BUILD_BENCH=OFF >"$source_dir/build/debian-13/configure.log" &&
    in_root cmake --build /source/build/debian-13 -j "$(nproc)"
}

main() {
  parse_arguments 13 "$@"
  name_root
  (get_root) || exit 77
  in_root true || { say "no root and no user namespaces: Debian 13's root cannot be entered" && exit 77; }
  mkdir -p "$source_dir/build/debian-13"
  build || exit 1
  in_root ctest --test-dir /source/build/debian-13 -j "$(nproc)" --output-on-failure -LE qemu \
    -R '_tests/|^corpora$|^truth$|^peers/|^hardening$'
}

main "$@"
