# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that a failed postcopy migration lost is brought back: real QEMUs, migproxy between them, `migreplay rescue`.

The independent truth is the guest: its first tick after the rescue is the source's last plus one, and it finds every
page of its memory right. Needs the QEMUs of scripts/get-qemu.sh; without them the test is skipped, and says so.
"""
import json
import pathlib
import signal
import subprocess

import pytest

from guests import BIN, PATIENCE, Qemu, free_port, needs, wait


def start_postcopy(source, destination, folder, *options, capabilities=()):
    """A postcopy migration through migproxy, slow enough that memory is still missing. Returns migproxy."""
    proxy_port, port = free_port(), free_port()
    for side in (source, destination):
        side.capabilities("postcopy-ram", *capabilities)
    destination.qmp("migrate-incoming", uri=f"tcp:127.0.0.1:{port}")
    proxy = subprocess.Popen([BIN / "migproxy", "--listen", f"127.0.0.1:{proxy_port}", "--connect", f"127.0.0.1:{port}",
                              "--keep-package", f"{folder}/package.pcapng", "--record", f"{folder}/recording.pcapng", "--record-pages=no",
                              "--quiet", *options], stdout=subprocess.DEVNULL)
    wait(lambda: pathlib.Path(f"{folder}/recording.pcapng").exists(), "migproxy")
    source.qmp("migrate-set-parameters", **{"max-bandwidth": 20_000_000, "max-postcopy-bandwidth": 20_000})
    source.qmp("migrate", uri=f"tcp:127.0.0.1:{proxy_port}")
    wait(lambda: source.migration() == "active" and source.qmp("query-migrate").get("ram"), "the migration to begin")
    source.qmp("migrate-start-postcopy")
    return proxy


def expect_lost(source, proxy, folder, end=signal.SIGKILL):
    """The source has given its guest up. Returns the package that migproxy kept."""
    wait(lambda: source.migration() == "postcopy-paused", "the source to give up")
    assert "error" in source.ask("cont")
    proxy.send_signal(end)  # a recording is whole only if migproxy ends in order; a kept package always
    proxy.wait()
    package = pathlib.Path(f"{folder}/package.pcapng")
    assert package.stat().st_mode & 0o777 == 0o600 and package.stat().st_size < 200_000
    return package


def lose_a_device(source, folder, end=signal.SIGKILL):
    """The destination cannot load one device, and ends. One of 7.2 does so without a word to the source."""
    with Qemu(source.version, folder, "destination", "-incoming", "defer") as destination:
        proxy = start_postcopy(source, destination, folder, "--fault", "set-device,name=serial,field=version_id,to=0x7fff")
        package = expect_lost(source, proxy, folder, end)
    return package, ["--destination-ended"] if source.version == "7.2" else []


def lose_a_paused_destination(source, folder, capabilities=()):
    """Everything was loaded, PONG 0x42 included, but the guest was never started there; then that QEMU ends."""
    with Qemu(source.version, folder, "destination", "-incoming", "defer", "-S") as destination:
        proxy = start_postcopy(source, destination, folder, capabilities=capabilities)
        wait(lambda: source.migration() == "postcopy-active" and destination.migration() == "postcopy-active",
             "both sides to be in postcopy-active")
        assert not destination.lines("T")
        destination.process.kill()
        package = expect_lost(source, proxy, folder)
    return package, ["--destination-never-ran"]


def rescue(source, package, *options, hurry=True):
    """Runs `migreplay rescue` and gives the source the command that it prints."""
    program = subprocess.Popen([BIN / "migreplay", "rescue", "--package", package, "--listen", "127.0.0.1:0", *options],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    command = None
    while command is None:
        line = program.stdout.readline()
        assert line, program.communicate()
        if line.strip().startswith("{"):
            command = json.loads(line)
    if hurry:
        source.qmp("migrate-set-parameters", **{"max-postcopy-bandwidth": 0})
    source.qmp(command["execute"], **command["arguments"])
    return program


def expect_rescued(program, source):
    out, errors = program.communicate(timeout=PATIENCE)
    assert program.returncode == 0 and "RESCUED" in out, (out, errors)
    wait(lambda: source.migration() == "completed", "the source to complete")


def expect_the_same_guest(source, rescued):
    last = source.lines("T")[-1]
    assert rescued.state() == "paused", rescued.state()
    assert not rescued.lines("T"), "it ran before `cont`"
    rescued.qmp("cont")
    first = wait(lambda: rescued.lines("T"), "the rescued guest's tick")[0]
    assert first == last + 1, f"source's last tick {last}, first after the rescue {first}"
    wait(lambda: len(rescued.lines("V")) > 1, "a round over all memory")
    assert not rescued.lines("M") and not rescued.lines("B"), "memory is damaged"
    assert len(source.lines("T")) and source.lines("T")[-1] == last, "the source's guest ran again"


def to_a_file(lose, version, rescuer, folder):
    with Qemu(version, folder, "source") as source:
        wait(lambda: source.lines("V"), "the guest to run")
        package, statement = lose(source, folder)
        program = rescue(source, package, "--output", f"{folder}/guest.state", *statement)
        expect_rescued(program, source)
        assert (pathlib.Path(folder) / "guest.state").stat().st_mode & 0o777 == 0o600
        with Qemu(rescuer, folder, "rescued", "-incoming", f"exec:cat {folder}/guest.state") as rescued:
            wait(lambda: rescued.migration() == "completed", "the stream to be loaded")
            expect_the_same_guest(source, rescued)


def straight_into_qemu(lose, version, rescuer, folder):
    port = free_port()
    with Qemu(version, folder, "source") as source:
        wait(lambda: source.lines("V"), "the guest to run")
        package, statement = lose(source, folder)
        with Qemu(rescuer, folder, "rescued", "-incoming", f"tcp:127.0.0.1:{port}") as rescued:
            expect_rescued(rescue(source, package, "--to", f"127.0.0.1:{port}", *statement), source)
            wait(lambda: rescued.migration() == "completed", "the stream to be loaded")
            expect_the_same_guest(source, rescued)


def for_programs(lose, version, rescuer, folder):
    """With --json each line of the output is an object, and the command can be given to the source as it is."""
    with Qemu(version, folder, "source") as source:
        wait(lambda: source.lines("V"), "the guest to run")
        package, statement = lose(source, folder)
        program = subprocess.Popen([BIN / "migreplay", "rescue", "--package", package, "--listen", "127.0.0.1:0",
                                    "--output", f"{folder}/guest.state", "--json", *statement], stdout=subprocess.PIPE, text=True)
        found, listening = json.loads(program.stdout.readline()), json.loads(program.stdout.readline())
        assert (found["step"], listening["step"]) == ("package", "listening")
        assert found["machine"] == "pc-i440fx-7.2" and found["safe"] and found["memory_bytes"] > 32 << 20
        source.qmp("migrate-set-parameters", **{"max-postcopy-bandwidth": 0})
        source.qmp(listening["command"]["execute"], **listening["command"]["arguments"])
        end = json.loads(program.communicate(timeout=PATIENCE)[0])
        assert end == {"step": "end", "outcome": "RESCUED", "pages": found["memory_bytes"] // 4096, "source_completed": True,
                       "stream": f"{folder}/guest.state"}
        wait(lambda: source.migration() == "completed", "the source to complete")


def from_a_recording(lose, version, rescuer, folder):
    with Qemu(version, folder, "source") as source:
        wait(lambda: source.lines("V"), "the guest to run")
        _, statement = lose(source, folder, signal.SIGTERM)
        expect_rescued(rescue(source, f"{folder}/recording.pcapng", "--output", f"{folder}/guest.state", *statement), source)


def killed_and_repeated(lose, version, rescuer, folder):
    """kill -9 of the rescuer, and of the QEMU that loads: the source is as before, and nobody runs."""
    port = free_port()
    with Qemu(version, folder, "source") as source:
        wait(lambda: source.lines("V"), "the guest to run")
        package, statement = lose(source, folder)
        last = source.lines("T")[-1]
        source.qmp("migrate-set-parameters", **{"max-postcopy-bandwidth": 20_000})
        program = rescue(source, package, "--output", f"{folder}/guest.state", *statement, hurry=False)
        wait(lambda: source.migration() == "postcopy-active", "the recovery")
        program.kill()
        wait(lambda: source.migration() == "postcopy-paused", "the source to be as before")
        assert not (pathlib.Path(folder) / "guest.state").exists()
        with Qemu(rescuer, folder, "rescued", "-incoming", f"tcp:127.0.0.1:{port}") as rescued:
            program = rescue(source, package, "--to", f"127.0.0.1:{port}", *statement, hurry=False)
            wait(lambda: source.migration() == "postcopy-active", "the recovery")
            rescued.process.kill()
            wait(lambda: source.migration() == "postcopy-paused", "the source to be as before")
            program.kill()
        assert source.lines("T")[-1] == last
        program = rescue(source, package, "--output", f"{folder}/guest.state", *statement)
        expect_rescued(program, source)


@pytest.mark.parametrize("case", [to_a_file, straight_into_qemu, for_programs, from_a_recording, killed_and_repeated])
@pytest.mark.parametrize("version, rescuer", [("10.0", "10.0"), ("7.2", "11.1")])
def test_a_device_that_did_not_load(case, version, rescuer, tmp_path):
    """Sources before 10.2 give the guest up with the package; later ones take it back by themselves."""
    needs(version, rescuer)
    case(lose_a_device, version, rescuer, tmp_path)


@pytest.mark.parametrize("version, rescuer", [("10.0", "10.0"), ("7.2", "11.1"), ("11.1", "10.0"), ("11.1", "11.1")])
def test_a_paused_destination_that_ended(version, rescuer, tmp_path):
    needs(version, rescuer)
    to_a_file(lose_a_paused_destination, version, rescuer, tmp_path)


@pytest.mark.parametrize("version, capabilities", [("7.2", ["postcopy-preempt"]), ("10.0", ["postcopy-preempt"]), ("11.1", ["postcopy-preempt"]),
                                                   ("11.1", ["multifd"]), ("10.0", ["xbzrle"]), ("11.1", ["xbzrle"])])
def test_a_migration_with(version, capabilities, tmp_path):
    """Pages come again on the main channel and, with preempt, on the other one; the package is the same."""
    needs(version)
    to_a_file(lambda source, folder: lose_a_paused_destination(source, folder, capabilities), version, version, tmp_path)


@pytest.mark.parametrize("version", ["7.2", "10.0", "11.1"])
def test_release_ram_is_refused_by_the_source(version, tmp_path):
    """It has given up the pages that it sent; the stream does not show the capability, but the source refuses the recovery."""
    needs(version)
    with Qemu(version, tmp_path, "source") as source:
        wait(lambda: source.lines("V"), "the guest to run")
        lose_a_paused_destination(source, tmp_path, ["release-ram"])
        reply = source.ask("migrate", uri=f"tcp:127.0.0.1:{free_port()}", resume=True)
        assert "release-ram" in reply["error"]["desc"]
        assert source.migration() == "postcopy-paused"
