#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The whole story in about a minute: two real QEMUs, migproxy between them, three acts, three verdicts.
# Arguments are handed on to `migvalidate demo` (try --help, or --act 3).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

scripts/setup.sh
build() {
  cmake --preset dev && cmake --build --preset dev -j "$(nproc)" --target migproxy migvalidate
}
mkdir -p build
if ! build >build/demo.log 2>&1 </dev/null; then
  tail -n 40 build/demo.log >&2
  echo "demo: the build failed; build/demo.log has all of it." >&2
  exit 4
fi
qemu=$(scripts/get-qemu.sh 11.1) || exit 4
exec build/dev/bin/migvalidate demo --source "$qemu" --destination "$qemu" --migproxy build/dev/bin/migproxy "$@"
