# SPDX-License-Identifier: GPL-2.0-or-later
"""Units that no sample has, in a capture made here."""
import struct
import unittest

import pcap
import shark

MACHINE_UUID = bytes(range(16))


def be(size, value):
    return value.to_bytes(size, "big")


def cstr(text):
    return bytes([len(text)]) + text.encode()


def subsection(name, body, version=1):
    return b"\5" + cstr(name) + be(4, version) + body


def section(kind, number, name=None, version=1):
    named = cstr(name) + be(4, 0) + be(4, version) if name else b""
    return bytes([kind]) + be(4, number) + named


def footer(number):
    return b"\x7e" + be(4, number)


def main_stream():
    """Only layouts of dissector/include/mig/events.hpp."""
    page = bytes(4096)
    return b"".join([
        b"QEVM", be(4, 3), b"\7", be(4, 2), b"pc",
        subsection("configuration/target-page-bits", be(4, 12)),
        subsection("configuration/capabilities", be(4, 1) + cstr("xbzrle")),
        subsection("configuration/uuid", MACHINE_UUID),
        section(1, 1, "ram", 4), be(8, 0x100000 | 4), cstr("pc.ram"), be(8, 0x100000), be(8, 0x10), footer(1),
        section(2, 1), be(8, 0x1000 | 8), cstr("pc.ram"), page, be(8, 0x2000 | 0x60), b"\1", be(2, 5), b"abcde",
        be(8, 0x3000 | 0x22), b"\x55", be(8, 0x80), be(8, 0x10), footer(1),
        section(1, 2, "dirty-bitmap"), be(1, 0x1c), cstr("drive0"), cstr("bitmap0"), be(4, 65536), b"\1",
        be(1, 0x40), be(8, 0), be(4, 128), be(8, 8), bytes(8), be(1, 1), footer(2),
        section(1, 3, "block"), be(8, 5 << 9 | 1), cstr("disk"), bytes(1 << 20), be(8, 2), footer(3),
        section(1, 4, "vfio"), be(8, 0xffffffffef100004), be(8, 4), b"data", be(8, 0xffffffffef100001), footer(7),  # a wrong one
        section(4, 9, "timer"), bytes(24), footer(9),
        b"\0",
    ])


def capture(stream):
    """The main channel in segments of 1000 bytes."""
    template = pcap.read(shark.sample("01-precopy-11.1-11.1"))
    first = next(s for s in template if s.data)
    segments = [s for s in template if s.flags & pcap.SYN]
    for at in range(0, len(stream), 1000):
        segment = first.piece(0, 1)
        segment.data, segment.sequence = stream[at:at + 1000], first.sequence + at
        segments.append(segment)
    return pcap.write(shark.WORK / "rare.pcap", segments)


class RareUnits(unittest.TestCase):
    def setUp(self):
        self.assertIn("qemumig.so", shark.text("-G", "plugins"))
        self.path = capture(main_stream())
        self.pairs = shark.tree(self.path, options=("qemumig.show_pages:TRUE",))

    def values(self, name):
        return [value for field, value in self.pairs if field == "qemumig." + name]

    def test_values(self):
        for name, value in {
                "configuration.target_page_bits": "12", "configuration.capabilities": "1",
                "configuration.capability": "xbzrle", "configuration.uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f",
                "ram.encoding": "xbzrle", "ram.fill": "0x55", "dirty_bitmap.node": "drive0",
                "dirty_bitmap.name": "bitmap0", "dirty_bitmap.granularity": "65536", "dirty_bitmap.start_flags": "0x01",
                "dirty_bitmap.sectors": "128", "dirty_bitmap.size": "8", "block.device": "disk", "block.sector": "5",
                "block.size": str(1 << 20), "vfio.size": "4", "footer.expected": "4"}.items():
            with self.subTest(name):
                self.assertIn(value, self.values(name))
        self.assertEqual(self.values("unparsed.cause"), [])
        self.assertIn("qemumig.expert.footer", [name for name, _ in self.pairs])


if __name__ == "__main__":
    unittest.main()
