# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets and captures made up by tests, and migreplay on them."""
import json
import os
import struct
import subprocess

MIGREPLAY = os.path.join(os.environ["MIG_BIN"], "migreplay")
HANGS = 120


def run(*words, status=0):
    done = subprocess.run([MIGREPLAY, *map(str, words)], capture_output=True, timeout=HANGS, text=True)
    assert done.returncode == status, (words, done)
    return done.stdout


def summary(path, status=0):
    return json.loads(run("summary", "--json", path, status=status))


def write(path, frames, link=1, snaplen=None):
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link))
        for seconds, part, frame in frames:
            kept = frame[:snaplen]
            out.write(struct.pack("<4I", seconds, part, len(kept), len(frame)) + kept)
    return path


def ip(protocol, payload, source=b"\x0a\1\1\1", target=b"\x0a\1\1\2", fragment=0, number=7):
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, min(20 + len(payload), 65535), number, fragment, 64, protocol, 0, source, target) + payload


def ip6(next_header, payload):
    return struct.pack(">IHBB", 0x60000000, min(len(payload), 65535), next_header, 64) + bytes(15) + b"\1" + bytes(15) + b"\2" + payload


def ethernet(kind, payload):
    return bytes(range(12)) + struct.pack(">H", kind) + payload


def udp(port, payload):
    return struct.pack(">HHHH", 51000, port, min(8 + len(payload), 65535), 0) + payload


def outer(packet):
    return ethernet(0x0800, packet)


def segment(sequence, payload=b"", flags=0x18, forward=True, acknowledge=5001, port=40000):
    """Of a connection from 10.0.0.1 to port 4444 of 10.0.0.2; the client's first byte is 1001, the server's 5001."""
    ends = (port, 4444) if forward else (4444, port)
    tcp = struct.pack(">HHIIBBHHH", *ends, sequence, acknowledge, 0x50, flags, 65000, 0, 0)
    hosts = (b"\x0a\0\0\1", b"\x0a\0\0\2") if forward else (b"\x0a\0\0\2", b"\x0a\0\0\1")
    return outer(ip(6, tcp + payload, *hosts))


def conversation(*segments):
    return [(1700000000, i * 1000, frame) for i, frame in enumerate(
        [segment(1000, flags=2, acknowledge=0), segment(5000, flags=0x12, forward=False, acknowledge=1001), *segments])]


START = struct.pack(">II", 0x5145564D, 3) + b"\x07" + struct.pack(">I", 2) + b"pc"
PING = b"\x08" + struct.pack(">HHI", 2, 4, 1)
