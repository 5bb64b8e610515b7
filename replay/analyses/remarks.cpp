// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/remarks.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "mig/wire.hpp"

namespace mig::replay {
namespace {

bool has(std::string_view text, std::string_view part) noexcept { return text.find(part) != text.npos; }

/// Behind "value=0x"; nullopt: there is none.
std::optional<std::uint32_t> value_in(std::string_view text) noexcept {
  constexpr std::string_view key = "value=0x";
  const auto at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint32_t value = 0;
  const char* end = text.data() + text.size();
  if (std::from_chars(text.data() + at + key.size(), end, value, 16).ec != std::errc()) return std::nullopt;
  return value;
}

/// The unit did not arrive: it was dropped, or the connection was closed before its first byte.
bool is_taken(std::string_view text) noexcept {
  return has(text, ": dropped by ") || (has(text, ": closed by ") && !has(text, "after="));
}

}  // namespace

void Remarks::add(std::string_view text, Moment moment) {
  const bool closed = has(text, ": closed by ");
  if (closed || has(text, " ends connection ") || has(text, " silences connection ")) may_.cut = true;
  if (has(text, " by absorb-") || has(text, " silences connection ")) may_.one_leg_only = true;
  if (has(text, "half-close-")) may_.half_closed = true;
  if (has(text, ": delayed by ") || has(text, ": held by ")) may_.delays = true;
  const auto take = [&](Taken::What what, std::uint32_t value = 0) {
    taken_.push_back({moment, what, value});
  };
  const auto value = value_in(text).value_or(0);
  const bool taken = is_taken(text);
  if (taken && text.starts_with("shut ")) return take(Taken::What::shut, value);
  if (taken && text.starts_with("pong ") && value == wire::ping_package_loaded)
    return take(Taken::What::pong);
  if (taken && text.starts_with("package ")) take(Taken::What::package);
  if (taken && text.starts_with("ping ") && has(text, " in_package"))
    return take(Taken::What::ping_in_package, value);
  if (taken && text.starts_with("run in_package")) return take(Taken::What::run_in_package);
  const bool gone = has(text, ": dropped by ") || has(text, ": truncated by ") || has(text, ": injected by ");
  const bool changed = gone || closed || has(text, ": changed by ");
  if (text.starts_with("pong")) {
    may_.pong = may_.pong || changed;
  } else if (text.starts_with("shut")) {
    may_.shut = may_.shut || changed;
  } else if (gone) {
    may_.forward = true;
  }
}

Deeds Remarks::between(Time from, Time to) const {
  auto out = may_;
  bool package = false;
  const auto before = [](const Taken& one, Time time) { return one.moment.time < time; };
  auto one = std::lower_bound(taken_.begin(), taken_.end(), from, before);
  for (; one != taken_.end() && one->moment.time < to; ++one) {
    const auto when = when_of(one->moment);
    switch (one->what) {
      case Taken::What::shut: out.shut_taken = when, out.shut_value = one->value; break;
      case Taken::What::pong: out.pong_taken = when; break;
      case Taken::What::package: package = true; break;
      case Taken::What::ping_in_package:
        out.ping_loaded_taken = out.ping_loaded_taken || one->value == wire::ping_package_loaded;
        break;
      case Taken::What::run_in_package:
        if (package) out.package_taken = when;
        break;
    }
  }
  return out;
}

}  // namespace mig::replay
