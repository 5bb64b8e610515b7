// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/view/preferences.hpp"

#include <algorithm>
#include <bit>
#include <fstream>
#include <string>

#include "vmstate/description.hpp"

namespace mig::plugin {
namespace {

Preferences values;

bool tcp_preference(const char* name) {
  auto* module = prefs_find_module("tcp");
  auto* preference = module != nullptr ? prefs_find_preference(module, name) : nullptr;
  return preference != nullptr && prefs_get_bool_value(preference, pref_current) != 0;
}

/// With Wireshark's defaults TCP never hands over a segment that came late: then waiting for it has no
/// effect.
bool late_segments_come() {
  return !tcp_preference("analyze_sequence_numbers") || !tcp_preference("no_subdissector_on_error");
}

/// Empty where there is no such file; a VM description is some 100 kB.
std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(vmstate::max_description, 0);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

}  // namespace

const Preferences& preferences() noexcept { return values; }

void register_preferences(int protocol) {
  auto* module = prefs_register_protocol(protocol, nullptr);
  prefs_register_bool_preference(module, "show_pages", "Show single pages",
                                 "Show every page of a run of pages, not only block, range and count",
                                 &values.show_pages);
  prefs_register_bool_preference(module, "page_bytes", "Show page contents",
                                 "Add the bytes of pages as a field, as far as they are in the frame",
                                 &values.page_bytes);
  prefs_register_uint_preference(module, "max_pages", "Pages per run",
                                 "Show at most so many single pages of a run (0: all)", 10,
                                 &values.max_pages);
  prefs_register_uint_preference(
      module, "forward_port", "Port of the destination",
      "For captures that begin in the middle of a stream, with Decode As: data to this "
      "TCP port flows from source to destination (0: the port that Decode As named)",
      10, &values.forward_port);
  prefs_register_uint_preference(
      module, "page_size", "Target page size",
      "Bytes, for captures that begin in the middle of a stream (0: as the stream says)", 10,
      &values.page_size);
  prefs_register_uint_preference(
      module, "keep_mib", "Keep device state (MiB)",
      "Limit of memory for packages, device state and VM descriptions, kept for Export "
      "Objects and for decoding",
      10, &values.keep_mib);
  prefs_register_uint_preference(
      module, "reorder_window", "Reorder window (segments)",
      "Segments that may wait for one that comes late; used only where TCP's preferences "
      "let late segments through (tcp.analyze_sequence_numbers off)",
      10, &values.reorder_window);
  prefs_register_filename_preference(
      module, "vm_description", "VM description",
      "A JSON file with the VM description of the same machine type and devices, to read "
      "device states of postcopy field by field; Export Objects saves it from a precopy "
      "migration",
      &values.vm_description, FALSE);
}

Options capture_options() {
  Options options;
  options.reorder_window = late_segments_come() ? std::min(values.reorder_window, 4096U) : 0;
  options.keep_bytes = std::uint64_t{values.keep_mib} << 20;
  if (std::has_single_bit(values.page_size) && values.page_size >= 1024 && values.page_size <= 65536)
    options.page_size = values.page_size;
  const auto* path = values.vm_description;
  if (path != nullptr && *path != 0) options.description = read_file(path);
  return options;
}

}  // namespace mig::plugin
