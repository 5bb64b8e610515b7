"use strict";
// Throughput of both directions, phases behind it, and below it what each side's guest does.
function phaseBands(m) {
  return u => {
    const c = u.ctx, { left, top, width, height } = u.bbox;
    c.save();
    c.beginPath();
    c.rect(left, top, width, height);
    c.clip();
    for (const phase of m.phases) {
      const from = u.valToPos(phase.start, "x", true), to = u.valToPos(Math.max(phase.end, phase.start), "x", true);
      c.globalAlpha = 0.14;
      c.fillStyle = color(phaseColor(phase.name));
      c.fillRect(from, top, Math.max(1, to - from), height);
    }
    c.restore();
  };
}

/// A line where something odd stands.
function findingLines(m) {
  return u => {
    const c = u.ctx, { left, top, width, height } = u.bbox;
    c.save();
    c.strokeStyle = c.fillStyle = color("warn");
    c.lineWidth = devicePixelRatio;
    c.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const o of m.findings.filter(o => known(o.time))) {
      const x = u.valToPos(o.time, "x", true);
      if (x < left || x > left + width) continue;
      c.beginPath();
      c.moveTo(x, top);
      c.lineTo(x, top + height);
      c.stroke();
      c.font = 13 * devicePixelRatio + "px system-ui, sans-serif";
      c.fillText("!", x + 3 * devicePixelRatio, top + 12 * devicePixelRatio);
    }
    c.restore();
  };
}

// Set while a timeline is shown: zooms to a moment and puts the cursor on it.
let showMoment = null;

function timelineOptions(m, draw) {
  return {
    scales: { x: { time: false }, y: { range: headroom } },
    hooks: { drawClear: [phaseBands(m)], draw: [findingLines(m), draw] },
    axes: [axis({ values: (_, v) => v.map(t => Number(t.toPrecision(9)) + " s") }), axis({ size: 84, incrs: powersOfTwo, values: (_, v) => v.map(rate) })],
    series: [{ label: "time", value: (_, v) => v === null ? "–" : clock(v) },
      { label: "to destination", stroke: color("forward"), width: 1.5, fill: color("band"), value: (_, v) => rate(v) },
      { label: "to source", stroke: color("back"), width: 1.5, value: (_, v) => rate(v) }],
  };
}

function showTimeline(m) {
  const traffic = m.traffic, n = traffic.forward.length;
  showMoment = null;
  if (n === 0 || !hasTimes(m)) return;
  const times = Array.from({ length: n }, (_, i) => (i + 0.5) * traffic.bin_seconds), last = n * traffic.bin_seconds;
  const node = section("timeline", "Timeline", `Bytes a second in both directions, by ${duration(traffic.bin_seconds)}.`,
    html("p", { class: "note hint" }, "Drag to zoom, or focus the plot: + and - zoom, ← and → move, 0 shows all, comma and full stop step through the values."));
  const below = html("div");
  const draw = u => below.replaceChildren(lanes(u, m, last));
  const { u, box } = plot(node, timelineOptions(m, draw), [times, traffic.forward.map(b => b / traffic.bin_seconds), traffic.back.map(b => b / traffic.bin_seconds)], "Throughput over time");
  box.after(below, html("p", { class: "note" }, guestWords(m)));
  box.before(zoomControls(u, box, 0, last));
  u.setScale("x", { min: 0, max: last });
  showMoment = time => {
    const half = Math.max(last / 40, traffic.bin_seconds * 5);
    u.setScale("x", { min: Math.max(0, time - half), max: Math.min(last, time + half) });
    box.focus({ preventScroll: true });
    node.scrollIntoView({ block: "start" });
    putCursor(u, Math.min(n - 1, Math.floor(time / traffic.bin_seconds)));
  };
  const chip = p => html("span", {}, html("span", { class: "chip", style: `background: var(--${phaseColor(p.name)})` }), p.name);
  node.append(table([["phase", chip], ["from", p => clock(p.start), "number"], ["for", p => duration(p.end - p.start), "number"]], m.phases, "Phases"));
}
