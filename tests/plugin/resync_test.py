# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures that begin in the middle, with lost segments or cut ones. Truth is the whole capture: from where the place is
found again, the plugin says what it says of that; before, it says that it does not know."""
import collections
import functools

import pcap
import shark

PRECOPY, POSTCOPY, MULTIFD = "01-precopy-11.1-11.1", "03-postcopy-11.1-11.1", "08-multifd2-none-11.1-11.1"
PREEMPT, RECOVERY = "07-postcopy-preempt-11.1-11.1", "11a-postcopy-pause-recover-11.1-11.1"
TOLD = ("qemumig.ram.offset", "qemumig.multifd.packet_num", "qemumig.section.id", "qemumig.footer.section_id",
        "qemumig.cmd.type", "qemumig.ping.value", "qemumig.pong.value", "qemumig.rp.req.offset", "qemumig.rp.type",
        "qemumig.discard.start", "qemumig.package.length", "qemumig.vmdesc.length")
CERTAINTY = ("qemumig.gap", "qemumig.unparsed.cause", "qemumig.resync.anchor", "qemumig.resync.lost", "qemumig.guessed",
             "qemumig.confirmed_in")
FIELDS = TOLD + CERTAINTY
# Frames cut off the front: inside the first round over memory, inside postcopy, in the middle of everything.
FRONT = ((PRECOPY, 100), (POSTCOPY, 20), (POSTCOPY, 40), (PREEMPT, 40), (MULTIFD, 40), (RECOVERY, 30))
SNAPPED = (POSTCOPY, PREEMPT, MULTIFD)


def big(segments, rank):
    """The `rank`-th segment with much data."""
    return [i for i, s in enumerate(segments) if len(s.data) > 20000][rank]


def lost_segments(whole):
    """What is lost: in precopy RAM, the package, on one of the multifd channels, on the preempt channel."""
    package = next(i for i, s in enumerate(whole[POSTCOPY]) if bytes.fromhex("08000700040000") in s.data)
    yield POSTCOPY, [big(whole[POSTCOPY], 0)]
    yield POSTCOPY, [package]
    yield MULTIFD, [big(whole[MULTIFD], 5)]
    yield PREEMPT, [big(whole[PREEMPT], 3), big(whole[PREEMPT], 12)]


@functools.cache
def crowd():
    made = pcap.Crowd(shark.WORK / "resync.pcap")
    whole = {name: pcap.read(shark.sample(name)) for name in (PRECOPY, POSTCOPY, PREEMPT, MULTIFD, RECOVERY)}
    for name, segments in whole.items():
        made.add(name, segments)
    for name, frames in FRONT:
        made.add((name, "from", frames), whole[name][frames:])
    for name, lost in lost_segments(whole):
        made.add((name, "lost", *lost), pcap.without(whole[name], *lost))
    for name in SNAPPED:
        made.add((name, "snapped"), whole[name], snaplen=256)
    made.close()
    return made


@functools.cache
def ways(two_passes=True):
    """variant -> (source port, destination port) -> field -> values in order."""
    told = collections.defaultdict(lambda: collections.defaultdict(lambda: {"rows": [], **{f: [] for f in FIELDS}}))
    names = crowd().names()
    rows = shark.fields(crowd().writer.path, "ip.src", "tcp.srcport", "tcp.dstport", "frame.number", *FIELDS,
                        display="qemumig", two_passes=two_passes, decode_as="4444-4445",
                        options=shark.ALL_PAGES)
    for row in rows:
        way = told[names[row["ip.src"][0]]][row["tcp.srcport"][0], row["tcp.dstport"][0]]
        way["rows"].append(row)
        for name in FIELDS:
            way[name] += row[name]
    return told


def is_suffix(part, whole):
    return part == whole[len(whole) - len(part):]


def has_a_hole(part, whole):
    """`part` is `whole` with one stretch taken out."""
    prefix = 0
    while prefix < len(part) and part[prefix] == whole[prefix]:
        prefix += 1
    return is_suffix(part[prefix:], whole)


def is_subsequence(part, whole):
    rest = iter(whole)
    return all(value in rest for value in part)


class TestResync:
    def compare(self, variant, matches):
        for way, told in ways()[variant].items():
            for name in TOLD:
                whole = ways()[variant[0]][way][name]
                with shark.about(variant, way=way, field=name):
                    assert matches(told[name], whole), f"{told[name][:5]} of {whole[:5]}"

    def counted(self, variant, name):
        return sum(len(way[name]) for way in ways()[variant].values())

    def test_the_beginning_is_missing(self):
        for name, frames in FRONT:
            variant = (name, "from", frames)
            self.compare(variant, is_suffix)
            assert self.counted(variant, "qemumig.ram.offset") > 100
            with shark.about(variant):
                for way in ways()[variant].values():
                    assert way["qemumig.gap"] == []
                causes = {c for way in ways()[variant].values() for c in way["qemumig.unparsed.cause"]}
                assert causes <= {"start_unseen"}
                assert self.counted(variant, "qemumig.resync.anchor") > 0

    def test_segments_are_missing(self):
        variants = [v for v in ways() if v[1] == "lost"]
        assert len(variants) == 4
        for variant in variants:
            self.compare(variant, has_a_hole if len(variant) == 3 else is_subsequence)
            with shark.about(variant):
                assert self.counted(variant, "qemumig.gap") == len(variant) - 2
                lost = self.counted(variant[0], "qemumig.ram.offset") - self.counted(variant, "qemumig.ram.offset")
                assert lost < 300  # zero pages are many in a segment

    def test_segments_are_cut(self):
        for name in SNAPPED:
            self.compare((name, "snapped"), is_subsequence)
            assert self.counted((name, "snapped"), "qemumig.gap") > 50
            assert self.counted((name, "snapped"), "qemumig.ram.offset") > 30

    def test_guesses_are_marked_until_they_are_confirmed(self):
        confirmed = 0
        for variant, told in ways().items():
            for way in told.values():
                with shark.about(variant):
                    confirmed += self.check_marks(way["rows"], "start_unseen" in way["qemumig.unparsed.cause"])
        assert confirmed > 10

    def check_marks(self, rows, begins_late):
        sure_from, confirmed = None if begins_late else 0, 0
        for row in rows:
            frame, says = int(row["frame.number"][0]), any(row[name] for name in TOLD)
            if row["qemumig.resync.anchor"]:
                assert row["qemumig.guessed"]
                sure_from = int((row["qemumig.confirmed_in"] or [1 << 32])[-1])
                confirmed += len(set(row["qemumig.confirmed_in"]))
            elif sure_from is None:
                assert not says
            elif frame > sure_from:
                assert row["qemumig.guessed"] == []
            elif frame < sure_from and says:
                assert row["qemumig.guessed"]
        return confirmed

    def test_one_pass_says_the_same(self):
        for variant, told in ways(two_passes=False).items():
            for way, once in told.items():
                for name in FIELDS:
                    twice = ways()[variant][way][name]
                    assert once[name] == ([] if name == "qemumig.confirmed_in" else twice), name
