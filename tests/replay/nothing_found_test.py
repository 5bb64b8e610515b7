# SPDX-License-Identifier: GPL-2.0-or-later
"""Where there is no migration in a capture, summary says what is there instead, and every command exits with 1."""
import pathlib
import struct
import subprocess

import pytest

from packets import PING, START, conversation, outer, ip, run, segment, summary, udp, write

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "capture-samples"
FIN, RST, SYN, PSH, ACK = 1, 4, 2, 8, 16


def explanation(tmp_path, frames):
    """The lines under "no migration found", which JSON has, too."""
    path = write(tmp_path / "capture", frames)
    lines = [line.strip() for line in run("summary", path, status=1).splitlines()[1:]]
    assert summary(path, status=1)["nothing_found"] == lines
    return lines


def answer(sequence, payload=b"", flags=PSH | ACK, acknowledge=1001):
    return segment(sequence, payload, flags, forward=False, acknowledge=acknowledge)


def test_a_refused_connection(tmp_path):
    frames = conversation()[:1] + [(1700000000, 5, answer(0, flags=RST | ACK))]
    [line] = explanation(tmp_path, frames)
    assert "10.0.0.1:40000 -> 10.0.0.2:4444  refused: nothing listens there" in line


def test_a_connection_without_an_answer(tmp_path):
    syn = conversation()[0]
    [line] = explanation(tmp_path, [syn, syn])
    assert "no answer: the server is down, or a firewall drops the packets" in line


def test_a_connection_without_a_byte(tmp_path):
    [line] = explanation(tmp_path, conversation(segment(1001, flags=FIN | ACK), answer(5001, flags=FIN | ACK, acknowledge=1002)))
    assert "without a byte" in line and "closed first by the client" in line


def test_a_connection_of_something_else(tmp_path):
    [line] = explanation(tmp_path, conversation(segment(1001, b"GET / HTTP/1.1\r\n\r\n"), answer(5001, b"HTTP/1.1 404 No\r\n\r\n", acknowledge=1019)))
    assert "something else than a migration; 18 B to the server, 19 B to the client, still open" in line


def test_a_connection_from_its_middle_on(tmp_path):
    [line] = explanation(tmp_path, [(1, 0, segment(9000, b"?" * 40)), (1, 1, answer(7000, b"!", acknowledge=9040))])
    assert "captured from its middle on" in line and "capture from the start" in line


def test_no_packet_and_no_tcp(tmp_path):
    assert explanation(tmp_path, []) == ["it holds no packet"]
    assert explanation(tmp_path, [(1, 0, outer(ip(17, udp(53, b"?"))))] * 3) == ["it holds no TCP connection in 3 packets"]


@pytest.mark.parametrize("packet", [ip(50, bytes(100)), ip(17, udp(51820, b"\4\0\0\0" + bytes(60)))], ids=["IPsec", "WireGuard"])
def test_encrypted_tunnels(tmp_path, packet):
    line, _ = explanation(tmp_path, [(1, 0, outer(packet))] * 3)
    assert "3 packets are of IPsec or WireGuard" in line and "inside the tunnel" in line


def test_snaplen(tmp_path):
    path = write(tmp_path / "cut", conversation(segment(1001, bytes(500))), snaplen=60)
    assert "1 packets were cut at 60 bytes; capture with -s 0" in run("summary", path, status=1)


def test_a_thousand_connections_are_not_a_thousand_lines(tmp_path):
    lines = explanation(tmp_path, [(1, i, segment(1000, flags=SYN, acknowledge=0, port=1024 + i)) for i in range(1000)])
    assert len(lines) == 21 and lines[-1] == "and 980 more connections"


# ---- TLS ----

def hello(name):
    """A ClientHello (RFC 8446, 4.1.2) with a server name (RFC 6066, 3) behind another extension."""
    host = struct.pack(">HBH", len(name) + 3, 0, len(name)) + name
    extensions = struct.pack(">HH", 43, 3) + b"\2\3\4" + struct.pack(">HH", 0, len(host)) + host
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + struct.pack(">H", len(extensions)) + extensions
    return record(22, b"\1" + struct.pack(">I", len(body))[1:] + body)


def record(kind, body):
    return struct.pack(">BBBH", kind, 3, 3, len(body)) + body


