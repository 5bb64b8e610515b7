# SPDX-License-Identifier: GPL-2.0-or-later
"""Streams with units that no sample has. Only layouts of dissector/include/mig/events/."""

MACHINE_UUID = bytes(range(16))


def be(size, value):
    return value.to_bytes(size, "big")


def cstr(text):
    return bytes([len(text)]) + text.encode()


def subsection(name, body, version=1):
    return b"\5" + cstr(name) + be(4, version) + body


def section(kind, number, name=None, version=1):
    named = cstr(name) + be(4, 0) + be(4, version) if name else b""
    return bytes([kind]) + be(4, number) + named


def footer(number):
    return b"\x7e" + be(4, number)


def command(number, payload=b""):
    return b"\x08" + be(2, number) + be(2, len(payload)) + payload


def ping(value):
    return command(2, be(4, value))


def begin(*capabilities):
    configuration = b"\7" + be(4, 2) + b"pc"
    if capabilities:
        configuration += subsection("configuration/capabilities", be(4, len(capabilities)) + b"".join(map(cstr, capabilities)))
    return b"QEVM" + be(4, 3) + configuration


def ram(blocks, total):
    return section(1, 1, "ram", 4) + be(8, total | 4) + blocks + be(8, 0x10) + footer(1)


def small_ram():
    return ram(cstr("pc.ram") + be(8, 0x100000), 0x100000)


def configuration_and_ram():
    page = bytes(4096)
    return b"".join([
        b"QEVM", be(4, 3), b"\7", be(4, 2), b"pc",
        subsection("configuration/target-page-bits", be(4, 12)),
        subsection("configuration/capabilities", be(4, 1) + cstr("xbzrle")),
        subsection("configuration/uuid", MACHINE_UUID),
        small_ram(),
        section(2, 1), be(8, 0x1000 | 8), cstr("pc.ram"), page, be(8, 0x2000 | 0x60), b"\1", be(2, 5), b"abcde",
        be(8, 0x3000 | 0x22), b"\x55", be(8, 0x80), be(8, 0x10), footer(1),
    ])


def other_sections():
    return b"".join([
        section(1, 2, "dirty-bitmap"), be(1, 0x1c), cstr("drive0"), cstr("bitmap0"), be(4, 65536), b"\1",
        be(1, 0x40), be(8, 0), be(4, 128), be(8, 8), bytes(8), be(1, 1), footer(2),
        section(1, 3, "block"), be(8, 5 << 9 | 1), cstr("disk"), bytes(1 << 20), be(8, 2), footer(3),
        section(1, 5, "spapr/htab"), be(4, 21), footer(5),
        section(2, 5), be(4, 0), be(4, 100), be(2, 2), be(2, 1), bytes(32), be(4, 0), be(2, 0), be(2, 0), footer(5),
        section(1, 6, "s390-storage_attributes"), be(8, 0x1000 | 2), be(8, 10), bytes(10), be(8, 1), footer(6),
        section(1, 4, "vfio"), be(8, 0xffffffffef100004), be(8, 4), b"data", be(8, 0xffffffffef100001),
        footer(7),  # a wrong one
        section(4, 9, "timer"), bytes(24), footer(9),
        b"\0",
    ])


def huge_pages():
    advise = command(3, be(8, 0x201000) + be(8, 0x1000))
    return begin("x-ignore-shared") + advise + ram(
        cstr("pc.ram") + be(8, 0x200000) + be(8, 0x200000) + be(8, 0x40000000), 0x200000) + b"\0"


def mapped_ram():
    header = be(4, 1) + be(8, 0x1000) + be(8, 0x100) + be(8, 0x140)
    return begin("mapped-ram") + ram(cstr("pc.ram") + be(8, 0x2000) + header + bytes(64) + bytes(0x2000), 0x2000) + b"\0"


def vm_description(text=b'{"devices": []}'):
    return b"\0\6" + be(4, len(text)) + text


def unfinished():
    """A device section that never ends."""
    return begin() + small_ram() + section(4, 9, "timer") + bytes(24)


def refuted():
    """A byte that begins nothing; then what looks like the main channel goes on, and does not."""
    return begin() + small_ram() + b"\xee" + ping(7) + ping(8) + command(3, be(8, 0x1000) * 2) + b"\xee" + bytes(600)


def forgotten():
    """The return path: a page that never comes, a PONG that nobody asked for, an error."""
    return be(2, 3) + be(2, 19) + be(8, 0x5000) + be(4, 0x1000) + cstr("pc.ram") + be(2, 2) + be(2, 4) + be(4, 0x99) + be(2, 1) + be(2, 4) + be(4, 1)


def multifd():
    def header(flags, *words):
        return be(4, 0x11223344) + be(4, 1) + be(4, flags) + b"".join(words)
    init = header(0)[:8] + bytes(16) + be(1, 1) + bytes(39)
    state = header(0x40, b"0000:00:05.0/vfio".ljust(256, b"\0"), be(4, 3), be(4, 5)) + b"state"
    packet = header(0, be(4, 128), be(4, 0), be(4, 0), be(8, 1), be(4, 2), bytes(28), b"pc.ram".ljust(256, b"\0"))
    return init + state + packet + be(8, 0x1000) + be(8, 0x2000) + bytes(8 * 126)
