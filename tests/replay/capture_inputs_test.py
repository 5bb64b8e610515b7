# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures of any shape: in tunnels, in fragments, cut by a snaplen, with what follows a reset, with forged segments."""
import json
import pathlib
import struct
import subprocess

import pytest

from packets import START, PING, conversation, ethernet, ip, ip6, outer, run, segment, summary, udp, write

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "capture-samples"


@pytest.fixture(name="frames", scope="session")
def frames_of_a_migration():
    """[(seconds, microseconds, Ethernet frame)]: cancelled in precopy, and so small that it is quickly read."""
    capture = subprocess.run(["zstd", "-dc", SAMPLES / "cases/cancelled.pcap.zst"], capture_output=True, check=True).stdout
    order = "<" if capture[:1] in b"\xd4\x4d" else ">"
    out, at = [], 24
    while at < len(capture):
        seconds, part, size, _ = struct.unpack_from(order + "4I", capture, at)
        out.append((seconds, part, capture[at + 16:at + 16 + size]))
        at += 16 + size
    assert all(frame[12:14] == b"\x08\x00" for _, _, frame in out)
    return out[:400]


TUNNELS = {
    "VLAN in VLAN": lambda f: f[:12] + b"\x88\xa8\0\1\x81\0\0\2" + f[12:],
    "three tags": lambda f: f[:12] + b"\x91\0\0\1\x88\xa8\0\1\x81\0\0\2" + f[12:],
    "VXLAN": lambda f: outer(ip(17, udp(4789, b"\x08\0\0\0\0\0\7\0" + f))),
    "VXLAN of Linux": lambda f: outer(ip(17, udp(8472, b"\x08\0\0\0\0\0\7\0" + f))),
    "VXLAN on another port": lambda f: outer(ip(17, udp(14789, b"\x08\0\0\0\0\0\7\0" + f))),
    "VXLAN over IPv6": lambda f: ethernet(0x86dd, ip6(17, udp(4789, b"\x08\0\0\0\0\0\7\0" + f))),
    "VXLAN-GPE": lambda f: outer(ip(17, udp(4790, b"\x0c\0\0\1\0\0\7\0" + f[14:]))),
    "GENEVE": lambda f: outer(ip(17, udp(6081, b"\0\0\x65\x58\0\0\7\0" + f))),
    "GENEVE with options": lambda f: outer(ip(17, udp(6081, b"\2\0\x65\x58\0\0\7\0" + bytes(8) + f))),
    "GRE": lambda f: outer(ip(47, b"\0\0\x08\0" + f[14:])),
    "GRE with all options": lambda f: outer(ip(47, b"\xb0\0\x08\0" + bytes(12) + f[14:])),
    "GRE of Ethernet": lambda f: outer(ip(47, b"\x20\0\x65\x58\0\0\0\7" + f)),
    "ERSPAN II": lambda f: outer(ip(47, b"\x10\0\x88\xbe\0\0\0\1" + bytes(8) + f)),
    "ERSPAN III": lambda f: outer(ip(47, b"\x10\0\x22\xeb\0\0\0\1" + bytes(12) + f)),
    "IP in IP": lambda f: outer(ip(4, f[14:])),
    "IP in IPv6": lambda f: ethernet(0x86dd, ip6(4, f[14:])),
    "MPLS": lambda f: ethernet(0x8847, b"\0\1\0\x40\0\2\1\x40" + f[14:]),
    "MPLS pseudowire": lambda f: ethernet(0x8847, b"\0\2\1\x40" + f),
    "MPLS pseudowire, control word": lambda f: ethernet(0x8847, b"\0\2\1\x40\0\0\0\7" + f),
    "MPLS in UDP": lambda f: outer(ip(17, udp(6635, b"\0\2\1\x40" + f[14:]))),
    "PPPoE": lambda f: ethernet(0x8864, b"\x11\0\0\7" + struct.pack(">H", min(len(f) - 12, 65535)) + b"\0\x21" + f[14:]),
    "GENEVE in VXLAN in VLAN": lambda f: (lambda g: g[:12] + b"\x81\0\0\1" + g[12:])(
        outer(ip(17, udp(4789, b"\x08\0\0\0\0\0\7\0" + outer(ip(17, udp(6081, b"\0\0\x65\x58\0\0\7\0" + f))))))),
}


@pytest.mark.parametrize("name", TUNNELS)
def test_tunnels(tmp_path, frames, name):
    small = [f for f in frames if len(f[2]) < 60000]  # of what fits
    plain, inside = write(tmp_path / "plain", small), write(tmp_path / "inside", [(s, p, TUNNELS[name](f)) for s, p, f in small])
    assert run("events", inside) == run("events", plain) != ""


