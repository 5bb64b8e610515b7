"use strict";
// Captures are hostile input: texts only ever become text nodes and attributes, never markup.
const svgSpace = "http://www.w3.org/2000/svg";

function build(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
}
const html = (name, attributes, ...children) => build(document.createElement(name), attributes, children);
const svg = (name, attributes, ...children) => build(document.createElementNS(svgSpace, name), attributes, children);
const color = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

const known = v => v !== null && v !== undefined;
const count = n => known(n) ? Number(n).toLocaleString("en") : "–";
/// As common/quantities.cpp writes them.
function bytes(n) {
  if (!known(n)) return "–";
  if (n === 0 || (n < 10000 && n % 1024 !== 0)) return n + " B";
  const units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
  let size = 1024, unit = 0;
  for (; n / size >= 1023.95 && unit + 1 < units.length; unit++) size *= 1024;
  return (n / size).toFixed(n % size === 0 ? 0 : 1) + " " + units[unit];
}
const rate = n => known(n) ? bytes(Math.round(n)) + "/s" : "–";
function duration(s) {
  if (!known(s)) return "–";
  if (s < 0.001) return (s * 1e6).toFixed(0) + " us";
  return s < 1 ? (s * 1e3).toFixed(1) + " ms" : s.toFixed(2) + " s";
}
/// Since the first packet, to the microsecond, as the other commands print it.
const clock = s => known(s) ? s.toFixed(6) + " s" : "–";
// A stream file has none.
const hasTimes = m => m.channels.some(c => c.end > 0);
const offset = n => "offset 0x" + Number(n).toString(16);
const place = m => (m.packet ? "packet " + m.packet + ", " : "") + offset(m.offset);

// columns: [heading, row => text or node, class]; a row may have an id to be linked to
function table(columns, rows, caption, idOf) {
  const head = html("tr", {}, columns.map(([name, , kind]) => html("th", { scope: "col", class: kind || "" }, name)));
  const body = rows.map(row => html("tr", idOf && idOf(row) ? { id: idOf(row) } : {},
    columns.map(([, cell, kind]) => html("td", { class: kind || "" }, cell(row)))));
  return scroller(caption, html("table", {}, html("thead", {}, head), html("tbody", {}, body)));
}

// What is wider than the page scrolls by itself, and only then is a stop of the Tab key.
const watcher = new ResizeObserver(changes => {
  for (const { target } of changes) {
    const box = target.classList.contains("scroll") ? target : target.parentElement;
    if (!box) continue;
    const wide = box.scrollWidth > box.clientWidth + 1;
    if (wide) box.setAttribute("tabindex", "0"); else box.removeAttribute("tabindex");
    box.classList.toggle("wider", wide);
  }
});
function scroller(label, content) {
  const box = html("div", { class: "scroll", role: "region", "aria-label": label }, content);
  watcher.observe(box);
  watcher.observe(content);
  return box;
}

function section(id, title, note, ...children) {
  document.getElementById("contents").append(html("a", { href: "#" + id }, title));
  const node = html("section", { id, "aria-labelledby": id + "-title" },
    html("h2", { id: id + "-title" }, title), note ? html("p", { class: "note" }, note) : null, ...children);
  document.getElementById("main").append(node);
  return node;
}
