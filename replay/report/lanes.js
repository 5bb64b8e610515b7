"use strict";
// Below the plot of the timeline, on its clock: phases, and when each side's guest runs, as far as the wire tells.
const phaseColor = name => "phase-" + ({ setup: "grey", unknown: "grey", precopy: "blue", switchover: "amber", package: "amber",
  "postcopy-device": "violet", "postcopy-active": "teal", "postcopy-paused": "red", recovery: "violet", completed: "green", failed: "red" }[name] || "grey");

/// [from, to, sure, what] of both guests, in words; what is not sure is hatched.
function guestParts(m, end) {
  const { source_stopped: stop, destination_runs: run } = m.timeline, v = m.verdict;
  const only = v.certain ? v.possible[0] : "", decided = v.evidence.length ? v.evidence[v.evidence.length - 1].time : undefined;
  const or = (value, other) => known(value) ? value : other;
  const source = [], destination = [];
  const handed = known(stop.not_after) || known(run.not_before);
  if (!handed) {
    source.push([0, end, only === "source", only === "source" ? "the source's guest runs" : "not known whether the source's guest runs"]);
  } else {
    const stopped = or(stop.not_after, run.not_before), sure = or(stop.not_before, 0);
    source.push([0, sure, true, "the source's guest runs"], [sure, stopped, false, "the source's guest runs, and stops somewhere here"]);
    if (v.possible.some(p => p === "source" || p === "both") && known(decided)) source.push([decided, end, false, "the source's guest may run again"]);
  }
  if (known(run.not_before)) {
    const over = only === "source" && known(decided) ? decided : end, sure = or(run.not_after, over);
    destination.push([run.not_before, sure, false, "the destination's guest may run"], [sure, over, true, "the destination's guest runs"]);
  }
  return { source, destination };
}

function lanes(u, m, end) {
  const width = u.over.clientWidth, left = u.over.offsetLeft;
  const x = t => left + Math.min(width, Math.max(0, u.valToPos(t, "x")));
  const picture = svg("svg", { class: "exact", width: left + width + 10, height: 92, role: "img", "aria-label": "Phases, and when each side's guest runs" });
  for (const side of ["forward", "back"]) picture.append(hatch(side));
  const lane = (y, name, parts) => {
    picture.append(svg("text", { x: 0, y: y + 15, class: "muted" }, name));
    for (const [from, to, fill, title, label] of parts) {
      const wide = x(to) - x(from);
      if (!(to >= from) || (wide <= 0 && (x(to) <= left || x(to) >= left + width))) continue;
      picture.append(svg("rect", { x: x(from), y, width: Math.max(1.5, wide), height: 22, rx: 2, fill }, svg("title", {}, title)));
      if (label && wide > 7 * label.length + 8) picture.append(svg("text", { x: x(from) + 5, y: y + 15, class: "on-phase" }, label));
    }
  };
  const parts = guestParts(m, end);
  const guest = (list, side) => list.map(([from, to, sure, what]) => [from, to, sure ? `var(--${side})` : `url(#hatch-${side})`, what]);
  lane(2, "phase", m.phases.map(p => [p.start, p.end, `var(--${phaseColor(p.name)})`, `${p.name}: ${clock(p.start)}, for ${duration(p.end - p.start)}`, p.name]));
  lane(32, "source", guest(parts.source, "forward"));
  lane(62, "destination", guest(parts.destination, "back"));
  return picture;
}

const hatch = side => svg("defs", {}, svg("pattern", { id: "hatch-" + side, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
  svg("rect", { width: 6, height: 6, fill: `var(--${side})`, opacity: 0.2 }), svg("rect", { width: 2.5, height: 6, fill: `var(--${side})`, opacity: 0.75 })));

/// The same in words, with what shows it.
function guestWords(m) {
  const { source_stopped: stop, destination_runs: run } = m.timeline;
  const bound = (word, t, by) => known(t) ? ` ${word} ${clock(t)} (${by})` : "";
  const words = [];
  if (known(stop.not_before) || known(stop.not_after))
    words.push("The source's guest stopped" + bound("not before", stop.not_before, stop.not_before_by) + bound("not after", stop.not_after, stop.not_after_by) + ".");
  if (known(run.not_before) || known(run.not_after))
    words.push("The destination's guest runs" + bound("not before", run.not_before, run.not_before_by) + bound("not after", run.not_after, run.not_after_by) + ".");
  return words.length ? words.join(" ") + " Hatched: not known from the wire." : "No switchover was seen.";
}
