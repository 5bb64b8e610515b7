#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what migreplay reads from the wire against the guests.

usage: judge-wire.py [--migreplay PATH] [--wrong | --all] [--json FILE] FOLDER...

FOLDER: what `migvalidate run --keep FOLDER` kept. Each run's recording is judged three times: both legs, the source leg
alone, the destination leg alone. An answer is wrong where a side whose guest ticks at the end is not in `possible`, where a
side that has ended or refuses `cont` is the only one in it, or where it is certain and not the truth. Exit: 0 none is wrong.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

# What no packet shows, with what is right for it: who is entitled to run the guest.
UNSEEN = {
    "cont-lock-stolen": ("a stolen disk lock", {"destination"}),
    "lock-stolen-running": ("a stolen disk lock", {"destination"}),
    "source-lock-stolen": ("a stolen disk lock", {"source", "nobody"}),
    "drop-pong-cut-locked": ("a disk lock that works", {"both", "source", "destination"}),
    "drop-shut-locked": ("a disk lock that works", {"both", "source", "destination"}),
    "corrupt-payload": ("a guest that is dead of its own state", {"destination"}),
    "tcg-dirty": ("a guest that is dead of its own memory", {"destination"}),
    "kill-source": ("a source that died, which looks like a broken link", {"source", "nobody", "destination"}),
}
VIEWS = {"both": [], "source": ["--leg", "source"], "destination": ["--leg", "destination"]}
RUNNER_OF = {(True, True): "both", (True, False): "source", (False, True): "destination", (False, False): "nobody"}


def truth_of(result):
    """Who ticks at the end, and which side cannot be the one that runs the guest."""
    seen = result["observations"]
    start, end = seen["watched"]["from"], seen["watched"]["to"]
    ticks = [any(start <= t["at"] <= end for t in seen[side]["ticks"]) for side in ("source", "destination")]
    dead = {side for side in ("source", "destination") if seen[side]["process-end"]}
    for rescue in seen["rescues"]:
        if rescue.get("side") and not rescue.get("accepted", True):
            dead.add(rescue["side"])
    return RUNNER_OF[tuple(ticks)], dead


def ask(migreplay, recording, options):
    run = subprocess.run([migreplay, "summary", "--json", *options, str(recording)], capture_output=True, text=True)
    try:
        migrations = json.loads(run.stdout)["migrations"]
    except (ValueError, KeyError):
        return None
    return migrations[-1]["verdict"] if migrations else None


def judge(answer, name, runner, dead):
    if answer is None:
        return "none"
    possible = answer["possible"]
    right = UNSEEN[name][1] if name in UNSEEN else {runner}
    if not right & set(possible):
        return "wrong"
    if len(possible) == 1 and possible[0] in dead and name not in UNSEEN:
        return "wrong"
    return "certain" if answer["certain"] else "uncertain"


def one(migreplay, folder):
    result = json.loads((folder / "result.json").read_text())
    name = result["scenario"]
    runner, dead = truth_of(result)
    row = {"run": f"{name} {folder.name}", "truth": result["verdict"], "runner": runner, "tls": name.startswith("tls")}
    for view, options in VIEWS.items():
        answer = ask(migreplay, folder / "migration.pcapng", options)
        row[view] = {"judged": judge(answer, name, runner, dead)}
        if answer:
            row[view].update({key: answer[key] for key in ("outcome", "possible", "certain", "would_decide")})
            row[view]["why"] = [answer["source"]["reason"], answer["destination"]["reason"]]
    return row


def table(rows, view):
    counts = collections.Counter((r["truth"], r[view].get("outcome", "-"), r[view]["judged"]) for r in rows)
    truths = sorted({t for t, _, _ in counts})
    outcomes = sorted({o for _, o, _ in counts})
    print(f"\n{view}: guests' verdict (rows) against the wire's (columns)")
    print("| |" + "|".join(outcomes) + "|\n|---|" + "---|" * len(outcomes))
    for t in truths:
        print(f"| {t} |" + "|".join(str(sum(n for (a, b, _), n in counts.items() if (a, b) == (t, o)) or "") for o in outcomes) + "|")
    judged = collections.Counter(r[view]["judged"] for r in rows)
    share = 100 * judged["certain"] / max(len(rows), 1)
    print(f"{len(rows)} runs: {judged['wrong']} wrong, {judged['none']} without an answer, {share:.1f} % certain")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--migreplay", default=str(pathlib.Path(__file__).parent.parent / "build/dev/bin/migreplay"))
    parser.add_argument("--uncertain", action="store_true", help="list what is not certain, too")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    folders = [p.parent for f in arguments.folders for p in sorted(f.rglob("result.json")) if (p.parent / "migration.pcapng").exists()]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(lambda f: one(arguments.migreplay, f), folders))
    plain = [r for r in rows if not r["tls"]]
    bad = 0
    for r in plain:
        for view in VIEWS:
            kind = r[view]["judged"]
            bad += kind in ("wrong", "none")
            if kind in ("wrong", "none") or (arguments.uncertain and kind == "uncertain"):
                print(kind, view, "|", r["run"], "|", r["truth"], r["runner"], "|", {k: v for k, v in r[view].items() if k != "judged"})
    for view in VIEWS:
        table(plain, view)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
