# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes changed at random, as Wireshark's own fuzzing does (editcap -E): the plugin neither crashes nor hangs, and under
a sanitizer (build/asan) it reads nothing that is not its own.

By hand, over whole samples:  QEMUMIG_FUZZ_SEEDS=100 QEMUMIG_FUZZ_FRAMES=100000 ... fuzz_test.py
"""
import os
import shutil
import subprocess
import unittest

import fields_test
import pcap
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


@unittest.skipUnless(shutil.which("editcap"), "no editcap")
class Fuzz(shark.WithPlugin):
    def test_changed_bytes(self):
        whole, changed = pieces(), shark.WORK / "changed.pcap"
        for seed in SEEDS:
            share = ("0.02", "0.002", "0.0002")[seed % 3]
            subprocess.run(["editcap", "-F", "pcap", "--seed", str(seed), "-E", share, "-o", HEADERS, whole, changed],
                           check=True, timeout=60, stderr=subprocess.DEVNULL)
            changed.chmod(0o644)
            arguments = shark.reading(changed, two_passes=seed % 2 == 1, decode_as="4444-4445", options=shark.ALL_PAGES)
            with self.subTest(seed=seed):
                shown = shark.run(*arguments, "-V", "-z", "qemumig,tree", "-z", "qemumig,latency", "-z", "qemumig,timeline")
                self.assertIn(b"QEMU Live Migration", shown.stdout)
                self.assertNotIn(b"Dissector bug", shown.stdout)
                self.assertNotIn(b"runtime error", shown.stderr)


if __name__ == "__main__":
    unittest.main()
