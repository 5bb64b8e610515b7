// SPDX-License-Identifier: GPL-2.0-or-later
#include "vmstate/decode.hpp"

#include <algorithm>
#include <exception>

#include "vmstate/virtio.hpp"

namespace mig::vmstate {
namespace {

constexpr std::uint8_t subsection_mark = 0x05;  // migration/vmstate.c QEMU_VM_SUBSECTION
// What stands in the place of a pointer, or in front of what it points to: migration/vmstate-types.c.
constexpr std::byte null_pointer_mark{'0'}, pointer_mark{'1'};

/// Walks layout and bytes together; false from a step means that they do not belong together, and
/// `reason` says why.
class Walk {
 public:
  Walk(const Description& description, std::string_view idstr, Bytes body, std::size_t cost_limit,
       Decoded& out)
      : description_(description), idstr_(idstr), body_(body), cost_limit_(cost_limit), out_(out) {}

  bool structure(StructureIndex index, std::uint16_t depth) {
    const auto& layout = description_.structure(index);
    for (const auto& f : layout.fields) {
      if (!field(f, depth)) return false;
    }
    return subsections(layout, depth);
  }
  [[nodiscard]] std::uint64_t at() const noexcept { return at_; }

 private:
  [[nodiscard]] std::uint64_t left() const noexcept { return body_.size() - at_; }
  bool refuse(std::string reason) {
    out_.reason = std::move(reason);
    return false;
  }
  bool add(const Value& value) {
    const bool listed = value.array && value.kind != ValueKind::bytes;
    out_.cost += value_cost + (listed ? static_cast<std::size_t>(std::min(value.count, value.size)) : 0);
    if (out_.cost > cost_limit_) return refuse("more values than any machine has");
    out_.values.push_back(value);
    return true;
  }

  bool field(const FieldLayout& f, std::uint16_t depth) {
    return f.kind == ValueKind::structure ? elements(f, depth) : plain(f, depth);
  }

  bool plain(const FieldLayout& f, std::uint16_t depth) {
    if (f.size != 0 && f.count > left() / f.size) return refuse("the body ends before the field " + f.name);
    const auto size = f.size * f.count;
    if (!add({f.kind, f.array, depth, f.name, f.type, f.index, at_, size, f.count})) return false;
    if (!plausible(out_.values.back()))
      return refuse("the field " + f.name + " has no value of type " + f.type);
    at_ += size;
    return f.type != "virtio" || f.array || virtio();
  }

  /// The field that was added last, in its parts if it is of the kind that has them.
  bool virtio() {
    auto& field = out_.values.back();
    const auto parts = virtio_parts(idstr_, field, body_);
    if (!parts) return true;
    field.kind = ValueKind::structure;
    return std::all_of(parts->begin(), parts->end(), [this](const Value& part) { return add(part); });
  }

  /// QEMU writes nothing but 0 and 1 for a bool, '0' for a pointer that is NULL and '1' for one that is not.
  [[nodiscard]] bool plausible(const Value& v) const noexcept {
    const auto raw = body_.subspan(v.offset, v.size);
    if (v.kind == ValueKind::boolean)
      return std::all_of(raw.begin(), raw.end(), [](std::byte b) { return b <= std::byte{1}; });
    if (v.kind == ValueKind::pointer)
      return std::all_of(raw.begin(), raw.end(),
                         [](std::byte b) { return b == null_pointer_mark || b == pointer_mark; });
    return true;
  }

  /// Elements without bytes are all alike: one stands for them.
  bool elements(const FieldLayout& f, std::uint16_t depth) {
    const auto count = f.size != 0 ? f.count : std::min<std::uint64_t>(f.count, 1);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto group = out_.values.size();
      const auto index = f.array ? std::optional(i) : f.index;
      if (!add({ValueKind::structure, false, depth, f.name, f.type, index, at_, 0, 1})) return false;
      const bool read = structure(f.structure, static_cast<std::uint16_t>(depth + 1));
      out_.values[group].size = at_ - out_.values[group].offset;
      if (!read) return false;
    }
    return true;
  }

