// SPDX-License-Identifier: GPL-2.0-or-later
// Export Objects: packages, device states, VM descriptions.
#include "plugin/view/taps.hpp"
#include "plugin/view/words.hpp"

namespace mig::plugin {
namespace {

Line file_name(const Blob& blob, const StreamTables& tables) noexcept {
  Line line;
  const auto put = [&](const char* pattern, auto... args) {
    if (std::snprintf(line.text.data(), line.text.size(), pattern, args...) < 0) line.text[0] = 0;
  };
  if (const auto* section = std::get_if<SectionHeader>(&blob.header.body)) {
    put("%s.%u.bin", printable(tables.name(section->idstr)).c_str(), section->instance_id);
  } else {
    put("%s", std::holds_alternative<PackageBegin>(blob.header.body) ? "package.bin" : "vm-description.json");
  }
  for (auto& c : line.text) {
    if (c == '/' || c == ':' || c == '\\') c = '_';
  }
  return line;
}

void add_entry(const FrameView& view, export_object_list_t* list, const Blob& blob) {
  auto* entry = g_new0(export_object_entry_t, 1);  // Wireshark frees it and what it points to
  const bool json = std::holds_alternative<VmDescription>(blob.header.body);
  entry->pkt_num = view.pinfo->num;
  entry->hostname = g_strdup_printf("migration %u", view.log()->number());
  entry->content_type = g_strdup(json ? "application/json" : "application/octet-stream");
  entry->filename = g_strdup(file_name(blob, view.tables()).c_str());
  entry->payload_len = blob.bytes.size();
  entry->payload_data = static_cast<std::uint8_t*>(g_malloc(blob.bytes.size()));
  std::copy_n(reinterpret_cast<const std::uint8_t*>(blob.bytes.data()), blob.bytes.size(),
              entry->payload_data);
  list->add_entry(list->gui_data, entry);
}

tap_packet_status packet(void* tap_data, packet_info*, epan_dissect_t*, const void* data, tap_flags_t) {
  const auto& view = *static_cast<const FrameView*>(data);
  auto status = TAP_PACKET_DONT_REDRAW;
  Slices slices(view.direction_state().units, view.new_events.emitted);
  for (Slice slice; slices.next(slice);) {
    const auto* blob = blob_ending_in(view, slice);
    if (blob == nullptr || blob->bytes.empty()) continue;
    add_entry(view, static_cast<export_object_list_t*>(tap_data), *blob);
    status = TAP_PACKET_REDRAW;
  }
  return status;
}

}  // namespace

int register_export(int protocol) { return register_export_object(protocol, packet, nullptr); }

}  // namespace mig::plugin
