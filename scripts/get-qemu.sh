#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts a QEMU into the user's cache folder and prints the path of a wrapper that starts it.
# The packages come from Debian's archive with apt's own tools, into a private folder: no root, nothing installed.
set -euo pipefail
# shellcheck source=scripts/debian-root.sh
. "$(dirname "$(readlink -f "$0")")/debian-root.sh"

tool=get-qemu
known=(7.2 10.0 11.1)

usage() {
  cat <<'TEXT'
usage: scripts/get-qemu.sh [--yes] 7.2|10.0|11.1

Fetches qemu-system-x86_64 of that version (about 40 MB, once) into
${XDG_CACHE_HOME:-~/.cache}/migwire/qemu/VERSION and prints the path of a wrapper that starts it.
Needs no root and installs nothing into the system. Packages are checked with Debian's archive keys.

  --yes   do not ask before the download (it is asked on a terminal only)
  --help  this text

Environment:
  MIG_QEMU_7_2, MIG_QEMU_10_0, MIG_QEMU_11_1   a QEMU of your own: its path is printed, nothing is fetched
  MIGWIRE_DEBIAN_MIRROR                        the URL of a Debian mirror to use instead of apt's
TEXT
}

# A QEMU of the user's own goes before everything else.
use_own_qemu() {
  local variable=MIG_QEMU_${version//./_}
  local path=${!variable:-}
  [ -n "$path" ] || return 0
  [ -x "$path" ] || fail "$variable=$path is not a program that can be started" "Correct it or unset it."
  printf '%s\n' "$path"
  exit 0
}

own_path_hint() {
  echo "Or point MIG_QEMU_${version//./_} to a qemu-system-x86_64 $version of your own."
}

check_wrapper() {
  local line
  line=$("$work/qemu-system-x86_64" --version 2>"$work/start.log" | head -n 1) || true
  case $line in
    "QEMU emulator version $version".*) say "have $line" ;;
    QEMU*) fail "Debian's archive now has '$line', not $version" "Fetch $version from snapshot.debian.org" \
      "(MIGWIRE_DEBIAN_MIRROR=http://snapshot.debian.org/archive/debian/DATE)." "$(own_path_hint)" ;;
    *) fail "the unpacked QEMU $version does not start: $(tail -n 1 "$work/start.log")" \
      "Remove $cache/$version and try again." "$(own_path_hint)" ;;
  esac
}

complete_root() {
  # shellcheck disable=SC2016
  write_wrapper qemu-system-x86_64 usr/bin/qemu-system-x86_64 \
    '-L "$root/usr/share/seabios" -L "$root/usr/share/qemu" -L "$root/usr/lib/ipxe/qemu"' \
    'export QEMU_MODULE_DIR="$root/usr/lib/$triplet/qemu"'
  check_wrapper
}

# Modules that QEMU does not find beside it, it looks for in the folder it was compiled with, where a QEMU of the system has
# its own: a module of another version ends it. That folder becomes one that cannot be there, of the same length.
forget_system_modules() {
  local program=$1/root/usr/bin/qemu-system-x86_64 there='/usr/lib/[a-z0-9_]*-linux-gnu/qemu'
  ! grep -zq "^$there\$" "$program" || sed -zi "s#^/usr/lib\(/[a-z0-9_]*-linux-gnu/qemu\)\$#/proc/0/\1#" "$program"
}

main() {
  parse_arguments "$@"
  use_own_qemu
  what="QEMU $version" size="about 40 MB" cache=$(cache_folder qemu)
  packages=(qemu-system-x86 seabios libc6 libgcc-s1)
  others=("Install QEMU $version with your distribution's tools (package qemu-system-x86 or qemu-kvm) or build it.")
  case $version in
    7.2) suites=(bookworm) ;;
    10.0) suites=(trixie) ;;
    11.1) suites=(trixie trixie-backports) ;;
  esac
  get_cached
  forget_system_modules "$cache/$version"
  printf '%s\n' "$cache/$version/qemu-system-x86_64"
}

main "$@"
