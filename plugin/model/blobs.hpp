// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "mig/bytes.hpp"
#include "mig/events.hpp"

namespace mig::plugin {

inline constexpr std::uint32_t no_blob = 0xffffffff;

/// The bytes of a device section, a package or a VM description, kept to be exported and decoded.
struct Blob {
  Event header;  ///< of the unit whose bytes these are
  std::vector<std::byte> bytes;
  bool whole = false;  ///< it has ended and nothing is missing
  bool ended = false;  ///< its end was seen
  bool cut = false;    ///< longer than what is kept, or with a gap
};

/// All blobs of a capture, within a budget of bytes.
class Blobs {
 public:
  explicit Blobs(std::uint64_t budget) : left_(budget) {}
  std::uint32_t open(const Event& header);
  void append(std::uint32_t number, Bytes bytes);
  [[nodiscard]] Blob& operator[](std::uint32_t number) { return all_[number]; }
  [[nodiscard]] const Blob& operator[](std::uint32_t number) const { return all_[number]; }

 private:
  std::deque<Blob> all_;
  std::uint64_t left_;
};

}  // namespace mig::plugin
