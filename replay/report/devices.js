"use strict";
// Sections with their bytes; fields and values where there is a VM description.
function fieldTree(value) {
  if (Array.isArray(value)) {
    if (value.every(v => typeof v === "string")) return document.createTextNode(value.join(" "));
    return html("div", { class: "fields" }, value.map((v, i) => html("div", {}, html("span", { class: "key" }, `[${i}] `), fieldTree(v))));
  }
  if (value !== null && typeof value === "object")
    return html("div", { class: "fields" }, Object.entries(value).map(([key, v]) => html("div", {}, html("span", { class: "key" }, key + " "), fieldTree(v))));
  return document.createTextNode(String(value));
}

/// Fields of all sections at once, to be searched or printed; again closes them.
function openAll(node) {
  const button = html("button", { type: "button" }, "Open or close all fields");
  button.addEventListener("click", () => {
    const all = [...node.querySelectorAll("details")], open = all.some(d => !d.open);
    for (const d of all) d.open = open;
  });
  return html("div", { class: "buttons" }, button);
}

function sectionName(s) {
  if (!s.fields || Object.keys(s.fields).length === 0) return s.idstr;
  const more = html("details", {}, html("summary", {}, s.idstr));
  more.addEventListener("toggle", () => { if (more.children.length === 1) more.append(fieldTree(s.fields)); });
  return more;
}

function showDevices(m) {
  const d = m.devices;
  const ends = d.described_sections ? ` ${d.ends_as_described} of ${d.described_sections} end, by scan, where the description says.` : "";
  const node = section("devices", "Device state", `${d.device_sections} device sections. VM description: ${d.described ? d.description : "none: " + d.description}.${ends}`,
    table([["type", s => s.type], ["id", s => String(s.section_id), "number"], ["section", sectionName, "wide"], ["instance", s => String(s.instance_id), "number"], ["version", s => String(s.version_id), "number"],
      ["bytes", s => count(s.bytes), "number"], ["at", s => hasTimes(m) ? clock(s.time) : "–", "number"], ["where", place], ["", s => s.fit === "exact" ? "as described" : s.reason || ""]], d.sections, "Device sections"));
  node.classList.add("long");
  if (node.querySelector("details")) node.querySelector(".scroll").before(openAll(node));
}
