// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <type_traits>

#include "plugin/model/unit_index.hpp"

namespace mig::plugin {

/// A stretch of the stream as it is drawn: a unit or some records of a run that were recognised in it, or
/// more of the payload of one that was recognised before.
struct Slice {
  enum class Kind : std::uint8_t { unit, pages, payload };
  Kind kind = Kind::unit;
  StreamRange range;               ///< with what of the payload lies in the stretch
  const Unit* unit = nullptr;      ///< of kind unit; of kind payload where it is a unit's
  const RecordRun* run = nullptr;  ///< of kind pages; of kind payload where it is a page's
  std::uint32_t first = 0;         ///< record of the run
  std::uint32_t count = 0;         ///< records, for kind pages
};

/// Cuts a stretch into slices, in stream order. A plain value: an exception of Wireshark may jump over it.
class Slices {
 public:
  Slices(const UnitIndex& index, StreamRange stretch) noexcept;
  /// False behind the last one.
  bool next(Slice& slice) noexcept;
  /// Whose payload the byte at `offset` is; a slice without a range.
  [[nodiscard]] static Slice payload_at(const UnitIndex& index, std::uint64_t offset) noexcept;

 private:
  [[nodiscard]] const Unit* next_unit() const noexcept;
  [[nodiscard]] const RecordRun* next_run() const noexcept;
  bool payload_until(std::uint64_t end, Slice& slice) noexcept;
  Slice unit_slice() noexcept;
  Slice pages_slice(std::uint64_t until) noexcept;
  [[nodiscard]] std::uint64_t next_begin() const noexcept;

  const UnitIndex* index_;
  StreamRange stretch_;
  std::uint64_t at_;
  std::size_t unit_ = 0;
  std::size_t run_ = 0;
  std::uint32_t record_ = 0;
};
static_assert(std::is_trivially_destructible_v<Slices> && std::is_trivially_destructible_v<Slice>);

}  // namespace mig::plugin
