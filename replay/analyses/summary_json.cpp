// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/summary_json.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "mig/fields.hpp"
#include "mig/history/qemu_names.hpp"
#include "replay/analyses/first_line.hpp"
#include "replay/analyses/negotiated.hpp"
#include "replay/analyses/nothing_found.hpp"
#include "replay/analyses/page_size_text.hpp"
#include "replay/analyses/source_version.hpp"
#include "replay/analyses/speed.hpp"
#include "replay/analyses/why_slow.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> record_names = {"EOS", "PAGE", "XBZRLE", "ZERO", "COMPRESS_PAGE"};

json::object counts(const std::map<std::string, std::uint64_t>& map) {
  json::object out;
  for (const auto& [key, value] : map) out[key] = value;
  return out;
}

json::object by_block(const std::map<BlockId, std::uint64_t>& map, const StreamTables& tables) {
  json::object out;
  for (const auto& [block, value] : map) out[printable(tables.block_name(block))] = value;
  return out;
}

json::array hex_list(const std::vector<std::uint32_t>& values) {
  json::array out;
  for (const auto value : values) out.emplace_back(hex_text(value));
  return out;
}

const char* ending(const ChannelSummary& c) {
  if (!c.closed) return "still open";
  return c.reset ? "reset" : "end of stream";
}

void add_way(json::object& out, const ChannelSummary& c, std::size_t way) {
  const std::string suffix = way == 0 ? "_forward" : "_back";
  out["bytes" + suffix] = c.bytes[way];
  if (c.missing[way] != 0) out["missing" + suffix] = c.missing[way];
  if (c.unparsed[way] != 0) out["unparsed" + suffix] = c.unparsed[way];
  if (c.unfinished[way] != 0) out["unfinished" + suffix] = c.unfinished[way];
  if (c.undelivered[way] != 0) out["undelivered" + suffix] = c.undelivered[way];
  if (!c.error[way]) return;
  const auto& error = *c.error[way];
  out["error" + suffix] =
      json::object{{"code", to_string(error.code)}, {"offset", error.offset}, {"text", explain(error.code)}};
}

json::object channel(const ChannelSummary& c, Time start) {
  const bool file = c.info.client == Endpoint{};
  json::object out{{"connection", static_cast<unsigned>(c.id) + 1}, {"kind", to_string(c.kind)}};
  out["src"] = file ? json::value(nullptr) : json::value(to_string(c.info.client));
  out["dst"] = file ? json::value(nullptr) : json::value(to_string(c.info.server));
  add_way(out, c, 0);
  add_way(out, c, 1);
  out["start"] = seconds(c.first - start);
  out["end"] = seconds(c.last - start);
  out["ended_by"] = ending(c);
  if (!c.info.interface.name.empty()) out["interface"] = printable(c.info.interface.name);
  if (!c.info.from_the_start) out["from_the_start"] = false;
  if (c.resynchronised != 0) out["resynchronised"] = c.resynchronised;
  return out;
}

json::array sections(const MigrationSummary& m) {
  json::array out;
  for (const auto& s : m.sections) {
    json::value name = nullptr;
    if (s.name != no_name) name = printable(m.migration->tables().name(s.name));
    out.push_back(json::object{{"type", to_string(s.type)},
                               {"section_id", s.id},
                               {"idstr", std::move(name)},
                               {"in_package", s.in_package}});
  }
  return out;
}

json::array commands(const MigrationSummary& m) {
  json::array out;
  for (const auto& c : m.commands) {
    json::object entry{{"command", qemu_name(c.type)}, {"length", c.length}};
    if (c.value) entry["value"] = hex_text(*c.value);
    if (c.in_package) entry["in_package"] = true;
    out.push_back(std::move(entry));
  }
  return out;
}

json::object records(const RamSequence& ram) {
  json::object out;
  for (std::size_t i = 0; i < record_names.size(); ++i) {
    if (ram.records[i] != 0) out[record_names[i]] = ram.records[i];
  }
  return out;
}

/// Where records may be missing a hash of the rest is that of nothing.
json::value hash(const MigrationSummary& m, const RamSequence& ram) {
  if (ram.empty() || !ram.hashed || ram.lost || m.began_late()) return nullptr;
  return json::value(ram.hash.hex());
}

