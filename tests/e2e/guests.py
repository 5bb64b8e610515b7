# SPDX-License-Identifier: GPL-2.0-or-later
"""Real QEMUs with the test guest, which counts and verifies its memory; for tests that drive them over QMP themselves."""
import json
import os
import pathlib
import re
import socket
import subprocess
import time

import pytest

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


def wait(condition, what):
    end = time.monotonic() + PATIENCE
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, f"waited {PATIENCE} s for {what}"
        time.sleep(0.02)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Qemu:
    """A QEMU with the test guest's machine; `name` is that of its files in `folder`."""

    def __init__(self, version, folder, name, *options):
        self.folder, self.name, self.version = pathlib.Path(folder), name, version
        self.process = subprocess.Popen(
            [qemu_of(version), "-accel", "tcg", "-machine", "pc-i440fx-7.2", "-m", "32", "-display", "none", "-nodefaults",
             "-serial", f"file:{folder}/{name}.serial", "-drive", f"file={GUEST},format=raw,if=ide,snapshot=on",
             "-qmp", f"unix:{folder}/{name}.qmp,server=on,wait=off", *options],
            stderr=(self.folder / f"{name}.err").open("w"))
        self.channel = socket.socket(socket.AF_UNIX)
        wait(lambda: self.channel.connect_ex(f"{folder}/{name}.qmp") == 0, f"QMP of the {name}")
        self.file = self.channel.makefile("rw")
        self.file.readline()
        self.qmp("qmp_capabilities")

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            reply = json.loads(self.file.readline())
            if "return" in reply or "error" in reply:
                return reply

    def qmp(self, command, **arguments):
        reply = self.ask(command, **arguments)
        assert "error" not in reply, (self.name, command, reply)
        return reply["return"]

    def capabilities(self, *names):
        self.qmp("migrate-set-capabilities", capabilities=[{"capability": name, "state": True} for name in names])

    def migration(self):
        return self.qmp("query-migrate").get("status")

    def state(self):
        return self.qmp("query-status")["status"]

    def lines(self, letter):
        text = (self.folder / f"{self.name}.serial").read_text(errors="replace")
        return [int(number, 16) for number in re.findall(rf"^{letter} ([0-9a-f]{{8}})\r?$", text, re.MULTILINE)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
