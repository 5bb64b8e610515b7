# SPDX-License-Identifier: GPL-2.0-or-later
"""Several files that are one capture: of a rotation, and of both hosts, whose clocks differ."""
import json
import pathlib
import struct
import subprocess

import pytest

from packets import MIGREPLAY, HANGS, PING, START, conversation, run, segment, summary, write

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "capture-samples"
SAMPLE = SAMPLES / "03-postcopy-11.1-11.1.pcap.zst"
AHEAD, DELAY = 1_500_000, 200  # microseconds


@pytest.fixture(name="frames", scope="module")
def frames_of_a_postcopy():
    capture = subprocess.run(["zstd", "-dc", SAMPLE], capture_output=True, check=True).stdout
    unit = 1000 if capture[:4] == b"\x4d\x3c\xb2\xa1" else 1
    out, at = [], 24
    while at < len(capture):
        seconds, part, size, _ = struct.unpack_from("<4I", capture, at)
        out.append((seconds, part // unit, capture[at + 16:at + 16 + size]))
        at += 16 + size
    return out


def rotated(folder, frames, parts):
    """Files of as many packets each, as tcpdump -C writes them."""
    size = -(-len(frames) // parts)
    return [write(folder / f"part{i}", frames[i * size:(i + 1) * size]) for i in range(parts)]


def both(*words):
    """Standard output and standard error."""
    done = subprocess.run([MIGREPLAY, *map(str, words)], capture_output=True, timeout=HANGS, text=True)
    assert done.returncode == 0, done
    return done.stdout, done.stderr


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [2, 3, 0, 1]], ids=["in order", "of a ring"])
@pytest.mark.parametrize("command", [["events"], ["events", "--json"], ["timeline"], ["faults"], ["ram"]], ids=" ".join)
def test_a_rotation_is_one_capture(tmp_path, frames, command, order):
    whole, parts = write(tmp_path / "whole", frames), rotated(tmp_path, frames, 4)
    out, err = both(*command, *[parts[i] for i in order])
    assert out == run(*command, whole) != ""
    assert ", ".join(map(str, parts)) + ": read as one capture\n" in err


def test_summary_of_a_rotation(tmp_path, frames):
    whole, parts = write(tmp_path / "whole", frames), rotated(tmp_path, frames, 3)
    subprocess.run(["gzip", parts[1]], check=True)
    parts[1] = parts[1].with_suffix(".gz")
    one, joined = summary(whole), json.loads(run("summary", "--json", *parts))
    assert joined["files"] == [{"file": str(p)} for p in parts]
    assert joined["migrations"] == one["migrations"] and joined["captured_at"] == one["captured_at"]


def test_what_a_rotation_lost_is_a_gap(tmp_path, frames):
    parts = rotated(tmp_path, frames, 4)
    [line] = run("summary", "--json", parts[0], parts[1], parts[3]).splitlines()
    [migration] = json.loads(line)["migrations"]
    assert migration["missing_bytes"] > 0


def test_files_without_a_connection_in_common_are_captures_of_their_own(tmp_path, frames):
    other = write(tmp_path / "other", conversation(segment(1001, START + PING)))
    assert len(run("summary", "--json", *rotated(tmp_path, frames, 2), other).splitlines()) == 2


def test_the_same_port_in_another_migration_is_another_capture(tmp_path, frames):
    """The client's port is used again, hours later, with other sequence numbers."""
    def later(frame):
        sequence = struct.unpack_from(">I", frame, 38)[0]
        return frame[:38] + struct.pack(">I", (sequence + 0x70000000) & 0xffffffff) + frame[42:]
    first, second = write(tmp_path / "first", frames), write(tmp_path / "second", [(s + 9000, p, later(f)) for s, p, f in frames])
    assert len(run("summary", "--json", first, second).splitlines()) == 2


def at_hosts(frames):
    """What tcpdump on the source's and on the destination's host has: a packet arrives later than it was sent."""
    def moved(seconds, part, by):
        total = seconds * 1_000_000 + part + by
        return total // 1_000_000, total % 1_000_000
    source, destination = [], []
    for seconds, part, frame in frames:
        sent = frame[36:38] == struct.pack(">H", 4444)  # by the source
        source.append((*moved(seconds, part, 0), frame))
        destination.append((*moved(seconds, part, AHEAD + (DELAY if sent else -DELAY)), frame))
    return source, destination


@pytest.mark.parametrize("turned", [False, True], ids=["source first", "destination first"])
def test_captures_of_both_hosts(tmp_path, frames, turned):
    source, destination = at_hosts(frames)
    files = [write(tmp_path / "source", source), write(tmp_path / "destination", destination)]
    out, err = both("summary", "--json", *files[::-1 if turned else 1])
    assert f"the clock of {files[1]} is 1.50 s ahead of that of {files[0]} (+/- 200 us), which is taken off its times" in err
    result = json.loads(out)
    assert [f.get("clock_ahead_s", 0) for f in result["files"]] == pytest.approx([0, AHEAD / 1e6], abs=1e-6)
    [joined], [alone] = result["migrations"], summary(files[0])["migrations"]
    for key in ("pings", "pongs", "sections", "ram_blocks", "ram_precopy_sequence_sha256", "missing_bytes", "unparsed_bytes"):
        assert joined[key] == alone[key], key
    assert [c["bytes_forward"] for c in joined["channels"]] == [c["bytes_forward"] for c in alone["channels"]]
    for key in ("outcome", "possible", "certain"):
        assert joined["verdict"][key] == alone["verdict"][key]


def test_what_one_host_dropped_the_other_has(tmp_path, frames):
    source, destination = at_hosts(frames)
    del source[60:64], destination[40:44]
    files = [write(tmp_path / "source", source), write(tmp_path / "destination", destination)]
    assert all(summary(f)["migrations"][0]["missing_bytes"] for f in files)
    [line] = run("summary", "--json", *files).splitlines()
    assert json.loads(line)["migrations"][0]["missing_bytes"] == 0


def test_events_and_extract_take_one_capture(tmp_path, frames):
    parts, other = rotated(tmp_path, frames, 2), write(tmp_path / "other", conversation(segment(1001, START + PING)))
    for words in (["events"], ["extract", "--what", "stream", "-o", tmp_path / "out"]):
        run(*words, *parts)
        run(*words, *parts, other, status=2)
    run("report", *parts, "-o", tmp_path / "report.html")
    assert (tmp_path / "out").stat().st_size == summary(write(tmp_path / "whole", frames))["migrations"][0]["channels"][0]["bytes_forward"]
