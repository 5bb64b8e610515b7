#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One run of migproxy, told by its log and by its recording: the two summaries, key by key.

usage: run_test.py MIGREPLAY MIGVALIDATE MIGPROXY MIGPEER [more | SCENARIO ...]

Runs between QEMU 11.1s (MIG_QEMU_11_1, or scripts/get-qemu.sh) where there are some, else between scripted peers.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

MIGREPLAY, MIGVALIDATE, MIGPROXY, MIGPEER = sys.argv[1:5]
COULD_NOT_RUN = 4
SKIPPED = 77

# Scenario, and the legs that saw what the log tells: what was sent on to the receivers. Where something stopped on its way to
# the destination that is the destination's leg, where it did on its way back the source's.
BOTH, SOURCE, DESTINATION = ("source", "destination"), ("source",), ("destination",)
SCRIPTED = {"baseline": BOTH, "corrupt-device": DESTINATION, "drop-pong": SOURCE, "cut-after-package": SOURCE}
QEMU = SCRIPTED | {"preempt": BOTH, "multifd": BOTH, "recover": BOTH, "tls": BOTH}
# Others that were compared: they tell nothing more, and take their time.
MORE = {"late-cut": BOTH, "kill-destination": DESTINATION, "kill-source": BOTH, "recover-cut": SOURCE, "cut-precopy": DESTINATION,
        "preempt-cut": DESTINATION, "multifd-postcopy": BOTH, "flip-page": BOTH, "corrupt-footer": DESTINATION, "hold-pong": BOTH,
        "dup-pong": SOURCE, "drop-shut": SOURCE, "tls-flip": BOTH, "drop-ping": DESTINATION, "delay-package": BOTH}

# docs/log-schema.md, "What migreplay reads from it".
NEVER_KNOWN = {"page_size_described", "log"}
PAGE_SIZE_UNSAID = {"page_size_source"}  # without ADVISE it is seen in what the log does not have
NOT_KNOWN_OF_COUNTED = {"ram_precopy_sequence_sha256", "ram_postcopy_sequence_sha256", "oddities"}
OF_TWO_CLOCKS = {"time", "packet", "start", "end", "src", "dst", "interface"}


def find_qemu():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return pathlib.Path(os.environ.get("MIG_QEMU_11_1") or cache / "migwire/qemu/11.1/qemu-system-x86_64")


def without_times(value):
    if isinstance(value, list):
        return [without_times(v) for v in value]
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if k not in OF_TWO_CLOCKS}
    return value


def summary(path, *options):
    done = subprocess.run([MIGREPLAY, "summary", "--json", *options, path], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["migrations"]


def differences(log, recording, not_known):
    if len(log) != len(recording):
        yield f"{len(log)} migrations in the log, {len(recording)} in the recording"
    for told, seen in zip(log, recording):
        for key in seen.keys() - not_known:
            a, b = without_times(told.get(key)), without_times(seen[key])
            if a != b:
                yield f"{key}:\n      log       {json.dumps(a)}\n      recording {json.dumps(b)}"


def run(folder, scenario, side, log_pages):
    """The folder with the files of the run; None where this machine cannot run it."""
    wrapper = folder / "migproxy"
    wrapper.write_text(f'#!/bin/sh\nexec {MIGPROXY} "$@"{" --log-pages" if log_pages else ""}\n')
    wrapper.chmod(0o755)
    done = subprocess.run([MIGVALIDATE, "run", scenario, "--source", side, "--destination", side, "--migproxy", wrapper,
                           "--keep", folder / "kept", "--jobs", "1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == COULD_NOT_RUN:
        print(f"{scenario}: not run\n{done.stdout}")
        return None
    logs = list(folder.glob("kept/**/migproxy.ndjson"))
    assert len(logs) == 1, done.stdout
    return logs[0].parent


def check(scenario, legs, side, log_pages):
    """True: the same; None: this machine cannot run it."""
    what = f"{scenario}, pages {'listed' if log_pages else 'counted'}"
    not_known = NEVER_KNOWN | (set() if log_pages else NOT_KNOWN_OF_COUNTED)
    if scenario.startswith("multifd") or (scenario == "drop-shut" and not log_pages):
        not_known = not_known | PAGE_SIZE_UNSAID
    with tempfile.TemporaryDirectory() as name:
        folder = run(pathlib.Path(name), scenario, side, log_pages)
        if folder is None:
            return None
        log = summary(folder / "migproxy.ndjson")
        found = [f"{leg} leg: {line}" for leg in legs
                 for line in differences(log, summary(folder / "migration.pcapng", "--leg", leg), not_known)]
        if found and "MIG_KEEP" in os.environ:
            folder.rename(pathlib.Path(os.environ["MIG_KEEP"]) / f"{scenario}-{log_pages}")
    print("\n  ".join([f"{what}: {'differs' if found else 'the same'}"] + found), flush=True)
    return not found


def main():
    qemu = find_qemu()
    side, scenarios = (str(qemu), QEMU) if qemu.exists() else (MIGPEER, SCRIPTED)
    print("between", side)
    wanted = list(MORE) if sys.argv[5:] == ["more"] else sys.argv[5:] or scenarios
    results = [check(s, (scenarios | MORE).get(s, BOTH), side, pages) for s in wanted for pages in (True, False)]
    sys.exit(1 if False in results else SKIPPED if None in results else 0)


main()
