// SPDX-License-Identifier: GPL-2.0-or-later
// The VM description that ends a precopy stream, as a layout of every device section: QEMU writes it for
// tools, in JSON. Pure: text in, plain structs out, no I/O, no exceptions.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mig::vmstate {

/// How the bytes of a field are read. `structure` and `subsection` are groups of fields.
enum class ValueKind : std::uint8_t {
  boolean,
  unsigned_number,  ///< big endian
  signed_number,    ///< big endian; timers too: nanoseconds, -1 not set
  flags,            ///< the same, of which each bit means something: see flag_names()
  real,             ///< IEEE double, big endian
  pointer,  ///< one byte: '0' in the place of an element that is not there, '1' in front of one that is
  bytes,    ///< buffers, and whatever this library knows no better
  structure,
  subsection,
};

/// u8 5, u8 length of the name and be32 version stand around a subsection's name.
inline constexpr std::size_t subsection_overhead = 6;

/// Index into Description::structures.
using StructureIndex = std::uint32_t;
inline constexpr StructureIndex no_structure = std::numeric_limits<StructureIndex>::max();

/// One field, as it stands on the wire behind the one before.
struct FieldLayout {
  std::string name;
  std::string type;  ///< QEMU's word: "uint32", "timer", "pci config"
  ValueKind kind = ValueKind::bytes;
  std::uint64_t size = 0;              ///< bytes of one element; of a structure with all its subsections
  std::uint64_t count = 1;             ///< elements, back to back
  bool array = false;                  ///< `count` was given, be it 1
  std::optional<std::uint64_t> index;  ///< this entry is one element of an array that is written one by one
  StructureIndex structure = no_structure;
};

/// Fields, then those subsections that were sent: u8 5, cstr name, be32 version, fields ...
struct StructureLayout {
  std::string name;  ///< QEMU's vmsd_name; empty for old-style handlers, which have none
  std::optional<std::uint32_t> version;
  std::vector<FieldLayout> fields;
  std::vector<StructureIndex> subsections;
  std::uint64_t size = 0;  ///< bytes of all of these on the wire
};

/// One FULL section.
struct DeviceLayout {
  std::string idstr;
  std::uint32_t instance_id = 0;
  StructureIndex structure = no_structure;
};

/// What QEMU said of its machine. A value: copies are independent.
class Description {
 public:
  std::uint64_t page_size = 0;        ///< of the target; 0: not said
  std::vector<DeviceLayout> devices;  ///< in stream order
  std::vector<StructureLayout> structures;

  /// To be called when `devices` is complete: find() needs it.
  void index_devices();
  /// Of several devices with this name and instance, number `which` in stream order, from 0. nullptr: the
  /// machine had no such device, or it had nothing to send.
  [[nodiscard]] const DeviceLayout* find(std::string_view idstr, std::uint32_t instance_id,
                                         std::size_t which = 0) const noexcept;
  [[nodiscard]] const StructureLayout& structure(StructureIndex index) const { return structures[index]; }

 private:
  std::vector<std::uint32_t> by_name_;  // of devices, by idstr and instance
};

/// Longest text that parse_description() reads; those of real machines have less than 1 MiB.
inline constexpr std::size_t max_description = 8U << 20;
/// Longest name and type in it, and how many subsections one structure may have.
inline constexpr std::size_t max_name = 255;
inline constexpr std::size_t max_subsections = 256;

/// A description, or why there is none.
struct ParsedDescription {
  std::optional<Description> description;
  std::string error;  ///< one sentence, with the offset or the key that is wrong
};
/// Reads the JSON text of a VM description. Takes memory in proportion to the text, and refuses what no QEMU
/// writes rather than guess. `json` may be hostile.
[[nodiscard]] ParsedDescription parse_description(std::string_view json) noexcept;

/// Description::page_size alone. QEMU writes it before the devices, so little of `json` is read, and its rest
/// may be damaged or missing. Nothing where it is not said, or what comes before it is no JSON.
[[nodiscard]] std::optional<std::uint64_t> page_size_in(std::string_view json) noexcept;

}  // namespace mig::vmstate
