#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what is needed, builds, and passes every test: first the dev build with real QEMUs, then under sanitizers.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1

jobs=$(nproc)
passed=0 failed=0 skipped=0

fetch_qemus() {
  local version
  for version in 11.1 10.0 7.2; do
    scripts/get-qemu.sh --yes "$version" >/dev/null </dev/null || {
      echo "test: ****************************************************************"
      echo "test: NO QEMU $version: the end-to-end tests that need it are SKIPPED"
      echo "test: ****************************************************************"
    } >&2
  done
}

# In the background, while the build runs; its tests skip themselves, loudly, where this fails.
fetch_libvirt() {
  scripts/get-libvirt.sh --yes 12.8 >/dev/null 2>build/get-libvirt.log </dev/null || {
    echo "test: ****************************************************************"
    echo "test: NO libvirt 12.8: the tests that need it are SKIPPED"
    sed 's/^/test: /' build/get-libvirt.log
    echo "test: ****************************************************************"
  } >&2
}

# The same.
fetch_duckdb() {
  scripts/get-duckdb.sh >/dev/null 2>build/get-duckdb.log </dev/null || {
    echo "test: ****************************************************************"
    echo "test: NO DuckDB: the queries of docs/fleet.md are not run, their test is SKIPPED"
    sed 's/^/test: /' build/get-duckdb.log
    echo "test: ****************************************************************"
  } >&2
}

# ctest counts a skipped test as passed; here it is counted as what it is.
count() {
  local of_them skipped_here
  of_them=$(sed -nE 's/.*tests passed, ([0-9]+) tests failed out of ([0-9]+).*/\1 \2/p' "$1" | tail -n 1)
  [ -n "$of_them" ] || { failed=$((failed + 1)) && return; }
  skipped_here=$(grep -c '\*\*\*Skipped' "$1")
  failed=$((failed + ${of_them% *}))
  skipped=$((skipped + skipped_here))
  passed=$((passed + ${of_them#* } - ${of_them% *} - skipped_here))
}

build() {
  cmake --preset "$1" >/dev/null && cmake --build --preset "$1" -j "$jobs"
}

run_tests() {
  local preset=$1 log=build/$1/test.log
  echo "== $preset: tests"
  ctest --preset "$preset" -j "$jobs" 2>&1 | tee "$log"
  count "$log"
}

scripts/setup.sh || exit 1
mkdir -p build
fetch_libvirt &
fetch_duckdb &
fetch_qemus
echo "== dev: build"
if build dev; then
  wait # for what is being fetched
  # The other build takes what the tests leave: they wait for QEMUs much of their time.
  nice -n 19 bash -c "$(declare -f build); jobs=$jobs; build asan" >build/asan.log 2>&1 &
  building=$!
  run_tests dev
  echo "== asan: build (it began beside these tests)"
  if wait "$building"; then
    run_tests asan
  else
    cat build/asan.log
    failed=$((failed + 1))
  fi
else
  failed=$((failed + 1))
fi
echo
if [ "$skipped" -gt 0 ]; then
  echo "test: ****************************************************************"
  echo "test: $skipped TESTS WERE SKIPPED, see ***Skipped above: a QEMU, a libvirt, DuckDB, userfaultfd or migproxy was missing"
  echo "test: ****************************************************************"
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
