// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "mig/bytes.hpp"
#include "mig/history/exchanges.hpp"

namespace mig {

inline constexpr std::uint32_t no_blob = 0xffffffff;

/// The bytes of a section, a package or a VM description, kept to be exported and decoded.
struct Blob {
  Event header;  ///< of the unit whose bytes these are
  Place at;      ///< of its header
  std::vector<std::byte> bytes;
  std::uint64_t size = 0;  ///< bytes that passed, or are missing, behind the header
  bool whole = false;      ///< it has ended and nothing is missing
  bool ended = false;      ///< its end was seen, or that something else began
  bool cut = false;        ///< longer than what is kept, or with a gap
};

/// All blobs of a capture, within a budget of bytes.
class Blobs {
 public:
  explicit Blobs(std::uint64_t budget) : left_(budget) {}
  std::uint32_t open(const Event& header, const Place& at);
  void append(std::uint32_t number, Bytes bytes);
  [[nodiscard]] Blob& operator[](std::uint32_t number) { return all_[number]; }
  [[nodiscard]] const Blob& operator[](std::uint32_t number) const { return all_[number]; }

 private:
  std::deque<Blob> all_;
  std::uint64_t left_;
};

/// Which blob the bytes of a main channel belong to, to the destination: START and FULL sections, packages,
/// the VM description.
class BlobCollector {
 public:
  enum class Packages : std::uint8_t { kept, left_out };
  explicit BlobCollector(Packages packages) : keeps_packages_(packages == Packages::kept) {}

  /// The number of the blob that begins or ends with the event; no_blob: none does.
  std::uint32_t delivered(Blobs& blobs, const Place& at, const Event& event, Bytes raw);
  /// What comes next may belong to a blob.
  [[nodiscard]] bool collects() const noexcept { return open_ != no_blob || package_ != no_blob; }
  /// The next bytes are of this blob, too: a section or the VM description, and a package around it.
  [[nodiscard]] bool is_in(std::uint32_t blob) const noexcept {
    return blob != no_blob && (blob == open_ || blob == package_);
  }

 private:
  std::uint32_t section(Blobs& blobs, const Place& at, const Event& event, Bytes raw);
  std::uint32_t payload(Blobs& blobs, Bytes raw);
  std::uint32_t end_by_length(Blobs& blobs);
  void end(Blobs& blobs);

  bool keeps_packages_;
  std::uint32_t package_ = no_blob, open_ = no_blob;  // open_: a section or the VM description
};

}  // namespace mig