void add_postcopy(json::object& out, const MigrationSummary& m) {
  json::array list;
  json::object hashes;
  for (const auto& [number, ram] : m.postcopy) {
    for (const auto& [kind, count] : records(ram))
      list.push_back(json::object{{"channel", number}, {"record", kind}, {"count", count}});
    hashes[std::to_string(number)] = hash(m, ram);
  }
  out["ram_postcopy_records"] = std::move(list);
  out["ram_postcopy_sequence_sha256"] = std::move(hashes);
}

void add_ram(json::object& out, const MigrationSummary& m) {
  const auto& tables = m.migration->tables();
  json::array blocks;
  for (const auto& [id, length] : m.ram_blocks)
    blocks.push_back(json::object{{"idstr", printable(tables.block_name(id))}, {"used_length", length}});
  out["ram_blocks"] = std::move(blocks);
  out["ram_precopy_records"] = records(m.precopy);
  if (!m.unknown.empty()) out["ram_unknown_records"] = records(m.unknown);
  out["ram_precopy_sequence_sha256"] = hash(m, m.precopy);
  add_postcopy(out, m);
  out["multifd_packets"] = json::object{{"packets", m.multifd.packets},
                                        {"packets_by_channel", counts(m.multifd.by_channel)},
                                        {"packets_by_flags", counts(m.multifd.by_flags)},
                                        {"normal_pages", m.multifd.normal_pages},
                                        {"zero_pages", m.multifd.zero_pages}};
  // As QEMU traces them: bytes + 8, in decimal behind 0x.
  json::object bitmaps;
  for (const auto& [message, n] : m.recv_bitmap) {
    const auto& [id, bytes] = message;
    bitmaps["block '" + printable(tables.block_name(id)) + "' size 0x" + std::to_string(bytes + 8)] = n;
  }
  out["recv_bitmap"] = std::move(bitmaps);
}

json::array phases(const MigrationSummary& m, Time start) {
  json::array out;
  for (std::size_t i = 0; i < m.phases.size(); ++i) {
    const auto end = i + 1 < m.phases.size() ? m.phases[i + 1].start : m.last;
    out.push_back(json::object{{"name", to_string(m.phases[i].phase)},
                               {"start", seconds(m.phases[i].start - start)},
                               {"end", seconds(std::max(end, m.phases[i].start) - start)}});
  }
  return out;
}

void add_where(json::object& out, const std::optional<Where>& place, Time start) {
  if (!place) return;
  out["time"] = seconds(place->time - start);
  out["packet"] = place->packet;
  out["connection"] = static_cast<unsigned>(place->connection) + 1;
  out["channel"] = to_string(place->channel);
  out["direction"] = to_string(place->direction);
  out["offset"] = place->offset;
}

json::array texts(const std::vector<std::string_view>& list) {
  json::array out;
  for (const auto text : list) out.emplace_back(text);
  return out;
}

json::object state_of(const SideState& side) {
  return {{"state", to_string(side.kind)}, {"reason", side.reason}};
}

json::object to_json(const Verdict& v, Time start) {
  json::array possible, evidence;
  for (const auto runner : v.possible) possible.emplace_back(to_string(runner));
  for (const auto& e : v.evidence)
    evidence.push_back(json::object{
        {"text", e.text}, {"time", seconds(Time(e.when.ns) - start)}, {"packet", e.when.packet}});
  return {{"outcome", to_string(v.outcome)},
          {"possible", std::move(possible)},
          {"certain", v.certain()},
          {"source", state_of(v.source)},
          {"destination", state_of(v.destination)},
          {"evidence", std::move(evidence)},
          {"would_decide", texts(v.would_decide)},
          {"next", texts(v.next)}};
}

json::array findings(const MigrationSummary& m, Time start) {
  json::array out;
  for (const auto& f : m.findings) {
    json::object entry{{"kind", f.kind}, {"text", f.text}};
    add_where(entry, f.place, start);
    out.push_back(std::move(entry));
  }
  return out;
}

json::object version(const SourceVersion& v) {
  json::object out;
  if (!v.at_least.empty()) out["at_least"] = v.at_least, out["at_least_by"] = v.at_least_by;
  if (!v.at_most.empty()) out["at_most"] = v.at_most, out["at_most_by"] = v.at_most_by;
  return out;
}

