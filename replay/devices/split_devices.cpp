// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/devices/split_devices.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "mig/wire.hpp"

namespace mig::replay {
namespace {

/// Type, id, length of the name; instance and version (QEMU: migration/savevm.c, save_section_header()).
constexpr std::size_t before_name = 6, behind_name = 8;
constexpr std::uint32_t max_plausible_id = 0xffff, max_plausible_version = 0xff;

/// The header of a FULL section, and its length.
struct Header {
  std::uint32_t id = 0, instance = 0, version = 0;
  std::string name;
  std::size_t size = 0;
};

std::optional<Header> header_at(Bytes bytes, std::size_t at) {
  const auto rest = bytes.subspan(std::min(at, bytes.size()));
  if (rest.size() < before_name || load_u8(rest) != wire::vm_section_full) return std::nullopt;
  Header out;
  const auto length = load_u8(rest, before_name - 1);
  out.size = before_name + length + behind_name;
  if (rest.size() < out.size || length == 0) return std::nullopt;
  out.id = load_be32(rest, 1);
  out.name = std::string(as_text(rest.subspan(before_name, length)));
  out.instance = load_be32(rest, before_name + length);
  out.version = load_be32(rest, before_name + length + 4);
  return out;
}

bool is_plausible(const Header& h) {
  const bool named = h.name.size() > 1 && all_printable(h.name) && h.name.find(' ') == std::string::npos;
  return named && h.id <= max_plausible_id && h.instance <= max_plausible_id &&
         h.version <= max_plausible_version;
}

/// Reads one section behind the other.
class Splitter {
 public:
  Splitter(DeviceSection first, const vmstate::Description* description)
      : whole_(std::move(first)), bytes_(whole_.body), description_(description) {}

  std::vector<DeviceSection> run() {
    Header header{whole_.section_id, whole_.instance_id, whole_.version_id, whole_.idstr, 0};
    for (std::size_t at = 0;;) {
      seen_.insert(header.id);
      const auto [end, found] = end_of(header, at);
      add(header, at, end, found);
      const auto next = header_at(bytes_, end);
      if (!next) break;
      header = *next;
      at = end + next->size;
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::pair<std::size_t, SectionEnd> end_of(const Header& header, std::size_t at) const {
    const auto* device = description_ != nullptr ? description_->find(header.name, header.instance) : nullptr;
    if (device != nullptr && device->structure != vmstate::no_structure) {
      const auto size = description_->structure(device->structure).size;
      const bool fits = size <= bytes_.size() - at;
      const auto end = at + static_cast<std::size_t>(fits ? size : 0);
      if (fits && (is_last(end) || is_next(end))) return {end, SectionEnd::description};
    }
    for (auto end = at; end < bytes_.size(); ++end) {
      if (is_next(end)) return {end, SectionEnd::guess};
    }
    return {bytes_.size(), SectionEnd::guess};
  }
  /// Nothing follows, or the EOF mark of a stream without a VM description.
  [[nodiscard]] bool is_last(std::size_t at) const {
    const auto left = bytes_.size() - at;
    return left == 0 || (left == 1 && load_u8(bytes_, at) == wire::vm_eof);
  }
  [[nodiscard]] bool is_next(std::size_t at) const {
    if (load_u8(bytes_, at) != wire::vm_section_full) return false;
    const auto header = header_at(bytes_, at);
    return header && is_plausible(*header) && !seen_.contains(header->id);
  }
  void add(const Header& header, std::size_t at, std::size_t end, SectionEnd found) {
    auto section = whole_;
    section.idstr = header.name;
    section.section_id = header.id;
    section.instance_id = header.instance;
    section.version_id = header.version;
    section.offset +=
        header.size == 0 ? 0 : before_name + whole_.idstr.size() + behind_name + at - header.size;
    section.size = end - at;
    section.end = found;
    section.body.assign(bytes_.begin() + static_cast<std::ptrdiff_t>(at),
                        bytes_.begin() + static_cast<std::ptrdiff_t>(end));
    out_.push_back(std::move(section));
  }

  DeviceSection whole_;
  Bytes bytes_;
  const vmstate::Description* description_;
  std::set<std::uint32_t> seen_;  // ids: each comes once
  std::vector<DeviceSection> out_;
};

}  // namespace

std::vector<DeviceSection> split_devices(DeviceSection first, const vmstate::Description* description) {
  return Splitter(std::move(first), description).run();
}

}  // namespace mig::replay
