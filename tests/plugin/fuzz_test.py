# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes changed at random, as Wireshark's own fuzzing does (editcap -E): the plugin neither crashes nor hangs, and under
a sanitizer (build/asan) it reads nothing that is not its own. A large segment is hit too often to be read to its end, so
small streams, all headers, are changed in a few places each as well.

By hand, over whole samples:  QEMUMIG_FUZZ_SEEDS=100 QEMUMIG_FUZZ_FRAMES=100000 ... fuzz_test.py
"""
import os
import random
import shutil
import subprocess

import pytest

import fields_test
import pcap
import rare
import shark

SEEDS = range(1, 1 + int(os.environ.get("QEMUMIG_FUZZ_SEEDS", "1")))
FRAMES = int(os.environ.get("QEMUMIG_FUZZ_FRAMES", "60"))
HEADERS = "66"  # Ethernet, IP and TCP: without them a packet does not reach the plugin


def pieces():
    """Rare units, and of every sample the beginning and a stretch that begins in the middle."""
    made = pcap.Crowd(shark.WORK / "fuzz.pcap")
    fields_test.add_rare(made)
    for name in shark.samples():
        segments = pcap.read(shark.sample(name))
        made.add(name, segments[:FRAMES])
        made.add(name + " late", segments[len(segments) // 3:][:FRAMES])
    return made.close()


def postcopy():
    devices = [rare.section(4, n, name) + bytes(range(n)) + rare.footer(n) for n, name in enumerate(("apic", "timer", "i8259", "serial"), 2)]
    package = rare.command(4) + b"".join(devices) + rare.ping(3) + rare.ping(0x42) + rare.command(5)
    discard = rare.command(6, b"\0" + rare.cstr("pc.ram") + rare.be(8, 0x1000) + rare.be(8, 0x2000))
    zero = rare.section(2, 1) + b"".join(rare.be(8, 0x22 | n << 12) + b"\0" for n in range(9)) + rare.be(8, 0x10) + rare.footer(1)
    return (rare.begin("xbzrle") + rare.command(1) + rare.ping(1) + rare.command(3, rare.be(8, 0x1000) * 2) + rare.small_ram() + zero + discard
            + rare.command(7, rare.be(4, len(package))) + package + zero + b"\0")


def answers():
    def message(kind, body):
        return rare.be(2, kind) + rare.be(2, len(body)) + body
    pongs = b"".join(message(2, rare.be(4, n)) for n in (1, 3, 0x42))
    bitmap = message(5, rare.cstr("pc.ram")) + b"\0\0\0\0\0\0\0\x20"[:8] + bytes(32) + b"\x01\x23\x45\x67\x89\xab\xcd\xef"
    return pongs + rare.forgotten() + bitmap + message(6, rare.be(4, 1)) + message(7, b"") + message(1, rare.be(4, 0))


def changed(stream, chance):
    """Few bytes set, some cut out or sent twice."""
    data = bytearray(stream)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(data))
        kind = chance.randrange(8)
        if kind == 0:
            del data[at:at + chance.choice((1, 4, 30))]
        elif kind == 1:
            data[at:at] = data[at:at + chance.choice((1, 4, 30))]
        else:
            data[at] = chance.choice((0, 0xff, data[at] ^ 1 << chance.randrange(8), chance.randrange(256)))
    return bytes(data)


def small_streams(seed):
    chance = random.Random(seed)
    plain = rare.begin() + rare.small_ram()
    bases = (postcopy(), rare.huge_pages(), rare.unfinished(), rare.configuration_and_ram(), plain + rare.vm_description())
    made = pcap.Crowd(shark.WORK / "small.pcap")
    for n in range(240):
        forward = changed(bases[n % len(bases)], chance) if n % 4 else bases[0]
        back = answers() if n % 4 > 1 else changed(answers(), chance)
        talk = list(pcap.talk(forward, back, size=chance.choice((50, 1000)), end=chance.choice((0, pcap.FIN, pcap.RST))))
        if n % 5 == 0:
            talk += pcap.talk(changed(rare.multifd(), chance), client=40001)
        made.add(n, talk)
    return made.close()


@pytest.mark.skipif(not shutil.which("editcap"), reason="no editcap")
class TestFuzz:
    def test_changed_bytes(self):
        whole, damaged = pieces(), shark.WORK / "changed.pcap"
        for seed in SEEDS:
            share = ("0.02", "0.002", "0.0002")[seed % 3]
            subprocess.run(["editcap", "-F", "pcap", "--seed", str(seed), "-E", share, "-o", HEADERS, whole, damaged],
                           check=True, timeout=60, stderr=subprocess.DEVNULL)
            damaged.chmod(0o644)
            self.show(damaged, seed)

    def test_small_streams(self):
        for seed in SEEDS:
            self.show(small_streams(seed), seed)

    def show(self, path, seed):
        arguments = shark.reading(path, two_passes=seed % 2 == 1, decode_as="4444-4445", options=shark.ALL_PAGES)
        with shark.about(seed=seed):
            shown = shark.run(*arguments, "-V", "-z", "qemumig,tree", "-z", "qemumig,latency", "-z", "qemumig,timeline")
            assert b"QEMU Live Migration" in shown.stdout
            assert b"Dissector bug" not in shown.stdout
            assert b"runtime error" not in shown.stderr
