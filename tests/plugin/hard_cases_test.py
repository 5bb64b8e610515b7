# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures in tiny pieces, out of order, with a lost segment: nothing invented, nothing shown twice, what is missing is
said. Lost places are the subject of resync_test.py."""
import functools

import pcap
import shark

PRECOPY, POSTCOPY = "01-precopy-11.1-11.1", "03-postcopy-11.1-11.1"
PREEMPT, RECOVERY = "07-postcopy-preempt-11.1-11.1", "11a-postcopy-pause-recover-11.1-11.1"
COUNTED = ("qemumig.pages", "qemumig.zeros", "qemumig.bytes.device")
LISTED = ("qemumig.ping.value", "qemumig.pong.value", "qemumig.rp.req.offset", "qemumig.section.id",
          "qemumig.footer.section_id", "qemumig.package.length", "qemumig.vmdesc.length", "qemumig.discard.start",
          "qemumig.gap", "qemumig.unparsed.cause")
OWN_ORDER = ("tcp.analyze_sequence_numbers:FALSE",)
PIECES = ((POSTCOPY, 1448), (PREEMPT, 536), (RECOVERY, 300), (PRECOPY, 1448))


def reordered(segments):
    segments = list(pcap.resegment(segments, 8000))
    for i in range(40, len(segments) - 4, 7):
        segments[i], segments[i + 2] = segments[i + 2], segments[i]
    return segments


def inside_pages(segments):
    """Segments that lie inside one page: a page record is 4104 bytes and more."""
    return [i for i, s in enumerate(segments) if len(s.data) == 1000 and s.ports[1] == 4444][100:1000:150]


@functools.cache
def disorderly():
    """What the order of segments does."""
    made = pcap.Crowd(shark.WORK / "disorderly.pcap")
    postcopy = pcap.read(shark.sample(POSTCOPY))
    made.add(POSTCOPY, postcopy)
    made.add("twice", [s for s in postcopy for _ in (0, 1)])
    made.add("reordered", reordered(postcopy))
    made.close()
    return made


@functools.cache
def orderly():
    """All other variants."""
    made = pcap.Crowd(shark.WORK / "orderly.pcap")
    whole = {name: pcap.read(shark.sample(name)) for name in (PRECOPY, POSTCOPY, PREEMPT, RECOVERY)}
    for name, segments in whole.items():
        made.add(name, segments)
    for name, size in PIECES:
        made.add((name, size), pcap.resegment(whole[name], size))
    postcopy = whole[POSTCOPY]
    start = postcopy[:next(i for i, s in enumerate(postcopy) if len(s.data) > 300)]  # up to the first pages
    made.add("start", start)
    made.add("bytes", pcap.resegment(start, 1))
    made.add("no handshake", [s for s in postcopy if not s.flags & pcap.SYN])
    pieces = list(pcap.resegment(whole[PRECOPY], 1000))
    for lost in inside_pages(pieces):
        made.add(("lost", lost), pcap.without(pieces, lost))
    made.close()
    return made


@functools.cache
def stories(crowd=orderly, **options):
    """By variant: sums of the counters, and every value of the other fields in order."""
    told = {name: {field: 0 if field in COUNTED else [] for field in COUNTED + LISTED} for name in crowd().hosts}
    names = crowd().names()
    for row in shark.fields(crowd().writer.path, "ip.src", *COUNTED, *LISTED, display="qemumig", **options):
        story = told[names[row["ip.src"][0]]]
        for field in COUNTED + LISTED:
            story[field] += sum(map(int, row[field])) if field in COUNTED else row[field]
    return told


class TestHardCases:
    def test_any_segment_size_tells_the_same(self):
        for name, size in PIECES:
            with shark.about(name, size=size):
                assert len(stories()[name]["qemumig.section.id"]) > 5
                assert stories()[(name, size)] == stories()[name]
                assert stories(two_passes=True)[(name, size)] == stories()[name]

    def test_one_byte_per_segment(self):
        assert stories()["bytes"] == stories()["start"]
        assert stories()["bytes"]["qemumig.ping.value"] == ["0x00000001"]
        assert stories()["bytes"]["qemumig.pong.value"] == ["0x00000001"]

    def test_duplicates_are_shown_once(self):
        for options in ((), OWN_ORDER):
            told = stories(disorderly, options=options)
            assert told["twice"] == told[POSTCOPY]

    def test_reordered_segments_are_put_in_order(self):
        for options in (OWN_ORDER, ("tcp.reassemble_out_of_order:TRUE",)):
            with shark.about(options=options):
                for two_passes in (False, True):
                    told = stories(disorderly, options=options, two_passes=two_passes)
                    assert told["reordered"] == told[POSTCOPY]

    def test_a_segment_lost_inside_a_page_costs_that_segment_only(self):
        harmless = 0
        for lost in inside_pages(list(pcap.resegment(pcap.read(shark.sample(PRECOPY)), 1000))):
            story = dict(stories()[("lost", lost)])
            assert story.pop("qemumig.gap") == ["1000"]
            if story["qemumig.unparsed.cause"]:
                assert story["qemumig.pages"] < stories()[PRECOPY]["qemumig.pages"]
                continue
            harmless += 1
            assert story == {k: v for k, v in stories()[PRECOPY].items() if k != "qemumig.gap"}
        assert harmless > 3

    def test_frames_without_the_handshake(self):
        assert stories()["no handshake"] == stories()[POSTCOPY]
