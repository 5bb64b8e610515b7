"use strict";
// uPlot with this page's colours, zoom buttons and keys.
const axis = more => Object.assign({ stroke: color("muted"), grid: { stroke: color("line"), width: 1 }, ticks: { stroke: color("line") } }, more);

const powersOfTwo = Array.from({ length: 48 }, (_, i) => 2 ** i);  // whole numbers of KiB and MiB

function plot(host, options, data, label) {
  const box = html("div", { class: "plot", tabindex: "0", role: "img", "aria-label": label });
  host.append(box);
  const width = () => Math.max(320, host.clientWidth - 2 * 18);
  const u = new uPlot(Object.assign({ width: width(), height: 240 }, options), data, box);
  addEventListener("resize", () => u.setSize({ width: width(), height: u.height }));
  return { u, box };
}

function zoom(u, first, last, factor, shift) {
  const { min, max } = u.scales.x, half = (max - min) / 2 * factor, middle = (min + max) / 2 + shift * (max - min);
  u.setScale("x", { min: Math.max(first, middle - half), max: Math.min(last, middle + half) });
}

function zoomControls(u, box, first, last) {
  const actions = [["Zoom in", "+", () => zoom(u, first, last, 0.5, 0)], ["Zoom out", "-", () => zoom(u, first, last, 2, 0)],
    ["Left", "ArrowLeft", () => zoom(u, first, last, 1, -0.25)], ["Right", "ArrowRight", () => zoom(u, first, last, 1, 0.25)],
    ["All", "0", () => u.setScale("x", { min: first, max: last })]];
  box.addEventListener("keydown", event => {
    const action = actions.find(([, key]) => key === event.key);
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

const bars = () => uPlot.paths.bars({ size: [0.8, 60], gap: 2 });
