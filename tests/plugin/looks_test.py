# SPDX-License-Identifier: GPL-2.0-or-later
"""What people read: the Info column, and what lies below what in the tree."""
import functools
import json
import pathlib
import re
import shutil

import pcap
import rare
import shark

PROFILE = pathlib.Path(__file__).parents[2] / "plugin/profile/QEMU migration"
POSTCOPY, PRECOPY = "03-postcopy-11.1-11.1", "01-precopy-11.1-11.1"
RECOVERY, CUT_OFF = "11a-postcopy-pause-recover-11.1-11.1", "13-postcopy-nopong42-11.1-11.1.srcleg"


def info(path, **how):
    """The Info column of the plugin's frames."""
    return shark.text(*shark.reading(path, display="qemumig", **how), "-o", 'gui.column.format:"Info","%i"').splitlines()


def below(tree, path=()):
    """Every (unit, ..., unit) of a tree as tshark writes it in JSON, from the outside in."""
    for index, (name, value) in enumerate(tree):
        if name == "qemumig.unit":
            yield (*path, value)
        elif name == "qemumig.unit_tree" and index > 0:
            yield from below(value, (*path, tree[index - 1][1]))


def units(name, display):
    """below() of the first frame that the filter finds."""
    told = shark.text(*shark.reading(shark.sample(name), display=display), "-T", "json", "-J", "qemumig")
    frame = dict(json.loads(told, object_pairs_hook=list)[0])
    return [unit for name, value in frame["_source"][0][1] if name == "qemumig" for unit in below(value)]


class TestInfo:
    def test_the_switchover(self):
        lines = info(shark.sample(POSTCOPY))
        length = shark.truth(POSTCOPY)["destination"]["package_lengths"][0]
        (switchover,) = [line for line in lines if "PACKAGED" in line]
        assert f"PACKAGED {length} bytes: 31 device sections, PING 0x42 (package loaded?)" in switchover
        assert "POSTCOPY_RAM_DISCARD of 5 blocks, PING 0x2, " in switchover
        (answer,) = [line for line in lines if "PONG 0x42" in line]
        assert "PONG 0x42: source may no longer go back" in answer
        requests = shark.everything(shark.sample(POSTCOPY), "qemumig.rp.req.offset")
        told = [line.split("REQ_PAGES ")[1:] for line in lines if "REQ_PAGES" in line]
        assert [one.rstrip(", ") for line in told for one in line] == [f"pc.ram 0x{int(offset, 16):x}" for offset in requests]

    def test_every_frame_has_a_short_line(self):
        for name in shark.samples():
            for line in info(shark.sample(name)):
                assert 1 < len(line) < 200, line

    def test_what_the_end_of_a_connection_means(self):
        both = [line for line in info(shark.sample(CUT_OFF)) if "both may run the guest] " in line]
        assert [line for line in both if "[FIN, ACK]" not in line] == []
        assert len(both) == 1
        assert "[phase postcopy-paused] " in "".join(info(shark.sample(RECOVERY)))

    def test_tls_writes_nothing_between(self):
        path, options = shark.tls_sample()
        lines = info(path, options=options)
        assert "QEMU migration stream, version 3, Machine pc-i440fx-7.2, OPEN_RETURN_PATH, PING 0x1, Section ram start" in lines[0]
        assert "Application Data" not in "".join(lines)
        assert lines[-2] == "(VM description, 96021 bytes)"  # three pieces of it, told once


class TestTrees:
    def test_devices_are_below_their_package(self):
        found = units(POSTCOPY, "qemumig.package.length")
        assert found.count(("package", "section")) == 31
        assert found.count(("package", "section", "footer")) == 31
        assert ("package", "package-end") in found
        assert found.count(("discard", "discard-range")) == 5
        assert found[-1] == ("pages",)  # behind the package, and not in it
        assert ("footer",) not in found

    def test_devices_without_a_package(self):
        found = units(PRECOPY, 'qemumig.section.idstr == "i8259"')
        assert found.count(("section",)) == found.count(("section", "footer"))
        assert found.count(("section",)) > 25

    def test_blocks_are_below_their_list(self):
        found = units(PRECOPY, "qemumig.ramblock.idstr")
        assert found.count(("section", "ram-blocks", "ram-block")) == 6
        assert ("file-header",) in found

    def test_flags_of_pages_have_names(self):
        path = shark.sample(PRECOPY)
        told = shark.text(*shark.reading(path, display="qemumig.zeros", options=("qemumig.show_pages:TRUE",)), "-c", "10", "-O", "qemumig")
        assert set(re.findall("Flags: .*", told)) == {"Flags: 0x0008 (PAGE)", "Flags: 0x0028 (PAGE, CONTINUE)", "Flags: 0x0022 (ZERO, CONTINUE)"}

    def test_a_filter_for_one_field_finds_it_at_any_depth(self):
        path = shark.sample(POSTCOPY)
        assert len(shark.fields(path, "frame.number", display='qemumig.section.idstr == "i8259"')) == 1
        assert len(shark.fields(path, "frame.number", display="qemumig.discard.start == 0x100000")) == 1


