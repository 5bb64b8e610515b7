// SPDX-License-Identifier: GPL-2.0-or-later
// A stream has no list of QEMU's capabilities. What is set shows in what is sent because of it.
#include "replay/analyses/negotiated.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "mig/fields.hpp"
#include "mig/history/migration.hpp"
#include "mig/history/qemu_names.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;
using M = MigrationSummary;

bool sent(const M& m, CommandType type) {
  return std::any_of(m.commands.begin(), m.commands.end(), [&](const auto& c) { return c.type == type; });
}

bool answered(const M& m, MessageType type) { return m.rp_messages.contains(std::string(qemu_name(type))); }

bool has_section(const M& m, std::string_view idstr) {
  const auto& tables = m.migration->tables();
  return std::any_of(m.sections.begin(), m.sections.end(),
                     [&](const auto& s) { return tables.name(s.name) == idstr; });
}

std::uint64_t records(const M& m, RamSequence::Kind kind) {
  auto sum = m.precopy.records[kind] + m.unknown.records[kind];
  for (const auto& [channel, ram] : m.postcopy) sum += ram.records[kind];
  return sum;
}

/// A feature, and what it is known by.
struct Feature {
  const char* key;  ///< QEMU's capability with underscores, where there is one
  const char* name;
  bool (*seen)(const M&);
};

constexpr Feature features[] = {
    {"return_path", "return path",
     [](const M& m) { return sent(m, CommandType::open_return_path) || !m.rp_messages.empty(); }},
    {"postcopy_ram", "postcopy-ram",
     [](const M& m) { return m.migration->tables().advised_ram || m.facts().has_package(); }},
    {"postcopy_preempt", "postcopy-preempt",
     [](const M& m) { return m.migration->has(ChannelKind::preempt); }},
    {"multifd", "multifd", [](const M& m) { return m.migration->has(ChannelKind::multifd); }},
    {"xbzrle", "xbzrle", [](const M& m) { return records(m, RamSequence::xbzrle) != 0; }},
    {"compress", "page compression", [](const M& m) { return records(m, RamSequence::compressed) != 0; }},
    {"dirty_bitmaps", "dirty-bitmaps", [](const M& m) { return has_section(m, "dirty-bitmap"); }},
    {"block", "block migration", [](const M& m) { return has_section(m, "block"); }},
    {"mapped_ram", "mapped-ram", [](const M& m) { return m.migration->tables().mapped_ram; }},
    {"x_ignore_shared", "x-ignore-shared", [](const M& m) { return m.migration->tables().ignore_shared; }},
    {"background_snapshot", "background-snapshot", [](const M& m) { return m.facts().guest_goes_on; }},
    {"x_colo", "x-colo", [](const M& m) { return sent(m, CommandType::enable_colo); }},
    {"switchover_ack", "switchover-ack", [](const M& m) { return answered(m, MessageType::switchover_ack); }},
};

std::size_t multifd_channels(const M& m) {
  return static_cast<std::size_t>(std::count_if(
      m.channels.begin(), m.channels.end(), [](const auto& c) { return c.kind == ChannelKind::multifd; }));
}

/// Channels that carry zero pages as records of their own: what `zero-page-detection` chose.
std::vector<ChannelKind> zero_page_channels(const M& m) {
  const auto zeros = [](const RamSequence& ram) { return ram.records[RamSequence::zero] != 0; };
  std::vector<ChannelKind> out;
  const auto main = m.postcopy.find(0), preempt = m.postcopy.find(1);
  if (zeros(m.precopy) || zeros(m.unknown) || (main != m.postcopy.end() && zeros(main->second)))
    out.push_back(ChannelKind::main);
  if (m.multifd.zero_pages != 0) out.push_back(ChannelKind::multifd);
  if (preempt != m.postcopy.end() && zeros(preempt->second)) out.push_back(ChannelKind::preempt);
  return out;
}

