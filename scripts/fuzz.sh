#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzzes everything that reads bytes from strangers, and prints how much of it the corpora reach.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

usage() {
  cat <<'TEXT'
usage: scripts/fuzz.sh [--minutes N] [--keep] [TARGET]...

Builds the fuzz targets (clang, with sanitizers) and runs those named, or all of them, for N minutes in total
(default 60), each on its corpus in tests/fuzz/corpus and on what earlier runs found (build/fuzz/corpus). Then it
prints the line coverage of what they read with.

  --minutes N   the time for all of them together; 0: only the coverage
  --keep        add to tests/fuzz/corpus, smallest inputs first, what reaches something new
  --help        this text

Exit status: 0 no promise was broken, 1 one was: the input is in build/fuzz/found.
TEXT
}

all_targets() { sed -nE 's/^set\(MIG_FUZZ_TARGETS (.*)\)/\1/p' tests/fuzz/CMakeLists.txt; }

build() {
  cmake --preset "$1" "${@:2}" >/dev/null && cmake --build --preset "$1" -j "$(nproc)" >build/"$1".log ||
    { tail -n 40 build/"$1".log >&2 && exit 1; }
}

fuzz() { # TARGET SECONDS
  local corpus=build/fuzz/corpus/$1
  mkdir -p "$corpus" build/fuzz/found "tests/fuzz/corpus/$1"
  echo "fuzz: $1, $2 s"
  build/fuzz/bin/fuzz_"$1" -max_total_time="$2" -dict=tests/fuzz/dictionary -max_len=65535 -timeout=20 \
    -malloc_limit_mb=1024 -artifact_prefix="build/fuzz/found/$1-" -print_final_stats=1 \
    "$corpus" "tests/fuzz/corpus/$1" >build/fuzz/"$1".log 2>&1 && {
    sed -nE 's/^stat::(number_of_executed_units|new_units_added): */      \1 /p' build/fuzz/"$1".log
    return
  }
  tail -n 40 build/fuzz/"$1".log
  return 1
}

# What the corpus in the tree does not reach yet, as few and small inputs as do it, none of more than 4 KiB.
keep() {
  local found=build/fuzz/corpus/$1 small
  small=$(mktemp -d)
  find "$found" -type f -size -9 -exec cp -t "$small" {} +
  build/fuzz/bin/fuzz_"$1" -merge=1 "tests/fuzz/corpus/$1" "$small" 2>&1 | grep -E 'MERGE-OUTER.*new' || true
  rm -rf "$small"
}

coverage() {
  build coverage
  LLVM_PROFILE_FILE=$PWD/build/coverage/%p.profraw MIG_FUZZ_MORE=$PWD/build/fuzz/corpus \
    build/coverage/bin/corpus_tests >build/coverage/run.log || { cat build/coverage/run.log && return 1; }
  llvm-profdata merge -sparse build/coverage/*.profraw -o build/coverage/all.profdata
  rm -f build/coverage/*.profraw
  echo "fuzz: lines of the parsers that the corpora reach"
  llvm-cov report build/coverage/bin/corpus_tests -instr-profile=build/coverage/all.profdata \
    dissector vmstate proxy/rules proxy/engine replay/input replay/redact validate/catalogue validate/toml |
    awk '/^Filename/ || /^TOTAL/ || /\.[ch]pp / { printf "  %-48s %5s lines %5s missed %8s\n", $1, $(NF - 5), $(NF - 4), $(NF - 3) }'
}

main() {
  local minutes=60 keep=no targets=() target broken=0
  while [ $# -gt 0 ]; do
    case $1 in
      --minutes) minutes=${2:?--minutes needs a number} && shift ;;
      --keep) keep=yes ;;
      --help | -h) usage && exit 0 ;;
      -*) echo "fuzz: unknown argument '$1'" >&2 && usage >&2 && exit 2 ;;
      *) targets+=("$1") ;;
    esac
    shift
  done
  mkdir -p build
  [ "${#targets[@]}" -gt 0 ] || read -ra targets <<<"$(all_targets)"
  if [ "$minutes" != 0 ]; then
    build fuzz
    MIG_FUZZ_SEEDS=build/fuzz/corpus build/fuzz/bin/corpus_tests >build/fuzz/seeds.log
    for target in "${targets[@]}"; do
      fuzz "$target" $((minutes * 60 / ${#targets[@]})) || broken=1
      [ "$keep" = no ] || keep "$target"
    done
  fi
  coverage
  exit "$broken"
}

main "$@"