class TestProfile:
    """The one to import. A rule or a column that this Wireshark does not understand is complained of at the start."""

    def test_its_colours(self):
        target = shark.home() / ".config/wireshark/profiles" / PROFILE.name
        shutil.copytree(PROFILE, target, dirs_exist_ok=True)
        done = shark.run("-C", PROFILE.name, "--color", *shark.reading(shark.sample(POSTCOPY), display="qemumig"),
                         "-T", "fields", "-e", "frame.number", "-e", "frame.coloring_rule.name")
        assert done.stderr == b""
        rules = dict(line.split("\tQEMU migration: ") for line in done.stdout.decode().splitlines())
        for frame, rule in (("4", "memory"), ("10", "return path"), ("30", "handshake of the switchover"), ("50", "handshake of the switchover")):
            assert rules[frame] == rule, frame
        requests = shark.fields(shark.sample(POSTCOPY), "frame.number", display="qemumig.rp.req.offset")
        told = {rules[row["frame.number"][0]] for row in requests[1:]}  # the first comes with PONG 0x42
        assert told == {"page requests and their answers"}

    def test_its_columns(self):
        lines = shark.text("-C", PROFILE.name, *shark.reading(shark.sample(POSTCOPY), display="qemumig.ping.value == 0x42")).splitlines()
        assert len(lines) == 1
        assert re.search(r"^ *30 +[0-9.]+ +1 +main +forward +postcopy-device +65549 +POSTCOPY_RAM_DISCARD of 5 blocks, ", lines[0])


# What no sample has, in QEMU's words. "-": below the unit before it.
RARE = [
    "Section dirty-bitmap start", "- Dirty bitmap chunk START, of node drive0", "- Dirty bitmap bitmap0",
    "- Granularity of 64 KiB, enabled", "- Dirty bitmap chunk BITS", "- Bits of 128 sectors from 0", "- End of dirty bitmap chunks",
    "Section block start", "- Block chunk of disk at sector 5", "End of block chunks",
    "Section spapr/htab start", "- Hash table of 2^21 bytes",
    "Section spapr/htab part", "Hash table records", "Hash table entries from 100: 2 valid, 1 invalid", "End of hash table records",
    "Section s390-storage_attributes start", "- Storage attributes or keys of 10 pages from 0x1000", "- End of storage attributes or keys",
    "Section vfio start", "- VFIO DEV_DATA_STATE, 4 bytes", "- VFIO END_OF_STATE", "Device timer"]


class TestRareUnits:
    @functools.cache
    def path(self):
        return pcap.write(shark.WORK / "rare-looks.pcap", [
            *pcap.talk(rare.begin() + rare.small_ram() + rare.other_sections(), size=20000),
            *pcap.talk(rare.huge_pages(), client=40001), *pcap.talk(rare.mapped_ram(), client=40002)])

    def test_titles(self):
        told = shark.text(*shark.reading(self.path(), display="qemumig"), "-O", "qemumig")
        lines = re.findall(r"^( +)(.*)$", told, re.MULTILINE)
        titles = {("- " if len(depth) > 4 else "") + line for depth, line in lines}
        assert [title for title in RARE if title not in titles] == []
        for title in ("RAM block pc.ram at 0x40000000", "Mapped-ram header of RAM block pc.ram"):
            assert title in told
        assert "VFIO tag: DEV_DATA_STATE (0xffffffffef100004)" in told
        assert "Flags: MORE (0x0002)" in told

    def test_info(self):
        told = info(self.path())
        assert told[0].endswith(", Dirty bitmap chunk START, of node drive0 and 2 more, Section block start, Block chun ..."), told[0]
        assert told[1] == "(Block chunk of disk at sector 5)"
        assert ("End of block chunks, Section spapr/htab start, Hash table of 2^21 bytes, Hash table entries from 100: 2 valid, 1 invalid and 1 more, "
                      "Section s390-storage_attrib ..." in told)
        assert not re.search("[a-z0-9]+-[a-z]+ [a-z_]+=", ", ".join(told))  # as the parser describes what it has no title for
