#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes capture-samples/files/: VM states in files, as a real QEMU writes them. usage: scripts/make-file-samples.py QEMU QEMU_7.2"""
import hashlib
import pathlib
import subprocess
import sys
import tempfile

from qemu_process import QemuProcess, wait

SAMPLES = pathlib.Path(__file__).resolve().parents[1] / "capture-samples/files"
MACHINE = ["-machine", "pc", "-m", "2", "-S"]


class Qemu(QemuProcess):
    """A stopped guest."""

    def __init__(self, program, folder, *options):
        super().__init__(program, folder, "qemu", *MACHINE, *options)

    def job(self, command, **arguments):
        self.qmp(command, **{"job-id": "job", **arguments})
        wait(lambda: self.qmp("query-jobs")[0]["status"] == "concluded", command)
        assert "error" not in self.qmp("query-jobs")[0], self.qmp("query-jobs")
        self.qmp("job-dismiss", id="job")


def snapshots(program, folder):
    disk = folder / "disk.qcow2"
    with Qemu(program, folder) as qemu:
        disk.touch()
        node = {"driver": "file", "filename": str(disk), "node-name": "file"}
        qemu.qmp("blockdev-add", **node)
        qemu.job("blockdev-create", options={"driver": "qcow2", "file": "file", "size": 3 << 20, "cluster-size": 4096})
        qemu.qmp("blockdev-add", **{"driver": "qcow2", "node-name": "disk", "file": "file"})
        for name in ("suspend", "before update"):
            qemu.job("snapshot-save", tag=name, vmstate="disk", devices=["disk"])
    return disk


def at_offset(program, folder, name, *capabilities):
    """With something else in front, which QEMU leaves alone."""
    path = folder / name
    path.write_bytes(b"something else\n" * 100)
    with Qemu(program, folder) as qemu:
        qemu.capabilities(*capabilities)
        qemu.qmp("migrate", uri=f"file:{path},offset=0x3000")
        qemu.migrated()
    return path


def devices_alone(program, folder):
    """As Xen's toolstack asks for: no configuration section, no RAM."""
    path = folder / "xen-devices.migstream"
    with Qemu(program, folder) as qemu:
        qemu.qmp("xen-save-devices-state", filename=str(path), live=False)
    return path


def as_before_2_4(program, folder):
    """No configuration section and no section footers. (QEMU 11.1 aborts with migration.send-configuration=off.)"""
    path = folder / "no-footers.migstream"
    with Qemu(program, folder, "-machine", "pc-i440fx-2.3") as qemu:
        qemu.qmp("migrate", uri=f"exec:cat > {path}")
        qemu.migrated()
    return path


def main():
    program, old = sys.argv[1:3]
    SAMPLES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        made = [snapshots(program, folder), at_offset(program, folder, "offset.migstream"),
                at_offset(program, folder, "offset-mapped-ram.migstream", "mapped-ram"),
                at_offset(program, folder, "offset-multifd-mapped-ram.migstream", "mapped-ram", "multifd"),
                devices_alone(program, folder), as_before_2_4(old, folder)]
        for path in made:
            subprocess.run(["zstd", "-19", "-q", "-f", path, "-o", SAMPLES / (path.name + ".zst")], check=True)
            print(hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size, path.name)


if __name__ == "__main__":
    main()
