#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One clock: in a run between real QEMUs no effect stands before its cause. Causes are units that migproxy passed on,
effects are what QEMU's own events and guests say, each by a clock of its own.

usage: order_test.py BIN-FOLDER [RUNS]     exit status 77 where no QEMU or no userfaultfd can be had
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

# What migproxy passed on -> which side, kind of change, what it makes of it.
PAIRS = [
    ("+ connection from", "destination", "status", "active"),
    ("--> package", "destination", "status", "postcopy-active"),
    ("--> package", "destination", "guest", "guest ticks"),
    ("--> run", "destination", "run-state", "running"),
    ("<-- pong value=0x42", "source", "status", "postcopy-active"),
    ("<-- shut", "source", "status", "completed"),
]
TOUCHED = "   <"  # a rule took it out, or held it


def first(lines, wanted):
    return next((at for at, text in lines if text.startswith(wanted) and TOUCHED not in text), None)


def check(cell, figures):
    """Complaints of one run; `figures` collects how much later each effect came, in seconds."""
    seen = cell["observations"]
    proxy = [(line["at"], line["text"]) for line in seen["proxy"]]
    for cause, side, kind, effect in PAIRS:
        changes = [(one["at"], one["text"]) for one in seen[side]["changes"] if one["kind"] == kind]
        caused, came = first(proxy, cause), first(changes, effect)
        if came is None or caused is None:
            continue
        figures[f"{cause} -> {side} {effect}"].append(came - caused)
        if came < caused:
            yield f"{cell['scenario']}: the {side}'s {effect} at {came:.6f} stands before {cause} at {caused:.6f}"


def main():
    folder, runs = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as place:
        out = pathlib.Path(place) / "r.json"
        done = subprocess.run([folder / "migvalidate", "run", "baseline", "recover", "drop-pong-cut", "--repeat", str(runs), "--json", out])
        if done.returncode == 4:
            sys.exit(77)
        cells = json.loads(out.read_text())["cells"]
    figures = collections.defaultdict(list)
    wrong = [complaint for cell in cells for complaint in check(cell, figures)]
    for pair, late in figures.items():
        late.sort()
        print(f"{pair}: {len(late)} times, {late[0] * 1e3:.2f} to {late[-1] * 1e3:.2f} ms later, median {late[len(late) // 2] * 1e3:.2f} ms")
    assert len(figures) == len(PAIRS), "not every pair was seen"
    assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    main()
