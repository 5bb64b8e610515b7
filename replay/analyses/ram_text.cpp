// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/ram_text.hpp"

#include <algorithm>

#include "replay/analyses/convergence.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

using Count = unsigned long long;

std::string rate_or_dash(std::optional<double> rate) { return rate ? rate_text(*rate) : "-"; }

std::string pass_row(const char* name, const RamPass& p, std::optional<double> dirty, Time start) {
  return printed("  %-9s %9.3f %9.3f %9llu %9llu %9s %11s %11s %11s%s\n", name, seconds(p.start - start),
                 p.seconds(), static_cast<Count>(p.counts.pages), static_cast<Count>(p.counts.zero_pages),
                 std::to_string(p.counts.resent).c_str(), bytes_text(p.bytes).c_str(),
                 rate_or_dash(Ram::throughput(p)).c_str(), rate_or_dash(dirty).c_str(),
                 p.stopped           ? "  guest stopped"
                 : p.may_be_postcopy ? "  or postcopy"
                                     : "");
}

std::string passes(const Ram& ram, Time start) {
  std::string out = printed("  %-9s %9s %9s %9s %9s %9s %11s %11s %11s\n", "pass", "start s", "length s",
                            "pages", "zero", "re-sent", "on the wire", "throughput", "dirty rate");
  for (std::size_t i = 0; i < ram.passes.size(); ++i)
    out += pass_row(std::to_string(i + 1).c_str(), ram.passes[i], ram.dirty_rate(i), start);
  if (ram.postcopy) out += pass_row("postcopy", *ram.postcopy, std::nullopt, start);
  if (ram.folded_passes != 0)
    out += printed("  the last precopy row holds %llu passes more\n", static_cast<Count>(ram.folded_passes));
  return out;
}

std::string name_or_number(BlockId id, const RamBlockUse& use) {
  return use.name.empty() ? "block " + std::to_string(static_cast<std::uint32_t>(id)) : printable(use.name);
}

std::string blocks(const Ram& ram) {
  auto out = printed("  %-24s %11s %9s %9s %9s %9s %11s\n", "block", "length", "precopy", "re-sent",
                     "postcopy", "re-sent", "discarded");
  for (const auto& [id, b] : ram.blocks) {
    const auto n = [](std::uint64_t count) { return std::to_string(count); };
    out +=
        printed("  %-24s %11s %9s %9s %9s %9s %11s\n", name_or_number(id, b).c_str(),
                bytes_text(b.used_length).c_str(), n(b.precopy.all()).c_str(), n(b.precopy.resent).c_str(),
                n(b.postcopy.all()).c_str(), n(b.postcopy.resent).c_str(), bytes_text(b.discarded).c_str());
  }
  return out;
}

/// One character a bin: the more re-sent pages, the darker.
std::string heat_row(const Heat& heat) {
  constexpr std::string_view shades = " .:-=+*#%@";
  const auto most = *std::max_element(heat.counts().begin(), heat.counts().end());
  std::string out;
  for (const auto n : heat.counts()) out += n == 0 ? ' ' : shades[1 + (n - 1) * (shades.size() - 1) / most];
  out.resize(out.find_last_not_of(' ') + 1);
  return out;
}

std::string heats(const Ram& ram) {
  std::string out;
  for (const auto& [id, b] : ram.blocks) {
    if (!b.resent) continue;
    out += printed("  %s, %s a character:\n    ", name_or_number(id, b).c_str(),
                   bytes_text(b.resent->bin_bytes()).c_str());
    out += "[" + heat_row(*b.resent) + "]\n";
  }
  return out.empty() ? out : "re-sent in precopy, from the start of each block\n" + out;
}

}  // namespace

std::string ram_text(const Ram& ram, Time start) {
  auto out = printed("migration %u  RAM, page size %u\n", static_cast<unsigned>(ram.migration->id()) + 1,
                     ram.migration->tables().page_size);
  out += passes(ram, start) + blocks(ram) + heats(ram);
  if (ram.mapped_pages != 0)
    out += printed("mapped-ram        %llu pages in the file\n", static_cast<Count>(ram.mapped_pages));
  if (ram.resent_is_lower_bound)
    out += "more RAM than is remembered page by page: re-sent pages are a lower bound\n";
  if (const auto why = why_no_convergence(ram)) out += "oddity            " + *why + "\n";
  return out;
}

}  // namespace mig::replay
