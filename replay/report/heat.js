"use strict";
// Where in a block pages were sent again in precopy. One stop of the Tab key a block; arrows go from bin to bin.
function showHeat(m, node) {
  const hot = m.ram.blocks.filter(b => b.resent_by_bin);
  if (hot.length === 0) return;
  node.append(html("h3", {}, "Sent again in precopy, by place in the block"));
  for (const block of hot) node.append(...heatMap(block));
}

function heatMap(block) {
  const bins = block.resent_by_bin, most = Math.max(1, ...bins), w = 1000 / bins.length;
  const title = `${block.block}: ${count(block.precopy.resent)} pages, at most ${count(most)} in ${bytes(block.resent_bin_bytes)}`;
  const said = html("output", { class: "note" }, "Each bar is " + bytes(block.resent_bin_bytes) + "; hover, or focus and use ← and →.");
  const picture = svg("svg", { viewBox: "0 0 1000 34", preserveAspectRatio: "none", class: "heat", role: "img", tabindex: "0", "aria-label": "Heat map of " + title });
  bins.forEach((n, i) => picture.append(svg("rect", { x: i * w, y: 0, width: w, height: 34, class: n ? "hot" : "cold", "fill-opacity": n ? 0.15 + 0.85 * n / most : 1 })));
  const cursor = svg("rect", { y: 1, width: w, height: 32, class: "cursor", visibility: "hidden" });
  picture.append(cursor);
  let at = -1;
  const show = i => {
    at = Math.min(bins.length - 1, Math.max(0, i));
    cursor.setAttribute("x", at * w);
    cursor.setAttribute("visibility", "visible");
    said.textContent = `0x${(at * block.resent_bin_bytes).toString(16)} to 0x${((at + 1) * block.resent_bin_bytes - 1).toString(16)}: ${count(bins[at])} pages sent again`;
  };
  picture.addEventListener("pointermove", event => show(Math.floor(event.offsetX / picture.clientWidth * bins.length)));
  picture.addEventListener("keydown", event => {
    const to = { ArrowLeft: at < 0 ? bins.length - 1 : at - 1, ArrowRight: at + 1, Home: 0, End: bins.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
  const scale = html("div", { class: "ends" }, html("span", {}, "0"), said, html("span", {}, bytes(block.used_length)));
  return [html("p", { class: "note" }, title), picture, scale];
}
