// SPDX-License-Identifier: GPL-2.0-or-later
// A short text that needs no destructor: Wireshark's exceptions may jump over it.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace mig::plugin {

struct Line {
  std::array<char, 256> text{};
  [[nodiscard]] const char* c_str() const noexcept { return text.data(); }
};

inline Line line_of(std::string_view text) noexcept {
  Line line;
  std::copy_n(text.begin(), std::min(text.size(), line.text.size() - 1), line.text.begin());
  return line;
}

/// printf into a Line, cut to its size.
template <class... Args>
Line format(const char* pattern, Args... args) noexcept {
  Line line;
  if (std::snprintf(line.text.data(), line.text.size(), pattern, args...) < 0) line.text[0] = 0;
  return line;
}

/// For %llu and %llx.
inline unsigned long long wide(std::uint64_t value) noexcept { return value; }

}  // namespace mig::plugin
