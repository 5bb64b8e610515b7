# SPDX-License-Identifier: GPL-2.0-or-later
"""The queries of docs/fleet.md, run by DuckDB on the summaries of all samples, say what counting by hand says.

Needs DuckDB: Python's module, the command line (MIG_DUCKDB, or duckdb in PATH), or npm's @duckdb/node-api (NODE_PATH, or where
scripts/get-duckdb.sh has put it). Without one the test is skipped, and says so; that one line is printed a file is checked all the same.
"""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MIGREPLAY, SAMPLES = os.path.join(os.environ["MIG_BIN"], "migreplay"), SOURCE / "capture-samples"
PAGE, GET_DUCKDB = SOURCE / "docs/fleet.md", SOURCE / "scripts/get-duckdb.sh"

NODE = """
const { DuckDBInstance } = require('@duckdb/node-api');
(async () => {
  const db = await (await DuckDBInstance.create()).connect();
  for (const query of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {
    const rows = (await db.runAndReadAll(query)).getRowObjectsJson();
    console.log(JSON.stringify(rows));
  }
})();
"""


def by_module(queries):
    import duckdb
    db = duckdb.connect()
    for query in queries:
        done = db.execute(query)
        names = [d[0] for d in done.description or []]
        yield [dict(zip(names, row)) for row in done.fetchall()]


def by_command_line(queries):
    program = os.environ.get("MIG_DUCKDB") or shutil.which("duckdb")
    for query in queries[1:]:
        done = subprocess.run([program, "-json", "-c", queries[0] + ";" + query], stdout=subprocess.PIPE, text=True, check=True)
        yield json.loads(done.stdout or "[]")


def by_node(queries):
    done = subprocess.run(["node", "-e", NODE], input=json.dumps(queries), stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def engine():
    try:
        import duckdb  # noqa: F401
        return by_module
    except ImportError:
        pass
    if os.environ.get("MIG_DUCKDB") or shutil.which("duckdb"):
        return by_command_line
    cached = subprocess.run([GET_DUCKDB, "--cached"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
    if cached and not os.environ.get("NODE_PATH"):
        os.environ["NODE_PATH"] = cached
    if shutil.which("node") and subprocess.run(["node", "-e", "require('@duckdb/node-api')"], stderr=subprocess.DEVNULL).returncode == 0:
        return by_node
    return None


def summaries():
    files = sorted(map(str, SAMPLES.glob("*.zst")))
    done = subprocess.run([MIGREPLAY, "summary", "--json", *files], stdout=subprocess.PIPE, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == files, "one line a file, in the order given"
    assert all(line["migrations"] for line in lines), "every sample holds a migration"
    return done.stdout, lines


def test_queries(folder, monkeypatch):
    text, lines = summaries()
    run = engine()
    if run is None:
        pytest.skip("no DuckDB: run scripts/get-duckdb.sh, which needs node and npm, or have duckdb in PATH")
    (block,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.S)
    queries = [q.strip() for q in re.sub(r"--[^\n]*", "", block).split(";") if q.strip()]
    (folder / "fleet.ndjson").write_text(text)
    monkeypatch.chdir(folder)
    *_, runners, findings, switchovers = run(queries)

    all_migrations = [(line["file"], m) for line in lines for m in line["migrations"]]
    counted = collections.Counter((m["verdict"]["outcome"], m["verdict"]["certain"]) for _, m in all_migrations)
    assert {(r["outcome"], r["certain"]): int(r["migrations"]) for r in runners} == counted, runners
    files = collections.defaultdict(set)
    for file, m in all_migrations:
        for finding in m["findings"]:
            files[finding["kind"]].add(file)
    assert {r["kind"]: int(r["files"]) for r in findings} == {kind: len(names) for kind, names in files.items()}, findings
    longest = sorted((p["end"] - p["start"] for _, m in all_migrations for p in m["phases"] if p["name"] == "switchover"), reverse=True)[:10]
    assert [round(float(r["seconds"]), 6) for r in switchovers] == [round(s, 6) for s in longest], switchovers
