#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The report in a real browser: it draws itself without errors, and its numbers are those of --json.

usage: report_test.py MIGREPLAY SAMPLES

Needs Chromium (MIG_CHROMIUM, or chromium in PATH); without one the test is skipped, and says so.
"""
import html.parser
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

MIGREPLAY, SAMPLES = sys.argv[1], pathlib.Path(sys.argv[2])
SKIPPED = 77


class Page(html.parser.HTMLParser):
    """Texts of table cells by the table's label, of definition lists, and all elements' names."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.tiles, self.names, self.attributes, self.text = {}, {}, [], {}, ""
        self._label = self._row = self._cell = self._term = None
        self._data = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self._data = tag in ("script", "style")
        if not self._data:
            self.names.append(tag)
        if tag == "html":
            self.attributes = attrs
        if attrs.get("class") == "scroll":
            self._label = attrs["aria-label"]
            self.tables[self._label] = []
        if tag == "tr" and self._label:
            self._row = []
            self.tables[self._label].append(self._row)
        if tag in ("td", "th", "dt", "dd"):
            self._cell = ""

    def handle_data(self, data):
        if not self._data:
            self.text += data
        if self._cell is not None and not self._data:
            self._cell += data

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self._row is not None:
            self._row.append(self._cell)
        if tag == "table":
            self._label = self._row = None
        if tag == "dt":
            self._term = self._cell
        if tag == "dd":
            self.tiles[self._term] = self._cell
        if tag in ("td", "th", "dt", "dd"):
            self._cell = None


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)


def browse(chromium, folder, *arguments):
    page = pathlib.Path(folder) / "report.html"
    run(MIGREPLAY, "report", *map(str, arguments), "-o", str(page))
    text = page.read_text()
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", ""), "the page must need no network"
    done = run(chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
               "--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom", page.as_uri())
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not console, console
    seen = Page(done.stdout)
    assert seen.attributes.get("data-ready") == "yes", "the page did not finish drawing"
    return seen


def check_numbers(chromium, folder):
    sample = SAMPLES / "07-postcopy-preempt-11.1-11.1.pcap.zst"
    description = SAMPLES / "01-precopy-11.1-11.1.pcap.zst"
    page = browse(chromium, folder, sample, "--vmdesc", description)

    def part(command, *more):
        return json.loads(run(MIGREPLAY, command, "--json", str(sample), *more).stdout)["migrations"][0]
    summary, faults, ram = part("summary"), part("faults")["faults"], part("ram")["ram"]
    devices = part("devices", "--vmdesc", str(description))["devices"]
    assert page.tiles["machine"] == summary["machine"]
    assert page.tiles["page requests"] == f"{faults['requests']:,}"
    assert page.tiles["package"] == f"{summary['package_lengths'][0] / 1024:.1f} KiB"
    passes = page.tables["Passes"][1:]
    wanted = ram["passes"] + [ram["postcopy"]]
    assert [[row[3], row[4], row[5]] for row in passes] == [[f"{p[k]:,}" for k in ("pages", "zero_pages", "resent")] for p in wanted]
    rows = page.tables["Device sections"][1:]
    assert [(r[2], r[5]) for r in rows] == [(s["idstr"], f"{s['bytes']:,}") for s in devices["sections"]]
    assert [r[0] for r in page.tables["Phases"][1:]] == [p["name"] for p in summary["phases"]]
    assert [r[0] for r in page.tables["Channels"][1:]] == ["main", "preempt"]
    assert {"canvas", "svg"} <= set(page.names)


def check_damaged(chromium, folder):
    """A capture that lacks bytes says so beside the verdict."""
    whole, lossy = pathlib.Path(folder) / "whole.pcap", pathlib.Path(folder) / "lossy.pcap"
    run("zstd", "-dqf", str(SAMPLES / "03-postcopy-11.1-11.1.pcap.zst"), "-o", str(whole))
    data = whole.read_bytes()
    packets, at = [], 24
    while at < len(data):
        size = 16 + struct.unpack_from("<I", data, at + 8)[0]
        packets.append(data[at:at + size])
        at += size
    lossy.write_bytes(data[:24] + b"".join(p for i, p in enumerate(packets) if i != 120))
    page = browse(chromium, folder, lossy)
    summary = json.loads(run(MIGREPLAY, "summary", "--json", str(lossy)).stdout)["migrations"][0]
    assert not summary["verdict"]["certain"] and summary["missing_bytes"] > 0
    assert "Not certain: " + summary["verdict"]["uncertain_because"] in page.text
    assert page.tables["Channels"][1][5] != "0 B"


def check_trace(_, folder):
    """What Perfetto needs of its format, and that times are those of the timeline."""
    sample, trace = SAMPLES / "07-postcopy-preempt-11.1-11.1.pcap.zst", pathlib.Path(folder) / "trace.json"
    run(MIGREPLAY, "report", str(sample), "--chrome-trace", str(trace))
    events = json.loads(trace.read_text())["traceEvents"]
    assert {e["ph"] for e in events} == {"M", "X", "C"}
    assert all(e["dur"] >= 0 and e["ts"] >= 0 for e in events if e["ph"] == "X")
    named = {(e["pid"], e["tid"]) for e in events if e["name"] == "thread_name"}
    assert {(e["pid"], e["tid"]) for e in events if e["ph"] == "X"} == named
    marks = json.loads(run(MIGREPLAY, "timeline", "--json", str(sample)).stdout)["migrations"][0]["timeline"]["marks"]
    package = next(m for m in marks if m["what"] == "package")
    shown = next(e for e in events if e["name"] == "package" and "packet" in e["args"])
    assert abs(shown["ts"] - package["time"] * 1e6) < 0.5 and shown["args"]["packet"] == package["packet"]


def hostile_stream():
    """A section and a machine whose names are markup."""
    name = b"</script><img src=x onerror=alert(1)>"
    machine = b"<b>machine</b>"
    out = b"QEVM" + struct.pack(">I", 3) + b"\x07" + struct.pack(">I", len(machine)) + machine
    out += b"\x04" + struct.pack(">I", 1) + bytes([len(name)]) + name + struct.pack(">II", 0, 1) + b"state"
    out += b"\x7e" + struct.pack(">I", 1) + b"\x00"
    return out, name.decode(), machine.decode()


def check_hostile(chromium, folder):
    stream, name, machine = hostile_stream()
    file = pathlib.Path(folder) / "<i>hostile"
    file.write_bytes(stream)
    page = browse(chromium, folder, file)
    assert page.tiles["machine"] == machine
    assert page.tables["Device sections"][1][2] == name
    assert not {"img", "b", "i"} & set(page.names), page.names


def main():
    chromium = os.environ.get("MIG_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        print("*" * 68, "SKIPPED: no Chromium at hand, so nobody looked at the report", "Install chromium, or set MIG_CHROMIUM.",
              "*" * 68, sep="\n", file=sys.stderr)
        sys.exit(SKIPPED)
    for check in (check_numbers, check_damaged, check_trace, check_hostile):
        with tempfile.TemporaryDirectory() as folder:
            check(chromium, folder)
            print(f"{check.__name__}: fine")


main()