def talk(*turns):
    """Frames of a conversation of bytes: (forward, payload)."""
    at, out = [1001, 5001], []
    for forward, payload in turns:
        mine, peer = (0, 1) if forward else (1, 0)
        out.append(segment(at[mine], payload, forward=forward, acknowledge=at[peer]))
        at[mine] += len(payload)
    return conversation(*out), at


def test_tls_that_ends_behind_the_handshake(tmp_path):
    frames, at = talk((True, hello(b"vm.example")), (False, record(22, bytes(90)) + record(23, bytes(900))),
                      (True, record(23, bytes(53))))
    frames.append((1700000001, 0, segment(at[0], flags=FIN | ACK, acknowledge=at[1])))
    line, where = explanation(tmp_path, frames)
    assert "TLS for vm.example, ended right after the handshake" in line and "certificate" in line
    assert "closed first by the client" in line and "docs/tls.md" in where


def test_tls_with_records_as_of_a_migration(tmp_path):
    bulk = b"".join(record(23, bytes(16401)) for _ in range(3))
    frames, _ = talk((True, hello(b"vm.example")), (False, record(23, bytes(900))), (True, bulk[:20000]), (True, bulk[20000:]),
                     (False, record(23, bytes(25))))
    line, _ = explanation(tmp_path, frames)
    assert "3 of 3 encrypted records to the server are full, as in a migration, and 1 to the client have the size of a PONG or SHUT" in line
    assert "handshake" not in line


def test_tls_of_real_qemus(tmp_path):
    """The destination answered two PINGs, as docs/tls.md says of this sample."""
    lines = run("summary", SAMPLES / "tls/precopy-psk-11.1-11.1.pcap.zst", status=1)
    assert "21 of 29 encrypted records to the server are full" in lines and "2 to the client have the size of a PONG or SHUT" in lines
    lines = run("summary", SAMPLES / "cases/tls-wrong-name.pcap.zst", status=1)
    assert "ended right after the handshake" in lines and "closed first by the client" in lines


# ---- one direction only ----

@pytest.fixture(name="halves", scope="module")
def halves_of_a_postcopy(tmp_path_factory):
    """{"source", "destination"}: a capture with the packets of that side alone."""
    capture = subprocess.run(["zstd", "-dc", SAMPLES / "03-postcopy-11.1-11.1.pcap.zst"], capture_output=True, check=True).stdout
    sides, at = {"source": [], "destination": []}, 24
    while at < len(capture):
        seconds, part, size, _ = struct.unpack_from("<4I", capture, at)
        frame = capture[at + 16:at + 16 + size]
        sides["destination" if frame[34:36] == struct.pack(">H", 4444) else "source"].append((seconds, part, frame))
        at += 16 + size
    folder = tmp_path_factory.mktemp("halves")
    return {side: write(folder / side, frames) for side, frames in sides.items()}


@pytest.mark.parametrize("side, other", [("source", "destination"), ("destination", "source")])
def test_one_direction_of_a_migration(halves, side, other):
    [migration] = summary(halves[side])["migrations"]
    [finding] = [f for f in migration["findings"] if f["kind"] == "one-direction"]
    assert f"no packet of the {other} was captured on the main channel: one direction only" in finding["text"]


def test_the_return_path_alone_says_how_it_ended(halves):
    """SHUT 0 and the PONGs are on it; what the source sent is counted by what was acknowledged."""
    [migration] = summary(halves["destination"])["migrations"]
    assert migration["verdict"]["outcome"] == "MIGRATED" and migration["pongs"] == ["0x1", "0x2", "0x4", "0x3", "0x42"]
    whole = summary(SAMPLES / "03-postcopy-11.1-11.1.pcap.zst")["migrations"][0]["channels"][0]["bytes_forward"]
    assert migration["channels"][0]["missing_forward"] == whole


def test_one_direction_of_something_else(tmp_path):
    [line] = explanation(tmp_path, [f for i, f in enumerate(conversation(segment(1001, b"GET / HTTP/1.1\r\n\r\n"))) if i != 1])
    assert "one direction only: no packet of 10.0.0.2:4444 was captured" in line


# ---- exit status ----

@pytest.mark.parametrize("command", ["summary", "events", "timeline", "faults", "ram", "devices", "traffic"])
def test_exit_status(tmp_path, command):
    nothing = write(tmp_path / "nothing", conversation(segment(1001, b"GET /")))
    there = write(tmp_path / "there", conversation(segment(1001, START + PING)))
    run(command, nothing, status=1)
    run(command, "--json", nothing, status=1)
    run(command, there)