  // ---- subsections: which of them are there, the bytes tell ----

  /// The name of the subsection that starts here, if one of `parent`'s does: its name begins with the
  /// parent's, by which QEMU knows it, too. A slash need not follow ("apic_sipi" of "apic").
  [[nodiscard]] std::string_view next_subsection(const StructureLayout& parent) const noexcept {
    if (parent.name.empty() || left() < subsection_overhead) return {};
    const auto rest = body_.subspan(at_);
    const std::size_t length = load_u8(rest, 1);
    if (load_u8(rest) != subsection_mark || rest.size() < subsection_overhead + length) return {};
    const auto name = as_text(rest.subspan(2, length));
    const bool ours = name.size() > parent.name.size() && name.starts_with(parent.name);
    return ours ? name : std::string_view();
  }

  bool subsections(const StructureLayout& parent, std::uint16_t depth) {
    for (auto name = next_subsection(parent); !name.empty(); name = next_subsection(parent)) {
      const auto found =
          std::find_if(parent.subsections.begin(), parent.subsections.end(),
                       [&](StructureIndex i) { return description_.structure(i).name == name; });
      if (found == parent.subsections.end()) return unknown_subsection(name, depth);
      if (!subsection(*found, depth)) return false;
    }
    return true;
  }

  bool subsection(StructureIndex index, std::uint16_t depth) {
    const auto& layout = description_.structure(index);
    const auto group = out_.values.size();
    const auto head = subsection_overhead + layout.name.size();
    const auto version = load_be32(body_, static_cast<std::size_t>(at_) + head - 4);
    if (layout.version && version != *layout.version)
      return refuse("subsection " + layout.name + " has version " + std::to_string(version) +
                    ", in the description it has " + std::to_string(*layout.version));
    if (!add({ValueKind::subsection, false, depth, layout.name, "subsection", {}, at_, 0, 1})) return false;
    at_ += head;
    const bool read = structure(index, static_cast<std::uint16_t>(depth + 1));
    out_.values[group].size = at_ - out_.values[group].offset;
    return read;
  }

  /// Its mark and name prove that all before it was read right.
  bool unknown_subsection(std::string_view name, std::uint16_t depth) {
    if (!add({ValueKind::bytes, false, depth, "not decoded", "unknown", {}, at_, left(), 1})) return false;
    out_.fit = Fit::unknown_subsection;
    return refuse("the subsection " + std::string(name) + " is not in the description; it and " +
                  "what follows it is not decoded");
  }

  const Description& description_;
  std::string_view idstr_;
  Bytes body_;
  std::size_t cost_limit_;
  Decoded& out_;
  std::uint64_t at_ = 0;
};

std::string length_reason(std::uint64_t described, std::uint64_t real) {
  return "the description accounts for " + std::to_string(described) + " bytes, the section has " +
         std::to_string(real);
}

void walk(const Description& description, const DeviceLayout& device, std::uint32_t version_id, Bytes body,
          std::size_t cost_limit, Decoded& out) {
  const auto& layout = description.structure(device.structure);
  if (layout.version && *layout.version != version_id) {
    out.reason = "the section has version " + std::to_string(version_id) + ", in the description it has " +
                 std::to_string(*layout.version);
    return;
  }
  Walk bytes(description, device.idstr, body, cost_limit, out);
  const bool read = bytes.structure(device.structure, 0);
  out.consumed = bytes.at();
  if (!read) return;
  if (bytes.at() == body.size())
    out.fit = Fit::exact;
  else
    out.reason = length_reason(bytes.at(), body.size());
}

}  // namespace

Decoded decode(const Description& description, const DeviceLayout& device, std::uint32_t version_id,
               Bytes body, std::size_t cost_limit) noexcept {
  Decoded out;
  try {
    walk(description, device, version_id, body, cost_limit, out);
  } catch (const std::exception& e) {  // out of memory
    out.fit = Fit::mismatch;
    out.reason = e.what();
  }
  if (out.fit == Fit::mismatch) out.values = {};
  return out;
}

}  // namespace mig::vmstate
