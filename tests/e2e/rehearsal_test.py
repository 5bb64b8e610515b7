# SPDX-License-Identifier: GPL-2.0-or-later
"""`migproxy rehearse` between real QEMUs: the guest goes on at the source and never ticks at the destination, however it ends.

Needs the QEMUs of scripts/get-qemu.sh; without them the test is skipped, and says so.
"""
import itertools
import json
import signal
import subprocess
import time

import pytest

from guests import BIN, PATIENCE, Qemu, free_port, needs, wait

VERSIONS = ("7.2", "10.0", "11.1")
FAST = 1_000_000_000  # bytes a second


def ready(source, bandwidth=FAST):
    source.capabilities("return-path")
    source.qmp("migrate-set-parameters", **{"max-bandwidth": bandwidth, "downtime-limit": 1000})
    wait(lambda: source.lines("V"), "the guest to run")


def destination(version, folder, number=0, *options):
    """It is not started with -S: nothing but the rehearsal keeps its guest from running."""
    port = free_port()
    return Qemu(version, folder, f"destination-{number}", "-incoming", f"tcp:127.0.0.1:{port}", *options), port


def begin(source, port, *options):
    """Starts the rehearsal and gives the source the command that it prints."""
    program = subprocess.Popen([BIN / "migproxy", "rehearse", "--listen", "127.0.0.1:0", "--connect", f"127.0.0.1:{port}", *options],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    command = None
    while command is None:
        line = program.stdout.readline()
        assert line, program.communicate()
        if line.strip().startswith("{"):
            command = json.loads(line)
    source.qmp(command["execute"], **command["arguments"])
    return program


def expect_at_home(source, waits):
    """The guest counts on at the source without a gap, with its memory right; at the destination it never did."""
    wait(lambda: source.state() == "running", "the source to run")
    before, rounds = source.lines("T")[-1], len(source.lines("V"))
    wait(lambda: source.lines("T")[-1] > before + 3 and len(source.lines("V")) > rounds + 1, "the guest to go on")
    ticks = source.lines("T")
    assert ticks == list(range(ticks[0], ticks[0] + len(ticks))), "ticks are missing or came twice"
    assert not source.lines("M") and not source.lines("B"), "memory is damaged"
    assert not waits.lines("T"), "the guest ran at the destination"


def migrate(source, version, folder):
    """The real migration of the same guest."""
    waits, port = destination(version, folder, 99)
    with waits:
        source.qmp("migrate", uri=f"tcp:127.0.0.1:{port}")
        wait(lambda: source.migration() == "completed", "the migration to complete")
        ticks = wait(lambda: waits.lines("T"), "the guest to run at the destination")
        assert ticks[0] == source.lines("T")[-1] + 1
        wait(lambda: len(waits.lines("V")) > 1, "a round over all memory")
        assert not waits.lines("M") and not waits.lines("B"), "memory is damaged"


@pytest.mark.parametrize("version, other", itertools.product(VERSIONS, VERSIONS))
def test_it_would_migrate_and_then_it_does(version, other, tmp_path):
    needs(version, other)
    with Qemu(version, tmp_path, "source") as source:
        ready(source)
        waits, port = destination(other, tmp_path)
        with waits:
            program = begin(source, port)
            out, errors = program.communicate(timeout=PATIENCE)
            assert program.returncode == 0 and out.startswith("YES"), (out, errors)
            expect_at_home(source, waits)
            assert waits.migration() == "completed" and waits.state() == "paused"
        migrate(source, other, tmp_path)


def test_ten_rehearsals_in_a_row(tmp_path):
    needs("11.1")
    with Qemu("11.1", tmp_path, "source") as source:
        ready(source)
        for number in range(10):
            waits, port = destination("11.1", tmp_path, number)
            with waits:
                program = begin(source, port)
                out, errors = program.communicate(timeout=PATIENCE)
                assert program.returncode == 0, (number, out, errors)
                expect_at_home(source, waits)
        migrate(source, "11.1", tmp_path)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_device_with_another_property_is_named(version, tmp_path):
    needs(version)
    with Qemu(version, tmp_path, "source", "-device", "e1000,romfile=,addr=5") as source:
        ready(source)
        waits, port = destination(version, tmp_path, 0, "-device", "e1000,romfile=,addr=6")
        with waits:
            program = begin(source, port, "--destination-stderr", f"{tmp_path}/destination-0.err")
            out, errors = program.communicate(timeout=PATIENCE)
            assert program.returncode == 1 and out.startswith("NO"), (out, errors)
            assert "0000:00:05.0/e1000" in out, out
            expect_at_home(source, waits)


@pytest.mark.parametrize("version, how", itertools.product(VERSIONS, ["kill", "interrupt", "destination"]))
def test_however_it_ends_the_guest_is_at_home(version, how, tmp_path):
    """At moments spread over the whole migration; the last ones are behind its end."""
    needs(version)
    with Qemu(version, tmp_path, "source") as source:
        ready(source, bandwidth=40_000_000)
        for number in range(8):
            waits, port = destination(version, tmp_path, number)
            with waits:
                program = begin(source, port)
                time.sleep(0.12 * number)
                if how == "destination":
                    waits.process.kill()
                else:
                    program.send_signal(signal.SIGKILL if how == "kill" else signal.SIGINT)
                program.communicate(timeout=PATIENCE)
                expect_at_home(source, waits)


def refusal(source, port, *options):
    program = begin(source, port, *options)
    out, errors = program.communicate(timeout=PATIENCE)
    assert program.returncode == 1, (out, errors)
    return out


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_unsafe_does_not_reach_the_destination(version, tmp_path):
    needs(version)
    with Qemu(version, tmp_path, "source") as source:
        ready(source)
        waits, port = destination(version, tmp_path)
        with waits:
            source.qmp("migrate-set-capabilities", capabilities=[{"capability": "return-path", "state": False}])
            assert "return-path on" in refusal(source, port)
            expect_at_home(source, waits)
            source.capabilities("return-path", "postcopy-ram")
            assert "postcopy-ram off" in refusal(source, port)
            expect_at_home(source, waits)
            assert waits.state() == "inmigrate", "the destination still waits for its first byte"
            source.qmp("migrate-set-capabilities", capabilities=[{"capability": "postcopy-ram", "state": False}])
            program = begin(source, port)
            out, errors = program.communicate(timeout=PATIENCE)
            assert program.returncode == 0, (out, errors)
            expect_at_home(source, waits)


def test_qmp_finds_an_early_lock_and_ends_the_destination(tmp_path):
    needs("7.2", "11.1")
    disk = tmp_path / "disk.img"
    disk.write_bytes(bytes(1 << 20))
    drive = ("-drive", f"file={disk},format=raw,if=none,id=disk", "-device", "ide-hd,drive=disk,unit=1")
    for version in ("7.2", "11.1"):
        with Qemu(version, tmp_path, f"source-{version}", *drive) as source:
            ready(source)
            waits, port = destination(version, tmp_path, version, *drive, "-qmp", f"unix:{tmp_path}/second.qmp,server=on,wait=off")
            with waits:
                if version == "7.2":
                    refused = subprocess.run([BIN / "migproxy", "rehearse", "--listen", "127.0.0.1:0", "--connect", f"127.0.0.1:{port}",
                                              "--destination-qmp", f"{tmp_path}/second.qmp"], capture_output=True, text=True, check=False)
                    assert refused.returncode == 1 and "late-block-activate on" in refused.stderr, refused
                    waits.capabilities("late-block-activate")
                program = begin(source, port, "--destination-qmp", f"{tmp_path}/second.qmp")
                out, errors = program.communicate(timeout=PATIENCE)
                assert program.returncode == 0, (out, errors)
                waits.process.wait(timeout=PATIENCE)
                expect_at_home(source, waits)
