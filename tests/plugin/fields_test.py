# SPDX-License-Identifier: GPL-2.0-or-later
"""Every field and expert info that the plugin registers is seen somewhere: in samples, in samples made harder, or in
streams made here that have what no sample has. Values of the latter."""
import collections
import functools
import json

import pcap
import rare
import shark

SAMPLES = ("01-precopy-11.1-11.1", "03-postcopy-11.1-11.1", "07-postcopy-preempt-11.1-11.1", "08-multifd2-none-11.1-11.1",
           "11a-postcopy-pause-recover-11.1-11.1", "12-postcopy-devfail-11.1-11.1.srcleg",
           "13-postcopy-nopong42-11.1-11.1.srcleg")
UNIT_TESTED = {"qemumig.expert.memory"}  # tests/plugin/memory_test.cpp
ELSEWHERE = {"qemumig.expert.description", "qemumig.expert.description_file"}  # features_test.py: wrong descriptions


def reordered(segments):
    segments = list(segments)
    for i in range(40, len(segments) - 4, 7):
        segments[i], segments[i + 2] = segments[i + 2], segments[i]
    return segments


def add_rare(made):
    made.add("configuration", pcap.talk(rare.configuration_and_ram() + rare.other_sections(), size=20000, end=pcap.FIN))
    made.add("page cut", pcap.talk(rare.configuration_and_ram(), end=pcap.FIN), snaplen=900)  # inside the page
    made.add("huge pages", pcap.talk(rare.huge_pages()))
    made.add("mapped-ram", pcap.talk(rare.mapped_ram()))
    made.add("unfinished", pcap.talk(rare.unfinished(), end=pcap.FIN))
    made.add("refuted", pcap.talk(rare.refuted()))
    made.add("return path", pcap.talk(rare.begin() + rare.command(1) + rare.small_ram(), rare.forgotten()))
    made.add("multifd", list(pcap.talk(rare.begin() + rare.small_ram())) + list(pcap.talk(rare.multifd(), client=40001)))
    made.add("old", pcap.talk(rare.begin() + rare.small_ram() + rare.command(7, rare.be(4, 100)), end=pcap.RST))


@functools.cache
def crowd():
    made = pcap.Crowd(shark.WORK / "fields.pcap")
    add_rare(made)
    for name in SAMPLES:
        made.add(name, pcap.read(shark.sample(name)))
    postcopy = pcap.read(shark.sample(SAMPLES[1]))
    made.add("from the middle", postcopy[20:])
    made.add("one lost", pcap.without(postcopy, next(i for i, s in enumerate(postcopy) if len(s.data) > 30000)))
    made.add("reordered", reordered(postcopy))
    made.close()
    return made


@functools.cache
def description_without_subsections():
    """Of the samples' machine; what devices send beyond it is unknown."""
    folder = shark.folder("description")
    shark.run("-q", "-r", shark.sample(SAMPLES[0]), "--export-objects", f"qemumig,{folder}")
    described = json.loads((folder / "vm-description.json").read_text())
    for device in described["devices"]:
        device.pop("subsections", None)
    path = folder / "stripped.json"
    path.write_text(json.dumps(described))
    path.chmod(0o644)
    return path


@functools.cache
def seen():
    """field -> the variants that have it, by the first value of each frame."""
    found = collections.defaultdict(set)
    names, fields = crowd().names(), sorted(shark.registered())
    rows = shark.fields(crowd().writer.path, "ip.src", *fields, display="qemumig", two_passes=True, first_only=True,
                        decode_as="4444-4445",
                        options=(*shark.ALL_PAGES, "qemumig.page_bytes:TRUE", "tcp.analyze_sequence_numbers:FALSE",
                                 f"qemumig.vm_description:{description_without_subsections()}"))
    for row in rows:
        for name in fields:
            if row[name]:
                found[name].add(names[row["ip.src"][0]])
    return found


class TestRegistered:
    def test_every_one_is_seen(self):
        assert len(shark.registered()) > 100
        assert set(shark.registered()) - set(seen()) - UNIT_TESTED - ELSEWHERE == set()

    def test_expert_infos_are_where_they_belong(self):
        for info, there in {"never_ended": {"unfinished"}, "guess_failed": {"refuted"}, "pong_without_ping": {"return path", "one lost"},  # the gap is waited for
                            "destination_error": {"return path"}, "footer": {"configuration"}}.items():
            with shark.about(info):
                assert seen()["qemumig.expert." + info] & {n for n in crowd().hosts if n not in SAMPLES} == there
        for info in ("never_ended", "guess_failed", "unparsed", "lost", "gap", "resynchronised", "footer"):
            with shark.about(info):
                assert seen()["qemumig.expert." + info] & set(SAMPLES) == set()


VALUES = {
    "configuration.target_page_bits": "12", "configuration.capabilities": "1", "configuration.capability": "xbzrle",
    "configuration.uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f", "ram.encoding": "xbzrle", "ram.fill": "0x55",
    "ramblock.page_size": "0x0000000000200000", "ramblock.address": "0x0000000040000000",
    "mapped_ram.version": "1", "mapped_ram.bitmap_offset": "0x0000000000000100",
    "mapped_ram.pages_offset": "0x0000000000000140", "dirty_bitmap.node": "drive0", "dirty_bitmap.name": "bitmap0",
    "dirty_bitmap.granularity": "65536", "dirty_bitmap.start_flags": "0x01", "dirty_bitmap.sectors": "128",
    "dirty_bitmap.size": "8", "block.device": "disk", "block.sector": "5", "block.size": str(1 << 20),
    "htab.value": "0x00000015", "htab.index": "100", "htab.valid": "2", "htab.invalid": "1",
    "s390.address": "0x0000000000001000", "s390.flags": "0x0002", "s390.size": "10", "vfio.size": "4",
    "footer.expected": "4", "multifd.idstr": "0000:00:05.0/vfio", "multifd.instance_id": "3", "multifd.zero_pages": "2",
    "ram.zero": "1", "pong.value": "0x00000099", "shut.value": "0x00000001"}


class TestRareUnits:
    def test_values(self):
        made = pcap.Crowd(shark.WORK / "rare.pcap")
        add_rare(made)
        pairs = shark.tree(made.close(), options=("qemumig.show_pages:TRUE",))
        for name, value in VALUES.items():
            with shark.about(name):
                assert value in [v for field, v in pairs if field == "qemumig." + name]
        causes = [v for field, v in pairs if field == "qemumig.unparsed.cause"]
        assert set(causes) == {"unknown_element"}  # of "refuted"
