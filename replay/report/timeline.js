"use strict";
// Throughput of both directions, phases behind it, and below it what each side's guest does.
function phaseBands(phases) {
  return u => {
    const c = u.ctx, { left, top, width, height } = u.bbox;
    c.save();
    c.beginPath();
    c.rect(left, top, width, height);
    c.clip();
    c.font = 11 * devicePixelRatio + "px system-ui";
    phases.forEach((phase, i) => {
      const from = u.valToPos(phase.start, "x", true), to = u.valToPos(Math.max(phase.end, phase.start), "x", true);
      if (i % 2 === 0) { c.fillStyle = color("band"); c.fillRect(from, top, Math.max(1, to - from), height); }
      c.fillStyle = color("muted");
      if (to - from > c.measureText(phase.name).width + 6) c.fillText(phase.name, Math.max(from, left) + 4, top + 12 * devicePixelRatio);
    });
    c.restore();
  };
}

// Between the bounds nobody can say from the wire: hatched by being half transparent.
function lanes(u, timeline, end) {
  const width = u.over.clientWidth, left = u.over.offsetLeft;
  const x = t => left + Math.min(width, Math.max(0, u.valToPos(t, "x")));
  const picture = svg("svg", { class: "exact", width: left + width + 10, height: 62, role: "img", "aria-label": "When each side's guest runs" });
  const lane = (y, name, parts) => {
    picture.append(svg("text", { x: 0, y: y + 14, class: "muted" }, name));
    for (const [from, to, fill, opacity, title] of parts) {
      if (!(to > from)) continue;
      picture.append(svg("rect", { x: x(from), y, width: Math.max(1, x(to) - x(from)), height: 20, rx: 2, fill, opacity }, svg("title", {}, title)));
    }
  };
  const stop = timeline.source_stopped || {}, run = timeline.destination_runs || {};
  const value = (v, other) => v === null || v === undefined ? other : v;
  const stopFrom = value(stop.not_before, value(stop.not_after, end)), stopTo = value(stop.not_after, end);
  lane(4, "source", [[0, stopFrom, color("forward"), 0.85, "the source's guest runs"], [stopFrom, Math.max(stopFrom, stopTo), color("forward"), 0.35, "it stops somewhere here"]]);
  if (run.not_before !== null && run.not_before !== undefined) {
    const sure = value(run.not_after, end);
    lane(34, "destination", [[run.not_before, sure, color("back"), 0.35, "the destination's guest begins to run somewhere here"], [sure, end, color("back"), 0.85, "the destination's guest runs"]]);
  } else {
    lane(34, "destination", []);
  }
  return picture;
}

function showTimeline(m) {
  const traffic = m.traffic, n = traffic.forward.length;
  if (n === 0 || !hasTimes(m)) return;
  const times = Array.from({ length: n }, (_, i) => (i + 0.5) * traffic.bin_seconds), last = n * traffic.bin_seconds;
  const node = section("timeline", "Timeline", "Bytes a second in both directions, phases behind them, and who runs the guest as far as the wire tells. Drag to zoom; or focus the plot and use + - ← → 0.");
  const below = html("div");
  const draw = u => below.replaceChildren(lanes(u, m.timeline, last));
  const { u, box } = plot(node, {
    scales: { x: { time: false } },
    hooks: { drawClear: [phaseBands(m.phases)], draw: [draw] },
    axes: [axis({ values: (_, v) => v.map(t => t + " s") }), axis({ size: 84, incrs: powersOfTwo, values: (_, v) => v.map(rate) })],
    series: [{ label: "time", value: (_, v) => v === null ? "" : duration(v) },
      { label: "to destination", stroke: color("forward"), width: 1.5, fill: color("band"), value: (_, v) => rate(v) },
      { label: "to source", stroke: color("back"), width: 1.5, value: (_, v) => rate(v) }],
  }, [times, traffic.forward.map(b => b / traffic.bin_seconds), traffic.back.map(b => b / traffic.bin_seconds)], "Throughput over time");
  box.after(below);
  box.before(zoomControls(u, box, 0, last));
  node.append(table([["phase", p => p.name], ["from", p => duration(p.start), "number"], ["for", p => duration(p.end - p.start), "number"]], m.phases, "Phases"));
}
