"use strict";
// The switchover as a sequence of messages, one row each; devices and repeated requests are left to their own tables.
const switchoverMarks = new Set(["advise", "last-precopy-page", "switchover-start", "discard", "ping", "pong", "package", "listen", "run", "first-request",
  "first-request-after-load", "first-postcopy-page", "section", "eof", "vm-description", "shut", "phase", "notice", "reset", "closed", "connected", "resume", "resume-ack"]);
const mostRows = 300;

/// Messages and what is odd about them, by time; every finding that has a place is among them, to be linked to.
function sequenceRows(m) {
  const marks = m.timeline.marks.filter(mark => switchoverMarks.has(mark.what));
  const odd = m.findings.map((o, i) => Object.assign({ what: "finding", id: "finding-" + (i + 1) }, o)).filter(o => known(o.offset));
  const shown = marks.slice(0, mostRows);
  for (const o of odd) {
    const after = shown.findLastIndex(mark => mark.time <= o.time);
    shown.splice(after + 1, 0, o);
  }
  return { shown, left: marks.length - Math.min(marks.length, mostRows) + (m.timeline.left_out || 0) };
}

const frame = { row: 22, top: 34, left: 150, right: 720, width: 1060 };

function sequenceRow(m, mark, i) {
  const y = frame.top + i * frame.row + 12, forward = mark.direction !== "return-path", middle = (frame.left + frame.right) / 2;
  const odd = mark.what === "finding", turning = odd || ["phase", "notice", "connected", "closed", "reset"].includes(mark.what);
  const when = !hasTimes(m) ? "" : clock(mark.time) + (mark.end > mark.time ? ", " + duration(mark.end - mark.time) : "");
  const where = turning && !odd ? "" : place(mark) + (known(mark.since_ping) ? ", " + duration(mark.since_ping) + " after its PING" : "");
  const text = odd ? "! " + mark.text : mark.text, short = text.length > 86 ? text.slice(0, 84) + "…" : text;
  const row = svg("g", Object.assign({ role: "listitem", "aria-label": [when, turning ? "" : forward ? "to destination" : "to source", text, where].filter(s => s).join(", ") }, mark.id ? { id: mark.id } : {}),
    svg("rect", { class: "row", x: 0, y: y - 14, width: frame.width, height: frame.row }), svg("text", { x: 0, y: y + 4, class: "muted" }, when));
  if (!turning) row.append(arrow(forward, y + 2, mark.what === "package"));
  row.append(svg("text", { x: middle, y: y - (turning ? -4 : 2), "text-anchor": "middle", class: odd ? "odd" : turning ? "muted" : "" }, short, svg("title", {}, text)),
    svg("text", { x: frame.right + 16, y: y + 4, class: "muted" }, where));
  return row;
}

function arrow(forward, y, thick) {
  const [from, to, side] = forward ? [frame.left, frame.right, "forward"] : [frame.right, frame.left, "back"], tip = forward ? -8 : 8;
  return svg("g", { class: side }, svg("line", { x1: from, x2: to + tip, y1: y, y2: y, "stroke-width": thick ? 4 : 1.5 }),
    svg("path", { d: `M${to} ${y}l${tip * 1.2} -4.5v9z` }));
}

function showSequence(m) {
  const { shown, left } = sequenceRows(m);
  if (shown.length === 0) return;
  const height = frame.top + shown.length * frame.row + 12;
  const picture = svg("svg", { viewBox: `0 0 ${frame.width} ${height}`, class: "sequence", role: "list", "aria-label": "Messages of the switchover" });
  for (const [x, name] of [[frame.left, "source"], [frame.right, "destination"]]) {
    picture.append(svg("text", { x, y: 18, "text-anchor": "middle", "font-weight": "bold" }, name),
      svg("line", { x1: x, x2: x, y1: frame.top - 8, y2: height, class: "life" }));
  }
  shown.forEach((mark, i) => picture.append(sequenceRow(m, mark, i)));
  const t = m, say = s => known(s) ? duration(s) : "not known";
  const awayText = hasTimes(m) ? `Guest away: at least ${say(t.guest_away.at_least_s)}, at most ${say(t.guest_away.at_most_s)}.${known(t.guest_away.estimate_by) ? ` Estimated ${away(t.guest_away)}: ${t.guest_away.estimate_by}.` : ""}` : "A stream file has no times.";
  const more = left ? ` ${count(left)} more are left out here; migreplay timeline and events have them.` : "";
  section("switchover", "Switchover", `${awayText} One row a message, in the order they passed.${more}`, scroller("Sequence diagram", picture)).classList.add("long");
}
