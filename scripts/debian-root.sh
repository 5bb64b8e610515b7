# shellcheck shell=bash
# shellcheck disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by get-qemu.sh and get-libvirt.sh: unpacks Debian packages, fetched and checked with apt's own tools, into a
# private folder of the user's cache. No root, nothing installed.
#
# The sourcing script sets
#   tool      its own name, for messages          what      what is fetched: "QEMU 11.1"
#   known     array: the versions there are
#   version   names the folder in the cache       size      of the download: "about 40 MB"
#   suites    array: Debian suites to read        packages  array: what to unpack, with what it needs
#   others    array: remedies where Debian's tools are missing
# and the functions
#   usage           prints the help
#   own_path_hint   prints how to name a copy of one's own
#   complete_root   writes and checks what goes beside $work/root

say() { printf '%s: %s\n' "$tool" "$*" >&2; }
fail() {
  say "$1"
  shift
  local line
  for line in "$@"; do printf "%$((${#tool} + 2))s%s\n" '' "$line" >&2; done
  exit 1
}

# Sets assume_yes and version.
parse_arguments() {
  assume_yes=no version=
  local argument
  for argument in "$@"; do
    case $argument in
      --yes | -y) assume_yes=yes ;;
      --help | -h) usage && exit 0 ;;
      *)
        case " ${known[*]} " in
          *" $argument "*) version=$argument ;;
          *)
            say "unknown argument '$argument'"
            usage >&2
            exit 2
            ;;
        esac
        ;;
    esac
  done
  [ -n "$version" ] || { usage >&2 && exit 2; }
}

need_tools() {
  local program missing=
  for program in apt-get apt-config dpkg flock; do
    command -v "$program" >/dev/null || missing+=" $program"
  done
  [ -z "$missing" ] || fail "not found:$missing (this script needs Debian's package tools)" \
    "${others[@]}" "$(own_path_hint)"
  arch=$(dpkg --print-architecture)
  case $arch in
    amd64 | arm64) ;;
    *) fail "no recipe for the architecture '$arch', only for amd64 and arm64" "$(own_path_hint)" ;;
  esac
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -r "$keyring" ] || fail "$keyring is missing, so the packages could not be checked" \
    "Install the package debian-archive-keyring." "$(own_path_hint)"
}

# Debian's own archive among the machine's apt sources: a Debian suite, component main, no other vendor's key.
# Both formats are read; the first format that matches the file name decides.
mirror_candidates() {
  [ -z "${MIGWIRE_DEBIAN_MIRROR:-}" ] || { echo "$MIGWIRE_DEBIAN_MIRROR" && return; }
  local list parts
  eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
  {
    find "$list" "$parts" -maxdepth 1 -name '*.list' -type f -exec cat {} + 2>/dev/null | one_line_mirrors || true
    find "$parts" -maxdepth 1 -name '*.sources' -type f -exec awk 'FNR == 1 { print "" } { print }' {} + 2>/dev/null |
      deb822_mirrors || true
    echo http://deb.debian.org/debian
  } | sed 's#/*$##' | awk '!seen[$0]++'
}

debian_suites='^(oldoldstable|oldstable|stable|testing|unstable|sid|bullseye|bookworm|trixie|forky)(-updates|-backports)?/?$'

one_line_mirrors() {
  awk -v suites="$debian_suites" '
    $1 != "deb" { next }
    {
      sub(/#.*/, ""); options = ""
      if (match($0, /\[[^]]*\]/)) {
        options = substr($0, RSTART, RLENGTH)
        $0 = substr($0, 1, RSTART - 1) " " substr($0, RSTART + RLENGTH)
      }
      if (options ~ /signed-by=/ && options !~ /debian-archive/) next
      if ($3 ~ suites && (" " $0 " ") ~ / main /) print $2
    }'
}

deb822_mirrors() {
  awk -v suites="$debian_suites" '
    function flush(   i, n, list, good) {
      n = split(field["suites"], list, " ")
      for (i = 1; i <= n; i++) if (list[i] ~ suites) good = 1
      if (field["types"] !~ /(^| )deb( |$)/ || tolower(field["enabled"]) ~ /no|false/) good = 0
      if ((" " field["components"] " ") !~ / main /) good = 0
      if (field["signed-by"] != "" && field["signed-by"] !~ /debian-archive/) good = 0
      if (good) { n = split(field["uris"], list, " "); for (i = 1; i <= n; i++) print list[i] }
      split("", field)
    }
    /^#/ { next }
    /^[ \t]*$/ { flush(); next }
    /^[ \t]/ { field[key] = field[key] " " $0; next }
    { key = tolower($0); sub(/:.*/, "", key); value = $0; sub(/^[^:]*:[ \t]*/, "", value); field[key] = value }
    END { flush() }'
}

