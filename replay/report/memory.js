"use strict";
// RAM passes, page-fault latency and the heat map of what was sent again.
function showPasses(m) {
  const passes = m.ram.passes, all = m.ram.postcopy ? passes.concat([Object.assign({ postcopy: true }, m.ram.postcopy)]) : passes;
  if (all.length === 0) return;
  const node = section("ram", "Memory, pass by pass", "Throughput, and how fast the guest dirtied pages meanwhile (what the next pass sent again). A pass converges where the second is below the first.");
  if (passes.length > 1 && hasTimes(m)) {
    plot(node, {
      scales: { x: { time: false, range: (_, a, b) => [a - 0.7, b + 0.7] }, y: { range: (_, a, b) => [0, b || 1] } },
      axes: [axis({ incrs: [1, 2, 5, 10, 50, 100], values: (_, v) => v.map(p => Number.isInteger(p) ? "pass " + p : "") }), axis({ size: 84, incrs: powersOfTwo, values: (_, v) => v.map(rate) })],
      series: [{ label: "pass" }, { label: "throughput", stroke: color("forward"), fill: color("band"), width: 1, paths: bars(), value: (_, v) => rate(v) },
        { label: "dirty rate", stroke: color("back"), width: 2, points: { show: true, size: 7 }, value: (_, v) => rate(v) }],
    }, [passes.map(p => p.pass), passes.map(p => p.throughput), passes.map(p => p.dirty_rate)], "Throughput and dirty rate by pass");
  }
  node.append(table([["pass", p => p.postcopy ? "postcopy" : String(p.pass)], ["from", p => duration(p.start), "number"], ["for", p => duration(p.end - p.start), "number"],
    ["pages", p => count(p.pages), "number"], ["zero pages", p => count(p.zero_pages), "number"], ["sent again", p => count(p.resent), "number"], ["bytes", p => bytes(p.bytes), "number"],
    ["throughput", p => rate(p.throughput), "number"], ["dirty rate", p => rate(p.dirty_rate), "number"]], all, "Passes"));
  showHeat(m, node);
}

function showHeat(m, node) {
  const hot = m.ram.blocks.filter(b => b.resent_by_bin);
  if (hot.length === 0) return;
  node.append(html("h3", {}, "Sent again, by place in the block"));
  for (const block of hot) {
    const most = Math.max(1, ...block.resent_by_bin), w = 1000 / block.resent_by_bin.length;
    const picture = svg("svg", { viewBox: "0 0 1000 40", role: "img", "aria-label": "Heat map of " + block.block });
    block.resent_by_bin.forEach((n, i) => {
      const title = `0x${(i * block.resent_bin_bytes).toString(16)}: ${count(n)} pages sent again`;
      picture.append(svg("rect", { x: i * w, y: 0, width: w, height: 22, fill: n ? color("back") : color("line"), opacity: n ? 0.2 + 0.8 * n / most : 0.5 }, svg("title", {}, title)));
    });
    picture.append(svg("text", { x: 0, y: 37, class: "muted" }, "0"), svg("text", { x: 1000, y: 37, "text-anchor": "end", class: "muted" }, bytes(block.used_length)));
    node.append(html("p", { class: "note" }, `${block.block}: ${count(block.precopy.resent)} pages, at most ${count(most)} in ${bytes(block.resent_bin_bytes)}`), picture);
  }
}

function showFaults(m) {
  const f = m.faults, last = f.last_byte;
  if (!f.requests) return;
  const node = section("faults", "Page faults", `${count(f.requests)} requests: ${count(f.answered)} answered, ${count(f.unanswered)} unanswered, ${count(f.already_sent)} for pages already sent, ${count(f.repeated)} repeated. From the request to the last byte of the page.`);
  if (!last || !last.histogram) return;
  const bins = last.histogram, label = us => duration(us / 1e6);
  plot(node, {
    scales: { x: { time: false, range: (_, a, b) => [a - 0.7, b + 0.7] }, y: { range: (_, a, b) => [0, b || 1] } },
    axes: [axis({ incrs: [1, 2, 5, 10], values: (_, v) => v.map(i => bins[i] ? label(bins[i].from_us) : "") }), axis({ values: (_, v) => v.map(count) })],
    series: [{ label: "latency", value: (_, i) => bins[i] ? label(bins[i].from_us) + " to " + label(bins[i].to_us) : "" },
      { label: "requests", stroke: color("forward"), fill: color("forward"), width: 1, paths: bars(), points: { show: false } }],
  }, [bins.map((_, i) => i), bins.map(b => b.count)], "Histogram of fault latency");
  const us = key => row => label(row[key]);
  node.append(table([["block", r => r.block || "all"], ["answered", r => count(r.last_byte.count), "number"], ...["min", "mean", "p50", "p90", "p99", "max"].map(k => [k, r => us(k + "_us")(r.last_byte), "number"])],
    [{ last_byte: last }].concat((f.blocks || []).filter(b => b.last_byte)), "Latency by block"));
  if (f.worst && f.worst.length) node.append(html("details", {}, html("summary", {}, "The slowest"), table([["block", r => r.block], ["start", r => r.start], ["asked at", r => duration(r.requested), "number"],
    ["first byte", us("first_byte_us"), "number"], ["last byte", us("last_byte_us"), "number"], ["channel", r => r.channel], ["packets", r => r.request_packet + " → " + r.page_packet]], f.worst, "Slowest requests")));
}
