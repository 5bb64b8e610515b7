# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures with holes, in tiny pieces, out of order: nothing invented, nothing shown twice, what is missing is said."""
import collections
import unittest

import pcap
import shark

PRECOPY, POSTCOPY = "01-precopy-11.1-11.1", "03-postcopy-11.1-11.1"
PREEMPT, RECOVERY = "07-postcopy-preempt-11.1-11.1", "11a-postcopy-pause-recover-11.1-11.1"
COUNTED = ("qemumig.pages", "qemumig.zeros", "qemumig.bytes.device")
LISTED = ("qemumig.ping.value", "qemumig.pong.value", "qemumig.rp.req.offset", "qemumig.section.id",
          "qemumig.footer.section_id", "qemumig.package.length", "qemumig.vmdesc.length", "qemumig.discard.start")
OWN_ORDER = ("tcp.analyze_sequence_numbers:FALSE",)


def story(path, **options):
    """Sums of the counters and every value of the other fields, in order."""
    rows = shark.fields(path, *COUNTED, *LISTED, display="qemumig", **options)
    told = {name: sum(int(v) for row in rows for v in row[name]) for name in COUNTED}
    told.update({name: [v for row in rows for v in row[name]] for name in LISTED})
    return told


def ram_body(segments):
    """Positions of segments that lie inside one page: a page record is 4104 bytes and more."""
    return [i for i, s in enumerate(segments) if len(s.data) == 1000 and s.ports[1] == 4444]


class Cut(unittest.TestCase):
    def setUp(self):
        self.assertIn("qemumig.so", shark.text("-G", "plugins"))

    def changed(self, segments, name="changed", **options):
        return pcap.write(shark.WORK / f"{name}.pcap", segments, **options)

    def test_any_segment_size_tells_the_same(self):
        for name, size in ((POSTCOPY, 1448), (PREEMPT, 536), (RECOVERY, 200), (PRECOPY, 1448)):
            with self.subTest(name, size=size):
                path = self.changed(pcap.resegment(pcap.read(shark.sample(name)), size))
                self.assertEqual(story(path), story(shark.sample(name)))
                self.assertEqual(story(path, two_passes=True), story(shark.sample(name)))

    def test_one_byte_per_segment(self):
        """Up to the first pages, and the whole return path."""
        segments = pcap.read(shark.sample(POSTCOPY))[:60]
        small = [s for s in segments if len(s.data) < 300]
        first = next(i for i, s in enumerate(segments) if len(s.data) > 300)
        path = self.changed(pcap.resegment(segments[:first], 1))
        self.assertEqual(story(path), story(self.changed(segments[:first], "whole")))
        self.assertGreater(len(small), 10)
        self.assertEqual(story(path)["qemumig.ping.value"], ["0x00000001"])
        self.assertEqual(story(path)["qemumig.pong.value"], ["0x00000001"])

    def test_duplicates_are_shown_once(self):
        segments = [s for s in pcap.read(shark.sample(POSTCOPY)) for _ in (0, 1)]
        path = self.changed(segments)
        for options in ((), OWN_ORDER):
            self.assertEqual(story(path, options=options), story(shark.sample(POSTCOPY)))

    def test_reordered_segments_are_put_in_order(self):
        segments = list(pcap.resegment(pcap.read(shark.sample(POSTCOPY)), 8000))
        for i in range(40, len(segments) - 4, 7):
            segments[i], segments[i + 2] = segments[i + 2], segments[i]
        path = self.changed(segments)
        whole = story(shark.sample(POSTCOPY))
        for options in (OWN_ORDER, ("tcp.reassemble_out_of_order:TRUE",)):
            with self.subTest(options=options):
                self.assertEqual(story(path, options=options), whole)
                self.assertEqual(story(path, options=options, two_passes=True), whole)

    def test_a_segment_lost_inside_a_page_costs_that_segment_only(self):
        segments = list(pcap.resegment(pcap.read(shark.sample(PRECOPY)), 1000))
        whole = story(shark.sample(PRECOPY))
        harmless = 0
        for lost in ram_body(segments)[100:1000:90]:
            path = self.changed(segments[:lost] + segments[lost + 1:])
            told = story(path)
            gaps = shark.everything(path, "qemumig.gap")
            self.assertEqual(gaps, ["1000"])
            if shark.everything(path, "qemumig.unparsed.cause"):
                self.assertLess(told["qemumig.pages"], whole["qemumig.pages"])
                continue
            harmless += 1
            self.assertEqual(told, whole)
        self.assertGreater(harmless, 3)

    def test_a_lost_header_is_said_and_nothing_is_invented(self):
        segments = pcap.read(shark.sample(POSTCOPY))
        lost = next(i for i, s in enumerate(segments) if len(s.data) > 30000)
        path = self.changed(segments[:lost] + segments[lost + 1:])
        self.assertEqual(shark.everything(path, "qemumig.unparsed.cause")[:1], ["lost_bytes"])
        self.assertIn("qemumig.expert.gap", [n for n, _ in shark.tree(path)])
        whole = story(shark.sample(POSTCOPY))
        for name, values in story(path).items():
            if isinstance(values, list):
                extra = collections.Counter(values) - collections.Counter(whole[name])
                self.assertFalse(extra, name)
        self.assertEqual(story(path)["qemumig.pong.value"], whole["qemumig.pong.value"])  # the other direction goes on

    def test_snaplen(self):
        """Headers of 256 bytes: the beginning of each segment is read, and the rest is said to be missing."""
        path = self.changed(pcap.read(shark.sample(POSTCOPY)), snaplen=256)
        told = story(path)
        self.assertEqual(told["qemumig.pong.value"], story(shark.sample(POSTCOPY))["qemumig.pong.value"])
        self.assertEqual(told["qemumig.ping.value"][:1], ["0x00000001"])
        self.assertTrue(shark.everything(path, "qemumig.gap"))

    def test_without_the_beginning_nothing_is_claimed_and_decode_as_says_why(self):
        path = self.changed(pcap.read(shark.sample(POSTCOPY))[40:])
        self.assertEqual(shark.fields(path, "qemumig.channel", display="qemumig"), [])
        said = shark.text("-r", path, "-d", "tcp.port==4444,qemumig", "-Y", "qemumig")
        self.assertIn("QEMU-MIG", said)

    def test_frames_without_the_handshake(self):
        segments = [s for s in pcap.read(shark.sample(POSTCOPY)) if not s.flags & pcap.SYN]
        self.assertEqual(story(self.changed(segments)), story(shark.sample(POSTCOPY)))


if __name__ == "__main__":
    unittest.main()
