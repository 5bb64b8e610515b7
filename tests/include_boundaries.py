#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The one-way arrows of docs/architecture.md: which folder may include what.

usage: include_boundaries.py SOURCE_DIR
"""
import pathlib
import re
import sys

STANDARD = {
    "algorithm", "array", "bit", "cassert", "charconv", "chrono", "compare", "cstddef", "cstdint", "cstring", "deque",
    "functional", "initializer_list", "limits", "map", "memory", "numeric", "optional", "span", "string", "string_view", "tuple", "type_traits", "unordered_map",
    "utility", "variant", "vector",
}

BOOST_JSON = {"boost/json/basic_parser_impl.hpp", "boost/json/monotonic_resource.hpp", "boost/json/stream_parser.hpp", "boost/json/value.hpp"}

# folder -> what an include there may begin with; "<>" lists what is allowed in angle brackets (None: anything).
RULES = {
    "dissector": {"own": ("mig/", "layout/"), "system": STANDARD},
    "common": {"own": ("mig/", "common/"), "system": None},
    "proxy": {"own": ("mig/", "common/", "proxy/"), "system": None},
    "replay": {"own": ("mig/", "common/", "replay/", "vmstate/", "embedded/"), "system": None},
    "vmstate": {"own": ("mig/bytes.hpp", "vmstate/"), "system": STANDARD | {"cstdio", "exception", "stdexcept"} | BOOST_JSON},
    "validate": {"own": ("mig/", "common/", "proxy/rules/", "validate/", "embedded/"), "system": None},
    "plugin": {"own": ("mig/", "plugin/", "vmstate/"), "system": None},
}
# validate/: each room may include those before it. libvirt/, peers/ and cli/ are above all of them.
VALIDATE = ("base", "toml", "guest", "verdict", "wire", "expect", "scenario", "qemu", "run", "steps", "catalogue", "matrix", "report")
# Only those who read captures may resynchronise; who acts on a stream must not act on a guess.
RESYNC = "mig/resync/"
MAY_RESYNC = re.compile(r"(dissector/resync|replay|plugin)/")
# What is remembered of a migration is below whoever reads it, and above what frames bytes.
HISTORY = "mig/history/"
FRAMING = re.compile(r"dissector/(include|src|resync)/")
# Headers of dissector/src that dissector/resync/ shares.
SHARED = {"basic_connection_impl.hpp", "cursor.hpp", "lookahead.hpp", "probe.hpp"}
# The pure half of the proxy, each room knows those before it: plans as data, rules and their text, what actions do, the session.
PROXY = ("plan", "rules", "actions", "engine")
PURE = re.compile(r"proxy/(plan|rules|actions|engine)/")
# The proxy has no wire knowledge: events, fields and what a parser says, but no layout and no constant.
PROXY_MAY_READ = {f"mig/{name}.hpp" for name in ("bytes", "connection_parser", "describe", "encode", "event_sink", "events", "fields",
                                                 "history/migration", "history/page_ledger", "history/page_run", "history/phases",
                                                 "history/verdict", "history/wire_history", "parse_error", "stream_tables")}
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def complaints(root: pathlib.Path):
    for folder, rule in RULES.items():
        for path in sorted((root / folder).rglob("*.[ch]pp")):
            name = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = INCLUDE.match(line)
                if not found:
                    continue
                own, system = found.groups()
                beside = own and "/" not in own and (path.parent / own).is_file()  # a private header
                beside = beside or (name.startswith("dissector/resync/") and own in SHARED)
                if own and own.startswith(RESYNC) and not MAY_RESYNC.match(name):
                    yield f'{name}:{number}: {folder}/ must not include "{own}": it knows nothing of resynchronisation'
                if own and own.startswith(HISTORY) and FRAMING.match(name):
                    yield f'{name}:{number}: must not include "{own}": what frames bytes remembers nothing of the migration'
                if own and not beside and not own.startswith(rule["own"]):
                    yield f'{name}:{number}: {folder}/ must not include "{own}"'
                if system and rule["system"] is not None and system not in rule["system"]:
                    yield f"{name}:{number}: {folder}/ must not include <{system}>"
                rooms = [room.split("/")[1] for room in (name, own or "") if room.startswith("validate/")]
                if len(rooms) == 2 and rooms[0] in VALIDATE and rooms[1] not in VALIDATE[: VALIDATE.index(rooms[0]) + 1]:
                    yield f'{name}:{number}: {rooms[0]}/ must not include "{own}"'
                rooms = [room.split("/")[1] for room in (name, own or "") if room.startswith("proxy/")]
                if len(rooms) == 2 and rooms[0] in PROXY and rooms[1] in PROXY[PROXY.index(rooms[0]) + 1 :]:
                    yield f'{name}:{number}: {rooms[0]}/ must not include "{own}"'
                if folder == "proxy" and (own or "").startswith("mig/") and own not in PROXY_MAY_READ:
                    yield f'{name}:{number}: proxy/ knows nothing of the wire, so no "{own}"'
                if PURE.match(name) and (system or "").startswith("boost/"):
                    yield f"{name}:{number}: the pure half does no I/O, so no <{system}>"
                if PURE.match(name) and (own or "").startswith(("proxy/relay/", "proxy/report/", "proxy/record/")):
                    yield f'{name}:{number}: the pure half knows nothing of "{own}"'


def links(root: pathlib.Path):
    """The library is linked where its headers may be included, and nowhere else."""
    for path in sorted(root.glob("*/**/CMakeLists.txt")):
        name = path.relative_to(root).as_posix()
        if name.startswith(("tests/", "build/", "dissector/")) or MAY_RESYNC.match(name):
            continue
        if re.search(r"target_link_libraries\([^)]*\bresync\b", path.read_text()):
            yield f"{name}: must not link resync"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = list(complaints(pathlib.Path(sys.argv[1])))
    found += list(links(pathlib.Path(sys.argv[1])))
    print("\n".join(found) if found else "all includes point the right way")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
