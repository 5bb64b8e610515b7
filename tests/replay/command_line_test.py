# SPDX-License-Identifier: GPL-2.0-or-later
"""What migreplay says when it is started: help, man page and completion tell of the same commands and options."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MIGREPLAY, MAN, SAMPLES = os.path.join(os.environ["MIG_BIN"], "migreplay"), SOURCE / "docs/migreplay.1", SOURCE / "capture-samples"


def run(*command, status=0, text=None):
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == status, (command, done)
    return done.stdout if status == 0 else done.stderr


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def completed(script, line):
    words = " ".join(f"'{w}'" for w in line.split(" "))
    shell = (f"source {script}; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); "
             "_migreplay; printf '%s\\n' \"${COMPREPLY[@]}\"")
    return [line for line in run("bash", "-c", shell).splitlines() if line]


@pytest.fixture(autouse=True)
def own_program_first(monkeypatch):
    monkeypatch.setenv("PATH", os.path.abspath(os.environ["MIG_BIN"]) + ":" + os.environ["PATH"])


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_completes(folder, commands, helps):
    script = folder / "migreplay.fish"
    script.write_text(run(MIGREPLAY, "--completion", "fish"))

    def proposed(line):
        lines = run("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'").splitlines()
        return {proposal.split("\t")[0] for proposal in lines}
    assert proposed("migreplay ") == set(commands) | {"--help", "--version", "--completion"}
    assert proposed("migreplay summary --leg ") == {"source", "destination"}
    for command in commands:
        assert proposed(f"migreplay {command} --") == options_in(helps[command].split("Options:")[1].split("\n\n")[0]), command


def test_complaints(folder):
    """What is asked for and not there is said, with what there is; nothing that was there before is lost."""
    sample = folder / "one.pcap.zst"
    sample.write_bytes((SAMPLES / "07-postcopy-preempt-11.1-11.1.pcap.zst").read_bytes())
    before = sample.read_bytes()
    for command in ("summary", "events", "timeline", "faults", "ram", "devices"):
        assert "there is no migration 5; the capture has 1" in run(MIGREPLAY, command, str(sample), "--migration", "5", status=1)
    assert 'no device section "nosuch"; there are' in run(MIGREPLAY, "devices", str(sample), "--device", "nosuch", status=1)
    for out in (sample, folder / "." / "one.pcap.zst"):
        for command in (["redact", str(sample), str(out)], ["extract", str(sample), "--what", "stream", "-o", str(out)],
                        ["report", str(sample), "-o", str(out)], ["report", str(sample), "--chrome-trace", str(out)]):
            assert "is the input itself" in run(MIGREPLAY, *command, status=1), command
    assert sample.read_bytes() == before
    old = folder / "old"
    old.write_text("of yesterday")
    for command in (["extract", str(sample), "--what", "vmdesc"], ["extract", "nowhere", "--what", "stream"]):
        run(MIGREPLAY, *command, "-o", str(old), status=1)
        assert old.read_text() == "of yesterday", command
    assert "cannot write: No such file" in run(MIGREPLAY, "report", str(sample), "-o", "/nonexistent/r.html", status=1)
    assert "no line has a field valeu" in warned("events", str(sample), "--filter", "pong && valeu==3")
    assert "no event is named pongg" in warned("events", str(sample), "--filter", "pongg")
    assert not warned("events", str(sample), "--filter", "pong && value==0x42")
    told = run(MIGREPLAY, "events", str(sample), "--json").splitlines()
    for key in ("text", "page_bytes", "src", "offset", "zero_pages"):
        name = {"offset": "off"}.get(key, key)
        (wanted,) = [line for line in told if f'"{key}":' in line][:1]
        value = json.dumps(json.loads(wanted)[key])
        assert wanted in run(MIGREPLAY, "events", str(sample), "--json", "--filter", f"{name}=={value}").splitlines(), key
    for command in (["summary"], ["summary", "--json"], ["events"], ["ram"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([MIGREPLAY, *command, str(sample)], stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and "standard output: cannot write: No space left" in done.stderr, (command, done)
    assert 'time is a number, and "soon" is none' in run(MIGREPLAY, "events", str(sample), "--filter", "time>soon", status=2)
    assert "at the end (character 6)" in run(MIGREPLAY, "events", str(sample), "--filter", "(pong", status=2)


def test_extract(folder):
    """Each part is as long as the summary says, and is what its name says."""
    precopy, postcopy = (SAMPLES / name for name in ("01-precopy-11.1-11.1.pcap.zst", "07-postcopy-preempt-11.1-11.1.pcap.zst"))

    def told(command, sample):
        return json.loads(run(MIGREPLAY, command, "--json", str(sample)))["migrations"][0]

    def part(sample, what):
        out = folder / "part"
        run(MIGREPLAY, "extract", str(sample), "--what", what, "-o", str(out))
        return out.read_bytes()
    before, after = told("summary", precopy), told("summary", postcopy)
    stream = part(precopy, "stream")
    assert len(stream) == before["channels"][0]["bytes_forward"] and stream.startswith(b"QEVM")
    again = told("summary", folder / "part")
    for key in ("machine", "sections", "commands", "ram_blocks", "ram_precopy_sequence_sha256", "vmdescription_bytes", "bytes_by_kind"):
        assert again[key] == before[key], key
    description = part(precopy, "vmdesc")
    assert len(description) == before["vmdescription_bytes"] and json.loads(description)["devices"] and description in stream
    serial = next(s for s in told("devices", precopy)["devices"]["sections"] if s["idstr"] == "serial")
    assert len(part(precopy, "device:serial")) == serial["bytes"]
    assert len(part(precopy, "ram:pc.ram")) == before["ram_blocks"][0]["used_length"]
    assert len(part(postcopy, "package")) == after["package_lengths"][0]
    answers = part(postcopy, "return-path")
    assert len(answers) == after["channels"][0]["bytes_back"] and answers.startswith(b"\0\2\0\4\0\0\0\1"), "PONG 1 comes first"


def warned(*command):
    return subprocess.run([MIGREPLAY, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True).stderr


@pytest.fixture(name="commands", scope="module")
def commands_of_the_usage():
    return re.findall(r"^  ([a-z]+) {2,}", run(MIGREPLAY, "--help").split("Subcommands:")[1], re.M)


@pytest.fixture(name="helps", scope="module")
def helps_of_the_commands(commands):
    return {command: run(MIGREPLAY, command, "--help") for command in commands}


def test_help_and_man_page_agree(commands, helps):
    assert {"summary", "rescue", "report"} <= set(commands), commands
    man, usage = MAN.read_text(), run(MIGREPLAY, "--help")
    assert options_in(re.sub(r"\\f.", "", man).replace("\\-", "-")) == options_in(usage).union(*map(options_in, helps.values()))
    assert set(re.findall(r"^\.B ([a-z]+)$", man.split(".SH COMMANDS")[1].split(".SH OPTIONS")[0], re.M)) == set(commands) | {"events"}


def test_bash_completes(folder, commands, helps, monkeypatch):
    script = folder / "migreplay"
    script.write_text(run(MIGREPLAY, "--completion", "bash"))
    assert completed(script, "migreplay ") == commands + ["--help", "--version", "--completion"]
    assert completed(script, "migreplay ext") == ["extract"]
    assert completed(script, "migreplay summary --leg s") == ["source"]
    assert completed(script, "migreplay send x --to ") == []
    for command in commands:
        assert set(completed(script, f"migreplay {command} --")) == options_in(helps[command].split("Options:")[1].split("\n\n")[0]), command
    (folder / "a file.pcap").touch()
    monkeypatch.chdir(folder)
    assert completed(script, "migreplay faults a") == ["a file.pcap"]


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_takes_its_script(folder):
    script = folder / "_migreplay"
    script.write_text(run(MIGREPLAY, "--completion", "zsh"))
    run("zsh", "-f", "-c", f"autoload -Uz compinit; compinit -D; . {script}")


def test_wrong_usage_is_named():
    assert "a command is needed" in run(MIGREPLAY, status=2)
    assert 'there is no command "sumary"; did you mean "summary"?' in run(MIGREPLAY, "sumary", status=2)
    assert run(MIGREPLAY, "extract", "x", status=2).endswith("migreplay extract --help says more\n")
    assert "FILE or -i" in run(MIGREPLAY, "summary", status=2)
    assert "nowhere.pcap: No such file" in run(MIGREPLAY, "summary", "nowhere.pcap", status=1)
    assert "is not supported" not in run(MIGREPLAY, "--version")
