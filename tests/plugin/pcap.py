# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures made harder: reads the TCP segments of a pcap file (Ethernet, IPv4) and writes them back changed."""
import struct

FIN, SYN, RST = 1, 2, 4


class Segment:
    def __init__(self, seconds, micros, frame):
        self.seconds, self.micros = seconds, micros
        self.tcp = 14 + (frame[14] & 15) * 4
        offset = self.tcp + (frame[self.tcp + 12] >> 4) * 4
        end = 14 + struct.unpack_from(">H", frame, 16)[0]
        self.header, self.data = bytearray(frame[:offset]), frame[offset:end]
        self.sequence = struct.unpack_from(">I", frame, self.tcp + 4)[0]
        self.flags = frame[self.tcp + 13]
        self.ports = struct.unpack_from(">HH", frame, self.tcp)

    def frame(self):
        header = bytearray(self.header)
        struct.pack_into(">H", header, 16, len(header) - 14 + len(self.data))
        struct.pack_into(">I", header, self.tcp + 4, self.sequence & 0xffffffff)
        header[self.tcp + 13] = self.flags
        return bytes(header) + self.data

    def piece(self, begin, end):
        part = Segment(self.seconds, self.micros, self.frame())
        part.data, part.sequence = self.data[begin:end], self.sequence + begin
        if end < len(self.data):
            part.flags &= ~FIN
        return part

    def between(self, host):
        """The same segment between 127.0.HOST.1 and 127.0.HOST.1."""
        moved = Segment(self.seconds, self.micros, self.frame())
        moved.header[28] = moved.header[32] = host
        return moved


def read(path):
    data = path.read_bytes()
    segments, at = [], 24
    while at < len(data):
        seconds, micros, captured, _ = struct.unpack_from("<IIII", data, at)
        segments.append(Segment(seconds, micros, data[at + 16:at + 16 + captured]))
        at += 16 + captured
    return segments


class Writer:
    def __init__(self, path):
        self.path, self.out = path, open(path, "wb")
        self.out.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))

    def add(self, segments, snaplen=262144):
        for s in segments:
            frame = s.frame()
            kept = frame[:snaplen]
            self.out.write(struct.pack("<IIII", s.seconds, s.micros, len(kept), len(frame)) + kept)

    def close(self):
        self.out.close()
        self.path.chmod(0o644)
        return self.path


def write(path, segments, snaplen=262144):
    writer = Writer(path)
    writer.add(segments, snaplen)
    return writer.close()


class Crowd:
    """Many captures in one file, each between a host of its own, so that tshark need not be started for each."""

    def __init__(self, path):
        self.writer, self.hosts = Writer(path), {}

    def add(self, name, segments, snaplen=262144):
        host = self.hosts[name] = len(self.hosts) + 1
        self.writer.add((s.between(host) for s in segments), snaplen)

    def close(self):
        return self.writer.close()

    def names(self):
        return {f"127.0.{host}.1": name for name, host in self.hosts.items()}


def segment(client, from_client, sequence, flags, data=b"", server=4444):
    ports = (client, server) if from_client else (server, client)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
    tcp = struct.pack(">HHIIBBHHH", *ports, sequence, 0, 0x50, flags | 0x10 * (flags != SYN or not from_client), 65535, 0, 0)
    return Segment(0, 0, bytes(12) + b"\x08\0" + ip + tcp + data)


def talk(forward, back=b"", client=40000, size=1000, end=0):
    """A connection from the handshake on: what the client says, then what the server says, then `end` (FIN, RST)."""
    yield segment(client, True, 0, SYN)
    yield segment(client, False, 0, SYN)
    for from_client, stream in ((True, forward), (False, back)):
        for at in range(0, len(stream), size):
            yield segment(client, from_client, 1 + at, 0x08, stream[at:at + size])
    if end:
        yield segment(client, True, 1 + len(forward), end)
        yield segment(client, False, 1 + len(back), end)


def resegment(segments, size):
    """The same bytes in segments of at most `size`."""
    for s in segments:
        for begin in range(0, max(len(s.data), 1), size):
            yield s.piece(begin, min(begin + size, len(s.data)))


def without(segments, *lost):
    return [s for i, s in enumerate(segments) if i not in lost]
