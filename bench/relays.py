#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""migproxy against nginx (stream) and HAProxy (TCP mode), same load, same machine, one run.

usage: relays.py BUILD_DIR [--gib 8] [--rounds 20000] [--repeat 3] [--json FILE]

Prints for each relay: throughput, CPU seconds per GiB, page-fault round trip at p50 and p99, and migproxy's ratio to the
better of the two others (above 1.00 is ahead). "direct" is the load without any relay. A relay that is not installed is
left out (apt-get install nginx-light libnginx-mod-stream haproxy).
"""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

NGINX = """{modules}
daemon off; master_process off; worker_processes 1; pid {dir}/nginx.pid; error_log stderr crit;
events {{ worker_connections 64; }}
stream {{ server {{ listen 127.0.0.1:{listen}; proxy_pass 127.0.0.1:{connect}; tcp_nodelay on; proxy_buffer_size 256k; }} }}
"""
HAPROXY = """global
  maxconn 64
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option splice-auto
listen relay
  bind 127.0.0.1:{listen}
  server backend 127.0.0.1:{connect}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    """User and system time of a process, its threads and its children still alive."""
    def one(p):
        fields = pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    total = one(pid)
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        children = (task / "children").read_text().split()
        total += sum(cpu_seconds(int(c)) for c in children)
    return total


def wait_listening(port, process):
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended at once")
        hexport = f":{port:04X} "
        if any(hexport in line and " 0A " in line for line in open("/proc/net/tcp")):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args[0]} does not listen")


def command(name, build, folder, listen, connect):
    if name == "migproxy":
        return [str(build / "bin/migproxy"), "--listen", f"127.0.0.1:{listen}", "--connect", f"127.0.0.1:{connect}", "--quiet"]
    if name == "nginx":
        module = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")
        text = NGINX.format(modules=f"load_module {module};" if module.exists() else "", dir=folder, listen=listen, connect=connect)
        (folder / "nginx.conf").write_text(text)
        return [shutil.which("nginx", path="/usr/sbin:" + os.environ["PATH"]), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    (folder / "haproxy.cfg").write_text(HAPROXY.format(listen=listen, connect=connect))
    return [shutil.which("haproxy", path="/usr/sbin:" + os.environ["PATH"]), "-f", str(folder / "haproxy.cfg"), "-db"]


@contextlib.contextmanager
def relay(name, build, listen, connect):
    """Starts a relay; yields its pid (None for the direct connection)."""
    if name == "direct":
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command(name, build, pathlib.Path(folder), listen, connect),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_listening(listen, process)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def load(build, kind, name, amount):
    backend = free_port()
    front = backend if name == "direct" else free_port()
    with relay(name, build, front, backend) as pid:
        before = cpu_seconds(pid) if pid else 0
        out = subprocess.run([str(build / "bin/bench_relay_load"), kind, str(backend), str(front), str(amount)],
                             stdout=subprocess.PIPE, timeout=600, check=True, text=True).stdout
        result = json.loads(out)
        result["cpu"] = cpu_seconds(pid) - before if pid else 0
        return result


def measure(build, names, options):
    """In turns, so that what else the machine does meets all of them alike."""
    runs, faults = {n: [] for n in names}, {n: [] for n in names}
    for _ in range(options.repeat):
        for name in names:
            runs[name].append(load(build, "throughput", name, options.gib))
            faults[name].append(load(build, "fault", name, options.rounds))
    return {name: medians(runs[name], faults[name]) for name in names}


def medians(runs, faults):
    gib = runs[0]["bytes"] / 2**30
    return {
        "gib_per_s": statistics.median(gib / r["seconds"] for r in runs),
        "cpu_s_per_gib": statistics.median(r["cpu"] / gib for r in runs),
        "p50_us": statistics.median(f["p50_us"] for f in faults),
        "p99_us": statistics.median(f["p99_us"] for f in faults),
    }


def installed(name, build):
    if name == "direct":
        return True
    if name == "migproxy":
        return (build / "bin/migproxy").exists()
    return shutil.which(name, path="/usr/sbin:" + os.environ["PATH"]) is not None


def ratios(results):
    """migproxy against the better of the others, per figure; above 1 is ahead."""
    others = [results[n] for n in ("nginx", "haproxy") if n in results]
    own = results.get("migproxy")
    if not own or not others:
        return {}
    return {
        "gib_per_s": own["gib_per_s"] / max(o["gib_per_s"] for o in others),
        **{k: min(o[k] for o in others) / own[k] for k in ("cpu_s_per_gib", "p50_us", "p99_us")},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--gib", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=20000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    if not (options.build / "bin/bench_relay_load").exists():
        sys.exit(f"{options.build}/bin/bench_relay_load is missing: cmake --preset release && cmake --build --preset release")
    known = ("direct", "nginx", "haproxy", "migproxy")
    names = [name for name in known if installed(name, options.build)]
    for name in sorted(set(known) - set(names)):
        print(f"{name} is not installed")
    results = measure(options.build, names, options)
    print(f"{'relay':10} {'GiB/s':>7} {'CPU s/GiB':>10} {'p50 us':>8} {'p99 us':>8}")
    for name, r in results.items():
        print(f"{name:10} {r['gib_per_s']:7.2f} {r['cpu_s_per_gib']:10.3f} {r['p50_us']:8.1f} {r['p99_us']:8.1f}")
    ratio = ratios(results)
    if ratio:
        print("migproxy against the better of nginx and HAProxy (above 1.00 is ahead):")
        print("  " + ", ".join(f"{k} {v:.2f}" for k, v in ratio.items()))
    if options.json:
        options.json.write_text(json.dumps({"relays": results, "ratios": ratio}, indent=2) + "\n")


if __name__ == "__main__":
    main()