def test_padding_behind_a_tunnelled_packet_is_no_payload(tmp_path, frames):
    short = [(s, p, f) for s, p, f in frames if len(f) < 60000]
    padded = [(s, p, TUNNELS["GRE"](f) + bytes(9)) for s, p, f in short]
    assert run("events", write(tmp_path / "padded", padded)) == run("events", write(tmp_path / "plain", short))


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "last first"])
@pytest.mark.parametrize("version", [4, 6])
def test_fragments(tmp_path, frames, order, version):
    def pieces(number, frame):
        inner = frame[14:]
        if version == 4:
            body, make = inner[20:], lambda at, more, data: outer(
                ip(6, data, inner[12:16], inner[16:20], at // 8 | (0x2000 if more else 0), number))
        else:  # the packet as it is, in fragments of IPv6
            body, make = inner, lambda at, more, data: ethernet(
                0x86dd, ip6(44, struct.pack(">BBHI", 4, 0, at | more, number) + data))
        size = 1208
        parts = [make(at, at + size < len(body), body[at:at + size]) for at in range(0, len(body), size)]
        return parts[::order]
    short = [f for f in frames if len(f[2]) < 60000]
    cut = [(s, p, part) for i, (s, p, f) in enumerate(short) for part in pieces(i & 0xffff, f)]
    assert len(cut) > len(short)
    strip = lambda text: [line for line in text.splitlines() if line]
    assert strip(run("events", write(tmp_path / "cut", cut))) == strip(run("events", write(tmp_path / "plain", short)))


def test_redact_of_a_tunnel_keeps_nothing_of_it(tmp_path, frames):
    inside = write(tmp_path / "inside", [(s, p, TUNNELS["VXLAN"](f)) for s, p, f in frames if len(f) < 60000])
    out = tmp_path / "out.pcap"
    run("redact", inside, out)
    assert set(out.read_bytes()[24 + 16:24 + 16 + 100]) == {0}


def test_a_snaplen_is_one_finding(tmp_path, frames):
    path = write(tmp_path / "cut", frames, snaplen=96)
    [migration] = summary(path)["migrations"]
    findings = migration["findings"]
    [cut] = [f for f in findings if f["kind"] in ("cut-packets", "capture-gaps")]
    assert "cut at 96 bytes; capture with -s 0" in cut["text"]


def test_what_follows_a_reset_is_read_and_was_not_delivered(tmp_path):
    reset = segment(5001, flags=0x14, forward=False, acknowledge=1001 + len(START))
    at = 1001 + len(START)
    path = write(tmp_path / "reset", conversation(segment(1001, START), reset, segment(at, PING), segment(at + len(PING), PING[:5])))
    events = run("events", path)
    assert "ping value=0x1 (sent after the reset, never delivered)" in events and "unparsed" not in events
    [migration] = summary(path)["migrations"]
    [channel] = migration["channels"]
    assert channel["undelivered_forward"] == len(PING) and "unparsed_forward" not in channel
    assert migration["pings"] == []


def test_a_cut_stream_ends_in_a_truncated_unit(tmp_path):
    close = [segment(1001 + len(START) + 5, flags=0x11), segment(5001, flags=0x11, forward=False)]
    path = write(tmp_path / "cut", conversation(segment(1001, START), segment(1001 + len(START), PING[:5]), *close))
    [migration] = summary(path)["migrations"]
    assert migration["unparsed_bytes"] == 0 and migration["unfinished_bytes"] == 5


@pytest.mark.parametrize("late", [False, True], ids=["behind", "before its turn"])
def test_segments_that_repeat_bytes_with_others(tmp_path, late):
    first, other = START + PING, START + PING[:-1] + b"\2"
    gap = [segment(1001 + 8, first[8:]), segment(1001 + 8, other[8:]), segment(1001, first[:8])]
    path = write(tmp_path / "forged", conversation(*(gap if late else [segment(1001, first), segment(1001, other)])))
    [migration] = summary(path)["migrations"]
    findings = migration["findings"]
    assert [f["kind"] for f in findings].count("overlap-conflict") == 1
    assert migration["pings"] == ["0x1"]
    same = write(tmp_path / "same", conversation(segment(1001, first), segment(1001, first), segment(1000, b"\0")))
    [migration] = summary(same)["migrations"]
    assert "overlap-conflict" not in json.dumps(migration)


def test_silent_connections_are_channels_of_their_migration(tmp_path):
    silent = [segment(1000, flags=2, acknowledge=0, port=40001), segment(5000, flags=0x12, forward=False, acknowledge=1001, port=40001)]
    path = write(tmp_path / "silent", conversation(segment(1001, START + PING), *silent))
    result = summary(path)
    assert [c["kind"] for c in result["migrations"][0]["channels"]] == ["main", "unknown"] and not result["other_connections"]


def test_multifd_channels_without_a_main_one():
    """The destination waits for two channels and the source has four: the source's QMP said "setup" all the time."""
    [migration] = summary(SAMPLES / "cases/multifd-4-of-2.pcap.zst")["migrations"]
    [finding] = [f for f in migration["findings"] if f["kind"] == "main-silent"]
    assert "3 multifd channels have begun, and 2 connections carried no byte" in finding["text"]
    for name in ("08-multifd2-none-11.1-11.1", "cases/multifd-destination-only"):
        [migration] = summary(SAMPLES / f"{name}.pcap.zst")["migrations"]
        assert "main-silent" not in json.dumps(migration["findings"])
