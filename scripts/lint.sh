#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Style and clang-tidy of the C++ files that changed; clang compiles each of them on the way.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

usage() {
  cat <<'TEXT'
usage: scripts/lint.sh [--all | BASE]

Checks the C++ files that differ from the commit BASE (default: where this branch began on origin/main, or else the
last commit), with clang-format and clang-tidy. A header is checked in the files that include it when it
changed with them, or with --all, which checks every file.
TEXT
}

base_commit() {
  local base
  base=$(git merge-base origin/main HEAD 2>/dev/null) || base=''
  [ -n "$base" ] && [ "$base" != "$(git rev-parse HEAD)" ] || base=HEAD~1
  echo "$base"
}

# Headers are seen through the files. The fuzz targets are built by a preset of their own.
sources_of() { grep -E '\.cpp$' | grep -v '^tests/fuzz/fuzz_' || true; }

main() {
  local files=() compiled=()
  case ${1:-} in
    --help | -h) usage && exit 0 ;;
    --all) mapfile -t files < <(git ls-files '*.cpp' '*.hpp') ;;
    *) mapfile -t files < <(git diff --name-only --diff-filter=d "${1:-$(base_commit)}" -- '*.cpp' '*.hpp') ;;
  esac
  [ "${#files[@]}" -gt 0 ] || { echo "lint: no C++ file differs" && return; }
  if clang-format --version | grep -q 'version 14\.'; then # others break some lines elsewhere
    clang-format --dry-run --Werror "${files[@]}"
  fi
  cmake --preset tidy >/dev/null
  mapfile -t compiled < <(printf '%s\n' "${files[@]}" | sources_of)
  [ "${#compiled[@]}" -gt 0 ] || return 0
  echo "lint: ${#compiled[@]} files"
  printf '%s\0' "${compiled[@]}" | xargs -0 -P "$(nproc)" -n 4 clang-tidy --quiet -p build/tidy 2> >(grep -v "warnings generated" >&2)
}

main "$@"
