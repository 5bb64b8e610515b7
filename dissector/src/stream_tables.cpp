// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/stream_tables.hpp"

namespace mig {
namespace {

template <class Id>
std::uint32_t index(Id id) noexcept {
  return static_cast<std::uint32_t>(id);
}

}  // namespace

std::optional<NameId> StreamTables::intern(std::string_view text) {
  if (const auto found = by_text_.find(text); found != by_text_.end()) return found->second;
  if (names_.size() >= max_names) return std::nullopt;
  const NameId id{static_cast<std::uint32_t>(names_.size())};
  by_text_.emplace(names_.emplace_back(text), id);
  return id;
}

std::string_view StreamTables::name(NameId id) const noexcept {
  return index(id) < names_.size() ? std::string_view(names_[index(id)]) : std::string_view();
}

std::optional<BlockId> StreamTables::add_block(std::string_view name, std::uint64_t used_length) {
  const auto id = intern(name);
  if (!id) return std::nullopt;
  const auto [entry, fresh] =
      block_by_name_.try_emplace(index(*id), BlockId{static_cast<std::uint32_t>(blocks_.size())});
  if (fresh) blocks_.push_back({*id, used_length, 0});
  if (used_length != 0) blocks_[index(entry->second)].used_length = used_length;
  return entry->second;
}

std::optional<BlockId> StreamTables::find_block(std::string_view name) const noexcept {
  const auto text = by_text_.find(name);
  if (text == by_text_.end()) return std::nullopt;
  const auto found = block_by_name_.find(index(text->second));
  if (found == block_by_name_.end()) return std::nullopt;
  return found->second;
}

const RamBlock* StreamTables::block(BlockId id) const noexcept {
  return index(id) < blocks_.size() ? &blocks_[index(id)] : nullptr;
}

std::string_view StreamTables::block_name(BlockId id) const noexcept {
  const auto* found = block(id);
  return found != nullptr ? name(found->name) : std::string_view();
}

void StreamTables::set_block_page_size(BlockId id, std::uint64_t size) noexcept {
  if (index(id) < blocks_.size()) blocks_[index(id)].page_size = size;
}

bool StreamTables::add_section(const SectionInfo& info) {
  const auto found = sections_.find(index(info.id));
  if (found == sections_.end() && sections_.size() >= max_names) return false;
  SectionInfo next = info;
  // vfio sends a FULL section under the id of its START; PART and END must still find it.
  if (found != sections_.end()) next.iterative = next.iterative || found->second.iterative;
  sections_.insert_or_assign(index(info.id), next);
  if (info.kind == SectionClass::ram) ram_section_ = info.id;
  return true;
}

const SectionInfo* StreamTables::section(SectionId id) const noexcept {
  const auto found = sections_.find(index(id));
  return found != sections_.end() ? &found->second : nullptr;
}

}  // namespace mig
