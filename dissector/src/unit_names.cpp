// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>

#include "mig/fields.hpp"

namespace mig {
namespace {

template <class Enum, std::size_t N>
std::string_view pick(const std::array<std::string_view, N>& names, Enum value) noexcept {
  const auto i = static_cast<std::size_t>(value);
  return i < N ? names[i] : std::string_view("?");
}

}  // namespace

std::string_view to_string(Direction direction) noexcept {
  return direction == Direction::forward ? "forward" : "return-path";
}

std::string_view to_string(ChannelKind kind) noexcept {
  constexpr std::array<std::string_view, 6> names = {"unknown", "main",    "main-resumed",
                                                     "multifd", "preempt", "tls"};
  return pick(names, kind);
}

std::string_view to_string(SectionType type) noexcept {
  constexpr std::array<std::string_view, 5> names = {"?", "START", "PART", "END", "FULL"};
  return pick(names, type);
}

std::string_view to_string(PayloadKind kind) noexcept {
  constexpr std::array<std::string_view, 15> names = {"page",
                                                      "device-state",
                                                      "vm-description",
                                                      "dirty-bitmap",
                                                      "block-data",
                                                      "vfio-data",
                                                      "htab-data",
                                                      "s390-data",
                                                      "received-bitmap",
                                                      "unknown-message",
                                                      "mapped-ram-bitmap",
                                                      "mapped-ram-pages",
                                                      "unused-offsets",
                                                      "multifd-data",
                                                      "after-end"};
  return pick(names, kind);
}

std::string_view to_string(Anchor anchor) noexcept {
  constexpr std::array<std::string_view, 9> names = {"none",     "footer",      "ram-eos",
                                                     "command",  "ram-records", "package-end",
                                                     "messages", "bitmap-end",  "packet"};
  return pick(names, anchor);
}

std::string_view to_string(PageEncoding encoding) noexcept {
  constexpr std::array<std::string_view, 4> names = {"plain", "zero", "xbzrle", "compressed"};
  return pick(names, encoding);
}

}  // namespace mig
