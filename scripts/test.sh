#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what is needed, builds, and passes every test: first the dev build with real QEMUs, then under sanitizers, then
# with Debian 13's compiler and libraries; and lints what changed.
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

# Exit status 77: there is no root of Debian 13 and none can be made.
test_debian_13() {
  local log=build/debian-13.log code=0
  echo "== Debian 13: build and tests"
  scripts/test-debian-13.sh --yes >"$log" 2>&1 </dev/null || code=$?
  if [ "$code" = 77 ]; then
    echo "test: ****************************************************************"
    echo "test: NO ROOT OF DEBIAN 13: building and testing there is SKIPPED"
    sed 's/^/test: /' "$log"
    echo "test: ****************************************************************"
    skipped=$((skipped + 1))
    return
  fi
  [ "$code" = 0 ] || tail -n 60 "$log"
  grep -E 'tests passed|Total Test time' "$log"
  count "$log"
}

# A commit that changes much may take longer than there is time for.
lint() {
  local code=0
  echo "== lint"
  timeout 300 scripts/lint.sh >build/lint.log 2>&1 </dev/null || code=$?
  case $code in
    0) passed=$((passed + 1)) ;;
    124)
      echo "test: ****************************************************************"
      echo "test: LINT did not end within five minutes: what remains of the changed files is SKIPPED"
      echo "test: ****************************************************************"
      skipped=$((skipped + 1))
      ;;
    *)
      cat build/lint.log
      failed=$((failed + 1))
      ;;
  esac
}

scripts/setup.sh || exit 1
scripts/setup.sh lint || exit 1
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
  test_debian_13
  lint
else
  failed=$((failed + 1))
fi
echo
if [ "$skipped" -gt 0 ]; then
  echo "test: ****************************************************************"
  echo "test: $skipped TESTS WERE SKIPPED, see ***Skipped above: a QEMU, a libvirt, DuckDB, userfaultfd, migproxy or Debian 13 was missing"
  echo "test: ****************************************************************"
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
