// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "plugin/view/frame_view.hpp"
#include "plugin/view/words.hpp"

namespace mig::plugin {

/// A unit with its fields, links and expert infos. Returns its tree.
proto_tree* draw_unit(const FrameView& view, proto_tree* tree, const Slice& slice);
/// All fields that mig::fields_of() knows of an event.
void draw_fields(const FrameView& view, proto_tree* tree, const Event& event);
/// One line for a run of pages; single pages below it where they are wanted.
void draw_pages(const FrameView& view, proto_tree* tree, const PageGroup& group);
/// More of the payload of what an earlier frame has shown.
void draw_payload(const FrameView& view, proto_tree* tree, const Slice& slice);

/// The device state or VM description that ends in this slice.
void draw_blob(const FrameView& view, proto_tree* tree, const Slice& slice);

/// An item that is not in the bytes.
proto_item* add_generated(proto_item* item);
/// Marks what stands at `offset` of the stream, if it rests on a guess.
void draw_guessed(const FrameView& view, proto_tree* tree, std::uint64_t offset);
/// The answering side's two fields.
void draw_answer(const FrameView& view, proto_tree* tree, const Exchange& exchange);

}  // namespace mig::plugin
