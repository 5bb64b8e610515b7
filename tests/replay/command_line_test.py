#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What migreplay says when it is started: help, man page and completion tell of the same commands and options.

usage: command_line_test.py MIGREPLAY MAN_PAGE
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MIGREPLAY, MAN = sys.argv[1], pathlib.Path(sys.argv[2])


def run(*command, status=0, text=None):
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == status, (command, done)
    return done.stdout if status == 0 else done.stderr


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def completed(script, line):
    words = line.split(" ")
    quoted = " ".join(f"'{w}'" for w in words)
    shell = f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _migreplay; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    return run("bash", "-c", shell).split()


def main():
    usage = run(MIGREPLAY, "--help")
    commands = re.findall(r"^  ([a-z]+) {2,}", usage.split("Subcommands:")[1], re.M)
    assert len(commands) == 11, commands
    helps = {c: run(MIGREPLAY, c, "--help") for c in commands}
    man = MAN.read_text()
    assert options_in(re.sub(r"\\f.", "", man).replace("\\-", "-")) == options_in(usage).union(*map(options_in, helps.values()))
    assert set(re.findall(r"^\.B ([a-z]+)$", man.split(".SH COMMANDS")[1].split(".SH OPTIONS")[0], re.M)) == set(commands) | {"events"}

    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "migreplay"
        script.write_text(run(MIGREPLAY, "--completion", "bash"))
        assert completed(script, "migreplay ") == commands + ["--help", "--version", "--completion"]
        assert completed(script, "migreplay ext") == ["extract"]
        assert completed(script, "migreplay summary --leg s") == ["source"]
        assert completed(script, "migreplay send x --to ") == []
        for command in commands:
            assert set(completed(script, f"migreplay {command} --")) == options_in(helps[command].split("Options:")[1].split("\n\n")[0]), command
        (pathlib.Path(folder) / "a file.pcap").touch()
        assert run("bash", "-c", f"cd {folder}; source {script}; COMP_WORDS=(migreplay faults a); COMP_CWORD=2; _migreplay; "
                                 "printf '%s\\n' \"${COMPREPLY[@]}\"").splitlines() == ["a file.pcap"]
        if shutil.which("zsh"):
            zsh = pathlib.Path(folder) / "_migreplay"
            zsh.write_text(run(MIGREPLAY, "--completion", "zsh"))
            run("zsh", "-f", "-c", f"autoload -Uz compinit; compinit -D; . {zsh}")
        else:
            print("zsh is not installed: its completion script is not tried")

    assert "a command is needed" in run(MIGREPLAY, status=2)
    assert "FILE or -i" in run(MIGREPLAY, "summary", status=2)
    assert "nowhere.pcap: No such file" in run(MIGREPLAY, "summary", "nowhere.pcap", status=1)
    assert "is not supported" not in run(MIGREPLAY, "--version")


main()