# Everything apt would read or write of the machine's state is replaced; its network settings are kept.
write_apt_config() {
  local dir=$1 mirror=$2 suite
  mkdir -p "$dir"/{lists/partial,cache/archives/partial,empty}
  : >"$dir/status"
  : >"$dir/sources.list"
  for suite in "${suites[@]}"; do
    echo "deb [arch=$arch signed-by=$keyring] $mirror $suite main" >>"$dir/sources.list"
  done
  printf 'Package: *\nPin: release n=trixie-backports\nPin-Priority: 500\n' >"$dir/preferences"
  cat >"$dir/apt.conf" <<CONF
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "$dir/empty";
Dir::Etc::preferences "$dir/preferences";
Dir::Etc::preferencesparts "$dir/empty";
Dir::State "$dir";
Dir::State::lists "$dir/lists";
Dir::State::status "$dir/status";
Dir::Cache "$dir/cache";
Dir::Cache::archives "$dir/cache/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Log "$dir";
APT::Architecture "$arch";
#clear APT::Architectures;
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
APT::Install-Suggests "false";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "60";
Debug::NoLocking "true";
CONF
  # A mirror named by the user may be a snapshot, whose lists have gone past their date; they are still signed.
  [ -z "${MIGWIRE_DEBIAN_MIRROR:-}" ] || echo 'Acquire::Check-Valid-Until "false";' >>"$dir/apt.conf"
  # As root apt downloads as the user _apt, who usually may not enter a private cache folder.
  if [ "$(id -u)" = 0 ] && ! runuser -u _apt -- test -x "$dir" 2>/dev/null; then
    echo 'APT::Sandbox::User "root";' >>"$dir/apt.conf"
  fi
}

private_apt() { timeout --foreground 900 apt-get -q -c "$work/apt/apt.conf" "$@" >>"$work/apt.log" 2>&1 </dev/null; }

download_packages() {
  local mirror tried=
  say "reading the package lists of ${suites[*]}"
  for mirror in $(mirror_candidates); do
    rm -rf "$work/apt"
    write_apt_config "$work/apt" "$mirror"
    if private_apt update -o APT::Update::Error-Mode=any; then
      say "downloading $what and what it needs ($size)"
      private_apt --yes --download-only install "${packages[@]}" && return 0
    fi
    tried+=" ${mirror#*@}"
  done
  sed 's/^/  apt: /' "$work/apt.log" | grep -E 'E:|W:|Err' | tail -n 5 >&2 || true
  fail "apt could not fetch $what from:$tried" \
    "Check the network and apt's proxy settings, or name a mirror in MIGWIRE_DEBIAN_MIRROR." "$(own_path_hint)"
}

unpack_packages() {
  local deb
  say "unpacking $(find "$work/apt/cache/archives" -name '*.deb' | wc -l) packages"
  mkdir "$work/root"
  for deb in "$work"/apt/cache/archives/*.deb; do
    dpkg -x "$deb" "$work/root" >&2
  done
  rm -rf "$work/apt" "$work/root/usr/share/"{doc,man,locale,lintian,bug} "$work/root/var"
}

# A script NAME beside the root that starts the root's PROGRAM with the root's libraries. It finds its own folder, so the
# cache may be moved. Debian 13 has /lib inside /usr, Debian 12 has both. ARGUMENTS may use $root and $triplet.
write_wrapper() {
  local name=$1 program=$2 arguments=${3:-} settings=${4:-}
  cat >"$work/$name" <<WRAPPER
#!/bin/sh
# Starts the unpacked $name with the libraries beside it.
here=\$(dirname "\$(readlink -f "\$0")")
root=\$here/root
for loader in "\$root"/lib64/ld-linux-x86-64.so.2 "\$root"/usr/lib64/ld-linux-x86-64.so.2 \\
  "\$root"/lib/ld-linux-aarch64.so.1 "\$root"/usr/lib/ld-linux-aarch64.so.1; do
  [ -e "\$loader" ] && break
done
triplet=\$(cd "\$root/usr/lib" && echo *-linux-gnu)
libraries=\$root/lib/\$triplet:\$root/usr/lib/\$triplet:\$root/usr/lib/\$triplet/pulseaudio
${settings:+$settings
}exec "\$loader" --library-path "\$libraries" "\$root/$program" $arguments "\$@"
WRAPPER
  chmod 755 "$work/$name"
}

ask_first() {
  [ "$assume_yes" = no ] && [ -t 0 ] && [ -t 2 ] || return 0
  local answer
  read -r -p "$tool: fetch $what, $size, into $cache? [Y/n] " answer
  case $answer in
    [nN]*) fail "stopped: nothing was fetched" "$(own_path_hint)" ;;
  esac
}

# Built aside and renamed when complete: an interrupted run leaves only a folder that the next one clears away.
build_cache() {
  rm -rf "$cache/.partial-$version".*
  work=$(mktemp -d "$cache/.partial-$version.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  download_packages
  unpack_packages
  complete_root
  rm -f "$work/apt.log" "$work/start.log"
  chmod 755 "$work"
  touch "$work/.complete"
  rm -rf "${cache:?}/$version"
  mv "$work" "$cache/$version"
}

# Fills $cache/$version unless it is there. Others that want it wait for the first.
get_cached() {
  [ ! -e "$cache/$version/.complete" ] || return 0
  need_tools
  mkdir -p "$cache" 2>/dev/null || fail "cannot create $cache" "Set XDG_CACHE_HOME to a folder you may write."
  ask_first
  exec 9>"$cache/.lock-$version"
  flock -n 9 || say "another run is fetching $what, waiting for it"
  flock -w 1800 9 || fail "the other run has not ended after 30 minutes" "End it and try again."
  [ -e "$cache/$version/.complete" ] || build_cache
}

cache_folder() { printf '%s\n' "${XDG_CACHE_HOME:-${HOME:?HOME is not set: set it or XDG_CACHE_HOME}/.cache}/migwire/$1"; }
