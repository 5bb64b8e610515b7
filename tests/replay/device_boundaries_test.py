# SPDX-License-Identifier: GPL-2.0-or-later
"""Device states without a configuration section, without section footers: each ends where QEMU's VM description says."""
import json
import pathlib
import subprocess

import pytest

from packets import run, summary

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "capture-samples"


def unpacked(sample):
    return subprocess.run(["zstd", "-dc", SAMPLES / sample], capture_output=True, check=True).stdout


def devices(path, *words):
    [migration] = json.loads(run("devices", "--json", path, *words))["migrations"]
    return [s for s in migration["devices"]["sections"] if s["type"] == "FULL"]


def sizes(sections):
    return [(s["idstr"], s["instance_id"], s["bytes"]) for s in sections]


def description_at(stream):
    """Of its text, which is a stream's last bytes, behind its type 06 and its length."""
    return next(i for i in range(len(stream) - 5, 5, -1)
                if stream[i:i + 1] == b"{" and stream[i - 5] == 6 and int.from_bytes(stream[i - 4:i], "big") == len(stream) - i)


def described(stream):
    """The same of QEMU's own VM description."""
    def size(part):
        return sum(f["size"] * f.get("array_len", 1) for f in part.get("fields", [])) + sum(
            6 + len(s["vmsd_name"]) + size(s) for s in part.get("subsections", []))
    return [(d["name"], d["instance_id"], size(d)) for d in json.loads(stream[description_at(stream):])["devices"] if d["name"] != "ram"]


@pytest.fixture(name="footers", params=["with footers", "without footers"])
def a_stream_with_description(request):
    return unpacked("files/offset.migstream.zst")[0x3000:] if request.param == "with footers" else unpacked("files/no-footers.migstream.zst")


def test_sections_are_as_described(tmp_path, footers):
    """The reference itself: migreplay's sizes, however found, against the description's."""
    path = tmp_path / "stream"
    path.write_bytes(footers)
    assert sizes(devices(path)) == described(footers)


def test_without_footers_by_the_description(tmp_path):
    path = tmp_path / "stream"
    path.write_bytes(unpacked("files/no-footers.migstream.zst"))
    assert {(s["end_found_by"], s["fit"]) for s in devices(path)} == {("description", "exact")}
    for s in devices(path):
        header = path.read_bytes()[s["offset"]:]
        assert header[0] == 4 and header[6:6 + header[5]].decode() == s["idstr"]
    assert "by the sizes in the VM description" in run("devices", path)


@pytest.fixture(name="bare")
def without_footers_and_description(tmp_path):
    """As QEMU before 2.2 wrote it: the EOF mark is the last byte."""
    whole = unpacked("files/no-footers.migstream.zst")
    stream, path = whole[:description_at(whole) - 5], tmp_path / "bare"
    assert stream[-1] == 0
    path.write_bytes(stream)
    return path, described(whole)


def test_without_description_a_plausible_header_is_a_guess(bare):
    path, truth = bare
    found = devices(path)
    assert sizes(found)[:-1] == truth[:-1] and sizes(found)[-1][:2] == truth[-1][:2]
    assert {s["end_found_by"] for s in found} == {"guess"}
    assert "guessed, where a section header is plausible" in run("devices", path)


def test_a_description_from_elsewhere(tmp_path, bare):
    path, truth = bare
    like = tmp_path / "like"
    like.write_bytes(unpacked("files/no-footers.migstream.zst"))
    found = devices(path, "--vmdesc", like)
    assert sizes(found) == truth and {s["end_found_by"] for s in found} == {"description"}


def test_a_postcopy_package_without_footers():
    """Its description was not sent: the names are those that the same machine's other streams have, in the same order."""
    found = devices(SAMPLES / "cases/footers-off-postcopy.pcap.zst")
    assert [s["idstr"] for s in found][:6] == ["apic", "timer", "cpu_common", "cpu", "kvm-tpr-opt", "0000:00:00.0/I440FX"]
    assert len(found) == 31 and {s["end_found_by"] for s in found} == {"guess"}


def test_xen_save_devices_state():
    """Footers are there although no configuration section announced them."""
    found = devices(SAMPLES / "files/xen-devices.migstream.zst")
    truth = dict(((name, instance), size) for name, instance, size in described(unpacked("files/offset.migstream.zst")))
    assert len(found) == 30 and all("end_found_by" not in s for s in found)
    assert [s for s in sizes(found) if truth[s[:2]] != s[2]] == []  # the same machine
    [migration] = summary(SAMPLES / "files/xen-devices.migstream.zst")["migrations"]
    assert len(migration["sections"]) == 30 and migration["eof_seen"] and migration["unparsed_bytes"] == 0
    verdict = migration["verdict"]
    assert (verdict["outcome"], verdict["certain"]) == ("UNKNOWN", False) and "not in the file" in verdict["source"]["reason"]
    assert not any("-incoming" in step for step in verdict["next"]), "it has no memory to load"
