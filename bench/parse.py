#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Parse throughput, and its ratio to QEMU's own scripts/analyze-migration.py on the same stream file.

usage: parse.py BUILD_DIR [--analyze-migration PATH] [--stream FILE]

Without --stream a sample of this project is used (a precopy stream of QEMU 11.1, 3.8 MB). The script of QEMU is in its
source tree; where it is not at hand the ratio is left out.
"""
import argparse
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def unpack_sample(folder):
    out = pathlib.Path(folder) / "sample.migstream"
    with out.open("wb") as file:
        sample = ROOT / "capture-samples/18a-file-stream-11.1-11.1.migstream.zst"
        subprocess.run(["zstd", "-dcq", str(sample)], stdout=file, check=True)
    return out


def our_seconds(bench, stream):
    text = subprocess.run([str(bench), str(stream)], stdout=subprocess.PIPE, text=True, check=True).stdout
    print(text, end="")
    gb_per_s = float(re.search(r"([\d.]+) GB/s", text).group(1))
    return stream.stat().st_size / (gb_per_s * 1e9)


def their_seconds(script, stream):
    """Start-up of Python included and reported: the median of five runs, less that of `import json, argparse`."""
    def run(*command):
        begin = time.monotonic()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        return time.monotonic() - begin
    whole = statistics.median(run(sys.executable, str(script), "-f", str(stream)) for _ in range(5))
    start = statistics.median(run(sys.executable, "-c", "import json, argparse, collections, struct") for _ in range(5))
    return max(whole - start, 1e-6)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--analyze-migration", type=pathlib.Path)
    parser.add_argument("--stream", type=pathlib.Path)
    options = parser.parse_args()
    bench = options.build / "bin/bench_parse"
    if not bench.exists():
        sys.exit(f"{bench} is missing: cmake --preset release && cmake --build --preset release")
    subprocess.run([str(bench)], check=True)
    with tempfile.TemporaryDirectory() as folder:
        stream = options.stream or unpack_sample(folder)
        ours = our_seconds(bench, stream)
        if options.analyze_migration is None:
            print("analyze-migration.py: not at hand (--analyze-migration PATH)")
            return
        theirs = their_seconds(options.analyze_migration, stream)
        print(f"analyze-migration.py     {stream.stat().st_size / theirs / 1e9:.3f} GB/s without Python's start-up")
        print(f"ratio: the parser is {theirs / ours:.0f} times as fast on the same file")


if __name__ == "__main__":
    main()