void add_page_size(json::object& out, const MigrationSummary& m) {
  const auto& tables = m.migration->tables();
  out["page_size"] = tables.page_size;
  out["page_size_source"] = page_size_source(tables.page_size_source);
  out["page_size_described"] =
      m.described_page_size ? json::value(*m.described_page_size) : json::value(nullptr);
}

void add_messages(json::object& out, const MigrationSummary& m) {
  const auto& tables = m.migration->tables();
  out["sections"] = sections(m);
  out["commands"] = commands(m);
  out["pings"] = hex_list(m.pings);
  out["pongs"] = hex_list(m.pongs);
  out["rp_messages"] = counts(m.rp_messages);
  out["req_pages_by_block"] = by_block(m.req_pages, tables);
  out["discard_commands_by_block"] = by_block(m.discard_commands, tables);
  json::array packages;
  for (const auto& p : m.packages) packages.emplace_back(p.length);
  out["package_lengths"] = std::move(packages);
}

}  // namespace

json::object to_json(const MigrationSummary& m, const SummaryCollector& summary) {
  const auto start = summary.start();
  const auto& tables = m.migration->tables();
  json::object out{{"migration", static_cast<unsigned>(m.migration->id()) + 1},
                   {"machine", tables.machine != no_name ? json::value(printable(tables.name(tables.machine)))
                                                         : json::value(nullptr)},
                   {"source_version", version(source_version(m))}};
  if (!m.leg.empty()) out["leg"] = m.leg;
  out["negotiated"] = negotiated_json(m);
  out["speed"] = summary.analyses().get<SpeedAnalysis>().json(*m.migration, start);
  out["why_slow"] = why_slow_json(m, summary.analyses());
  json::array channels;
  for (const auto& c : m.channels) channels.push_back(channel(c, start));
  out["channels"] = std::move(channels);
  add_messages(out, m);
  add_ram(out, m);
  out["vmdescription_bytes"] = m.vm_description_bytes;
  out["unparsed_bytes"] = m.sum(&ChannelSummary::unparsed);
  out["missing_bytes"] = m.sum(&ChannelSummary::missing);
  out["unfinished_bytes"] = m.sum(&ChannelSummary::unfinished);
  json::object kinds;
  for (std::size_t i = 0; i < byte_kinds; ++i) kinds[to_string(static_cast<ByteKind>(i))] = m.bytes[i];
  out["bytes_by_kind"] = std::move(kinds);
  add_page_size(out, m);
  out["footers"] = tables.footers ? json::value(*tables.footers) : json::value(nullptr);
  out["eof_seen"] = m.eof_seen;
  out["phases"] = phases(m, start);
  out["phase"] = to_string(m.migration->phase());
  out["source_can_go_back"] = m.migration->phases().source_can_go_back();
  out["destination_may_run"] = m.migration->phases().destination_may_run();
  out["verdict"] = to_json(m.verdict, start);
  out["findings"] = findings(m, start);
  return out;
}

json::object to_json(const Reported& m, const SummaryCollector& summary) {
  auto out = to_json(*m.first, summary);
  json::array legs;
  if (m.second != nullptr) legs = {out, to_json(*m.second, summary)};
  out["verdict"] = to_json(m.verdict, summary.start());
  out["first_line"] = first_line(m);
  out["guest_away"] = to_json(m.away);
  if (!legs.empty()) out["legs"] = std::move(legs);
  return out;
}

json::object to_json(const SummaryCollector& summary) {
  json::array migrations, others;
  for (const auto& m : summary.reported()) migrations.push_back(to_json(m, summary));
  for (const auto& c : summary.others()) {
    others.push_back(channel(c, summary.start()));
    others.back().as_object()["what"] = what_it_is(c, summary);
  }
  json::object out{{"migrations", std::move(migrations)}, {"other_connections", std::move(others)}};
  if (summary.migrations().empty()) {
    auto& lines = (out["nothing_found"] = json::array()).as_array();
    for (const auto& line : nothing_found(summary)) lines.emplace_back(line);
  }
  return out;
}

}  // namespace mig::replay
