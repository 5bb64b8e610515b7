# SPDX-License-Identifier: GPL-2.0-or-later
"""A live capture parses what strangers send: once the interface is open, migreplay is no longer root."""
import os
import pwd
import signal
import subprocess
import time

import pytest

MIGREPLAY = os.path.join(os.environ["MIG_BIN"], "migreplay")
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can open an interface and give root up")


def identity(process):
    """User and groups of the process, as the kernel has them."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    return {name: [int(number) for number in fields[name].split()] for name in ("Uid", "Gid", "Groups")}


def identity_while_capturing(arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}
    process = subprocess.Popen([MIGREPLAY, *arguments, "-i", "lo", "--capture-filter", "tcp port 1"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=clean | environment)
    try:
        for _ in range(200):
            assert process.poll() is None, process.stderr.read()
            with open(f"/proc/{process.pid}/net/packet", encoding="ascii") as sockets:
                if len(sockets.readlines()) > 1 and (identity(process)["Uid"][0] != 0 or arguments[0] == "extract"):
                    break
            time.sleep(0.05)
        return identity(process)
    finally:
        while process.poll() is None:  # the first may come before there is a capture to end
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)


def test_under_sudo_it_becomes_the_caller():
    seen = identity_while_capturing(["events"], SUDO_UID="4321", SUDO_GID="1234")
    assert seen == {"Uid": [4321] * 4, "Gid": [1234] * 4, "Groups": []}


@pytest.mark.parametrize("environment", [{}, {"SUDO_UID": "0", "SUDO_GID": "0"}, {"SUDO_UID": "x", "SUDO_GID": "1"}])
def test_otherwise_it_becomes_nobody(environment):
    assert identity_while_capturing(["events"], **environment)["Uid"] == [pwd.getpwnam("nobody").pw_uid] * 4


def test_root_that_has_a_file_written_stays_root(tmp_path):
    arguments = ["extract", "--what", "stream", "-o", str(tmp_path / "stream")]
    assert identity_while_capturing(arguments)["Uid"] == [0] * 4
