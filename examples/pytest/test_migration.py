# SPDX-License-Identifier: GPL-2.0-or-later
"""How a test suite drives migproxy and migvalidate.

MIGWIRE_BIN is the folder of both programs (without it they are looked for in PATH).
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading

import pytest


def program(name):
    folder = os.environ.get("MIGWIRE_BIN")
    found = shutil.which(name, path=folder)
    if found is None:
        pytest.skip(f"{name} is not in {folder or 'PATH'}")
    return found


@pytest.fixture
def proxy(tmp_path):
    """Starts migproxy in front of a port: proxy(port, *rules) -> its own port, and the log when it has ended."""
    started = []

    def start(port, *rules):
        log = tmp_path / "migproxy.ndjson"
        command = [program("migproxy"), "--listen", "127.0.0.1:0", "--connect", f"127.0.0.1:{port}", "--log", str(log), "--quiet"]
        process = subprocess.Popen(command + [f"--fault={rule}" for rule in rules], stdout=subprocess.PIPE, text=True)
        started.append(process)
        address = process.stdout.readline().split()[-1]  # "listening on 127.0.0.1:5555"
        return int(address.rsplit(":", 1)[1]), log

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=10)


def test_a_fault_between_two_endpoints_of_your_own(proxy):
    """Here two sockets; in a suite of QEMU's, -incoming tcp:127.0.0.1:PORT and migrate to the proxy's port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port, log = proxy(server.getsockname()[1], "reset-connection,after=4096")
        received = []

        def receive():
            connection, _ = server.accept()
            with connection:
                try:
                    while data := connection.recv(65536):
                        received.append(data)
                except ConnectionResetError:
                    received.append("reset")

        receiver = threading.Thread(target=receive)
        receiver.start()
        with socket.create_connection(("127.0.0.1", port)) as source:
            with pytest.raises(ConnectionError):
                for _ in range(100000):
                    source.sendall(b"x" * 4096)
        receiver.join(timeout=10)
    assert received[-1] == "reset"
    assert sum(len(data) for data in received[:-1]) <= 4096


@pytest.mark.parametrize("scenario, verdict", [("corrupt-device", "RECOVERED"), ("drop-pong", "UNFINISHED")])
def test_a_scenario_on_real_qemus(scenario, verdict, tmp_path):
    result = tmp_path / "result.json"
    done = subprocess.run([program("migvalidate"), "run", scenario, "--json", str(result), "--keep", str(tmp_path)], text=True)
    if done.returncode == 4:
        pytest.skip("no QEMU 11.1 at hand, or no userfaultfd")
    assert done.returncode == 0
    cell = json.loads(pathlib.Path(result).read_text())["cells"][0]
    assert cell["verdict"] == verdict
    assert not cell["broken-invariants"]
