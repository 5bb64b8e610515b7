"use strict";
// Page-fault service: how long requests waited, which waited longest, which in vain.
const micro = us => known(us) ? duration(us / 1e6) : "–";

function showFaults(m) {
  const f = m.faults, last = f.last_byte;
  if (!f.requests) return;
  const node = section("faults", "Page faults", `${count(f.requests)} requests: ${count(f.answered)} answered, ${count(f.unanswered)} unanswered, ${count(f.already_sent)} for pages already sent, ${count(f.repeated)} repeated. From the request to the last byte of the page.`);
  if (last && last.histogram) {
    plotLatency(last.histogram, node);
    node.append(table([["block", r => r.block || "all", "wide"], ["answered", r => count(r.last_byte.count), "number"], ...["min", "mean", "p50", "p90", "p99", "max"].map(k => [k, r => micro(r.last_byte[k + "_us"]), "number"])],
      [{ last_byte: last }].concat((f.blocks || []).filter(b => b.last_byte)), "Latency by block"));
  }
  const request = r => `packet ${r.request_packet}, ${offset(r.request_offset)}`;
  if (f.unanswered_oldest && f.unanswered_oldest.length) node.append(html("h3", {}, f.gaps ? "Not seen answered, the oldest" : "Never answered, the oldest"),
    table([["block", r => r.block, "wide"], ["page at", r => r.start], ["asked at", r => clock(r.requested), "number"], ["request", request], ["asked again", r => count(r.repeated), "number"]], f.unanswered_oldest, "Unanswered requests"));
  if (f.worst && f.worst.length) node.append(html("details", {}, html("summary", {}, "The slowest"), table([["block", r => r.block, "wide"], ["page at", r => r.start], ["asked at", r => clock(r.requested), "number"],
    ["first byte", r => micro(r.first_byte_us), "number"], ["last byte", r => micro(r.last_byte_us), "number"], ["channel", r => r.channel], ["request", request], ["page", r => "packet " + r.page_packet]], f.worst, "Slowest requests")));
}

function plotLatency(bins, node) {
  const span = i => bins[i] ? micro(bins[i].from_us) + " to " + micro(bins[i].to_us) : "–";
  plot(node, {
    scales: { x: { time: false, range: (_, a, b) => [a - 0.7, b + 0.7] }, y: { range: headroom } },
    hooks: { draw: [barLabels] },
    axes: [axis({ incrs: [1, 2, 5, 10], values: (_, v) => v.map(i => bins[i] ? micro(bins[i].from_us) : "") }), axis({ incrs: [1, 2, 5].flatMap(n => [n, n * 10, n * 100, n * 1000, n * 1e4, n * 1e5, n * 1e6]).sort((a, b) => a - b), values: (_, v) => v.map(count) })],
    series: [{ label: "waited", value: (_, i) => span(i) },
      { label: "requests", stroke: color("forward"), fill: color("forward"), width: 1, paths: bars(), points: { show: false }, value: (_, n) => count(n) }],
  }, [bins.map((_, i) => i), bins.map(b => b.count)], "Histogram of fault latency");
}
