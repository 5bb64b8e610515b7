"use strict";
function show(report, index) {
  const m = report.migrations[index];
  plots = [];
  document.getElementById("contents").replaceChildren();
  document.getElementById("main").replaceChildren();
  for (const part of [showVerdict, showTimeline, showSequence, showPasses, showFaults, showDevices]) part(m);
  showFindings(m);  // links to what the others have drawn
  const links = document.getElementById("contents");
  links.firstChild.after(links.lastChild);
}

function chooser(report, change) {
  const choice = html("select", { "aria-label": "Which migration" }, report.migrations.map((m, i) => html("option", { value: i }, `migration ${m.migration}${m.leg ? `, ${m.leg} leg` : ""}: ${m.machine || "machine not known"}`)));
  choice.addEventListener("change", () => change(Number(choice.value)));
  return choice;
}

function start() {
  const report = JSON.parse(document.getElementById("data").textContent), several = report.migrations.length > 1;
  document.getElementById("generator").textContent = report.generator;
  document.getElementById("title").textContent = "QEMU migration: " + report.file.split("/").pop();
  document.title = document.getElementById("title").textContent;
  const migrations = new Set(report.migrations.map(m => m.migration)).size;
  document.getElementById("subtitle").textContent = `${migrations} migration${migrations === 1 ? "" : "s"} in ${report.file}`;
  if (report.migrations.length === 0) return section("empty", "No migration", "The capture holds none.");
  let shown = 0;
  const again = () => show(report, shown);
  if (several) document.getElementById("subtitle").append(" ", chooser(report, i => { shown = i; again(); }));
  again();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  // Paper is white and narrow: what is drawn is drawn anew for it.
  addEventListener("beforeprint", () => { document.documentElement.dataset.print = "yes"; again(); });
  addEventListener("afterprint", () => { delete document.documentElement.dataset.print; again(); });
}
start();
document.documentElement.dataset.ready = "yes";
