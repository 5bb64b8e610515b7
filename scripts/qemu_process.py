# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU process and its QMP connection, for scripts and tests that drive one themselves."""
import json
import pathlib
import socket
import subprocess
import time


def wait(condition, what, patience=60):
    """Until `condition()` is true, which is returned; at most `patience` seconds."""
    end = time.monotonic() + patience
    while not (result := condition()):
        assert time.monotonic() < end, f"waited {patience} s for {what}"
        time.sleep(0.02)
    return result


class QemuProcess:
    """Software emulation, no devices but those asked for; killed with its block. `name` is that of its files in `folder`."""

    def __init__(self, program, folder, name, *options):
        self.folder, self.name = pathlib.Path(folder), name
        self.errors = self.folder / f"{name}.err"
        address = self.folder / f"{name}.qmp"
        address.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [program, "-accel", "tcg", "-display", "none", "-nodefaults", "-qmp", f"unix:{address},server=on,wait=off", *options],
            stderr=self.errors.open("w"))
        self.channel = socket.socket(socket.AF_UNIX)
        wait(lambda: self.process.poll() is not None or self.channel.connect_ex(str(address)) == 0, f"QMP of the {name}")
        assert self.process.poll() is None, self.errors.read_text()
        self.file = self.channel.makefile("rw")
        self.file.readline()
        self.qmp("qmp_capabilities")

    def ask(self, command, **arguments):
        """The reply, with "return" or "error"."""
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

    def migrated(self):
        """Waits until this side's migration has completed."""
        def over():
            status = self.migration()
            assert status not in ("failed", "cancelled"), self.qmp("query-migrate")
            return status == "completed"
        wait(over, f"migration of the {self.name}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
