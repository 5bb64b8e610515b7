"use strict";
// uPlot with this page's colours, and with keys: whoever cannot use a mouse sees the same.
const axis = more => Object.assign({ stroke: color("muted"), font: "12px system-ui, sans-serif",
  grid: { stroke: color("line"), width: 1 }, ticks: { stroke: color("line") } }, more);

const powersOfTwo = Array.from({ length: 48 }, (_, i) => 2 ** i);  // whole numbers of KiB and MiB
const bars = () => uPlot.paths.bars({ size: [0.8, 60], gap: 2 });
const headroom = (_, from, to) => [0, (to || 1) * 1.12];

// Those that are shown now; all follow the width of the page.
let plots = [];
const printing = () => document.documentElement.dataset.print !== undefined;
const plotWidth = host => printing() ? 680 : Math.max(240, host.clientWidth - 2 * 18);
addEventListener("resize", () => { for (const { u, host } of plots) u.setSize({ width: plotWidth(host), height: u.height }); });

function plot(host, options, data, label) {
  const box = html("div", { class: "plot", tabindex: "0", role: "group", "aria-label": label });
  const said = html("p", { class: "unseen", role: "status" });
  host.append(box, said);
  const u = new uPlot(Object.assign({ width: plotWidth(host), height: 240, cursor: { y: false } }, options), data, box);
  plots.push({ u, host });
  box.addEventListener("keydown", event => {
    const steps = { ",": -1, ".": 1, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    said.textContent = moveCursor(u, steps[event.key]);
  });
  return { u, box };
}

/// Puts the cursor on the next value that is in view; returns what it stands on.
function moveCursor(u, step) {
  const xs = u.data[0], { min, max } = u.scales.x;
  const first = xs.findIndex(x => x >= min), last = xs.findLastIndex(x => x <= max);
  if (first < 0 || last < first) return "";
  const there = known(u.cursor.idx) && u.cursor.left >= 0;
  const now = there || !Number.isFinite(step) ? (u.cursor.idx || 0) + step : step < 0 ? last : first;
  return putCursor(u, Math.min(last, Math.max(first, now)));
}

function putCursor(u, i) {
  u.setCursor({ left: u.valToPos(u.data[0][i], "x"), top: u.over.clientHeight / 2 });
  return u.series.map((s, k) => `${s.label} ${s.value(u, u.data[k][i], k, i)}`).join(", ");
}

function zoom(u, first, last, factor, shift) {
  const { min, max } = u.scales.x, length = Math.min((max - min) * factor, last - first);
  const from = Math.min(Math.max((min + max - length) / 2 + shift * (max - min), first), last - length);
  u.setScale("x", { min: from, max: from + length });
}

function zoomControls(u, box, first, last) {
  const actions = [["Zoom in", "+", () => zoom(u, first, last, 0.5, 0)], ["Zoom out", "-", () => zoom(u, first, last, 2, 0)],
    ["Left", "ArrowLeft", () => zoom(u, first, last, 1, -0.25)], ["Right", "ArrowRight", () => zoom(u, first, last, 1, 0.25)],
    ["All", "0", () => u.setScale("x", { min: first, max: last })]];
  box.setAttribute("aria-keyshortcuts", "+ - ArrowLeft ArrowRight 0 , .");
  box.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actions.find(([, key]) => key === (event.key === "=" ? "+" : event.key));
    if (action) { action[2](); event.preventDefault(); }
  });
  const buttons = html("div", { class: "buttons" });
  for (const [name, key, act] of actions) {
    const button = html("button", { type: "button", title: "key: " + key }, name);
    button.addEventListener("click", act);
    buttons.append(button);
  }
  return buttons;
}

/// What each bar counts, above it: small ones beside large ones cannot be read otherwise.
function barLabels(u) {
  const { ctx, data } = u, [xs, ys] = data;
  ctx.save();
  ctx.fillStyle = color("muted");
  ctx.font = 11 * devicePixelRatio + "px system-ui, sans-serif";
  ctx.textAlign = "center";
  const room = Math.abs(u.valToPos(1, "x", true) - u.valToPos(0, "x", true));
  xs.forEach((x, i) => {
    const text = count(ys[i]);
    if (ys[i] && ctx.measureText(text).width < room) ctx.fillText(text, u.valToPos(x, "x", true), u.valToPos(ys[i], "y", true) - 4 * devicePixelRatio);
  });
  ctx.restore();
}
