// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>

#include "plugin/view/frame_view.hpp"

namespace mig::plugin {

/// Where the pieces of a frame are drawn: what is in a package, a device section or a list is drawn below its
/// header, if that is in the same frame. Plain values only.
class TreeCursor {
 public:
  explicit TreeCursor(proto_tree* root) noexcept { trees_[0] = root; }

  /// The tree for a piece. Closes what ends before it.
  [[nodiscard]] proto_tree* below(const Slice& slice) noexcept;
  /// Takes the piece's own tree: what follows may be drawn in it. A header's item grows over what is below
  /// it.
  void drawn(const FrameView& view, const Slice& slice, proto_tree* own);

 private:
  static constexpr std::size_t depth = 4;
  std::array<proto_tree*, depth> trees_{};  // of what is open at each level; nullptr: nothing
  proto_tree* last_ = nullptr;              // what below() said
};

}  // namespace mig::plugin
