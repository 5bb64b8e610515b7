#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Speed and memory of `migreplay summary`, as ratios to tcpdump, tshark and QEMU's scripts/analyze-migration.py.

usage: replay.py BUILD_DIR [--mib N] [--segment N]... [--rounds N] [--folder DIR] [--analyze-migration PATH]

Writes made-up captures (2200 MiB each unless said otherwise) to DIR, one at a time, reads each once to warm the cache, then
lets the programs read it in turns; medians count, of CPU seconds first, since a busy machine disturbs these least. The captures are
removed again.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

SAMPLE = pathlib.Path(__file__).resolve().parent.parent / "capture-samples/18a-file-stream-11.1-11.1.migstream.zst"


class Cost:
    """Of some runs: median wall and CPU seconds, greatest peak RSS."""

    def __init__(self, usages):
        self.wall, self.cpu, peaks = (list(column) for column in zip(*usages))
        self.wall, self.cpu, self.peak = statistics.median(self.wall), statistics.median(self.cpu), max(peaks)

    def against(self, other):
        return f"{other.cpu / self.cpu:.2f} (by the clock {other.wall / self.wall:.2f})"


def run(*command):
    """Wall and CPU seconds, peak RSS in MiB."""
    begin = time.monotonic()
    child = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]} ended with {child.returncode}: {' '.join(map(str, command))}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def in_turns(rounds, *commands):
    runs = [[run(*command) for command in commands] for _ in range(rounds)]
    return [Cost([r[i] for r in runs]) for i in range(len(commands))]


def written(build, folder, mib, segment, *how):
    path = pathlib.Path(folder) / "-".join(["bench", str(segment), *how])
    run(build / "bin/bench_write_capture", path, mib, segment, *how)
    with path.open("rb") as file:
        while file.read(1 << 22):
            pass
    return path


def summary(options, path):
    return options.build / "bin/migreplay", "summary", path


def check(options, path):
    """What is measured is a whole analysis, not an early end."""
    text = subprocess.run([*summary(options, path), "--json"], check=True, stdout=subprocess.PIPE).stdout
    (migration,) = json.loads(text)["migrations"]
    assert migration["unparsed_bytes"] == migration["missing_bytes"] == 0, migration["findings"]
    assert migration["verdict"]["possible"] == ["destination"], migration["verdict"]


def captures(options):
    for segment in options.segment or [1448, 32768]:
        path = written(options.build, options.folder, options.mib, segment)
        try:
            check(options, path)
            size = path.stat().st_size
            ours, tcpdump = in_turns(options.rounds, summary(options, path), ("tcpdump", "-r", path, "-w", "/dev/null"))
            tshark = Cost([run("tshark", "-r", path, "-q", "-z", "conv,tcp")])
            print(f"pcap, {size / 1e9:.2f} GB, {segment} bytes a packet: {size / ours.wall / 1e9:.2f} GB/s, peak RSS {ours.peak:.0f} MiB\n"
                  f"  speed against tcpdump: {ours.against(tcpdump)}, tshark: {ours.against(tshark)}", flush=True)
        finally:
            path.unlink()


def stream(options, what, path):
    check(options, path)
    size = path.stat().st_size
    commands = [summary(options, path), ("cat", path)]
    if options.analyze_migration:
        commands.append((sys.executable, options.analyze_migration, "-f", path))
    ours, cat, *theirs = in_turns(options.rounds, *commands)
    print(f"stream, {what}, {size / 1e6:.1f} MB: {size / ours.wall / 1e9:.2f} GB/s, peak RSS {ours.peak:.0f} MiB\n"
          f"  speed against analyze-migration.py: " +
          (f"{ours.against(theirs[0])}; that of cat: {cat.against(theirs[0])}" if theirs
           else "not measured (--analyze-migration PATH)"), flush=True)


def streams(options):
    sample = pathlib.Path(options.folder) / "bench-sample"
    with sample.open("wb") as file:
        subprocess.run(["zstd", "-dcq", str(SAMPLE)], stdout=file, check=True)
    made_up = {"of QEMU 11.1": sample,
               "an idle guest of 4 GiB": written(options.build, options.folder, 18, 0, "idle"),
               "plain pages": written(options.build, options.folder, min(options.mib, 512), 0)}
    try:
        for what, path in made_up.items():
            stream(options, what, path)
    finally:
        for path in made_up.values():
            path.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--mib", type=int, default=2200)
    parser.add_argument("--segment", type=int, action="append")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", default=os.environ.get("TMPDIR", "/tmp"))
    parser.add_argument("--analyze-migration", type=pathlib.Path)
    options = parser.parse_args()
    captures(options)
    streams(options)


if __name__ == "__main__":
    main()
