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

const count = n => n === null || n === undefined ? "–" : Number(n).toLocaleString("en");
function bytes(n) {
  if (n === null || n === undefined) return "–";
  if (n < 10000) return count(n) + " B";
  return n < 10 * 1048576 ? (n / 1024).toFixed(1) + " KiB" : (n / 1048576).toFixed(1) + " MiB";
}
const rate = n => n === null || n === undefined ? "–" : bytes(Math.round(n)) + "/s";
function duration(s) {
  if (s === null || s === undefined) return "–";
  if (s < 0.001) return (s * 1e6).toFixed(0) + " µs";
  return s < 1 ? (s * 1e3).toFixed(s < 0.1 ? 2 : 1) + " ms" : s.toFixed(3) + " s";
}
// A stream file has none.
const hasTimes = m => m.channels.some(c => c.end > 0);
const place = m => (m.packet ? "packet " + m.packet + ", " : "") + "offset 0x" + Number(m.offset).toString(16);

// columns: [heading, row => text or node, class]
function table(columns, rows, caption) {
  const head = html("tr", {}, columns.map(([name, , kind]) => html("th", { scope: "col", class: kind || "" }, name)));
  const body = rows.map(row => html("tr", {}, columns.map(([, cell, kind]) => html("td", { class: kind || "" }, cell(row)))));
  return html("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    html("table", {}, html("thead", {}, head), html("tbody", {}, body)));
}

function section(id, title, note, ...children) {
  document.getElementById("contents").append(html("a", { href: "#" + id }, title));
  const node = html("section", { id, "aria-labelledby": id + "-title" },
    html("h2", { id: id + "-title" }, title), note ? html("p", { class: "note" }, note) : null, ...children);
  document.getElementById("main").append(node);
  return node;
}
