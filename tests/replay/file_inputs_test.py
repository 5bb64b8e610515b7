# SPDX-License-Identifier: GPL-2.0-or-later
"""VM states in files: save images of libvirt, snapshots in qcow2 images, streams in other files; cut, packed, damaged."""
import bz2
import gzip
import json
import lzma
import os
import pathlib
import random
import resource
import shutil
import stat
import struct
import subprocess
import zlib

import pytest

MIGREPLAY = os.path.join(os.environ["MIG_BIN"], "migreplay")
SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "capture-samples"
MEMORY, HANGS = 300 << 20, 120


def run(*words, status=0):
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    unlimited = "san" in os.environ.get("MIG_BIN", "")
    done = subprocess.run([MIGREPLAY, *map(str, words)], capture_output=True, timeout=HANGS,
                          preexec_fn=None if unlimited else limit)
    assert done.returncode == status, (words, done)
    return done.stdout.decode() if status == 0 else done.stderr.decode()


def summary(*words):
    return json.loads(run("summary", "--json", *words))


def extracted(folder, *words, what="stream"):
    out = folder / "extracted"
    run("extract", *words, "--what", what, "-o", out)
    return out.read_bytes()


def unpacked(sample):
    return subprocess.run(["zstd", "-dc", SAMPLES / sample], capture_output=True, check=True).stdout


@pytest.fixture(name="stream", scope="session")
def stream_of_a_small_guest():
    return unpacked("files/offset.migstream.zst")[0x3000:]


@pytest.fixture(name="folder")
def folder_of_the_test(tmp_path):
    return tmp_path


def piped(command):
    if not shutil.which(command):
        return None
    return lambda data: subprocess.run([command, "-c"], input=data, capture_output=True, check=True).stdout


PACKERS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "lzop": piped("lzop"), "zstd": piped("zstd")}


def packed(kind, data):
    if PACKERS[kind] is None:
        pytest.skip(f"{kind} is not installed")
    return PACKERS[kind](data)


# ---- save images of libvirt ----

FORMATS = ["raw", "gzip", "bzip2", "xz", "lzop", "zstd", "sparse"]
XML = """<domain type='kvm'>
  <!-- <name>not this</name> -->
  <name>web &amp; mail</name>
  <uuid>d0d0d0d0-0000-4000-8000-000000000001</uuid>
  <memory unit='KiB'>2048</memory>
  <os><type arch='x86_64' machine='pc-i440fx-11.1'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><source file='/images/web.qcow2'/><target dev='vda' bus='virtio'/></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/><model type='virtio'/></interface>
    <memballoon model='none'/>
  </devices>
</domain>
"""


def save_image(kind, stream, order="<", magic=b"LibvirtQemudSave", xml=XML):
    data = xml.encode() + b"\0<cookie/>\n" + bytes(5000)
    body = stream if kind in ("raw", "sparse") else packed(kind, stream)
    header = magic + struct.pack(order + "5I", 2, len(data), 1, FORMATS.index(kind), len(xml) + 1) + bytes(56)
    return header + data + body


@pytest.mark.parametrize("kind", FORMATS[:-1])
@pytest.mark.parametrize("order", "<>")
def test_libvirt_save_image(folder, stream, kind, order):
    path = folder / "web.save"
    path.write_bytes(save_image(kind, stream, order))
    assert extracted(folder, path) == stream
    [origin] = summary(path)["streams"]
    assert origin["kind"] == "libvirt save image" and origin["format"] == kind and origin["guest"] == "was running"
    assert origin["domain"] == "web & mail" and origin["machine"] == "pc-i440fx-11.1" and origin["memory"] == "2048 KiB"
    assert origin["devices"] == ["disk /images/web.qcow2 vda virtio", "interface network 52:54:00:00:00:01 default virtio",
                                 "memballoon none"]
    text = run("summary", path)
    assert "domain          web & mail" in text and "disk /images/web.qcow2 vda virtio" in text
    path.with_suffix(".xz").write_bytes(lzma.compress(path.read_bytes()))  # and packed once more
    assert extracted(folder, path.with_suffix(".xz")) == stream


