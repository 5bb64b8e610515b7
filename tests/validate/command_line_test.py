# SPDX-License-Identifier: GPL-2.0-or-later
"""migvalidate from its command line, as a CI system or a user sees it: exit statuses, refusals, reports, shards and merge,
and that nothing outlives it. No QEMU is needed: migpeer, a scripted peer, stands for it.
"""
import base64
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree as xml

import pytest

BIN, DOCS = pathlib.Path(os.environ["MIG_BIN"]), pathlib.Path(__file__).resolve().parents[2] / "docs"
PEERS = ["--source", str(BIN / "migpeer"), "--destination", str(BIN / "migpeer")]
MINE = """title = "T"
about = "A"
[run]
faults = [
  "drop-pong",
]
patience = 0.5
watch = 0.3
[[expect]]
verdict = "UNFINISHED"
because = "the peers do what 11.1 does."
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Each test has a folder of its own, with a scenario in it, and works there."""
    monkeypatch.chdir(tmp_path)
    write("mine.toml", MINE)
    write("wrong.toml", MINE.replace('verdict = "UNFINISHED"', 'verdict = "LOST"'))


def call(*arguments, status=0, **more):
    done = subprocess.run([str(BIN / "migvalidate"), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=120, **more)
    assert done.returncode == status, f"{arguments}: exit {done.returncode}, not {status}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def write(name, text):
    pathlib.Path(name).write_text(text)
    return name


def test_refusals():
    """A file that cannot be taken is refused with file, line and reason; fault rules are migproxy's to judge."""
    assert call("explain", "mine.toml").count("drop-pong") == 1
    said = call("run", write("rule.toml", MINE.replace('"drop-pong",', '"drop-pong",\n  "drop-pnog",')), *PEERS, status=2)
    assert said.startswith('migvalidate: rule.toml:6: unknown unit "pnog" in rule'), said
    said = call("run", write("key.toml", MINE.replace("patience", "patiense")), *PEERS, status=2)
    assert 'key.toml:7: unknown key "patiense" in [run]; did you mean "patience"?' in said, said
    assert 'did you mean "drop-pong"?' in call("run", "drop-pongg", status=2)
    assert "--shard" in call("run", "--shard", "3/2", status=2)
    assert 'there is no command "lsit"; did you mean "list"?' in call("lsit", status=2)
    assert 'did you mean "drop-pong"?' in call("run", "drop-pnog", status=2)
    assert "cannot read nowhere.json" in call("merge", "nowhere.json", status=2)
    assert "mine.toml is no result" in call("merge", "mine.toml", status=2)


def test_completion_knows_commands_options_and_scenarios():
    def offered(*words):
        kind, *lines = call("--complete", *words).splitlines()
        return kind, [line.split("\t")[0] for line in lines]
    assert offered("swe") == ("words", ["sweep"])
    assert offered("sweep", "--how", "") == ("words", ["reset", "close", "half-close", "drop"])
    assert offered("run", "-j", "2", "cut-p") == ("files", ["cut-package", "cut-precopy"])
    assert offered("run", "--keep", "x") == ("files", [])
    assert offered("run", "--resc") == ("words", ["--rescue"])
    if shutil.which("fish"):
        write("migvalidate.fish", call("--completion", "fish"))
        line = "source migvalidate.fish; complete -C 'migvalidate explain drop-pong-c'"
        environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
        done = subprocess.run(["fish", "--no-config", "-c", line], stdout=subprocess.PIPE, text=True, check=True, env=environment)
        assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["drop-pong-cut", "drop-pong-cut-locked"]


def test_explain_writes_a_scenario():
    write("copy.toml", call("explain", "drop-pong-cut", "--toml"))
    copy, original = (call("explain", name).splitlines() for name in ("copy.toml", "drop-pong-cut"))
    assert copy[2:] == original[2:] and len(copy) > 10  # the heading names the file
    assert re.search(r"^drop-pong-cut +\S", call("list"), re.M)


def test_findings_can_be_repeated():
    """Each row of docs/findings.md has a command, and what it names is there."""
    rows = [line for line in (DOCS / "findings.md").read_text().splitlines() if line.startswith("| **") or line.startswith("| ... ")]
    assert len(rows) > 15
    for row in rows:
        commands = re.findall(r"`(migvalidate [^`]+)`", row)
        assert commands, f"no command in: {row}"
        for command in commands:
            words = command.split()
            if words[1] == "run":
                call("list", words[2])
            else:
                assert words[1] == "sweep", command


def test_results_and_exit_status():
    """0 as expected, 1 not, 4 a QEMU that is missing; JSON, JUnit and the page agree."""
    said = call("run", "mine.toml", *PEERS, "--keep", "kept", "--json", "r.json", "--junit", "r.xml", "-o", "r.html", "--seed", "7")
    assert "UNFINISHED" in said and "1 as expected" in said, said
    cell = json.loads(pathlib.Path("r.json").read_text())["cells"][0]
    assert cell["outcome"] == "as-expected" and cell["verdict"] == "UNFINISHED"
    assert "--seed 7" in cell["command"] and "mine.toml" in cell["command"]
    assert any("dropped by drop-pong" in line["text"] for line in cell["observations"]["proxy"])
    folder = next(pathlib.Path("kept/mine").iterdir())
    names = {path.name for path in folder.iterdir()}
    assert {"source.serial", "destination.qmp.ndjson", "migproxy.ndjson", "migration.pcapng", "result.json", "command.txt"} <= names
    recording = base64.b64decode(cell["files"]["migration.pcapng.zst"])
    unpacked = subprocess.run(["zstd", "-dc"], input=recording, stdout=subprocess.PIPE, check=True).stdout
    assert unpacked == (folder / "migration.pcapng").read_bytes(), "the report's recording is the run's"

    said = call("run", "wrong.toml", *PEERS, "--junit", "w.xml", status=1)
    assert "the verdict was expected to be LOST, and is UNFINISHED" in said, said
    failure = xml.parse("w.xml").getroot().find("testsuite/testcase/failure")
    assert failure.get("message") == "UNFINISHED, expected LOST"


@pytest.mark.skipif(not shutil.which("prove"), reason="prove is not installed")
def test_tap_is_what_prove_reads():
    write("never.toml", MINE.replace("[run]", '[needs]\nsource = ">=99.0"\nbecause = "not yet."\n[run]'))
    call("run", "mine.toml", "wrong.toml", "never.toml", *PEERS, "--tap", "r.tap", "--json", "r.json", "--brief", status=1)
    done = subprocess.run(["prove", "-v", "--exec", "cat", "r.tap"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 1 and "Failed 1/3 subtests" in done.stdout and "less 1 skipped" in done.stdout, done.stdout
    cells = json.loads(pathlib.Path("r.json").read_text())["cells"]
    assert [cell["outcome"] for cell in cells] == ["as-expected", "unexpected", "not-applicable"]
    assert all("observations" not in cell and cell["title"] for cell in cells) and cells[1]["differences"]


def test_steps_repeat_and_run_commands():
    """What a command says is part of the run; its environment names both QEMUs and both addresses."""
    say = "kill -0 $MIG_SOURCE_PID $MIG_DESTINATION_PID && echo $MIG_PROXY $MIG_DESTINATION >> said"
    steps = f"""begin = "precopy"
steps = [
  {{ set = {{ max-bandwidth = 0 }}, side = "source" }},
  {{ repeat = 2, steps = [{{ run = ["sh", "-c", "{say}"] }}, {{ freeze = "source" }}, {{ thaw = "source" }}] }},
  {{ run = ["sh", "-c", "echo no >&2; exit 3"], expect = "refused", name = "no" }},
  {{ start = "postcopy" }},
  {{ wait-phase = "postcopy-device" }},
]
[[expect]]
verdict = "UNFINISHED"
because = "the peers do what 11.1 does."
answers = {{ no = "refused" }}
"""
    head = MINE[:MINE.index("[[expect]]")]
    call("run", write("steps.toml", head + steps), *PEERS, "--json", "r.json")
    said = pathlib.Path("said").read_text().splitlines()
    assert len(said) == 2 and all(re.fullmatch(r"127\.0\.0\.1:\d+ 127\.0\.0\.1:\d+", line) for line in said), said
    texts = [step["step"] for step in json.loads(pathlib.Path("r.json").read_text())["cells"][0]["observations"]["steps"]]
    assert texts.count("stop the source's QEMU (SIGSTOP)") == 2, texts
    assert call("explain", "steps.toml").count("2 times: run sh -c") == 1
    refused = head + steps.replace("repeat = 2", "repeat = 0")
    assert "refused.toml:12: repeat is a number from 1 to 1000" in call("explain", write("refused.toml", refused), status=2)
    refused = head + steps.replace('wait-phase = "postcopy-device"', 'wait-phase = "postcopy-devise"')
    assert 'did you mean "postcopy-device"?' in call("explain", write("refused.toml", refused), status=2)


def test_the_wire_is_held_against_the_guests():
    """Each run's recording goes through migreplay, three times; a wrong answer makes the run unexpected, then and when judged again."""
    said = call("run", "mine.toml", *PEERS, "--keep", "kept", "--json", "r.json", "-o", "r.html")
    assert re.search(r"^destination leg: 1 runs, 0 wrong, 0 without an answer", said, re.M), said
    result = json.loads(pathlib.Path("r.json").read_text())
    wire = result["cells"][0]["wire"]
    assert wire["runner"] == "destination" and set(wire["views"]) == {"both legs", "source leg", "destination leg"}, wire
    assert all("destination" in view["possible"] for view in wire["views"].values()), wire
    table = result["wire"]["both legs"]["guests_against_wire"]
    assert table == {"UNFINISHED": {wire["views"]["both legs"]["outcome"]: 1}}, table
    assert "0 wrong" in call("judge", "kept")

    liar = pathlib.Path("liar")
    liar.write_text("""#!/bin/sh
echo '{"migrations": [{"verdict": {"outcome": "RECOVERED", "possible": ["source"], "would_decide": []}}]}'
""")
    liar.chmod(0o755)
    wrong = "the wire, both legs: RECOVERED (source); the guest runs on: destination"
    assert wrong in call("run", "mine.toml", *PEERS, "--migreplay", liar, status=1)
    assert wrong in call("judge", "kept", "--migreplay", liar, status=1)
    assert "the wire" not in call("run", "mine.toml", *PEERS, "--migreplay", liar, "--no-wire")
    liar.write_text("#!/bin/sh\nkill -SEGV $$\n")
    assert "migreplay ended with killed by signal 11" in call("run", "mine.toml", *PEERS, "--migreplay", liar, status=1)
    assert "no nowhere to hold recordings" in call("run", "mine.toml", *PEERS, "--migreplay", "nowhere", status=4)
    os.mkdir("empty")
    assert "no run that" in call("judge", "empty", status=2)


def test_nothing_is_run_unnoticed():
    """A QEMU that is none or is missing is found out first, whatever a scenario needs; and a run of nothing is no success."""
    empty = dict(os.environ, XDG_CACHE_HOME=os.getcwd(), **{"MIG_QEMU_9_9": ""})
    for name in ("mine.toml", "drop-pong"):
        said = call("run", name, "--source", "9.9", *PEERS[2:], status=4, env=empty)
        assert "QEMU 9.9 is not installed" in said, said
    assert "/bin/ls is no QEMU" in call("run", "mine.toml", "--source", "/bin/ls", *PEERS[2:], status=2)
    assert "cannot start /nonexistent/qemu" in call("run", "mine.toml", "--source", "/nonexistent/qemu", *PEERS[2:], status=4)
    assert "QEMU 9.9 is not installed" in call("run", "mine.toml", "--matrix", f"{BIN}/migpeer,9.9", status=4, env=empty)
    write("never.toml", MINE.replace("[run]", '[needs]\nsource = ">=99.0"\nbecause = "not yet."\n[run]'))
    assert "nothing was run" in call("run", "never.toml", *PEERS, "--json", "never.json", status=4)
    assert "nothing was run" in call("merge", "never.json", status=4)
    call("run", "never.toml", *PEERS, "--allow-none")


def test_outputs_are_opened_first():
    """A file that cannot be written is found out before the runs, not after them."""
    for option in ("--json", "--junit", "--report"):
        began = call("run", "mine.toml", *PEERS, option, "nowhere/out", "--keep", "unused", status=4)
        assert "cannot write nowhere/out: No such file or directory" in began and "UNFINISHED" not in began, began
    assert "cannot create mine.toml" in call("run", "mine.toml", *PEERS, "--keep", "mine.toml/x", status=4)
    call("run", "mine.toml", *PEERS, "--keep", "ke,ep dir")
    assert list(pathlib.Path("ke,ep dir").rglob("source.serial"))


def test_shards_and_merge():
    """The shards of a matrix are the matrix, each cell once; merged they answer as one run does."""
    peers = f"{BIN}/migpeer,{BIN}/../bin/migpeer"
    rows = ["mine.toml", "wrong.toml"]
    everything = set()
    for part in (1, 2):
        done = subprocess.run([str(BIN / "migvalidate"), "run", *rows, "--matrix", peers, "--shard", f"{part}/2", "--json",
                               f"part-{part}.json", "--jobs", "4"], stdout=subprocess.PIPE, timeout=120)
        cells = json.loads(pathlib.Path(f"part-{part}.json").read_text())["cells"]
        names = {(cell["scenario"], cell["source"], cell["destination"]) for cell in cells}
        assert cells and len(names) == len(cells) and not names & everything
        everything |= names
        assert done.returncode == (1 if any(cell["outcome"] == "unexpected" for cell in cells) else 0)
    assert len(everything) == 2 * 4
    call("merge", "part-1.json", "part-2.json", "-o", "all.html", "--json", "all.json", "--junit", "all.xml", status=1)
    merged = json.loads(pathlib.Path("all.json").read_text())["cells"]
    assert {(cell["scenario"], cell["source"], cell["destination"]) for cell in merged} == everything
    suite = xml.parse("all.xml").getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("8", "4", "0")
    green = [cell for cell in merged if cell["outcome"] == "as-expected"]
    write("green.json", json.dumps({"migvalidate": 1, "cells": green}))
    call("merge", "green.json")
    other = dict(green[0], repeat=2, verdict="LOST")
    write("other.json", json.dumps({"migvalidate": 1, "cells": [other]}))
    call("merge", "green.json", "other.json", "--json", "flaky.json", status=1)
    flaky = [cell for cell in json.loads(pathlib.Path("flaky.json").read_text())["cells"] if cell["outcome"] == "flaky"]
    assert len(flaky) == 2 and "repeats do not agree: LOST, UNFINISHED" in flaky[0]["differences"]


def test_page_in_a_browser():
    """The page draws itself, opens a cell with all that belongs to it, and maps a sweep."""
    chromium = os.environ.get("MIG_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.skip("no Chromium (MIG_CHROMIUM, or chromium in PATH), so nobody looked at the report")
    call("run", "mine.toml", *PEERS, "-o", "r.html")
    call("sweep", "--at", "pong:0x42", "--how", "drop", *PEERS, "-o", "s.html", "--json", "s.json")
    sweep = json.loads(pathlib.Path("s.json").read_text())["cells"][0]
    assert "sweep --how drop --at pong:0x42" in sweep["command"], sweep["command"]
    for name, scenario, verdict in (("r.html", "mine", "UNFINISHED"), ("s.html", "drop@pong:0x42", sweep["verdict"])):
        address = pathlib.Path(name).resolve().as_uri() + "#" + urllib.parse.quote("|".join([scenario, PEERS[1], PEERS[3]]), safe="")
        done = subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={os.getcwd()}/profile",
                               "--enable-logging=stderr", "--virtual-time-budget=3000", "--dump-dom", address],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=True)
        assert "CONSOLE" not in done.stderr, done.stderr
        page = re.sub(r"<script.*?</script>|<style.*?</style>", "", done.stdout, flags=re.S)
        assert re.search(rf'<button [^>]*class="as-expected"[^>]*>{verdict}<', page), "no cell in the matrix"
        dialog = page[page.index("<dialog"):]
        for part in (f"<h2>{scenario}: ", "<h3>Evidence</h3><ul", "its guest runs", 'aria-label="timeline"', "dropped by drop-pong",
                     "Recording for Wireshark: migration.pcapng.zst", "migproxy.ndjson (", "migvalidate "):
            assert part in dialog, f"{name} lacks {part}"
        assert ("<h3>Sweep, drop: " in page) == (name == "s.html")


def children_of(folder):
    """Processes whose command line names the folder."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if folder in path.read_bytes().decode(errors="replace") and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
        except OSError:
            pass
    return found


def wait_until(condition, what):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(what)


def test_nothing_outlives_it():
    """Neither Ctrl-C nor kill -9 leaves a process behind; Ctrl-C leaves no file in TMPDIR either."""
    write("long.toml", MINE.replace("patience = 0.5", "patience = 600"))
    for ending in (signal.SIGINT, signal.SIGKILL):
        scratch = tempfile.mkdtemp(prefix="mv-", dir="/tmp")
        process = subprocess.Popen([str(BIN / "migvalidate"), "run", "long.toml", *PEERS], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True, env=dict(os.environ, TMPDIR=scratch))
        wait_until(lambda: len(children_of(scratch)) >= 3, "two peers and migproxy have to start")
        process.send_signal(ending)
        said = process.communicate(timeout=60)[1]
        wait_until(lambda: not children_of(scratch), f"{ending!r} left {children_of(scratch)} behind")
        if ending == signal.SIGINT:
            assert process.returncode == 130 and "stopped" in said, said
            assert not os.listdir(scratch)
        else:
            assert os.listdir(scratch)  # nobody was there any more to remove it
            call("run", "mine.toml", *PEERS, env=dict(os.environ, TMPDIR=scratch))
            assert not os.listdir(scratch), "the next start removes what a killed one left behind"


def test_a_title_is_enough():
    """A scenario of a user's own needs no expectation: the verdict is printed, and the exit status is 0."""
    write("bare.toml", 'title = "T"\n[run]\nfaults = ["drop-pong"]\npatience = 0.5\nwatch = 0.3\n')
    said = call("run", "bare.toml", *PEERS, "--json", "bare.json")
    assert "UNFINISHED" in said and "1 without an expectation" in said, said
    assert json.loads(pathlib.Path("bare.json").read_text())["cells"][0]["outcome"] == "observed"
    old = call("run", write("old.toml", MINE.replace("because", 'source = "*"\nbecause')), *PEERS, status=2)
    assert '"source" in [[expect]] is now when = ' in old, old


def test_what_would_be_run():
    """Names, patterns, tags and folders; --list runs nothing."""
    said = call("run", "drop-pong*", "--list", *PEERS)
    assert re.search(r"^drop-pong-cut  .*  SPLIT-BRAIN$", said, re.M) and "runs, about" in said, said
    os.mkdir("folder")
    for name in ("b", "a"):
        write(f"folder/{name}.toml", MINE)
    assert [line.split()[0] for line in call("run", "folder/", "--list", *PEERS).splitlines()[:2]] == ["a", "b"]
    os.mkdir("kept")
    assert "no scenario file" in call("run", "kept/", status=2)
