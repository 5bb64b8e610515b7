#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The whole story in about a minute: two real QEMUs, migproxy between them, three acts, three verdicts.
# Where no QEMU can be had, scripted peers play it, and the first line says so.
# Arguments are handed on to `migvalidate demo` (try --help, or --act 3).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

scripts/setup.sh
build() {
  cmake --preset dev && cmake --build --preset dev -j "$(nproc)" --target migproxy migvalidate migpeer
}
mkdir -p build
[ -x build/dev/bin/migpeer ] || echo "demo: building migproxy and migvalidate, a few minutes the first time ..." >&2
if ! build >build/demo.log 2>&1 </dev/null; then
  tail -n 40 build/demo.log >&2
  echo "demo: the build failed; build/demo.log has all of it." >&2
  exit 4
fi

# On a terminal get-qemu.sh asks and shows what it does; elsewhere its words come after the line that matters.
get_qemu() {
  if [ -t 2 ]; then scripts/get-qemu.sh 11.1; else scripts/get-qemu.sh 11.1 2>build/get-qemu.log; fi
}
demo=(build/dev/bin/migvalidate demo --migproxy build/dev/bin/migproxy)
peer=build/dev/bin/migpeer
code=0
qemu=$(get_qemu) || code=$?
case $code in
  0)
    why=$("${demo[@]}" --source "$qemu" --destination "$qemu" --check 2>&1) || code=$?
    case $code:$why in
      0:*) exec "${demo[@]}" --source "$qemu" --destination "$qemu" "$@" ;;
      *userfaultfd*) why="this kernel refuses userfaultfd; as root, or with vm.unprivileged_userfaultfd=1, it would" ;;
      *) echo "$why" >&2; exit "$code" ;;
    esac
    ;;
  1) why="QEMU 11.1 could not be fetched" ;;
  *) exit "$code" ;; # stopped by the user
esac
if [ -n "${MIG_QEMU_11_1:-}" ] && [ "$code" = 1 ]; then # a QEMU was named: nothing else is played in its place
  [ -t 2 ] || cat build/get-qemu.log >&2
  exit 4
fi
note="no real QEMU ($why): scripted peers speak the real format, but the verdicts are those of our model, not of QEMU."
played=0
"${demo[@]}" --source "$peer" --destination "$peer" --note "$note" "$@" || played=$?
if [ "$code" = 1 ] && [ ! -t 2 ]; then sed 's/^/demo: /' build/get-qemu.log >&2; fi
exit "$played"
