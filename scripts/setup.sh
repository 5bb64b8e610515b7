#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what building and testing needs on Debian 12; silent and quick when all of it is there.
set -euo pipefail

packages=(
  cmake ninja-build g++ binutils ccache pkg-config
  libboost1.81-dev libboost-filesystem1.81-dev libcli11-dev
  doctest-dev libtomlplusplus-dev tshark libpcap-dev libzstd-dev zlib1g-dev nettle-dev openssl zstd python3 debian-archive-keyring
  wireshark-dev chromium python3-pytest zsh fish
)

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

is_debian_12() {
  [ -r /etc/os-release ] || return 1
  # shellcheck disable=SC1091
  (. /etc/os-release && [ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ])
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
  as_root apt-get -q update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@"
}

main() {
  [ -z "${MIGWIRE_SKIP_SETUP:-}" ] || return 0
  if ! is_debian_12; then
    echo "setup: this is not Debian 12, so nothing was installed. What is needed (Debian's package names):" >&2
    printf '         %s\n' "${packages[*]}" >&2
    echo "       Install the like of them, then run again with MIGWIRE_SKIP_SETUP=1." >&2
    exit 1
  fi
  local missing
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo "setup: these packages are missing, and there is neither root nor sudo to install them:" >&2
    echo "       apt-get install ${missing[*]}" >&2
    exit 1
  fi
  echo "setup: installing ${missing[*]}" >&2
  local log
  log=$(mktemp)
  if ! install_packages "${missing[@]}" >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "setup: apt-get could not install them. Put right what it says above, and run this again." >&2
    exit 1
  fi
  rm -f "$log"
}

main "$@"
