#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts a libvirt into the user's cache folder and prints the folder from which migvalidate starts daemons.
# The packages come from Debian's archive with apt's own tools, into a private folder: no root, nothing installed.
set -euo pipefail
# shellcheck source=scripts/debian-root.sh
. "$(dirname "$(readlink -f "$0")")/debian-root.sh"

tool=get-libvirt
known=(11.3 12.8)

usage() {
  cat <<'TEXT'
usage: scripts/get-libvirt.sh [--yes] 11.3|12.8

Fetches libvirtd, virsh and bubblewrap (about 40 MB, once) into
${XDG_CACHE_HOME:-~/.cache}/migwire/libvirt/VERSION and prints that folder.
Needs no root and installs nothing into the system. Packages are checked with Debian's archive keys.
QEMU is not among them: scripts/get-qemu.sh fetches it.

  --yes   do not ask before the download (it is asked on a terminal only)
  --help  this text

Environment:
  MIG_LIBVIRT_11_3, MIG_LIBVIRT_12_8   such a folder of your own: it is printed, nothing is fetched
  MIGWIRE_DEBIAN_MIRROR                the URL of a Debian mirror to use instead of apt's
TEXT
}

# A libvirt of the user's own goes before everything else.
use_own_libvirt() {
  local variable=MIG_LIBVIRT_${version//./_}
  local path=${!variable:-}
  [ -n "$path" ] || return 0
  if [ ! -x "$path/virsh" ] || [ ! -x "$path/bwrap" ] || [ ! -x "$path/root/usr/sbin/libvirtd" ]; then
    fail "$variable=$path has no virsh, bwrap and root/usr/sbin/libvirtd in it" "Correct it or unset it."
  fi
  printf '%s\n' "$path"
  exit 0
}

own_path_hint() {
  echo "Or point MIG_LIBVIRT_${version//./_} to a folder with virsh, bwrap and root/ (a Debian root with libvirtd) in it."
}

# QEMUs are brought by get-qemu.sh; here they would only be probed at each start of a daemon.
complete_root() {
  rm -f "$work"/root/usr/bin/qemu-system-* "$work"/root/usr/bin/qemu-img
  rm -rf "$work/root/usr/share/qemu" "$work/root/usr/lib/"*/qemu
  write_wrapper virsh usr/bin/virsh
  write_wrapper bwrap usr/bin/bwrap
  local line
  line=$("$work/virsh" --version 2>"$work/start.log") || true
  case $line in
    "$version".*) say "have libvirt $line" ;;
    [0-9]*) fail "Debian's archive now has libvirt '$line', not $version" "Fetch $version from snapshot.debian.org" \
      "(MIGWIRE_DEBIAN_MIRROR=http://snapshot.debian.org/archive/debian/DATE)." "$(own_path_hint)" ;;
    *) fail "the unpacked libvirt $version does not start: $(tail -n 1 "$work/start.log")" \
      "Remove $cache/$version and try again." "$(own_path_hint)" ;;
  esac
}

main() {
  parse_arguments "$@"
  use_own_libvirt
  what="libvirt $version" size="about 80 MB" cache=$(cache_folder libvirt)
  packages=(libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients bubblewrap dash coreutils libc6 libgcc-s1)
  others=("Install libvirt and bubblewrap with your distribution's tools and use migvalidate --libvirt system.")
  case $version in
    11.3) suites=(trixie) ;;
    12.8) suites=(forky) ;;
  esac
  get_cached
  printf '%s\n' "$cache/$version"
}

main "$@"
