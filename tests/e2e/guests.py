# SPDX-License-Identifier: GPL-2.0-or-later
"""Real QEMUs with the test guest, which counts and verifies its memory; for tests that drive them over QMP themselves."""
import os
import pathlib
import re
import socket
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from qemu_process import QemuProcess, wait  # noqa: E402, F401

BIN, GUEST = pathlib.Path(os.environ["MIG_BIN"]), os.environ["MIG_GUEST"]
PATIENCE = 60  # seconds, for anything that is waited for
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")


def qemu_of(version):
    named = os.environ.get("MIG_QEMU_" + version.replace(".", "_"))
    return pathlib.Path(named or CACHE / f"migwire/qemu/{version}/qemu-system-x86_64")


def needs(*versions):
    for version in versions:
        if not qemu_of(version).exists():
            pytest.skip(f"no QEMU {version}: fetch it with scripts/get-qemu.sh {version}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Qemu(QemuProcess):
    """A QEMU with the test guest's machine; `name` is that of its files in `folder`."""

    def __init__(self, version, folder, name, *options):
        self.version = version
        super().__init__(qemu_of(version), folder, name, "-machine", "pc-i440fx-7.2", "-m", "32", "-serial", f"file:{folder}/{name}.serial",
                         "-drive", f"file={GUEST},format=raw,if=ide,snapshot=on", *options)

    def state(self):
        return self.qmp("query-status")["status"]

    def lines(self, letter):
        text = (self.folder / f"{self.name}.serial").read_text(errors="replace")
        return [int(number, 16) for number in re.findall(rf"^{letter} ([0-9a-f]{{8}})\r?$", text, re.MULTILINE)]
