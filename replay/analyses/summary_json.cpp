// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/summary_json.hpp"

#include <array>
#include <boost/json.hpp>

#include "mig/fields.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;

/// QEMU's names of MIG_CMD_*, as its traces print them.
std::string_view command_name(CommandType type) {
  constexpr std::array<std::string_view, 12> names = {
      "INVALID",      "OPEN_RETURN_PATH",     "PING",     "POSTCOPY_ADVISE", "POSTCOPY_LISTEN",
      "POSTCOPY_RUN", "POSTCOPY_RAM_DISCARD", "PACKAGED", "ENABLE_COLO",     "POSTCOPY_RESUME",
      "RECV_BITMAP",  "SWITCHOVER_START"};
  return names.at(static_cast<std::size_t>(type));
}

template <class Map>
json::object counts(const Map& map) {
  json::object out;
  for (const auto& [key, value] : map) out[key] = value;
  return out;
}

json::array hex_list(const std::vector<std::uint32_t>& values) {
  json::array out;
  for (const auto value : values) out.emplace_back(hex(value));
  return out;
}

json::object channel(const ChannelSummary& c, Time start) {
  json::object out{{"kind", to_string(c.kind)},
                   {"src", to_string(c.info.client)},
                   {"dst", to_string(c.info.server)},
                   {"bytes_forward", c.bytes[0]},
                   {"bytes_back", c.bytes[1]},
                   {"start", seconds(c.first - start)},
                   {"end", seconds(c.last - start)},
                   {"ended_by", !c.closed ? "still open"
                                : c.reset ? "reset"
                                          : "end of stream"}};
  if (!c.info.from_the_start) out["from_the_start"] = false;
  for (const auto d : {Direction::forward, Direction::return_path}) {
    const auto& error = c.error[static_cast<int>(d)];
    if (!error) continue;
    out[d == Direction::forward ? "error_forward" : "error_back"] = json::object{
        {"code", to_string(error->code)}, {"offset", error->offset}, {"text", explain(error->code)}};
  }
  return out;
}

json::array sections(const MigrationSummary& m) {
  json::array out;
  for (const auto& s : m.sections) {
    json::value name = nullptr;
    if (!s.idstr.empty()) name = s.idstr;
    out.push_back(json::array{to_string(s.type), s.id, name, s.in_package});
  }
  return out;
}

json::array commands(const MigrationSummary& m) {
  json::array out;
  for (const auto& c : m.commands) {
    json::object entry{{"command", command_name(c.type)}, {"length", c.length}};
    if (c.value) entry["value"] = hex(*c.value);
    if (c.in_package) entry["in_package"] = true;
    out.push_back(std::move(entry));
  }
  return out;
}

void add_ram(json::object& out, const MigrationSummary& m) {
  json::array blocks;
  for (const auto& [name, length] : m.ram_blocks)
    blocks.push_back(json::object{{"idstr", name}, {"used_length", length}});
  out["ram_blocks"] = std::move(blocks);
  out["ram_precopy_records"] = counts(m.precopy.records);
  out["ram_precopy_sequence_sha256"] =
      m.precopy.records.empty() ? json::value(nullptr) : json::value(m.precopy.hash.hex());
  json::array records;
  json::object hashes;
  for (const auto& [number, ram] : m.postcopy) {
    for (const auto& [kind, count] : ram.records)
      records.push_back(json::object{{"channel", number}, {"record", kind}, {"count", count}});
    hashes[std::to_string(number)] = ram.hash.hex();
  }
  out["ram_postcopy_records"] = std::move(records);
  out["ram_postcopy_sequence_sha256"] = std::move(hashes);
  out["multifd_packets"] = json::object{{"packets", m.multifd_packets},
                                        {"packets_by_channel", counts(m.multifd_by_channel)},
                                        {"packets_by_flags", counts(m.multifd_by_flags)},
                                        {"normal_pages", m.multifd_normal_pages},
                                        {"zero_pages", m.multifd_zero_pages}};
  // As QEMU traces them: bytes + 8, in decimal behind 0x.
  json::object bitmaps;
  for (const auto& [name, bytes] : m.recv_bitmap)
    bitmaps["block '" + name + "' size 0x" + std::to_string(bytes + 8)] = 1;
  out["recv_bitmap"] = std::move(bitmaps);
}

std::string_view page_size_source(PageSizeSource source) {
  constexpr std::array<std::string_view, 5> names = {"assumed", "preset", "configuration", "POSTCOPY_ADVISE",
                                                     "found from the stream"};
  return names.at(static_cast<std::size_t>(source));
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

json::object migration(const MigrationSummary& m, Time start) {
  const auto& tables = m.migration->tables();
  json::object out{{"machine", tables.name(tables.machine)}};
  json::array channels;
  std::uint64_t unparsed = 0, missing = 0;
  for (const auto& c : m.channels) {
    channels.push_back(channel(c, start));
    unparsed += c.unparsed[0] + c.unparsed[1];
    missing += c.missing[0] + c.missing[1];
  }
  out["channels"] = std::move(channels);
  out["sections"] = sections(m);
  out["commands"] = commands(m);
  out["pings"] = hex_list(m.pings);
  out["pongs"] = hex_list(m.pongs);
  out["rp_messages"] = counts(m.rp_messages);
  out["req_pages_by_block"] = counts(m.req_pages_by_block);
  out["discard_commands_by_block"] = counts(m.discard_commands_by_block);
  out["package_lengths"] = json::value_from(m.package_lengths);
  add_ram(out, m);
  out["vmdescription_bytes"] = m.vm_description_bytes;
  out["unparsed_bytes"] = unparsed;
  out["missing_bytes"] = missing;
  out["page_size"] = tables.page_size;
  out["page_size_source"] = page_size_source(tables.page_size_source);
  out["footers"] = tables.footers ? json::value(*tables.footers) : json::value(nullptr);
  out["eof_seen"] = m.eof_seen;
  out["phases"] = phases(m, start);
  out["phase"] = to_string(m.migration->phase());
  out["source_can_go_back"] = m.migration->source_can_go_back();
  out["destination_may_run"] = m.migration->destination_may_run();
  out["oddities"] = json::value_from(m.oddities);
  return out;
}

}  // namespace

json::object to_json(const SummaryCollector& summary) {
  json::array migrations, others;
  for (const auto& m : summary.migrations()) migrations.push_back(migration(*m, summary.start()));
  for (const auto& c : summary.others()) others.push_back(channel(c, summary.start()));
  return {{"migrations", std::move(migrations)}, {"other_connections", std::move(others)}};
}

}  // namespace mig::replay
