// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/extract/xbzrle.hpp"

#include <algorithm>
#include <optional>

namespace mig::replay {
namespace {

/// Takes a length off the front; nullopt where there is none.
std::optional<std::size_t> take_length(Bytes& from) noexcept {
  std::size_t value = 0;
  for (unsigned shift = 0; shift < 28 && !from.empty(); shift += 7) {
    const auto byte = load_u8(from);
    from = from.subspan(1);
    value |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

}  // namespace

bool apply_xbzrle(std::span<std::byte> page, Bytes difference) noexcept {
  while (!difference.empty()) {
    const auto same = take_length(difference);
    if (!same || *same > page.size()) return false;
    page = page.subspan(*same);
    if (difference.empty()) return true;
    const auto changed = take_length(difference);
    if (!changed || *changed > page.size() || *changed > difference.size()) return false;
    std::copy_n(difference.begin(), *changed, page.begin());
    page = page.subspan(*changed);
    difference = difference.subspan(*changed);
  }
  return true;
}

}  // namespace mig::replay
