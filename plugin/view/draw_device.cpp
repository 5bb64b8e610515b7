// SPDX-License-Identifier: GPL-2.0-or-later
// Device states and VM descriptions, in a data source of their own: they are seldom in one piece on the wire.
#include <exception>

#include "plugin/view/draw_unit.hpp"
#include "plugin/view/fields.hpp"

namespace mig::plugin {
namespace {

tvbuff_t* tvb_of(const FrameView& view, const Blob& blob, const char* name) {
  const auto size = static_cast<unsigned>(blob.bytes.size());
  auto* tvb = tvb_new_child_real_data(view.tvb, reinterpret_cast<const std::uint8_t*>(blob.bytes.data()),
                                      size, static_cast<int>(size));
  add_new_data_source(view.pinfo, tvb, name);
  return tvb;
}

Line text_of(const vmstate::Value& value, Bytes body) noexcept {
  try {
    return printable(vmstate::value_text(value, body, 200));
  } catch (const std::exception&) {
    return printable("?");
  }
}

Line name_of(const vmstate::Value& value) noexcept {
  Line line = printable(value.name);
  if (!value.index) return line;
  const auto used = std::string_view(line.c_str()).size();
  static_cast<void>(std::snprintf(line.text.data() + used, line.text.size() - used, "[%llu]",
                                  static_cast<unsigned long long>(*value.index)));
  return line;
}

void draw_values(proto_tree* tree, tvbuff_t* tvb, const vmstate::Decoded& decoded, Bytes body) {
  constexpr std::size_t deepest = 16;
  proto_tree* trees[deepest + 1] = {tree};
  for (const auto& value : decoded.values) {
    const auto depth = std::min<std::size_t>(value.depth, deepest - 1);
    const auto name = name_of(value);
    const auto text = text_of(value, body);
    const auto type = printable(value.type);
    auto* item = proto_tree_add_string_format(trees[depth], field_id(GeneratedField::device_field), tvb,
                                              static_cast<int>(value.offset), static_cast<int>(value.size),
                                              name.c_str(), "%s (%s)%s%s", name.c_str(), type.c_str(),
                                              text.c_str()[0] != 0 ? ": " : "", text.c_str());
    trees[depth + 1] = proto_item_add_subtree(item, tree_id(Tree::device));
    if (text.c_str()[0] == 0) continue;
    proto_item_set_hidden(proto_tree_add_string(trees[depth + 1], field_id(GeneratedField::device_value), tvb,
                                                static_cast<int>(value.offset), static_cast<int>(value.size),
                                                text.c_str()));
  }
}

/// Why a device state is not read though the user named a VM description. Others say nothing: most have none.
void draw_undecoded(const FrameView& view, proto_item* item) {
  const auto& error = view.connection->capture().decoder().error();
  if (error.empty()) return;
  auto* expert = expert_id(Expert::broken_description);
  expert_add_info_format(view.pinfo, item, expert, "%s: %s", expert_get_summary(expert),
                         printable(error).c_str());
}

void draw_state(const FrameView& view, proto_tree* tree, const Blob& blob, std::uint32_t number) {
  const auto& section = std::get<SectionHeader>(blob.header.body);
  const auto idstr = view.tables().name(section.idstr);
  const auto name = printable(idstr);
  auto* tvb = tvb_of(view, blob, name.c_str());
  auto* item = proto_tree_add_item(tree, field_id(GeneratedField::device_data), tvb, 0, -1, ENC_NA);
  const auto size = static_cast<unsigned>(blob.bytes.size());
  proto_item_set_text(item, "State of %s, %u byte%s", name.c_str(), size, size == 1 ? "" : "s");
  auto& capture = view.connection->capture();
  const auto* decoded = capture.decoder().decode(capture.blobs(), number, view.log()->description(), idstr);
  if (decoded == nullptr) return draw_undecoded(view, item);
  if (decoded->fit != vmstate::Fit::exact) {
    const auto expert = expert_id(decoded->fit == vmstate::Fit::mismatch ? Expert::wrong_description
                                                                         : Expert::unknown_subsection);
    expert_add_info_format(view.pinfo, item, expert, "%s: %s", expert_get_summary(expert),
                           printable(decoded->reason).c_str());
  }
  draw_values(proto_item_add_subtree(item, tree_id(Tree::device)), tvb, *decoded, blob.bytes);
}

void draw_description(const FrameView& view, proto_tree* tree, const Blob& blob) {
  static dissector_handle_t json = find_dissector("json");
  auto* tvb = tvb_of(view, blob, "VM description");
  if (json == nullptr) return;
  col_set_writable(view.pinfo->cinfo, -1, FALSE);
  call_dissector(json, tvb, view.pinfo, tree);
  col_set_writable(view.pinfo->cinfo, -1, TRUE);
}

}  // namespace

void draw_blob(const FrameView& view, proto_tree* tree, const Slice& slice) {
  const auto* blob = blob_ending_in(view, slice);
  if (blob == nullptr || blob->bytes.empty()) return;
  if (std::holds_alternative<SectionHeader>(blob->header.body))
    return draw_state(view, tree, *blob, slice.unit->blob);
  if (std::holds_alternative<VmDescription>(blob->header.body)) draw_description(view, tree, *blob);
}

}  // namespace mig::plugin
