"use strict";
// Who may run the guest, the main numbers, what is odd, and the connections.
function tile(name, value) { return html("div", {}, html("dt", {}, name), html("dd", {}, value)); }

function away(t) {
  const { at_least_s: least, at_most_s: most, estimate_from_s: from, estimate_to_s: to } = t;
  if (known(from)) return "about " + (from === to ? duration(to) : duration(from) + " to " + duration(to));
  if (!known(least)) return known(most) ? "at most " + duration(most) : "–";
  return known(most) ? duration(least) + " to " + duration(most) : "at least " + duration(least);
}

function versionText(v) {
  if (!v || !(v.at_least || v.at_most)) return "not known";
  return [v.at_least ? "at least " + v.at_least : "", v.at_most ? "at most " + v.at_most : ""].filter(s => s).join(", ");
}

function tiles(m) {
  const last = m.faults.last_byte;
  return html("dl", { class: "tiles" }, tile("machine", m.machine || "not known"), tile("source's QEMU", versionText(m.source_version)), tile("ended in phase", m.phase),
    tile("guest away", hasTimes(m) ? away(m.guest_away) : "–"), tile("package", m.package_lengths.length ? m.package_lengths.map(bytes).join(", ") : "none"),
    tile("page requests", count(m.faults.requests)), tile("fault p50 / p99", last ? micro(last.p50_us) + " / " + micro(last.p99_us) : "–"), tile("missing bytes", bytes(m.missing_bytes)));
}

/// Links to the row of the sequence diagram, and a button for the timeline.
function findingPlace(o, i) {
  if (!known(o.offset)) return null;
  const where = html("a", { href: "#finding-" + (i + 1) }, place(o));
  const node = html("span", { class: "place" }, " ", where, ` of ${o.channel} ${o.direction}`);
  if (!showMoment || !known(o.time)) return node;
  const button = html("button", { type: "button" }, "on the timeline");
  button.addEventListener("click", () => showMoment && showMoment(o.time));
  node.append(", ", clock(o.time), " ", button);
  return node;
}

function showFindings(m) {
  const list = html("ul", { class: "findings" }, m.findings.map((o, i) => html("li", {}, o.text, findingPlace(o, i))));
  const note = m.findings.length === 0 ? "Nothing unusual was found." : "In Wireshark a packet is found by frame.number == N, in migreplay by events --filter 'packet == N'.";
  const node = section("findings", "Findings", note, m.findings.length ? list : null);
  document.getElementById("verdict").after(node);
}

/// Which of QEMU's features were seen in use, and what was sent of the guest.
function negotiated(m) {
  const n = m.negotiated, names = Object.keys(n).filter(key => n[key] === true && key !== "multifd").map(key => key.replaceAll("_", " "));
  if (n.multifd) names.push(`multifd (${n.multifd_channels} channels${n.multifd_compression === "none" ? "" : ", " + n.multifd_compression})`);
  if (n.zero_pages_on.length) names.push("zero pages on " + n.zero_pages_on.join(" and "));
  const device = n.largest_device, parts = [n.ram_bytes ? bytes(n.ram_bytes) + " of RAM" : "", device ? `${n.device_sections} device sections, the largest ${device.idstr} with ${bytes(device.bytes)}` : ""].filter(s => s);
  return html("p", { class: "note" }, `Negotiated: ${names.join(", ") || "nothing that shows"}${hasTimes(m) ? ", no TLS" : ""}.` + (parts.length ? ` Guest: ${parts.join(", ")}.` : ""));
}

/// What held the migration back, and the parameters to look at.
function whySlow(m) {
  if (m.why_slow.length === 0) return null;
  return html("ul", { class: "speed" }, m.why_slow.map(a => html("li", {}, a.text + (a.look_at.length ? "; see " : ""), a.look_at.flatMap((name, i) => [i ? ", " : "", html("code", {}, name)]))));
}

function byteBar(m) {
  const all = Object.entries(m.bytes_by_kind).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]), sum = all.reduce((s, [, n]) => s + n, 0);
  if (sum === 0) return null;
  return html("p", { class: "note" }, "Bytes: " + all.map(([kind, n]) => `${kind.replaceAll("_", " ")} ${bytes(n)} (${(100 * n / sum).toFixed(1)} %)`).join(", ") + ".");
}

function showVerdict(m) {
  const v = m.verdict, bad = !v.certain || !["MIGRATED", "RECOVERED", "RUNNING"].includes(v.outcome);
  const list = (name, texts) => texts.length ? html("p", {}, name + ": " + texts.join("; ") + ".") : null;
  const node = section("verdict", "Verdict", null, html("p", {}, m.first_line + "."), html("p", {}, html("strong", {}, v.outcome), v.certain ? "" : " (not certain)", `: running may be ${v.possible.join(", or ")}.`),
    html("p", {}, `The source ${v.source.reason}; the destination ${v.destination.reason}.`),
    list("Evidence", v.evidence.map(e => e.text + (e.packet ? ` (packet ${e.packet})` : ""))),
    v.certain ? null : html("p", { class: "odd" }, `Not certain. It would be decided by: ${v.would_decide.join("; ")}.`), list("What can be done now", v.next), tiles(m), negotiated(m), whySlow(m), byteBar(m),
    table([["channel", c => c.kind], ["from", c => c.src || "stream file"], ["to", c => c.dst || "–"], ["bytes forth", c => bytes(c.bytes_forward), "number"], ["bytes back", c => bytes(c.bytes_back), "number"],
      ["missing", c => bytes((c.missing_forward || 0) + (c.missing_back || 0)), "number"], ["unread", c => bytes((c.unparsed_forward || 0) + (c.unparsed_back || 0)), "number"],
      ["open", c => hasTimes(m) ? duration(c.start) + " – " + duration(c.end) : "–", "number"], ["ended by", c => c.ended_by]], m.channels, "Channels"));
  node.classList.add("verdict");
  if (bad) node.classList.add("bad");
}
