// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/convergence.hpp"

#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

constexpr double downtime_limit = 0.3;  // seconds; QEMU's default
constexpr std::size_t least_passes = 3;

bool no_progress(const RamPass& pass, const RamPass& before) {
  return pass.seconds() > downtime_limit && !pass.may_be_postcopy &&
         pass.counts.all() * 10 >= before.counts.all() * 9;
}

}  // namespace

std::optional<std::string> why_no_convergence(const Ram& ram) {
  auto end = ram.passes.size();
  if (end != 0 && ram.passes[end - 1].stopped) --end;
  // Passes 2, 3 ... are made of what the guest wrote; the first is all of its memory.
  auto first = end;
  while (first > 2 && no_progress(ram.passes[first - 1], ram.passes[first - 2])) --first;
  if (end - first < least_passes) return std::nullopt;
  double dirtied = 0, sent = 0, time = 0;
  for (auto i = first; i < end; ++i) {
    const auto& pass = ram.passes[i];
    dirtied += static_cast<double>(pass.counts.all()) * ram.migration->tables().page_size;
    sent += static_cast<double>(pass.bytes);
    time += pass.seconds();
  }
  return "precopy does not converge: passes " + std::to_string(first + 1) + " to " + std::to_string(end) +
         " are each no smaller than the one before; in them the guest rewrote " + rate_text(dirtied / time) +
         " while the stream carried " + rate_text(sent / time);
}

}  // namespace mig::replay
