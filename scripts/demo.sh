#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The whole story in about a minute: two real QEMUs, migproxy between them, four acts, a verdict each.
# Where no QEMU can be had, scripted peers play it, and the first line says so.
# Arguments are handed on to `migvalidate demo` (try --help, or --act 3).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

scripts/setup.sh
build() {
  cmake --preset dev && cmake --build --preset dev -j "$(nproc)" --target migproxy migreplay migvalidate migpeer
}
mkdir -p build
[ -x build/dev/bin/migreplay ] || echo "demo: building migproxy, migreplay and migvalidate, a few minutes the first time ..." >&2
if ! build >build/demo.log 2>&1 </dev/null; then
  tail -n 40 build/demo.log >&2
  echo "demo: the build failed; build/demo.log has all of it." >&2
  exit 4
fi

# On a terminal get-qemu.sh asks and shows what it does; elsewhere its words come after the line that matters.
get_qemu() {
  if [ -t 2 ]; then scripts/get-qemu.sh "$1"; else scripts/get-qemu.sh "$1" 2>>build/get-qemu.log; fi
}
demo=(build/dev/bin/migvalidate demo --migproxy build/dev/bin/migproxy)
peer=build/dev/bin/migpeer
code=0
: >build/get-qemu.log
qemu=$(get_qemu 11.1) || code=$?
case $code in
  0)
    why=$("${demo[@]}" --source "$qemu" --destination "$qemu" --check 2>&1) || code=$?
    case $code:$why in
      0:*)
        # Act 4 is about a source that loses its guest: one before 10.2.
        if old=$(get_qemu 10.0); then demo+=(--old "$old"); else echo "demo: no QEMU 10.0, so act 4 is not played" >&2; fi
        exec "${demo[@]}" --source "$qemu" --destination "$qemu" "$@"
        ;;
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
