# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs tshark with the plugin of this build, and reads what it prints.

Wireshark loads no personal plugins as root, so root becomes nobody first; the plugin lies in a home folder of its own.

Environment: QEMUMIG_PLUGIN the plugin, QEMUMIG_SAMPLES the folder of the samples, QEMUMIG_MIGREPLAY the program,
QEMUMIG_TSHARK a tshark (default: the one in PATH), QEMUMIG_PRELOAD libraries for LD_PRELOAD (sanitizers).
"""
import contextlib
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

NOBODY = 65534
# Wireshark gives port 5445 to SMB Direct, before any heuristic is asked. The other samples are on 4444 and 4445.
DECODE_AS = {"11b-postcopy-cut-recover-11.1-11.1.srcleg.pcap": "5445"}
ALL_PAGES = ("qemumig.show_pages:TRUE", "qemumig.max_pages:0")  # -e alone makes no page fields: Wireshark does not tell
SAMPLES = pathlib.Path(os.environ["QEMUMIG_SAMPLES"])
PLUGIN = pathlib.Path(os.environ["QEMUMIG_PLUGIN"])
TSHARK = os.environ.get("QEMUMIG_TSHARK", "tshark")

_folder = tempfile.TemporaryDirectory(prefix="qemumig-test-")
WORK = pathlib.Path(_folder.name)


def _become_nobody():
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@functools.cache
def version():
    """(major, minor) of tshark; skips the test where there is none."""
    if shutil.which(TSHARK) is None:
        pytest.skip("no tshark")
    said = subprocess.run([TSHARK, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(n) for n in re.search(r"(\d+)\.(\d+)\.", said).groups())


@functools.cache
def home():
    """A home folder with the plugin in it."""
    os.chmod(WORK, 0o777)
    home_folder = WORK / "home"
    plugins = home_folder / ".local/lib/wireshark/plugins" / ("%d.%d" % version()) / "epan"
    plugins.mkdir(parents=True)
    shutil.copy(PLUGIN, plugins)
    if os.geteuid() == 0:
        for path in [home_folder, *home_folder.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
    return home_folder


def run(*arguments, check=True, program=TSHARK, **options):
    environment = dict(os.environ, HOME=str(home()), XDG_CONFIG_HOME=str(home() / ".config"), TZ="UTC",
                       WIRESHARK_EXTCAP_DIR=str(home()))  # no capture tools: some hang under a sanitizer
    if os.environ.get("QEMUMIG_PRELOAD"):
        environment["LD_PRELOAD"] = os.environ["QEMUMIG_PRELOAD"]
        environment["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=1:handle_abort=0"
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, env=environment, cwd=WORK, timeout=300,
                          **_become_nobody(), **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{program} {arguments} ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
    return done


def reading(path, two_passes=False, display=None, options=(), decode_as=None):
    """Arguments that read a capture."""
    arguments = ["-2"] if two_passes else []
    port = decode_as or DECODE_AS.get(pathlib.Path(path).name)
    arguments += ["-r", path] + (["-d", f"tcp.port=={port},qemumig"] if port else [])
    for option in options:
        arguments += ["-o", option]
    return arguments + (["-Y", display] if display else [])


def text(*arguments):
    return run(*arguments).stdout.decode()


def sample(name):
    """The path of a sample, unpacked."""
    target = WORK / f"{name}.pcap"
    if not target.exists():
        packed = SAMPLES / f"{name}.pcap.zst"
        subprocess.run(["zstd", "-dqf", packed, "-o", target], check=True)
        target.chmod(0o644)
    return target


def tls_sample():
    """The path of the sample inside TLS, and the option that gives Wireshark its keys."""
    packed = SAMPLES / "tls/precopy-psk-11.1-11.1.pcap.zst"
    path, keys = WORK / "tls.pcap", WORK / "tls.keys"
    subprocess.run(["zstd", "-dqf", packed, "-o", path], check=True)
    shutil.copy(packed.with_name("precopy-psk-11.1-11.1.keys"), keys)
    path.chmod(0o644)
    return path, (f"tls.keylog_file:{keys}",)


def folder(name):
    """A new one, for tshark to write into."""
    path = WORK / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    path.chmod(0o777)
    return path


def samples():
    return sorted(path.name.removesuffix(".pcap.zst") for path in SAMPLES.glob("*.pcap.zst"))


def truth(name):
    base = re.sub(r"\.(src|dst)leg$", "", name)
    return json.loads((SAMPLES / f"{base}.truth.json").read_text())


def migreplay(command, path):
    """What the parser alone says of a capture: migreplay COMMAND --json."""
    done = subprocess.run([os.environ["QEMUMIG_MIGREPLAY"], command, "--json", path], capture_output=True, check=True)
    return json.loads(done.stdout)


def summary(path):
    return migreplay("summary", path)


def fields(path, *names, first_only=False, **how):
    """One list of values per frame: fields(...)[i][name] -> ["..", ...]."""
    arguments = reading(path, **how)
    arguments += ["-T", "fields", "-E", "occurrence=f" if first_only else "occurrence=a", "-E", "aggregator=\x1f", "-E", "separator=/t"]
    for name in names:
        arguments += ["-e", name]
    rows = []
    for line in text(*arguments).split("\n")[:-1]:
        values = line.split("\t")
        rows.append({name: (value.split("\x1f") if value else []) for name, value in zip(names, values)})
    return rows


def tree(path, display="qemumig", **how):
    """The plugin's trees as (field, value) pairs in the order they are drawn. An array of values is one pair each."""
    arguments = [*reading(path, display=display, **how), "-T", "json", "-J", "qemumig"]
    pairs = []

    def walk(node):
        for name, value in node:
            if isinstance(value, str):
                pairs.append((name, value))
            elif name != "_source" or value:
                walk(value)

    # tshark repeats keys: lists of pairs keep them all, and their order
    for frame in json.loads(text(*arguments), object_pairs_hook=list):
        walk([(n, v) for n, v in dict(frame)["_source"][0][1] if n.startswith("qemumig")])
    return pairs


def columns(path, *names, **options):
    """All values of each field, in order, by one run of tshark."""
    rows = fields(path, *names, display=options.pop("display", "qemumig"), **options)
    return {name: [value for row in rows for value in row[name]] for name in names}


def everything(path, name, **options):
    """All values of one field, in order."""
    return columns(path, name, display=name, **options)[name]


def registered():
    """Every field and expert info that the plugin registers: name -> type."""
    rows = (line.split("\t") for line in text("-G", "fields").splitlines())
    return {row[2]: row[3] for row in rows if row[0] == "F" and row[2].startswith("qemumig.")}


@contextlib.contextmanager
def about(*what, **more):
    """Names what a failure inside is about: one of several samples or ways."""
    try:
        yield
    except AssertionError as failure:
        raise AssertionError(f"{what} {more}: {failure}") from failure


def plugin_is_loaded():
    return PLUGIN.name in text("-G", "plugins")
