// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mig/events.hpp"

namespace mig {

/// How the bytes between a section's header and its end are delimited; follows from the idstr.
enum class SectionClass : std::uint8_t {
  device,
  ram,
  dirty_bitmap,
  block,
  vfio,
  htab,
  storage_attributes,
  skeys
};

/// What a START or FULL header said, kept for the PARTs and the END, which repeat only the id.
struct SectionInfo {
  SectionId id{};
  NameId idstr = no_name;
  std::uint32_t instance_id = 0;
  std::uint32_t version_id = 0;
  SectionClass kind = SectionClass::device;
  bool iterative = false;  ///< a START was seen: PART and END may follow
  bool assumed = false;    ///< no START was seen; what the section carries looks like this
};

struct RamBlock {
  NameId name = no_name;
  std::uint64_t used_length = 0;  ///< bytes; 0 where the block list was not seen
  std::uint64_t page_size = 0;    ///< bytes; 0: that of the target
};

/// Where the target page size comes from. `assumed` means nobody said and 4096 is used.
/// `observed`: found from where the records of the stream stand (or from a multifd or mapped-ram header).
enum class PageSizeSource : std::uint8_t {
  assumed,
  preset,
  target_page_bits,
  postcopy_advise,
  observed,
  vm_description,
};

/// What one migration has named and announced so far. Append-only, owned by the program's per-migration
/// object: a channel opened by recovery refers to names that were said on the connection that broke. Never
/// shrinks; bounded by `max_names` entries of at most 255 bytes.
class StreamTables {
 public:
  static constexpr std::size_t max_names = 16384;

  StreamTables() = default;
  // Ids belong to one object, and its map refers to its own texts. (Moved texts stay at their place.)
  StreamTables(const StreamTables&) = delete;
  StreamTables& operator=(const StreamTables&) = delete;
  StreamTables(StreamTables&&) = default;
  StreamTables& operator=(StreamTables&&) = default;

  /// Text -> id, the same id for the same text. nullopt when full.
  [[nodiscard]] std::optional<NameId> intern(std::string_view text);
  /// Empty for no_name.
  [[nodiscard]] std::string_view name(NameId id) const noexcept;

  /// Announces a block, or finds it by name. nullopt when full.
  [[nodiscard]] std::optional<BlockId> add_block(std::string_view name, std::uint64_t used_length);
  [[nodiscard]] std::optional<BlockId> find_block(std::string_view name) const noexcept;
  [[nodiscard]] const RamBlock* block(BlockId id) const noexcept;
  [[nodiscard]] std::string_view block_name(BlockId id) const noexcept;
  [[nodiscard]] const std::vector<RamBlock>& blocks() const noexcept { return blocks_; }
  void set_block_page_size(BlockId id, std::uint64_t size) noexcept;

  /// Records a START or FULL header; a later one of the same id replaces it. False when full.
  [[nodiscard]] bool add_section(const SectionInfo& info);
  [[nodiscard]] const SectionInfo* section(SectionId id) const noexcept;
  /// The section "ram"; no_section until its START, or what is assumed to be it, was seen.
  [[nodiscard]] SectionId ram_section() const noexcept { return ram_section_; }

  /// The target page size was found; `size` is a power of two.
  void know_page_size(std::uint32_t size, PageSizeSource source) noexcept {
    page_size = size;
    page_size_source = source;
  }

  // Facts that change the layout of later bytes.
  std::uint32_t page_size = 4096;  ///< target page size, bytes
  PageSizeSource page_size_source = PageSizeSource::assumed;
  NameId machine = no_name;
  bool has_configuration = false;
  bool ignore_shared = false;  ///< capability x-ignore-shared
  bool mapped_ram = false;     ///< capability mapped-ram
  bool advised_ram = false;    ///< POSTCOPY_ADVISE of length 16 was seen
  bool advised = false;        ///< POSTCOPY_ADVISE of any length was seen
  bool listening = false;      ///< POSTCOPY_LISTEN was seen: no VM description will follow
  std::uint64_t page_size_summary = 0;
  std::optional<bool> footers;  ///< unknown until the first RAM section ended
  bool incomplete = false;      ///< the block list was not seen: names may appear that it would have listed

 private:
  std::deque<std::string> names_;  // deque: views of its strings stay valid
  std::unordered_map<std::string_view, NameId> by_text_;
  std::vector<RamBlock> blocks_;
  std::unordered_map<std::uint32_t, BlockId> block_by_name_;  // key: NameId
  std::unordered_map<std::uint32_t, SectionInfo> sections_;   // key: wire id
  SectionId ram_section_ = no_section;
};

}  // namespace mig
