# SPDX-License-Identifier: GPL-2.0-or-later
"""What `extract --what stream` takes out of a qcow2 snapshot or a save image loads in a real QEMU, memory and all.

Needs QEMU 11.1 (MIG_QEMU_11_1, or scripts/get-qemu.sh); without it the test is skipped, and says so.
"""
import importlib.util
import os
import pathlib
import struct
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MIGREPLAY, FILES = os.path.join(os.environ["MIG_BIN"], "migreplay"), SOURCE / "capture-samples/files"
SIZE = 2 << 20  # of the guest's memory


@pytest.fixture(name="qemu", scope="module")
def qemu_11_1():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    path = pathlib.Path(os.environ.get("MIG_QEMU_11_1") or cache / "migwire/qemu/11.1/qemu-system-x86_64")
    if not path.exists():
        pytest.skip("no QEMU 11.1: fetch it with scripts/get-qemu.sh 11.1, or set MIG_QEMU_11_1")
    return str(path)


@pytest.fixture(name="maker", scope="module")
def script_that_makes_the_samples():
    spec = importlib.util.spec_from_file_location("make_file_samples", SOURCE / "scripts/make-file-samples.py")
    sys.path.insert(0, str(SOURCE / "scripts"))  # where it finds what it imports
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def memory_after(maker, qemu, folder, uri):
    """Of a QEMU that has loaded `uri`, by QMP."""
    with maker.Qemu(qemu, folder, "-incoming", uri) as loaded:
        loaded.migrated()
        loaded.qmp("pmemsave", val=0, size=SIZE, filename=str(folder / "memory"))
        return (folder / "memory").read_bytes()


def extract(path, what, out, *options):
    subprocess.run([MIGREPLAY, "extract", path, "--what", what, "-o", out, *options], check=True)
    return out


def test_states_load(tmp_path, maker, qemu):
    stream = tmp_path / "plain"
    subprocess.run(["zstd", "-dqf", FILES / "offset.migstream.zst", "-o", stream], check=True)
    expected = memory_after(maker, qemu, tmp_path, f"file:{stream},offset=0x3000")
    assert len(expected) == SIZE and expected.strip(b"\0")
    out = tmp_path / "state"
    for snapshot in ("suspend", "before update"):
        extract(FILES / "disk.qcow2.zst", "stream", out, "--snapshot", snapshot)
        assert memory_after(maker, qemu, tmp_path, f"exec:cat {out}") == expected
    image = tmp_path / "image.save"
    image.write_bytes(b"LibvirtQemudSave" + struct.pack("<5I", 2, 10, 1, 0, 0) + bytes(56) + b"<domain/>\0" + stream.read_bytes()[0x3000:])
    assert memory_after(maker, qemu, tmp_path, f"file:{extract(image, 'stream', out)}") == expected
    for name in ("offset-mapped-ram", "offset-multifd-mapped-ram"):
        extract(FILES / f"{name}.migstream.zst", "stream", out)
        whole = subprocess.run(["zstd", "-dc", FILES / f"{name}.migstream.zst"], capture_output=True, check=True).stdout
        assert out.read_bytes()[0x3000:] == whole[0x3000:]
        assert extract(FILES / f"{name}.migstream.zst", "ram:pc.ram", out).read_bytes()[:0xa0000] == expected[:0xa0000]