std::uint64_t ram_bytes(const M& m) {
  std::uint64_t sum = 0;
  for (const auto& [id, length] : m.ram_blocks) sum += length;
  return sum;
}

bool is_device(const SectionSeen& s) { return s.type == SectionType::full; }

std::size_t devices(const M& m) {
  return static_cast<std::size_t>(std::count_if(m.sections.begin(), m.sections.end(), is_device));
}

/// "multifd (2 channels, zstd)"
std::string multifd_text(const M& m) {
  const auto n = multifd_channels(m);
  const auto by = multifd_compression(m.multifd.flags);
  return "multifd (" + std::to_string(n) + (n == 1 ? " channel" : " channels") +
         (by == "none" ? ", not compressed)" : ", " + std::string(by) + ")");
}

std::string features_text(const M& m) {
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  for (const auto& f : features) {
    if (f.seen(m)) add(std::string_view(f.key) == "multifd" ? multifd_text(m) : f.name);
  }
  std::string zeros;
  for (const auto kind : zero_page_channels(m))
    zeros += (zeros.empty() ? "zero pages on " : " and ") + std::string(to_string(kind));
  if (!zeros.empty()) add(zeros);
  if (!m.channels.empty() && m.channels.front().info.client != Endpoint{}) add("no TLS");
  return out;
}

}  // namespace

const SectionSeen* largest_device(const MigrationSummary& m) {
  const SectionSeen* out = nullptr;
  for (const auto& s : m.sections) {
    if (is_device(s) && (out == nullptr || s.bytes > out->bytes)) out = &s;
  }
  return out;
}

std::string negotiated_rows(const MigrationSummary& m) {
  auto out = summary_row("negotiated", features_text(m));
  const auto& tables = m.migration->tables();
  std::string names;
  for (const auto id : m.capabilities) names += (names.empty() ? "" : ", ") + printable(tables.name(id));
  if (!names.empty()) out += summary_row("must agree", names + " (configuration section)");
  std::string guest;
  if (!m.ram_blocks.empty())
    guest = bytes_text(ram_bytes(m)) + " of RAM in " + std::to_string(m.ram_blocks.size()) +
            (m.ram_blocks.size() == 1 ? " block" : " blocks");
  if (const auto* largest = largest_device(m))
    guest += (guest.empty() ? "" : ", ") + std::to_string(devices(m)) + " device sections, the largest " +
             printable(tables.name(largest->name)) + " with " + bytes_text(largest->bytes);
  return guest.empty() ? out : out + summary_row("guest", guest);
}

json::object negotiated_json(const MigrationSummary& m) {
  json::object out;
  const bool all_seen = m.facts().known_in_full();
  for (const auto& f : features) {
    const bool seen = f.seen(m);
    out[f.key] = seen || all_seen ? json::value(seen) : json::value(nullptr);
  }
  out["tls"] = false;  // what can be read is not encrypted
  out["multifd_channels"] = multifd_channels(m);
  out["multifd_compression"] =
      m.multifd.packets != 0 ? json::value(multifd_compression(m.multifd.flags)) : json::value(nullptr);
  json::array zeros, names;
  for (const auto kind : zero_page_channels(m)) zeros.emplace_back(to_string(kind));
  for (const auto id : m.capabilities) names.emplace_back(printable(m.migration->tables().name(id)));
  out["zero_pages_on"] = std::move(zeros);
  out["configuration_capabilities"] = std::move(names);
  out["ram_bytes"] = ram_bytes(m);
  out["device_sections"] = devices(m);
  const auto* largest = largest_device(m);
  out["largest_device"] = nullptr;
  if (largest != nullptr)
    out["largest_device"] = json::object{{"idstr", printable(m.migration->tables().name(largest->name))},
                                         {"section_id", largest->id},
                                         {"bytes", largest->bytes}};
  return out;
}

}  // namespace mig::replay
