"use strict";
function tile(name, value) { return html("div", {}, html("dt", {}, name), html("dd", {}, value)); }

function showVerdict(m) {
  const v = m.verdict || {}, odd = m.oddities || [], bad = odd.length > 0 || !["source", "destination"].includes(v.runner);
  const pages = m.bytes_by_kind ? m.bytes_by_kind.pages : null, last = m.faults.last_byte;
  const runner = { source: "The source alone may run the guest.", destination: "The destination alone may run the guest." }[v.runner] || "Who runs the guest: " + (v.runner || "not known") + ".";
  const node = section("verdict", "Verdict", null, html("p", {}, html("strong", {}, runner)),
    v.source ? html("p", {}, `The source ${v.source}; the destination ${v.destination}. Decided by ${v.decided_by}${v.packet ? " in packet " + v.packet : ""}.`) : null,
    v.certain === false ? html("p", {}, `Not certain: ${v.uncertain_because}.`) : null,
    html("dl", { class: "tiles" }, tile("machine", m.machine), tile("ended in phase", m.phase),
      tile("guest away, at most", duration(m.timeline.guest_away_at_most)), tile("page contents", bytes(pages)),
      tile("package", m.package_lengths.length ? m.package_lengths.map(bytes).join(", ") : "none"),
      tile("page requests", count(m.faults.requests)), tile("fault p50 / p99", last ? duration(last.p50_us / 1e6) + " / " + duration(last.p99_us / 1e6) : "–"),
      tile("missing bytes", bytes(m.missing_bytes))),
    odd.length ? html("ul", { class: "oddities" }, odd.map(o => html("li", {}, typeof o === "string" ? o : o.text + (o.offset !== undefined ? " (" + place(o) + ")" : "")))) : html("p", { class: "note" }, "Nothing odd was found."),
    table([["channel", c => c.kind], ["from", c => c.src || "stream file"], ["to", c => c.dst || ""], ["bytes forth", c => bytes(c.bytes_forward), "number"], ["bytes back", c => bytes(c.bytes_back), "number"],
      ["missing", c => bytes((c.missing_forward || 0) + (c.missing_back || 0)), "number"], ["unread", c => bytes((c.unparsed_forward || 0) + (c.unparsed_back || 0)), "number"],
      ["open", c => duration(c.start) + " – " + duration(c.end), "number"], ["ended by", c => c.ended_by]], m.channels, "Channels"));
  node.classList.add("verdict");
  if (bad) node.classList.add("bad");
}

function show(report, index) {
  const m = report.migrations[index];
  document.getElementById("contents").replaceChildren();
  document.getElementById("main").replaceChildren();
  for (const part of [showVerdict, showTimeline, showSequence, showPasses, showFaults, showDevices]) part(m);
}

function start() {
  const report = JSON.parse(document.getElementById("data").textContent);
  document.getElementById("generator").textContent = report.generator;
  document.getElementById("title").textContent = "QEMU migration: " + report.file.split("/").pop();
  document.title = document.getElementById("title").textContent;
  document.getElementById("subtitle").textContent = `${report.migrations.length} migration${report.migrations.length === 1 ? "" : "s"} in ${report.file}`;
  let shown = 0;
  if (report.migrations.length === 0) return section("empty", "No migration", "The capture holds none.");
  if (report.migrations.length > 1) {
    const choice = html("select", { "aria-label": "Which migration" }, report.migrations.map((m, i) => html("option", { value: i }, `migration ${i + 1}: ${m.machine}`)));
    choice.addEventListener("change", () => show(report, shown = Number(choice.value)));
    document.getElementById("subtitle").append(" ", choice);
  }
  show(report, shown);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(report, shown));
}
start();
document.documentElement.dataset.ready = "yes";
