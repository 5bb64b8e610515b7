#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the Wireshark plugin costs: tshark over a large generated capture, with the plugin, with one that claims the
connection and does nothing, and without any.

usage: bench/plugin.py BUILD_DIR [--mib N] [--repeat N]

Prints user time and memory, and their ratios. Wants to see: at most 1.25 times the user time of the plugin that does
nothing, at most 60 bytes more memory per page and per segment, and less user time than without a plugin.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

NOBODY = 65534
PAGE = 4096


def stream(mib):
    """Pages with contents, a quarter of them out of order, and a zero page after every fourth."""
    block = b"\x06pc.ram"
    yield b"QEVM\0\0\0\3\7\0\0\0\x02pc"
    yield b"\1" + struct.pack(">IB3sII", 1, 3, b"ram", 0, 4)
    total = (mib << 20) * 2
    yield struct.pack(">Q", total | 4) + block + struct.pack(">Q", total) + struct.pack(">Q", 0x10) + b"\x7e\0\0\0\1"
    contents = random.Random(1).randbytes(PAGE)
    order = list(range(mib * 256))
    tail = order[len(order) * 3 // 4:]
    random.Random(2).shuffle(tail)
    order[len(order) * 3 // 4:] = tail
    for start in range(0, len(order), 1024):
        yield b"\2\0\0\0\1"
        for i, page in enumerate(order[start:start + 1024]):
            if i == 0:
                yield struct.pack(">Q", page * PAGE | 8) + block + contents
            else:
                yield struct.pack(">Q", page * PAGE | 0x28) + contents
            if i % 4 == 3:
                yield struct.pack(">Q", (len(order) + page) * PAGE | 0x22) + b"\0"
        yield struct.pack(">Q", 0x10) + b"\x7e\0\0\0\1"
    yield b"\0"


def write_capture(path, mib, size):
    ethernet = bytes(12) + b"\x08\0"
    sequence, micros, pending, segments = 1, 0, bytearray(), 0

    def put(out, data, flags):
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
        tcp = struct.pack(">HHIIBBHHH", 40000, 4444, sequence & 0xffffffff, 1, 0x50, flags, 65535, 0, 0)
        frame = ethernet + ip + tcp + data
        out.write(struct.pack("<IIII", micros // 1000000, micros % 1000000, len(frame), len(frame)) + frame)

    with open(path, "wb", buffering=1 << 20) as out:
        out.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for part in stream(mib):
            pending += part
            while len(pending) >= size:
                put(out, bytes(pending[:size]), 0x10)
                del pending[:size]
                sequence, micros, segments = sequence + size, micros + 10, segments + 1
        put(out, bytes(pending), 0x10)
    return segments + 1


def installed(plugin, work):
    """Environment and owner of a `tshark` that has `plugin` (None: none of ours) and nothing else of the user's."""
    version = re.search(r"(\d+\.\d+)\.", subprocess.run(["tshark", "--version"], capture_output=True, text=True).stdout)
    home = work / (plugin.stem if plugin else "none")
    plugins = home / ".local/lib/wireshark/plugins" / version.group(1) / "epan"
    plugins.mkdir(parents=True, exist_ok=True)
    if plugin:
        shutil.copy(plugin, plugins)
    nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    for path in [home, *home.rglob("*")]:
        if nobody:
            os.chown(path, NOBODY, NOBODY)
    settings = dict(env=dict(os.environ, HOME=str(home), XDG_CONFIG_HOME=str(home / ".config")), cwd=work, **nobody)
    loaded = subprocess.run(["tshark", "-G", "plugins"], capture_output=True, text=True, **settings).stdout
    if plugin and plugin.name not in loaded:
        sys.exit(f"plugin.py: tshark does not load {plugin}")
    return settings


def run(settings, capture):
    """(user seconds, peak bytes) of `tshark -r`."""
    process = subprocess.Popen(["tshark", "-r", capture], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **settings)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status != 0:
        sys.exit("plugin.py: tshark failed")
    return usage.ru_utime, usage.ru_maxrss * 1024


def in_turns(plugins, capture, work, repeat):
    """{title: (user seconds, peak bytes)}, best of some runs."""
    kinds = {title: installed(plugin, work) for title, plugin in plugins.items()}
    runs = [{title: run(settings, capture) for title, settings in kinds.items()} for _ in range(repeat)]
    return {title: tuple(min(r[title][i] for r in runs) for i in range(2)) for title in kinds}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--mib", type=int, default=1024, help="RAM in the capture (default 1024)")
    parser.add_argument("--repeat", type=int, default=2)
    options = parser.parse_args()
    built = (options.build / "wireshark").resolve()
    pages = options.mib * 256 * 5 // 4
    with tempfile.TemporaryDirectory(prefix="bench-plugin-") as name:
        work = pathlib.Path(name)
        work.chmod(0o755)
        for size in (1448, 32768):
            capture = work / "capture.pcap"
            segments = write_capture(capture, options.mib, size)
            runs = in_turns({"qemumig": built / "qemumig.so", "claims only": built / "claim_only.so", "no plugin": None},
                            capture, work, options.repeat)
            for title, (seconds, peak) in runs.items():
                print(f"{options.mib} MiB in segments of {size}: {title:12} {seconds:7.2f} s user, {peak / 1e6:7.0f} MB", flush=True)
            ours, claims, none = (runs[t] for t in ("qemumig", "claims only", "no plugin"))
            print(f"  user time: {ours[0] / claims[0]:.2f} of claims only (wanted 1.25), "
                  f"{ours[0] / none[0]:.2f} of no plugin (wanted below 1)")
            print(f"  memory: {(ours[1] - claims[1]) / (pages + segments):.1f} bytes per page and segment more "
                  f"(wanted 60); {pages} pages, {segments} segments", flush=True)
            capture.unlink()


if __name__ == "__main__":
    main()
