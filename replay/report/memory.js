"use strict";
// RAM by pass and by block.
function showPasses(m) {
  const passes = m.ram.passes, all = m.ram.postcopy ? passes.concat([Object.assign({ postcopy: true }, m.ram.postcopy)]) : passes;
  const blocks = m.ram.blocks.filter(b => b.precopy.pages || b.postcopy.pages || b.discarded_bytes);
  if (all.length === 0 && !m.ram.mapped_ram_pages) return;
  const node = section("ram", "Memory, pass by pass", m.ram.mapped_ram_pages ? `A mapped-ram file with ${count(m.ram.mapped_ram_pages)} pages; it tells nothing of passes.`
    : "Throughput, and how fast the guest dirtied pages meanwhile (what the next pass sent again). A pass converges where the second is below the first.");
  if (passes.length > 1 && hasTimes(m)) plotPasses(passes, node);
  const time = s => hasTimes(m) ? s : null;
  if (all.length) node.append(table([["pass", p => p.postcopy ? "postcopy" : p.pass + (p.guest_stopped ? ", guest stopped" : "")], ["from", p => clock(time(p.start)), "number"], ["for", p => duration(time(p.end - p.start)), "number"],
    ["pages", p => count(p.pages), "number"], ["zero pages", p => count(p.zero_pages), "number"], ["sent again", p => count(p.resent), "number"], ["bytes", p => bytes(p.bytes), "number"],
    ["throughput", p => rate(p.throughput), "number"], ["dirty rate", p => rate(p.dirty_rate), "number"]], all, "Passes"));
  if (m.ram.folded_passes) node.append(html("p", { class: "note" }, `The last one holds ${count(m.ram.folded_passes)} more passes.`));
  showHeat(m, node);
  if (blocks.length) node.append(html("h3", {}, "By block"), table([["block", b => b.block, "wide"], ["length", b => bytes(b.used_length), "number"], ["precopy: pages", b => count(b.precopy.pages), "number"],
    ["zero pages", b => count(b.precopy.zero_pages), "number"], ["sent again", b => count(b.precopy.resent), "number"], ["postcopy: pages", b => count(b.postcopy.pages), "number"],
    ["zero pages", b => count(b.postcopy.zero_pages), "number"], ["discarded", b => bytes(b.discarded_bytes), "number"]], blocks, "RAM blocks"));
}

// A short last pass is sent at full speed, and would flatten the others.
function needsLogarithm(passes) {
  const rates = passes.flatMap(p => [p.throughput, p.dirty_rate]).filter(r => r > 0).sort((a, b) => a - b);
  return rates.length > 0 && rates[rates.length - 1] > 12 * rates[Math.floor(rates.length / 2)];
}

function plotPasses(passes, node) {
  const log = needsLogarithm(passes), shown = r => log && !(r > 0) ? null : r;
  const logAxis = { size: 84, filter: (_, v) => v.map(r => Math.log2(r) % 2 === 0 ? r : null), values: (_, v) => v.map(r => r === null ? "" : rate(r)) };
  plot(node, {
    scales: { x: { time: false, range: (_, a, b) => [a - 0.7, b + 0.7] }, y: log ? { distr: 3, log: 2 } : { range: headroom } },
    axes: [axis({ incrs: [1, 2, 5, 10, 50, 100], values: (_, v) => v.map(p => Number.isInteger(p) ? "pass " + p : "") }), axis(log ? logAxis : { size: 84, incrs: powersOfTwo, values: (_, v) => v.map(rate) })],
    series: [{ label: "pass", value: (_, v) => known(v) ? String(v) : "–" }, { label: "throughput", stroke: color("forward"), fill: color("band"), width: 1, paths: bars(), points: { show: false }, value: (_, v) => rate(v) },
      { label: "dirty rate", stroke: color("back"), width: 2, points: { show: true, size: 7 }, value: (_, v) => rate(v) }],
  }, [passes.map(p => p.pass), passes.map(p => shown(p.throughput)), passes.map(p => shown(p.dirty_rate))], "Throughput and dirty rate by pass" + (log ? ", logarithmic" : ""));
  if (log) node.append(html("p", { class: "note" }, "Logarithmic: each line is twice the one below."));
}
