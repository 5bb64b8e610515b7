# SPDX-License-Identifier: GPL-2.0-or-later
"""The report in a real browser: it draws itself without errors, and its numbers are those of --json.

Needs Chromium (MIG_CHROMIUM, or chromium in PATH); without one the test is skipped, and says so.
"""
import json
import os
import pathlib
import shutil
import struct
import subprocess

import pytest
from browser import Browser

MIGREPLAY = os.path.join(os.environ["MIG_BIN"], "migreplay")
SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "capture-samples"


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)


@pytest.fixture(name="browser", scope="module")
def a_browser():
    chromium = os.environ.get("MIG_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.skip("no Chromium, so nobody looked at the report: install chromium, or set MIG_CHROMIUM")
    with Browser(chromium) as browser:
        yield browser


# What a page shows: texts by place, tables by their label.
SEEN = """(() => {
  const text = node => node.textContent, all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const tables = {};
  for (const box of all(".scroll")) tables[box.getAttribute("aria-label")] = all("tr", box).map(row => all("th, td", row).map(text));
  const tiles = {};
  for (const tile of all(".tiles > div")) tiles[text(tile.children[0])] = text(tile.children[1]);
  return { tables, tiles, ready: document.documentElement.dataset.ready, text: text(document.body), names: all("body *:not(script)").map(n => n.localName),
           findings: all(".findings li").map(text), links: all(".findings a").map(a => [a.getAttribute("href"), !!document.querySelector(a.getAttribute("href"))]) };
})()"""


def report(folder, *arguments):
    page = pathlib.Path(folder) / "report.html"
    run(MIGREPLAY, "report", *map(str, arguments), "-o", str(page))
    text = page.read_text()
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", ""), "the page must need no network"
    return page.as_uri()


def look(browser, uri, **how):
    browser.open(uri, **how)
    seen = browser.run(SEEN)
    assert not browser.problems, browser.problems
    assert seen["ready"] == "yes", "the page did not finish drawing"
    return seen


def part(sample, command, *more):
    return json.loads(run(MIGREPLAY, command, "--json", str(sample), *map(str, more)).stdout)["migrations"][0]


def test_numbers(browser, folder):
    sample, description = SAMPLES / "07-postcopy-preempt-11.1-11.1.pcap.zst", SAMPLES / "01-precopy-11.1-11.1.pcap.zst"
    page = look(browser, report(folder, sample, "--vmdesc", description))
    tables, tiles = page["tables"], page["tiles"]
    summary, faults, ram = part(sample, "summary"), part(sample, "faults")["faults"], part(sample, "ram")["ram"]
    devices = part(sample, "devices", "--vmdesc", description)["devices"]
    assert tiles["machine"] == summary["machine"]
    assert tiles["page requests"] == f"{faults['requests']:,}"
    assert tiles["package"] == f"{summary['package_lengths'][0] / 1024:.1f} KiB"
    assert tiles["ended in phase"] == summary["phase"]
    assert tiles["fault p50 / p99"] == " / ".join(f"{faults['last_byte'][k]:.0f} us" for k in ("p50_us", "p99_us"))
    wanted = ram["passes"] + [ram["postcopy"]]
    assert [row[3:6] for row in tables["Passes"][1:]] == [[f"{p[k]:,}" for k in ("pages", "zero_pages", "resent")] for p in wanted]
    assert [(r[0], r[5], r[6]) for r in tables["RAM blocks"][1:]] == [
        (b["block"], f"{b['postcopy']['pages']:,}", f"{b['postcopy']['zero_pages']:,}") for b in ram["blocks"]]
    assert [(r[2], r[5]) for r in tables["Device sections"][1:]] == [(s["idstr"], f"{s['bytes']:,}") for s in devices["sections"]]
    assert [r[:2] for r in tables["Phases"][1:]] == [[p["name"], f"{p['start']:.6f} s"] for p in summary["phases"]]
    assert [r[0] for r in tables["Channels"][1:]] == [c["kind"] for c in summary["channels"]] == ["main", "preempt"]
    assert [int(r[1].replace(",", "")) for r in tables["Latency by block"][1:]] == [faults["answered"]] + [b["answered"] for b in faults["blocks"]]
    assert [r[6].split(",")[0] for r in tables["Slowest requests"][1:]] == [f"packet {w['request_packet']}" for w in faults["worst"]]
    assert browser.run("plots[1].u.data[1]") == [b["count"] for b in faults["last_byte"]["histogram"]], "the histogram"
    assert sum(browser.run("plots[0].u.data[1]")) > 0 and {"canvas", "svg"} <= set(page["names"])
    assert page["findings"] == [] == summary["findings"]


def test_passes(browser, folder):
    sample = SAMPLES / "01-precopy-11.1-11.1.pcap.zst"
    look(browser, report(folder, sample))
    ram = part(sample, "ram")["ram"]
    assert browser.run("plots[1].u.data") == [[p[k] for p in ram["passes"]] for k in ("pass", "throughput", "dirty_rate")]
    (hot,) = [b for b in ram["blocks"] if "resent_by_bin" in b]
    browser.run("document.querySelector('.heat').focus()")
    told = []
    for key in ["Home"] + ["ArrowRight"] * (len(hot["resent_by_bin"]) - 1):
        browser.press(key)
        told.append(browser.run("document.querySelector('output').textContent"))
    assert [int(t.split(": ")[1].split()[0].replace(",", "")) for t in told] == hot["resent_by_bin"]


def test_findings(browser, folder):
    """Each of them is on the page and leads to its place."""
    sample = SAMPLES / "12-postcopy-devfail-11.1-11.1.srcleg.pcap.zst"
    page = look(browser, report(folder, sample))
    wanted = part(sample, "summary")["findings"]
    assert len(wanted) == 3 == len(page["findings"])
    for shown, finding in zip(page["findings"], wanted):
        assert shown.startswith(finding["text"]), shown
        assert f"packet {finding['packet']}, offset 0x{finding['offset']:x} of {finding['channel']} {finding['direction']}" in shown
    assert page["links"] == [[f"#finding-{i + 1}", True] for i in range(3)]
    browser.run("document.querySelector('.findings button').click()")
    time, (low, high) = wanted[0]["time"], browser.run("[plots[0].u.scales.x.min, plots[0].u.scales.x.max]")
    assert low <= time <= high and high - low < 0.05, (low, high)


def test_keys(browser, folder):
    """All that a mouse does, by keys: reached with Tab, and seen to be reached."""
    look(browser, report(folder, SAMPLES / "01-precopy-11.1-11.1.pcap.zst"), width=700)
    reached = []
    for _ in range(25):
        browser.press("Tab")
        reached.append(browser.run("(e => [e.className.baseVal ?? e.className, e.textContent.slice(0, 12), getComputedStyle(e).outlineStyle])(document.activeElement)"))
    assert all(outline == "solid" for _, _, outline in reached), reached
    classes, texts = [c for c, _, _ in reached], [t for _, t, _ in reached]
    assert classes.count("plot") == 2 and "heat" in classes and {"Zoom in", "All", "Verdict", "Findings"} <= set(texts), reached
    assert "scroll wider" in classes, "what is wider than the page must be reached too"
    scale = "[plots[0].u.scales.x.min, plots[0].u.scales.x.max]"
    browser.run("document.querySelector('.plot').focus()")
    first, last = browser.run(scale)
    spans = []
    for key in ("+", "+", "ArrowRight", "-", "0"):
        browser.press(key)
        spans.append(browser.run(scale))
    length = [round((b - a) / (last - first), 3) for a, b in spans]
    assert length == [0.5, 0.25, 0.25, 0.5, 1] and spans[2][0] > spans[1][0], spans
    for key in ("Home", ".", "."):
        browser.press(key)
    said, shown = browser.run("[document.querySelector('[role=status]').textContent, document.querySelector('.u-legend').textContent]")
    value = browser.run("rate(plots[0].u.data[1][2])")
    assert "time 0.002500 s" in said and f"to destination {value}" in said and value in shown, (said, shown)


def test_paper_and_phones(browser, folder):
    uri = report(folder, SAMPLES / "07-postcopy-preempt-11.1-11.1.pcap.zst")
    look(browser, uri, width=390, dark=True)
    assert browser.run("document.documentElement.scrollWidth") == 390, "nothing may stick out of a narrow page"
    look(browser, uri, dark=True)
    dark = browser.run("color('forward')")
    browser.run("window.printed = []; addEventListener('beforeprint', () => printed.push(color('forward'), plots[0].u.width))")
    assert browser.pdf().startswith(b"%PDF")
    light, width = browser.run("printed")
    assert light != dark and width <= 680, "paper is white and narrow"
    assert browser.run("color('forward')") == dark and browser.run("plots[0].u.width") > 680, "and the screen is as before"


def test_damaged(browser, folder):
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
    page = look(browser, report(folder, lossy))
    summary = part(lossy, "summary")
    assert summary["missing_bytes"] > 0
    assert summary["verdict"]["evidence"] and all(e["text"] in page["text"] for e in summary["verdict"]["evidence"])
    assert page["tables"]["Channels"][1][5] != "0 B"
    assert [o["text"] for o in summary["findings"]] == [o["text"] for o, shown in zip(summary["findings"], page["findings"]) if shown.startswith(o["text"])]
    gap = next(o for o in summary["findings"] if o["kind"] == "capture-gaps")
    assert gap["packet"] > 0 and gap["channel"] == "main", "where the first byte is missing"
    assert all(there for _, there in page["links"]) and len(page["links"]) == len([o for o in summary["findings"] if "offset" in o])


def nested(spans):
    """Spans of one row lie behind or inside each other, as the format has it."""
    for one in spans:
        for other in spans:
            begin, end = other["ts"], other["ts"] + other["dur"]
            assert not begin < one["ts"] < end < one["ts"] + one["dur"], (one, other)


def test_trace(folder):
    """What viewers of the Trace Event Format need, and that names and times are those of the timeline."""
    sample, trace = SAMPLES / "11a-postcopy-pause-recover-11.1-11.1.pcap.zst", pathlib.Path(folder) / "trace.json"
    run(MIGREPLAY, "report", str(sample), "--chrome-trace", str(trace))
    events = json.loads(trace.read_text())["traceEvents"]
    kinds = {kind: [e for e in events if e["ph"] == kind] for kind in "MXCibe"}
    assert sum(map(len, kinds.values())) == len(events) and all(kinds.values())
    assert all(e["ts"] >= 0 and e["cat"] and isinstance(e["pid"], int) and isinstance(e["tid"], int) for e in events if e["ph"] != "M")
    rows = {(e["pid"], e["tid"]): e["args"]["name"] for e in kinds["M"] if e["name"] == "thread_name"}
    assert {(e["pid"], e["tid"]) for e in events if e["ph"] in "Xibe"} == set(rows)
    assert {(e["pid"], e["tid"]) for e in kinds["M"] if e["name"] == "thread_sort_index"} == set(rows)
    for row in rows:
        nested([e for e in kinds["X"] if (e["pid"], e["tid"]) == row])
    summary, faults = part(sample, "summary"), part(sample, "faults")["faults"]
    phases = [(e["name"], e["ts"], e["dur"]) for e in kinds["X"] if rows[e["pid"], e["tid"]] == "phases"]
    assert [p[0] for p in phases] == [p["name"] for p in summary["phases"]]
    assert all(abs(ts - p["start"] * 1e6) < 0.5 and abs(dur - (p["end"] - p["start"]) * 1e6) < 1 for (_, ts, dur), p in zip(phases, summary["phases"]))
    ends = {e["id"]: e["ts"] for e in kinds["e"]}
    waited = {e["args"]["start"]: ends[e["id"]] - e["ts"] for e in kinds["b"]}
    assert waited.keys() == {w["start"] for w in faults["worst"]}
    assert all(abs(waited[w["start"]] - w["last_byte_us"]) < 1 for w in faults["worst"])
    # Each mark of the timeline is told, in the row of its way, at its time.
    told = {(rows[e["pid"], e["tid"]], round(e["ts"]), text) for e in kinds["X"] + kinds["i"] if "text" in e["args"]
            for text in [e["args"]["text"], *e["args"].get("more", [])]}
    marks = [m for m in part(sample, "timeline")["timeline"]["marks"] if m["what"] != "phase"]
    assert {(f"{m['channel']} {m['direction']}", round(m["time"] * 1e6), m["text"]) for m in marks} == told


def hostile_stream():
    """A section and a machine whose names are markup."""
    name = b"</script><img src=x onerror=alert(1)>"
    machine = b"<b>machine</b>"
    out = b"QEVM" + struct.pack(">I", 3) + b"\x07" + struct.pack(">I", len(machine)) + machine
    out += b"\x04" + struct.pack(">I", 1) + bytes([len(name)]) + name + struct.pack(">II", 0, 1) + b"state"
    out += b"\x7e" + struct.pack(">I", 1) + b"\x00"
    return out, name.decode(), machine.decode()


def test_hostile(browser, folder):
    stream, name, machine = hostile_stream()
    file = pathlib.Path(folder) / "<i>hostile"
    file.write_bytes(stream)
    page = look(browser, report(folder, file))
    assert page["tiles"]["machine"] == machine
    assert page["tables"]["Device sections"][1][2] == name
    assert not {"img", "b", "i"} & set(page["names"]), page["names"]
