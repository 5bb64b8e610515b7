# SPDX-License-Identifier: GPL-2.0-or-later
"""Recorded migrations against a real destination QEMU: `migreplay send` and `extract`.

Needs QEMU 11.1 (MIG_QEMU_11_1, or scripts/get-qemu.sh); without it the test is skipped, and says so.
"""
import os
import pathlib
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "scripts"))
from qemu_process import QemuProcess, wait  # noqa: E402

MIGREPLAY = os.path.join(os.environ["MIG_BIN"], "migreplay")
SAMPLES = SOURCE / "capture-samples"
PATIENCE = 30  # seconds, for anything that is waited for


def find_qemu():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return pathlib.Path(os.environ.get("MIG_QEMU_11_1") or cache / "migwire/qemu/11.1/qemu-system-x86_64")


@pytest.fixture(name="qemu", scope="module")
def qemu_11_1():
    if not find_qemu().exists():
        pytest.skip("no QEMU 11.1: fetch it with scripts/get-qemu.sh 11.1, or set MIG_QEMU_11_1")
    return str(find_qemu())


@pytest.fixture(name="folder")
def folder_of_the_test(tmp_path):
    return tmp_path


class Destination(QemuProcess):
    """A QEMU with the devices of the samples, as destination_command_line in their truth files says."""

    def __init__(self, qemu, folder, capabilities=(), memory=16, uri=None, **parameters):
        self.address = f"unix:{folder}/in.sock"
        (folder / "boot.img").write_bytes(bytes(1 << 20))
        super().__init__(qemu, folder, "destination", "-machine", "pc-i440fx-7.2", "-m", str(memory), "-serial", f"file:{folder}/serial",
                         "-drive", f"file={folder}/boot.img,format=raw,if=ide,snapshot=on", "-incoming", "defer")
        try:
            self.capabilities(*capabilities)
        except AssertionError as error:
            self.__exit__()
            pytest.skip(f"postcopy is not possible here: {error}")
        if parameters:
            self.qmp("migrate-set-parameters", **parameters)
        self.qmp("migrate-incoming", uri=uri or self.address)

    def expect_guest_runs(self):
        wait(lambda: self.qmp("query-status")["status"] == "running", "the destination to run")
        before = (self.folder / "serial").stat().st_size
        wait(lambda: (self.folder / "serial").stat().st_size > before, "the guest's serial line to go on")

    def expect_refused(self):
        wait(lambda: self.process.poll() is not None, "QEMU to end")
        assert self.process.returncode == 1
        return self.errors.read_text()


def send(sample, destination, *more):
    """`sample` may be a path, too."""
    return subprocess.run([MIGREPLAY, "send", str(SAMPLES / sample), "--to", destination.address, *more],
                          stdout=subprocess.PIPE, text=True, timeout=2 * PATIENCE)


def extracted_stream(sample, folder):
    path = pathlib.Path(folder) / "vm.state"
    subprocess.run([MIGREPLAY, "extract", str(SAMPLES / sample), "--what", "stream", "-o", str(path)], check=True)
    return path


def test_precopy_runs_again(qemu, folder):
    with Destination(qemu, folder) as destination:
        done = send("01-precopy-11.1-11.1.pcap.zst", destination, "--fast")
        assert done.returncode == 0, done.stdout
        destination.expect_guest_runs()


def test_extracted_precopy_loads(qemu, folder):
    stream = extracted_stream("01-precopy-11.1-11.1.pcap.zst", folder)
    with Destination(qemu, folder, uri=f"exec:cat {stream}") as destination:
        destination.expect_guest_runs()


def test_damaged_device_fails(qemu, folder):
    """The stream of a migration that went well, with the version of one device changed in the recording."""
    stream = extracted_stream("01-precopy-11.1-11.1.pcap.zst", folder)
    recorded = stream.read_bytes()
    version = recorded.index(b"\x06serial") + 7 + 4  # behind the instance id
    stream.write_bytes(recorded[:version] + (0x7fff).to_bytes(4, "big") + recorded[version + 4:])
    with Destination(qemu, folder) as destination:
        done = send(stream, destination, "--fast", "--wait", "10")
        assert "no return path" in done.stdout, done.stdout
        errors = destination.expect_refused()
        assert "unsupported version 32767" in errors and "serial" in errors, errors


def test_multifd_runs_again(qemu, folder):
    with Destination(qemu, folder, capabilities=["multifd"], **{"multifd-channels": 2}) as destination:
        done = send("08-multifd2-none-11.1-11.1.pcap.zst", destination)
        assert done.returncode == 0, done.stdout
        destination.expect_guest_runs()


def test_preempt_runs_again(qemu, folder):
    with Destination(qemu, folder, capabilities=["postcopy-ram", "postcopy-preempt"], memory=24) as destination:
        done = send("07-postcopy-preempt-11.1-11.1.pcap.zst", destination)
        assert done.returncode == 0, done.stdout
        destination.expect_guest_runs()


def test_postcopy_runs_again(qemu, folder):
    with Destination(qemu, folder, capabilities=["postcopy-ram"]) as destination:
        done = send("05-postcopy-11.1-7.2.pcap.zst", destination)
        assert "0x1 0x2 0x4 0x3 0x42" in done.stdout and done.returncode == 0, done.stdout
        destination.expect_guest_runs()


def test_broken_device_fails_again(qemu, folder):
    with Destination(qemu, folder, capabilities=["postcopy-ram"]) as destination:
        done = send("12-postcopy-devfail-11.1-11.1.dstleg.pcap.zst", destination, "--wait", "10")
        assert "postcopy" in destination.expect_refused()
        assert "0x3" not in done.stdout.split("PONG")[1].splitlines()[0], done.stdout
