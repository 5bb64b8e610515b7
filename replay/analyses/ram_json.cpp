// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/ram_json.hpp"

#include <boost/json.hpp>

#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;

json::value number(std::optional<double> value) { return value ? json::value(*value) : json::value(nullptr); }

json::object counts(const PageCounts& c) {
  return {{"pages", c.pages}, {"zero_pages", c.zero_pages}, {"resent", c.resent}};
}

json::object pass(const RamPass& p, const Ram& ram, Time start) {
  auto out = counts(p.counts);
  out["start"] = seconds(p.start - start);
  out["end"] = seconds(p.end - start);
  out["bytes"] = p.bytes;
  out["throughput"] = number(Ram::throughput(p));
  out["guest_stopped"] = p.stopped;
  if (p.may_be_postcopy) out["may_be_postcopy"] = true;
  json::array blocks;
  for (const auto& [id, c] : p.blocks) {
    auto entry = counts(c);
    const auto use = ram.blocks.find(id);
    entry["block"] = use != ram.blocks.end() ? printable(use->second.name) : "";
    blocks.push_back(std::move(entry));
  }
  out["blocks"] = std::move(blocks);
  return out;
}

json::object block(const RamBlockUse& b) {
  json::object out{{"block", printable(b.name)},
                   {"used_length", b.used_length},
                   {"page_size", b.page_size == 0 ? json::value(nullptr) : json::value(b.page_size)},
                   {"precopy", counts(b.precopy)},
                   {"postcopy", counts(b.postcopy)},
                   {"discarded_bytes", b.discarded}};
  if (b.resent) {
    out["resent_bin_bytes"] = b.resent->bin_bytes();
    out["resent_by_bin"] = json::value_from(b.resent->counts());
  }
  return out;
}

}  // namespace

json::object to_json(const Ram& ram, Time start) {
  json::array passes, blocks;
  for (std::size_t i = 0; i < ram.passes.size(); ++i) {
    auto entry = pass(ram.passes[i], ram, start);
    entry["pass"] = i + 1;
    entry["dirty_rate"] = number(ram.dirty_rate(i));
    passes.push_back(std::move(entry));
  }
  for (const auto& [id, use] : ram.blocks) blocks.push_back(block(use));
  json::value postcopy = nullptr;
  if (ram.postcopy) postcopy = pass(*ram.postcopy, ram, start);
  return {{"page_size", ram.migration->tables().page_size},
          {"passes", std::move(passes)},
          {"folded_passes", ram.folded_passes},
          {"postcopy", std::move(postcopy)},
          {"blocks", std::move(blocks)},
          {"mapped_ram_pages", ram.mapped_pages},
          {"resent_is_lower_bound", ram.resent_is_lower_bound}};
}

}  // namespace mig::replay
