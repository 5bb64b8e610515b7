"use strict";
// The switchover as a sequence of messages, one row each; devices and repeated requests are left to their own tables.
function switchoverMarks(marks) {
  const wanted = ["advise", "last-precopy-page", "switchover-start", "discard", "ping", "pong", "package", "listen", "run", "first-request", "first-request-after-load",
    "first-postcopy-page", "section", "eof", "vm-description", "shut", "phase", "notice", "reset", "closed", "connected", "resume", "resume-ack"];
  return marks.filter(m => wanted.includes(m.what)).slice(0, 120);
}

function showSequence(m) {
  const rows = switchoverMarks(m.timeline.marks);
  if (rows.length === 0) return;
  const rowHeight = 22, top = 34, left = 250, right = 650, width = 1060, height = top + rows.length * rowHeight + 12;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Sequence diagram of the switchover" });
  picture.append(svg("defs", {}, ["forward", "back"].map(name => svg("marker", { id: "tip-" + name, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
    svg("path", { d: "M0 0L8 4L0 8z", fill: color(name) })))));
  for (const [x, name] of [[left, "source"], [right, "destination"]]) {
    picture.append(svg("text", { x, y: 18, "text-anchor": "middle", "font-weight": "bold" }, name));
    picture.append(svg("line", { x1: x, x2: x, y1: top - 8, y2: height, stroke: color("line"), "stroke-width": 2 }));
  }
  rows.forEach((mark, i) => {
    const y = top + i * rowHeight + 12, forward = mark.direction !== "return-path";
    const turning = ["phase", "notice", "connected", "closed", "reset"].includes(mark.what), name = forward ? "forward" : "back";
    picture.append(svg("text", { x: 0, y: y + 4, class: "muted" }, !hasTimes(m) ? "" : duration(mark.time) + (mark.end > mark.time ? " – " + duration(mark.end) : "")));
    if (!turning) picture.append(svg("line", { x1: forward ? left : right, x2: forward ? right - 2 : left + 2, y1: y + 2, y2: y + 2, stroke: color(name), "stroke-width": mark.what === "package" ? 4 : 1.5, "marker-end": `url(#tip-${name})` }));
    const text = mark.text.length > 58 ? mark.text.slice(0, 56) + "…" : mark.text;
    picture.append(svg("text", { x: (left + right) / 2, y: y - 2, "text-anchor": "middle", class: turning ? "muted" : "" }, text, svg("title", {}, mark.text)));
    picture.append(svg("text", { x: right + 16, y: y + 4, class: "muted" }, turning ? "" : place(mark) + (mark.since_ping ? ", " + duration(mark.since_ping) + " after its PING" : "")));
  });
  const t = m.timeline, known = s => s === null || s === undefined ? "not known" : duration(s);
  const away = !hasTimes(m) ? "A stream file has no times." : `Guest away: at least ${known(t.guest_away_at_least)}, at most ${known(t.guest_away_at_most)}.`;
  section("switchover", "Switchover", `${away} One row a message, in the order they passed.`,
    html("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Sequence diagram" }, picture)).classList.add("long");
}