def test_libvirt_sparse_image(folder):
    """mapped-ram, whose offsets count from the start of the image; what comes out has its pages at the same places."""
    mapped = unpacked("files/offset-mapped-ram.migstream.zst")
    image = folder / "sparse.save"
    whole = save_image("sparse", b"", xml=XML)
    data = XML.encode() + b"\0<cookie/>\n"
    data += bytes(0x3000 - 92 - len(data))
    image.write_bytes(whole[:16] + struct.pack("<5I", 3, len(data), 0, 6, len(XML) + 1) + bytes(56) + data + mapped[0x3000:])
    assert extracted(folder, image)[0x3000:] == mapped[0x3000:]
    assert "mapped_ram" not in summary(image)["streams"][0]
    plain = folder / "plain"
    plain.write_bytes(mapped)
    assert extracted(folder, image, what="ram:pc.ram") == extracted(folder, plain, what="ram:pc.ram")


def test_cut_save_images_say_what_is_missing(folder, stream):
    path = folder / "cut.save"
    whole = save_image("raw", stream)
    for size, words in ((50, "truncated: 42 bytes of its header are missing"), (3000, "bytes of its header are missing"),
                        (len(whole) - 100, "truncated: it ends at offset")):
        path.write_bytes(whole[:size])
        assert words in run("summary", path, status=1)
    whole = save_image("zstd", stream)
    path.write_bytes(whole[:-100])
    assert f"compressed data is cut short: it ends at offset {len(whole) - 100} of the file" in run("summary", path, status=1)
    path.write_bytes(b"LibvirtQemudSave" + struct.pack("<5I", 2, 0xffffffff, 1, 0, 0) + bytes(56))
    assert "length of its XML is damaged" in run("summary", path, status=1)


def test_xml_of_any_kind_does_no_harm(folder, stream):
    path = folder / "x.save"
    for xml in ("", "<", "<a", "<a b", "<a b='", "<a>" * 100000, "</a></a><devices>", "<!--", XML[:700], "<a " + "b='c' " * 100000):
        path.write_bytes(save_image("raw", stream, xml=xml))
        assert extracted(folder, path) == stream


# ---- qcow2 ----

def qcow2(states, version=3, bits=16, method=0, packing=None, features=0, extended=False, disk=1 << 20):
    """An image of nothing but VM states, each cluster written as `packing` says."""
    cluster, entry = 1 << bits, 16 if extended else 8
    per_l2 = cluster // entry
    first = -(-disk // (cluster * per_l2))  # L1 entry of the VM state
    out = bytearray(cluster)

    def put(data):
        while len(out) % cluster:
            out.append(0)
        at = len(out)
        out.extend(data)
        return at

    def cluster_entry(data):
        if packing is None:
            return put(data.ljust(cluster, b"\0")) | 1 << 63
        body = packing(data.ljust(cluster, b"\0"))
        if len(body) >= cluster:
            return put(data.ljust(cluster, b"\0")) | 1 << 63
        out.extend(bytes(random.randrange(3)))  # anywhere, not at a sector
        at = len(out)
        out.extend(body)
        sectors = (at + len(body) - 1) // 512 - at // 512
        return 1 << 62 | sectors << (62 - (bits - 8)) | at

    table = b""
    for number, (name, state) in enumerate(states, 1):
        entries = [cluster_entry(state[i:i + cluster]) for i in range(0, len(state), cluster)]
        l1 = [0] * first
        for i in range(0, len(entries), per_l2):
            l2 = b"".join(struct.pack(">Q", e) + bytes(entry - 8) for e in entries[i:i + per_l2]).ljust(cluster, b"\0")
            l1.append(put(l2) | 1 << 63)
        at = put(b"".join(struct.pack(">Q", e) for e in l1) or bytes(8))
        more = b"" if version == 2 else struct.pack(">QQ", len(state), disk)
        head = struct.pack(">QIHHIIQII", at, len(l1), len(str(number)), len(name), 1700000000, 0, 10**9, len(state), len(more))
        row = head + more + str(number).encode() + name.encode()
        table += row + bytes(-len(row) % 8)
    at = put(table)
    put(b"")
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", version, 0, 0, bits, disk, method, 0, 0, 0, 0, len(states), at)
    if version == 3:
        header += struct.pack(">QQQIIB", features, 0, 0, 4, 112, 1 if features & 8 else 0)
    out[:len(header)] = header
    return bytes(out)


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-12)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("shape", [{}, {"version": 2}, {"bits": 9}, {"bits": 21}, {"packing": raw_deflate},
                                   {"packing": raw_deflate, "bits": 12}, {"extended": True, "features": 16},
                                   {"disk": (5 << 30) + 512}, {"packing": "zstd", "features": 8}], ids=str)
