# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS, statistics, exports, device fields, links, filters, expert infos."""
import functools
import json
import re

import shark

PRECOPY, POSTCOPY = "01-precopy-11.1-11.1", "03-postcopy-11.1-11.1"
PREEMPT, RECOVERY = "07-postcopy-preempt-11.1-11.1", "11a-postcopy-pause-recover-11.1-11.1"
MULTIFD = "08-multifd2-none-11.1-11.1"
NO_PONG = "13-postcopy-nopong42-11.1-11.1.srcleg"


@functools.cache
def export(name):
    target = shark.folder("export-" + name)
    shark.run("-q", "-r", shark.sample(name), "--export-objects", f"qemumig,{target}")
    return target


class TestTls:
    def test_with_the_key_log_all_is_seen(self):
        path, options = shark.tls_sample()
        names = ["qemumig." + n for n in ("ping.value", "pong.value", "shut.value", "vmdesc.length", "unparsed.cause")]
        for two_passes in (False, True):
            told = shark.columns(path, *names, "qemumig.pages", "qemumig.zeros", options=options, two_passes=two_passes)
            assert [told[name] for name in names] == [["0x00000001"], ["0x00000001"], ["0x00000000"], ["96021"], []]
            pages = sum(map(int, told["qemumig.pages"] + told["qemumig.zeros"]))
            assert pages == (24 << 20) // 4096 + (0x20000 + 0x40000 + 0x20000 + 0x1000 + 0x1000) // 4096
        assert shark.everything(path, "qemumig.ping.value") == []


class TestExpertInfos:
    def test_they_are_listed_where_no_tree_is_drawn(self):
        """As in Analyze > Expert Information."""
        for two_passes in (False, True):
            said = shark.text("-q", *shark.reading(shark.sample("12-postcopy-devfail-11.1-11.1.srcleg"), two_passes=two_passes), "-z", "expert")
            ours = [line.split("QEMU-MIG")[1].strip() for line in said.splitlines() if "QEMU-MIG" in line]
            assert "The destination reported an error" in ours
            assert ("No PONG for this PING in the capture" in ours) == two_passes  # only the second pass knows


class TestExports:
    def test_a_package_and_its_devices(self):
        target = export(POSTCOPY)
        package = (target / "package.bin").read_bytes()
        assert len(package) == shark.truth(POSTCOPY)["destination"]["package_lengths"][0]
        devices = [p for p in target.iterdir() if p.name != "package.bin"]
        assert len(devices) == 31
        for device in devices:
            assert device.read_bytes() in package, device.name

    def test_the_vm_description(self):
        text = (export(PRECOPY) / "vm-description.json").read_text()
        names = [device["name"] for device in json.loads(text)["devices"]]
        assert "i8259" in names
        assert shark.everything(shark.sample(PRECOPY), "qemumig.vmdesc.length") == [str(len(text))]

    def test_it_goes_to_the_json_dissector(self):
        members = shark.everything(shark.sample(PRECOPY), "json.key")
        assert "vmsd_name" in members


class TestDevices:
    def test_with_the_streams_own_description(self):
        path = shark.sample(PRECOPY)
        assert shark.everything(path, "qemumig.device.field") == []  # it comes last
        told = shark.columns(path, "qemumig.device.field", "_ws.expert.message", two_passes=True)
        assert told["qemumig.device.field"].count("imr") == 2  # two i8259
        assert "does not fit" not in "".join(told["_ws.expert.message"])

    def test_with_a_description_that_the_user_names(self):
        description = export(PRECOPY) / "vm-description.json"
        options = (f"qemumig.vm_description:{description}",)
        names = shark.everything(shark.sample(POSTCOPY), "qemumig.device.field", options=options)
        assert names.count("imr") == 2

    def test_a_description_that_does_not_fit_shows_no_value(self):
        wrong = json.loads((export(PRECOPY) / "vm-description.json").read_text())
        for device in wrong["devices"]:
            if device["name"] == "i8259":
                device["fields"][0]["size"] += 1
        path = shark.WORK / "wrong.json"
        path.write_text(json.dumps(wrong))
        path.chmod(0o644)
        options = (f"qemumig.vm_description:{path}",)
        tree = shark.tree(shark.sample(POSTCOPY), options=options)
        assert [n for n, _ in tree].count("qemumig.expert.description") == 2
        assert ("qemumig.device.field", "imr") not in tree

    def test_a_description_that_cannot_be_read_is_told(self):
        path = shark.WORK / "broken.json"
        path.write_text('{"devices": [')
        path.chmod(0o644)
        for file in (path, shark.WORK / "nowhere.json"):
            for name, told in ((POSTCOPY, 31), (PRECOPY, 0)):  # precopy brings one of its own
                options = (f"qemumig.vm_description:{file}",)
                infos = shark.everything(shark.sample(name), "qemumig.expert.description_file", options=options, two_passes=True)
                assert len(infos) == told, (file, name)


