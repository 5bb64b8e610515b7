#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts DuckDB for Node.js into the user's cache folder and prints the folder for NODE_PATH. Only a test needs it.
# It comes from npm with the user's own settings; nothing is installed into the system, no package's script is run.
set -euo pipefail

version=1.5.6-r.1
folder=${XDG_CACHE_HOME:-$HOME/.cache}/migwire/duckdb/$version

fail() {
  printf 'get-duckdb: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '            %s\n' "$@" >&2
  exit 1
}

loads() { NODE_PATH=$1/node_modules node -e "require('@duckdb/node-api')" 2>/dev/null; }

usage() {
  cat <<TEXT
usage: scripts/get-duckdb.sh [--cached]

Fetches @duckdb/node-api $version with npm (70 MB on the disk, once) into
\${XDG_CACHE_HOME:-~/.cache}/migwire/duckdb and prints the folder for NODE_PATH. For tests/replay/fleet_test.py.

  --cached  do not fetch: fail where it is not there yet
TEXT
}

fetch() {
  command -v npm >/dev/null || fail "there is no npm" "Install npm, or have DuckDB's own program as duckdb in PATH."
  mkdir -p "${folder%/*}"
  work=$(mktemp -d "${folder%/*}/.new.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  timeout 300 npm install --prefix "$work/new" --no-save --no-package-lock --no-audit --no-fund --ignore-scripts \
    --fetch-retries 1 "@duckdb/node-api@$version" >"$work/log" 2>&1 </dev/null ||
    fail "npm could not fetch @duckdb/node-api $version:" "$(grep -v '^$' "$work/log" | tail -n 3)"
  loads "$work/new" || fail "what npm fetched does not load: no DuckDB for this machine, or a Node.js that is too old"
  mv -T "$work/new" "$folder" 2>/dev/null || [ -d "$folder" ] # of two at a time the first wins
}

main() {
  local may_fetch=yes
  case ${1:-} in
    '') ;;
    --cached) may_fetch=no ;;
    --help | -h) usage && exit 0 ;;
    *)
      echo "get-duckdb: unknown argument '$1'" >&2
      usage >&2
      exit 2
      ;;
  esac
  command -v node >/dev/null || fail "there is no node" "Install Node.js, or have DuckDB's own program as duckdb in PATH."
  if [ ! -d "$folder" ]; then
    [ "$may_fetch" = yes ] || fail "DuckDB is not in the cache yet" "scripts/get-duckdb.sh fetches it."
    fetch
  fi
  loads "$folder" || fail "$folder does not load" "Remove it and try again."
  printf '%s\n' "$folder/node_modules"
}

main "$@"
