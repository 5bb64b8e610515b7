# SPDX-License-Identifier: GPL-2.0-or-later
"""Small inputs that claim to be large ones: migreplay stays within 300 MB, whatever they say."""
import json
import os
import random
import resource
import struct
import subprocess

import pytest

MIGREPLAY = os.path.join(os.environ["MIG_BIN"], "migreplay")
MEMORY = 300 << 20
HANGS = 120  # seconds: far more than any of these takes, so that a loop without an end fails


def cstr(text):
    return bytes([len(text)]) + text


def stream(description, body=b"", devices=1):
    out = struct.pack(">II", 0x5145564D, 3) + b"\x07" + struct.pack(">I", 2) + b"pc"
    out += b"\x01" + struct.pack(">I", 1) + cstr(b"ram") + struct.pack(">II", 0, 4)
    out += struct.pack(">Q", 0x10000 | 4) + cstr(b"m") + struct.pack(">QQ", 0x10000, 0x10) + b"\x7e" + struct.pack(">I", 1)
    for i in range(devices):
        out += b"\x04" + struct.pack(">I", 2 + i) + cstr(b"dev") + struct.pack(">II", i, 1) + body
        out += b"\x7e" + struct.pack(">I", 2 + i)
    return out + b"\0\x06" + struct.pack(">I", len(description)) + description


def described(fields, devices=1, more=""):
    one = '{"name":"dev","instance_id":%d,"vmsd_name":"dev","version":1,"fields":[' + ",".join(fields) + "]" + more + "}"
    text = '{"page_size":4096,"devices":[' + ",".join(one.replace("%d", str(i), 1) for i in range(devices)) + "]}"
    return text.encode()


def number(name="n", size=1, **more):
    return json.dumps({"name": name, "type": "uint8", "size": size, **more})


def structure(name, size, fields, **more):
    inner = {"vmsd_name": "inner", "version": 1, "fields": [json.loads(f) for f in fields]}
    return json.dumps({"name": name, "type": "struct", "size": size, "struct": inner, **more})


def nested(levels, size, count, name="s"):
    field = number() if size else structure(name, 0, [])
    for _ in range(levels):
        field = structure(name, size, [field], array_len=count)
    return field


def any_field(random, depth=0):
    kind = random.randrange(6)
    name = "f" * random.choice([1, 8, 255, 3000])
    count = random.choice([0, 1, 2, 1000, 10**9, 2**63])
    size = random.choice([0, 1, 4, 10**6, 2**62])
    if kind < 3 or depth > 5:
        return number(name, size, **({"array_len": count} if kind else {}))
    return structure(name, random.choice([0, 1, size]), [any_field(random, depth + 1) for _ in range(random.randrange(4))],
                     array_len=count)


def inputs():
    yield "empty elements", stream(described([nested(3, 0, 10**9)], devices=200), devices=200)
    yield "elements of one byte, deep", stream(described([nested(50, 1, 1, "s" * 200)] * 400), bytes(400))
    yield "long names", stream(described([nested(50, 1, 1, "s" * 20000)]), bytes(1))
    yield "many fields without bytes, in each element", stream(
        described([structure("a", 1, [number()] + [number("z", 0)] * 2000, array_len=100000)]), bytes(100000))
    yield "many devices of it", stream(
        described([structure("a", 1, [number()] + [number("z", 0)] * 200, array_len=10000)], devices=50), bytes(10000), devices=50)
    yield "a large array of numbers", stream(described([number(array_len=5000000)]), bytes(5000000))
    yield "many subsections", stream(described([number()], more=',"subsections":[' + ",".join(
        ['{"vmsd_name":"dev/a","version":1,"fields":[]}'] * 50000) + "]"), bytes(1) + b"\x05\x05dev/b\0\0\0\1" * 50000)
    yield "many devices", stream(described([], devices=60000), devices=16000)
    yield "open brackets", stream(b'{"devices":[' + b"[" * 7000000)
    yield "empty objects", stream(b'{"devices":[' + b"{}," * 2600000)
    chosen = random.Random(18)
    for i in range(12):
        fields = [any_field(chosen) for _ in range(chosen.choice([1, 10, 300]))]
        yield f"seed {i}", stream(described(fields, devices=3), chosen.randbytes(chosen.choice([0, 10, 5000])), devices=3)


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def sanitized():
    with open(MIGREPLAY, "rb") as program:
        return b"__asan_init" in program.read()


@pytest.mark.skipif(sanitized(), reason="AddressSanitizer takes terabytes of addresses")
@pytest.mark.parametrize("data", [pytest.param(data, id=what) for what, data in inputs()])
@pytest.mark.parametrize("command", ["devices --values", "devices --json", "summary", "report -o page.html"])
def test_within_300_mb(data, command, folder):
    assert len(data) < 10 << 20
    (folder / "hostile").write_bytes(data)
    done = subprocess.run([MIGREPLAY, *command.split(), "hostile"], cwd=folder, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, preexec_fn=limited, timeout=HANGS, check=False)
    message = done.stderr.decode()
    assert done.returncode in (0, 1), message
    assert "alloc" not in message and "memory" not in message, message
