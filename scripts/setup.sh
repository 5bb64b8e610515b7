#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what building and testing needs, on Debian and Ubuntu; silent and quick when all of it is there.
# Elsewhere it names the packages. scripts/packages has their names.
set -euo pipefail

table=$(dirname "$(readlink -f "$0")")/packages

usage() {
  cat <<'TEXT'
usage: scripts/setup.sh [--list] [migreplay|migproxy|migvalidate|plugin|tests|test-tools|lint]...

Installs the packages that building the named programs needs; without a name, all of it but lint.
test-tools is what single tests start: tshark, a browser, shells; lint is clang with its tools.
Debian 12 and later and Ubuntu 24.04 and later, as root or with sudo.

  --list  print the packages, install nothing
  --help  this text

MIGWIRE_SKIP_SETUP=1 makes it do nothing.
TEXT
}

# The packages of column COLUMN for what is wanted, each with its alternatives, each once.
packages_of() {
  awk -v column="$1" -v wanted="${wanted[*]}" '
    BEGIN { for (n = split(wanted, list, " "); n > 0; n--) want[list[n]] = 1 }
    /^#/ || $column == "-" { next }
    { for (n = split($1, list, ","); n > 0; n--) if (list[n] in want && !seen[$column]++) print $column }' "$table"
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

known_to_apt() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }

# The first of "a|b|c" that is installed or can be.
choose() {
  local package
  for package in ${1//|/ }; do
    if installed "$package" || known_to_apt "$package"; then echo "$package" && return; fi
  done
  echo "${1%%|*}"
}

# Each with its alternatives: which one there is may show only when apt's lists have been read.
missing_packages() {
  local entry
  for entry in $(packages_of 3); do
    installed "${entry%%|*}" || installed "$(choose "$entry")" || echo "$entry"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

fail() {
  printf 'setup: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
  exit 1
}

need_apt() {
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null && return
  local names
  names=$(packages_of 4 | cut -d '|' -f 1 | tr '\n' ' ')
  fail "this is neither Debian nor Ubuntu, so nothing was installed." \
    "Fedora's names of what is needed: ${names% }" \
    "Debian's: $(packages_of 3 | tr '\n' ' ')" \
    "Install the same with your system's tools, then run again with MIGWIRE_SKIP_SETUP=1." \
    "CMake names what it does not find."
}

install_missing() {
  local entry packages=()
  as_root apt-get -q update
  for entry in "$@"; do packages+=("$(choose "$entry")"); done
  echo "setup: apt-get install ${packages[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "${packages[@]}"
}

main() {
  local list=no wanted=() argument missing log
  for argument in "$@"; do
    case $argument in
      --list) list=yes ;;
      --help | -h) usage && exit 0 ;;
      migreplay | migproxy | migvalidate | plugin | tests | test-tools | lint) wanted+=("$argument") ;;
      *) echo "setup: unknown argument '$argument'" >&2 && usage >&2 && exit 2 ;;
    esac
  done
  [ "${#wanted[@]}" -gt 0 ] || wanted=(migreplay migproxy migvalidate plugin tests test-tools)
  if [ "$list" = yes ]; then packages_of 3 && exit 0; fi
  [ -z "${MIGWIRE_SKIP_SETUP:-}" ] || return 0
  need_apt
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    fail "these packages are missing, and there is neither root nor sudo to install them:" "${missing[*]}"
  echo "setup: installing ${missing[*]%%|*}" >&2
  log=$(mktemp)
  if ! install_missing "${missing[@]}" >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    fail "apt-get could not install them. Put right what it says above, and run this again."
  fi
  rm -f "$log"
}

main "$@"