def test_qcow2_snapshots(folder, stream, shape):
    if shape.get("packing") == "zstd":
        shape = {**shape, "packing": lambda data: packed("zstd", data)}
    path = folder / "disk.qcow2"
    other = stream[:-1] + b" "
    path.write_bytes(qcow2([("one", stream), ("only the disk", b""), ("two", other)], **shape))
    streams = summary(path)["streams"]
    assert [s["snapshot"] for s in streams] == ["one", "two"]
    assert streams[0]["taken"] == "2023-11-14T22:13:20Z"
    assert len(summary(path)["migrations"]) == 2
    assert extracted(folder, path, "--snapshot", "one") == stream
    assert extracted(folder, path, "--snapshot", "3") == other  # by its id
    assert extracted(folder, path, "--migration", "2") == other
    subprocess.run(["gzip", "-k", path], check=True)
    assert extracted(folder, str(path) + ".gz", "--snapshot", "two") == other


def test_a_real_image(folder):
    path = SAMPLES / "files/disk.qcow2.zst"
    assert [s["snapshot"] for s in summary(path)["streams"]] == ["suspend", "before update"]
    assert [m["machine"] for m in summary("--snapshot", "suspend", path)["migrations"]] == ["pc-i440fx-11.1"]


def test_qcow2_that_cannot_be_read_says_why(folder, stream):
    path = folder / "disk.qcow2"
    states = [("one", stream)]
    for image, words in (
            (qcow2([]), "without internal snapshots"),
            (qcow2([("disk only", b"")]), 'no snapshot has a VM state; there are "disk only" (id 1, no VM state)'),
            (qcow2(states, method=1), "encrypted (AES)"), (qcow2(states, method=2), "encrypted (LUKS)"),
            (qcow2(states, features=2), "marked as corrupt"), (qcow2(states, features=4), "in another file"),
            (qcow2(states, features=1 << 40), "incompatible features"), (qcow2(states)[:-70000], "is truncated")):
        path.write_bytes(image)
        assert words in run("summary", path, status=1), words
    path.write_bytes(qcow2(states))
    assert 'no snapshot "x"' in run("summary", "--snapshot", "x", path, status=1)
    assert "needs a qcow2 image" in run("summary", "--snapshot", "x", SAMPLES / "files/offset.migstream.zst", status=1)


def test_damaged_images_end(folder, stream):
    dice = random.Random(16)
    path = folder / "disk.qcow2"
    whole = qcow2([("one", stream)], bits=12)
    for _ in range(60):
        image = bytearray(whole)
        for _ in range(dice.randrange(1, 8)):
            at = dice.choice([dice.randrange(112), dice.randrange(len(image)), len(image) - 1 - dice.randrange(4096)])
            image[at] = dice.randrange(256)
        path.write_bytes(image)
        done = subprocess.run([MIGREPLAY, "summary", path], capture_output=True, timeout=HANGS)
        assert done.returncode in (0, 1), done


# ---- streams in other files ----

