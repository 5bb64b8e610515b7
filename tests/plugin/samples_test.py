# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugin shows of real captures: against QEMU's own traces, which know nothing of this project, against the
parser alone, and in one pass against two."""
import collections
import functools
import hashlib

import shark


SECTION_TYPES = {"1": "START", "2": "PART", "3": "END", "4": "FULL"}
COMMANDS = {"1": "OPEN_RETURN_PATH", "2": "PING", "3": "POSTCOPY_ADVISE", "4": "POSTCOPY_LISTEN", "5": "POSTCOPY_RUN",
            "6": "POSTCOPY_RAM_DISCARD", "7": "PACKAGED", "9": "POSTCOPY_RESUME", "10": "RECV_BITMAP",
            "11": "SWITCHOVER_START"}
MESSAGES = {"1": "SHUT", "2": "PONG", "3": "REQ_PAGES_ID", "4": "REQ_PAGES", "5": "RECV_BITMAP", "6": "RESUME_ACK",
            "7": "SWITCHOVER_ACK"}


@functools.cache
def all_pages(path, two_passes=False):
    return shark.tree(path, two_passes=two_passes, options=shark.ALL_PAGES)


class Story:
    """A capture as the plugin tells it, in the words of the truth files."""

    def __init__(self, path):
        self.sections, self.commands, self.messages = [], [], collections.Counter()
        self.pings, self.pongs, self.requests, self.packages = [], [], collections.Counter(), []
        self.blocks, self.bitmaps, self.discards = {}, {}, collections.Counter()
        self.precopy, self.postcopy = [], collections.defaultdict(list)
        self.channel, self.listening, self.page, self.unit = None, False, {}, None
        for name, value in all_pages(path):
            self.field(name.removeprefix("qemumig."), value)

    def field(self, name, value):
        if name == "in_package" and self.unit == "section":
            name = "section.in_package"
        handler = getattr(self, "on_" + name.replace(".", "_"), None)
        if handler:
            handler(value)
        if name.startswith("ram."):
            self.page[name] = value

    def on_channel(self, value):
        self.channel = 1 if value == "preempt" else 0

    def on_section_type(self, value):
        self.sections.append([SECTION_TYPES[value]])

    def on_section_id(self, value):
        self.sections[-1] += [int(value), False]

    def on_section_in_package(self, value):
        self.sections[-1][2] = True

    def on_cmd_type(self, value):
        self.commands.append(COMMANDS[value])
        self.listening = self.listening or COMMANDS[value] == "POSTCOPY_LISTEN"

    def on_rp_type(self, value):
        self.messages[MESSAGES[value]] += 1

    def on_ping_value(self, value):
        self.pings.append(hex(int(value, 0)))

    def on_pong_value(self, value):
        self.pongs.append(hex(int(value, 0)))

    def on_rp_req_block(self, value):
        self.requests[value] += 1

    def on_package_length(self, value):
        self.packages.append(int(value))

    def on_discard_block(self, value):
        self.discards[value] += 1

    def on_ramblock_idstr(self, value):
        self.block = value

    def on_ramblock_used_length(self, value):
        self.blocks[self.block] = int(value, 0)

    def on_bitmap_block(self, value):
        self.bitmap = value

    def on_bitmap_size(self, value):
        self.bitmaps[self.bitmap] = int(value)

    def on_ram_flags(self, value):
        offset = int(self.page["ram.offset"], 0)
        if self.listening:
            self.postcopy[self.channel].append("%x %x" % (offset, int(value, 0)))
        else:
            self.precopy.append("%s %x %x" % (self.page["ram.block"], offset, int(value, 0)))

    def on_unit(self, value):
        self.unit = value
        if value == "ram-eos" and self.listening:
            self.postcopy[self.channel].append("0 10")


def digest(lines):
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


class TestTruth:
    def test_everything_that_qemu_traced(self):
        for name in shark.samples():
            truth = shark.truth(name)
            with shark.about(name):
                story = Story(shark.sample(name))
                # A relay changed something on its way: each side is compared with its own leg.
                if not name.endswith("srcleg"):
                    self.compare_destination(story, truth["destination"], "devfail" in name)
                if not name.endswith("dstleg"):
                    self.compare_source(story, truth["source"])
                sizes = {b["idstr"]: b["used_length"] for b in truth["ram_blocks"]["src"]}
                assert story.blocks == sizes

    def compare_destination(self, story, truth, failed):
        for in_package in (False, True):
            traced = [[s["type"], s["section_id"], in_package] for s in truth["sections"]
                      if "section_id" in s and bool(s.get("in_package")) == in_package]
            seen = [s for s in story.sections if s[2] == in_package]
            # A destination that failed stopped reading early.
            assert (seen[:len(traced)] if failed else seen) == traced
        traced = sorted(c["command"] for c in truth["commands"])
        assert len([c for c in traced if c not in story.commands]) == 0
        assert dict(story.discards) == truth["discard_commands_by_block"]
        # Traced as "block 'NAME' size 0xDECIMAL", the mark's 8 bytes included.
        bitmaps = {key.split("'")[1]: int(key.split("0x")[1]) - 8 for key in truth["recv_bitmap"]}
        assert story.bitmaps == bitmaps
        assert story.packages[::2] == truth["package_lengths"]
        assert dict(story.messages) == truth["rp_messages_sent"]
        if failed:
            return  # what was in flight was never loaded
        assert sorted(story.commands) == traced
        if truth["ram_precopy_sequence_sha256"]:
            assert digest(story.precopy) == truth["ram_precopy_sequence_sha256"]
        sequences = {str(channel): digest(lines) for channel, lines in story.postcopy.items()}
        assert sequences == truth["ram_postcopy_sequence_sha256"]

    def compare_source(self, story, truth):
        assert story.pings == truth["pings_sent"]
        if story.messages:
            assert story.pongs == truth["pongs_received"]
        assert dict(story.requests) == truth["req_pages_by_block"]


class TestAgainstTheParser:
    def test_pages(self):
        for name in shark.samples():
            with shark.about(name):
                path = shark.sample(name)
                assert self.shown(path) == self.parsed(path)

    def test_iterations_are_migreplays_passes(self):
        for name in shark.samples():
            with shark.about(name):
                path = shark.sample(name)
                iterations = [int(value) for field, value in all_pages(path) if field == "qemumig.ram.iteration"]
                passes = [len(m["ram"]["passes"]) for m in shark.migreplay("ram", path)["migrations"]]
                assert len(passes) == 1
                assert max(iterations) == passes[0] >= 1

    @staticmethod
    def shown(path):
        shown = collections.Counter(pages=0, zeros=0)
        for name, value in all_pages(path):
            if name in ("qemumig.pages", "qemumig.zeros"):
                shown[name.removeprefix("qemumig.")] += int(value)
        return dict(shown)

    @staticmethod
    def parsed(path):
        """What the parser counts, without Wireshark."""
        counts = collections.Counter(pages=0, zeros=0)
        for migration in shark.summary(path)["migrations"]:
            records = collections.Counter(migration["ram_precopy_records"])
            for entry in migration["ram_postcopy_records"]:
                records[entry["record"]] += entry["count"]
            counts["pages"] += records["PAGE"] + records["XBZRLE"]
            counts["zeros"] += records["ZERO"]
            packets = migration.get("multifd_packets", {})
            counts["pages"] += packets.get("normal_pages", 0)
            counts["zeros"] += packets.get("zero_pages", 0)
        return dict(counts)


class TestPasses:
    """A later pass knows what comes behind a frame, like the VM description; all else is the same."""
    later = {"qemumig.response_in", "qemumig.device.field", "qemumig.device.value"}

    def test_one_pass_and_two_show_the_same(self):
        for name in [n for n in shark.samples() if n[:2] in ("01", "07", "08", "12")] + ["11a-postcopy-pause-recover-11.1-11.1"]:
            with shark.about(name):
                path = shark.sample(name)
                once, twice = (self.lines(path, passes) for passes in (False, True))
                assert len(once) > 100
                assert once == twice

    def lines(self, path, two_passes):
        return [(name, value) for name, value in all_pages(path, two_passes)
                if name not in self.later and "expert" not in name]

    def test_frames_in_any_order(self):
        """What a click on a frame shows, frames taken from the last to the first."""
        path = shark.sample("03-postcopy-11.1-11.1")
        frames = 206, 50, 45, 30, 13
        alone = [shark.tree(path, two_passes=True, display=f"frame.number == {frame}") for frame in frames]
        together = shark.tree(path, two_passes=True, display=" || ".join(f"frame.number == {f}" for f in frames))
        assert [pair for pairs in reversed(alone) for pair in pairs] == together