class TestStatistics:
    def say(self, name, what):
        return shark.text("-q", "-r", shark.sample(name), "-z", "qemumig," + what)

    def test_tree(self):
        said = self.say(POSTCOPY, "tree")
        truth = shark.truth(POSTCOPY)["destination"]
        pages = sum(truth["ram_precopy_records"].values())
        pages += sum(r["count"] for r in truth["ram_postcopy_records"] if r["record"] != "EOS")
        assert re.search(rf"Pages by RAM block +{pages} ", said)
        ram = re.search(r"Other parts of the stream, KiB +(\d+) .*\n +RAM +(\d+) .*\n +other units +(\d+) ", said)
        assert int(ram[1]) == int(ram[2]) + int(ram[3])
        counted = shark.columns(shark.sample(POSTCOPY), "qemumig.pages", "qemumig.zeros")
        contents, zeros = (sum(map(int, values)) for values in counted.values())
        records = contents * 4104 + zeros * 9  # and some names of blocks
        assert records >> 10 <= int(ram[2]) <= (records >> 10) + 2, (records, ram[2])
        assert re.search(r"page-request +%d " % truth["rp_messages_sent"]["REQ_PAGES"] + "|page-request +6 ", said)

    def test_latency(self):
        count = shark.truth(PREEMPT)["source"]["req_pages_by_block"]["pc.ram"]
        assert re.search(rf"page of pc.ram +\|{count} \|", self.say(PREEMPT, "latency"))

    def test_timeline(self):
        said = self.say(RECOVERY, "timeline")
        phases = [line.split("|")[4].strip().removeprefix("phase ") for line in said.splitlines() if "|phase " in line]
        assert phases == ["precopy", "switchover", "package", "postcopy-device", "postcopy-active",
                                  "postcopy-paused", "recovery", "postcopy-active", "completed"]


class TestLinks:
    def test_ping_and_pong(self):
        rows = shark.fields(shark.sample(POSTCOPY), "frame.number", "qemumig.ping.value", "qemumig.response_in",
                            display="qemumig.ping.value == 0x42", two_passes=True)
        pong = shark.fields(shark.sample(POSTCOPY), "frame.number", "qemumig.pong.value", "qemumig.request_in",
                            display="qemumig.pong.value == 0x42")
        assert pong[0]["frame.number"][0] in rows[0]["qemumig.response_in"]
        assert rows[0]["frame.number"][0] in pong[0]["qemumig.request_in"]

    def test_every_request_of_a_preempt_migration_has_its_page(self):
        path = shark.sample(PREEMPT)
        requests = shark.fields(path, "qemumig.rp.req.offset", "qemumig.response_in", display="qemumig.rp.req.offset",
                                two_passes=True)
        for row in requests:
            for offset, frame in zip(row["qemumig.rp.req.offset"], row["qemumig.response_in"]):
                pages = shark_pages(path)[frame]
                assert int(offset, 0) in pages

    def test_an_unanswered_ping_is_told_and_both_may_run(self):
        names = [n for n, _ in shark.tree(shark.sample(NO_PONG), two_passes=True)]
        assert "qemumig.expert.ping_unanswered" in names
        assert "qemumig.expert.two_runners" in names


def shark_pages(path, cache={}):
    if path not in cache:
        rows = shark.fields(path, "frame.number", "qemumig.ram.offset", display="qemumig.ram.offset")
        cache[path] = {row["frame.number"][0]: {int(o, 0) for o in row["qemumig.ram.offset"]} for row in rows}
    return cache[path]


class TestFilters:
    def frames(self, display):
        return [r["frame.number"][0] for r in shark.fields(shark.sample(POSTCOPY), "frame.number", display=display)]

    def test_filters_find_what_they_name(self):
        assert self.frames('qemumig.ram.block == "pc.ram" && qemumig.ram.offset == 0x224000') == ["52"]
        assert self.frames("qemumig.ping.value == 0x42") == ["30"]
        assert self.frames('qemumig.notice contains "may no longer go back"') == ["50"]
        assert self.frames('qemumig.section.idstr == "i8259"') == ["30"]
        assert self.frames('qemumig.phase == "postcopy-device"')
        assert set(self.frames('qemumig.phase == "postcopy-device"')) < set(map(str, range(30, 50)))
        assert self.frames('qemumig.channel == "multifd"') == []

    def test_each_frame_of_a_multifd_channel_has_its_number(self):
        for two_passes in (False, True):
            rows = shark.fields(shark.sample(MULTIFD), "tcp.srcport", "qemumig.multifd.id", display='qemumig.channel == "multifd"', two_passes=two_passes)
            channels = {(*row["tcp.srcport"], *row["qemumig.multifd.id"]) for row in rows}
            assert sorted(number for _, number in channels) == ["0", "1"]
            assert [row for row in rows if len(row["qemumig.multifd.id"]) != 1] == []
            assert len(rows) > 50