@pytest.mark.parametrize("name", ["offset.migstream", "offset-mapped-ram.migstream", "offset-multifd-mapped-ram.migstream"])
def test_a_stream_at_an_offset_is_found(folder, name):
    whole = unpacked(f"files/{name}.zst")
    path = folder / name
    path.write_bytes(whole)
    assert summary(path)["streams"][0]["offset_bytes"] == 0x3000
    out = extracted(folder, path)
    assert out == (bytes(0x3000) + whole[0x3000:] if "mapped" in name else whole[0x3000:])
    ram = extracted(folder, path, what="ram:pc.ram")
    assert len(ram) == 2 << 20 and ram == extracted(folder, path, "--offset", "0x3000", what="ram:pc.ram")
    cut = folder / "cut"
    cut.write_bytes(whole[0x3000:])  # its front is gone, and its offsets count from there
    assert extracted(folder, cut, what="ram:pc.ram") == ram
    assert extracted(folder, cut) == out
    assert ("mapped_ram" in summary(cut)["streams"][0]) == ("mapped" in name)
    assert "no migration stream begins at offset 1" in run("summary", "--offset", "1", path, status=1)


def test_two_streams_in_a_file_are_not_guessed_at(folder, stream):
    path = folder / "two"
    path.write_bytes(bytes(100) + stream + bytes(11) + stream)
    assert f"choose one with --offset: 100, {111 + len(stream)}" in run("summary", path, status=1)
    assert extracted(folder, path, "--offset", 111 + len(stream)) == stream


def test_what_follows_a_stream_is_no_part_of_it(folder, stream):
    path = folder / "padded"
    path.write_bytes(stream + bytes(4096))
    [migration] = summary(path)["migrations"]
    assert migration["eof_seen"] and migration["unparsed_bytes"] == 0


def test_a_truncated_stream_is_truncated_and_nothing_is_certain(folder, stream):
    path = folder / "cut"
    for size in list(range(len(stream) - 1, 40, -len(stream) // 50)) + [8, 30]:
        path.write_bytes(stream[:size])
        done = subprocess.run([MIGREPLAY, "summary", "--json", path], capture_output=True)
        assert done.returncode == 1 and f"truncated: it ends at offset {size}".encode() in done.stderr, (size, done.stderr)
        for migration in json.loads(done.stdout)["migrations"]:
            assert not migration["verdict"]["certain"] and migration["unparsed_bytes"] == 0, size


# ---- everything that is packed ----

@pytest.mark.parametrize("kind", PACKERS)
def test_packed_files(folder, kind):
    capture = unpacked("cases/cancelled.pcap.zst")
    plain, path = folder / "plain", folder / f"capture.{kind}"
    plain.write_bytes(capture)
    path.write_bytes(packed(kind, capture))
    expected = run("events", plain)
    assert run("events", path) == expected
    path.write_bytes(packed(kind, capture[:1000]) + packed(kind, capture[1000:]))  # one behind the other
    assert run("events", path) == expected
    whole = packed(kind, capture)
    path.write_bytes(whole[:-8])
    assert "the compressed data is cut short" in run("summary", path, status=1)
    path.write_bytes(whole[:len(whole) // 2] + bytes(100) + whole[len(whole) // 2 + 100:])
    words = "read only up to" if kind == "gzip" else "the compressed data is damaged"  # gzip may notice at its end only
    assert words in run("summary", path, status=1)


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz", "zstd"])
def test_a_bomb_has_a_bound(folder, kind):
    """768 MiB of zeros behind the start of a stream, in a few MB at most."""
    path = folder / "bomb"
    path.write_bytes(packed(kind, struct.pack(">II", 0x5145564D, 3)) + packed(kind, bytes(64 << 20)) * 12)
    assert path.stat().st_size < 10 << 20
    assert "more than 512 MiB" in run("summary", path, status=1)


def test_what_is_extracted_is_its_owners_alone(folder, stream):
    path, out = folder / "s", folder / "out"
    path.write_bytes(stream)
    out.write_bytes(b"")
    out.chmod(0o666)
    run("extract", path, "--what", "stream", "-o", out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
