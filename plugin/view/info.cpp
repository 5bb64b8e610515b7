// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <cstring>

#include "mig/wire.hpp"
#include "plugin/view/frame_view.hpp"
#include "plugin/view/session.hpp"
#include "plugin/view/words.hpp"

namespace mig::plugin {
namespace {

constexpr std::size_t longest = 160;

/// Collects what a frame brings, in order, runs of pages as one.
class InfoLine {
 public:
  explicit InfoLine(const FrameView& view) noexcept : view_(view) {}

  void add(const Slice& slice) noexcept {
    if (slice.kind == Slice::Kind::pages) return pages(slice);
    if (slice.kind == Slice::Kind::payload) {
      if (payload_.c_str()[0] == 0) payload_ = payload_title(slice, view_.tables());
      return;
    }
    unit(*slice.unit);
  }
  /// `fallback` where nothing else was worth a word.
  void finish() noexcept {
    flush();
    if (loaded_.c_str()[0] != 0) say(loaded_.c_str());
    if (text_.c_str()[0] != 0) return;
    if (silent_.c_str()[0] != 0) return say(silent_.c_str());
    if (payload_.c_str()[0] == 0) return;
    say("(");
    append(payload_.c_str());
    append(")");
  }
  [[nodiscard]] const Line& text() const noexcept { return text_; }

 private:
  void pages(const Slice& slice) noexcept {
    if (slice.run->multifd) return;  // their packet has shown it
    if (!group_.empty() && group_.add(slice)) return;
    flush();
    group_.add(slice);
  }
  void unit(const Unit& unit) noexcept {
    const auto& body = unit.event.body;
    if (std::holds_alternative<PackageEnd>(body) && package_told_) return devices(unit);
    if (package_told_ && std::holds_alternative<Ping>(body)) {
      loaded_ = title_of(unit.event, view_.tables());
      return;
    }
    if (is_silent(body)) {
      if (silent_.c_str()[0] == 0) silent_ = title_of(unit.event, view_.tables());
      return;
    }
    const auto kind = body.index();
    if (kind == last_kind_ && comes_in_rows(body)) {
      ++more_;
      return;
    }
    flush();
    last_kind_ = kind;
    row_begin_ = length_;
    discards_ = std::holds_alternative<RamDiscard>(body);
    say(title_of(unit.event, view_.tables()).c_str());
    if (std::holds_alternative<PackageBegin>(body)) package_told_ = true;
    if (std::holds_alternative<PackageEnd>(body)) devices(unit);
    consequence(unit.event);
  }
  /// How many device sections the package that ends here had.
  void devices(const Unit& unit) noexcept {
    if (unit.exchange == no_exchange) return;
    Line count;
    static_cast<void>(std::snprintf(count.text.data(), count.text.size(), ": %u device sections",
                                    view_.log()->exchanges()[unit.exchange].count));
    append(count.c_str());
    if (loaded_.c_str()[0] != 0) say(loaded_.c_str());
    package_told_ = false;
    loaded_ = {};
  }
  /// What a message means, behind its name.
  void consequence(const Event& event) noexcept {
    if (!std::holds_alternative<Pong>(event.body)) return;
    for (const auto& remark : view_.direction_state().remarks) {
      if (remark.visit != view_.visit || remark.offset != event.range.end) continue;
      if (remark.notice != Notice::source_may_not_go_back) continue;
      const auto words = explain(remark.notice);
      append(": ");
      append(words);
    }
  }
  /// Units whose first one stands for all that follow it.
  static bool comes_in_rows(const EventBody& body) noexcept {
    return std::holds_alternative<RamDiscard>(body) || std::holds_alternative<SectionHeader>(body) ||
           std::holds_alternative<DirtyBitmapChunk>(body) || std::holds_alternative<BlockChunk>(body) ||
           std::holds_alternative<VfioRecord>(body) || std::holds_alternative<HtabRecord>(body) ||
           std::holds_alternative<S390Record>(body);
  }
  void flush() noexcept {
    if (more_ != 0) end_row();
    if (!group_.empty()) say(title_of(group_, view_.tables()).c_str());
    group_ = {};
    more_ = 0;
    last_kind_ = std::variant_npos;
  }
  /// Which blocks a discard names says little, and their names are long.
  void end_row() noexcept {
    Line row;
    if (discards_ && !full_) {
      length_ = row_begin_;
      text_.text[length_] = 0;
      static_cast<void>(
          std::snprintf(row.text.data(), row.text.size(), "POSTCOPY_RAM_DISCARD of %u blocks", more_ + 1));
      return say(row.c_str());
    }
    static_cast<void>(std::snprintf(row.text.data(), row.text.size(), " and %u more", more_));
    append(row.c_str());
  }
  void say(std::string_view words) noexcept {
    if (length_ != 0) append(", ");
    append(words);
  }
  void append(std::string_view words) noexcept {
    if (full_) return;
    full_ = length_ + words.size() > longest;
    if (full_) words = words.substr(0, longest - length_);
    std::memcpy(text_.text.data() + length_, words.data(), words.size());
    length_ += words.size();
    text_.text[length_] = 0;
    if (full_) std::memcpy(text_.text.data() + length_, " ...", 5);
  }

  const FrameView& view_;
  Line text_, silent_, payload_;
  Line loaded_;  // the PING of a package whose end is not known yet
  PageGroup group_;
  std::size_t length_ = 0;
  std::size_t row_begin_ = 0;                  // of the words on the unit shown last
  bool discards_ = false;                      // that is a discard
  std::size_t last_kind_ = std::variant_npos;  // of the unit shown last
  std::uint32_t more_ = 0;                     // of that kind
  bool package_told_ = false;
  bool full_ = false;
};
static_assert(std::is_trivially_destructible_v<InfoLine>);

Line info_line_of(const FrameView& view) noexcept {
  InfoLine info_line(view);
  Slice slice;
  Slices slices(view.direction_state().units, view.new_events.emitted);
  while (slices.next(slice)) info_line.add(slice);
  info_line.finish();
  return info_line.text();
}

/// A resync point found in this very visit is shown by its unit.
bool begins_in_a_guess(const FrameView& view) noexcept {
  const auto* guess = view.direction_state().guess_at(view.new_events.emitted.begin);
  return guess != nullptr && guess->begin < view.new_events.emitted.begin;
}

/// For a visit that brought nothing to the parser.
const char* excuse(const FrameView& view) noexcept {
  if (view.direction_state().feeds.fed_later(view.visit) != 0)
    return "[out of order: shown in a later frame]";
  return view.knows_the_rest() ? "[no new bytes]" : "[out of order, or no new bytes]";
}

/// What this visit comes to, in a line.
Line words_of(const FrameView& view) noexcept {
  Line text;
  if (view.new_events.emitted.size() != 0) {
    text = info_line_of(view);
  } else if (view.new_events.own == nullptr) {
    const auto* words = excuse(view);
    std::memcpy(text.text.data(), words, std::strlen(words) + 1);
  }
  if (text.c_str()[0] == 0) {
    const std::string_view words = "(beginning of a header)";
    std::memcpy(text.text.data(), words.data(), words.size() + 1);
  }
  return text;
}

/// What the Info column says of this frame. It is kept, since TLS writes words of its own between ours.
struct InfoText {
  std::array<char, 3 * longest> all;
  Line last;
};

InfoText& info_text_of(packet_info* pinfo) {
  constexpr std::uint32_t key = 1;  // 0 is dissect.cpp's
  auto* emitted = static_cast<InfoText*>(p_get_proto_data(pinfo->pool, pinfo, protocol(), key));
  if (emitted == nullptr) {
    emitted = wmem_new0(pinfo->pool, InfoText);
    p_add_proto_data(pinfo->pool, pinfo, protocol(), key, emitted);
  }
  return *emitted;
}

}  // namespace

void write_info(const FrameView& view) {
  const auto text = words_of(view);
  auto& emitted = info_text_of(view.pinfo);
  const auto used = std::strlen(emitted.all.data());
  if (used <= longest && text.text != emitted.last.text) {
    static_cast<void>(std::snprintf(emitted.all.data() + used, emitted.all.size() - used, "%s%s%s",
                                    used != 0 ? ", " : "", begins_in_a_guess(view) ? "[guess] " : "",
                                    text.c_str()));
  }
  emitted.last = text;
  col_set_str(view.pinfo->cinfo, COL_PROTOCOL, "QEMU-MIG");
  col_add_str(view.pinfo->cinfo, COL_INFO, emitted.all.data());
}

void write_end(const FrameView& view) {
  const auto end = view.direction_state().remarks.end();
  const Remark* weighty = nullptr;
  for (auto remark = first_remark(view); remark != end && remark->visit == view.visit; ++remark)
    if (weighty == nullptr || weighty->notice == Notice::phase_changed) weighty = &*remark;
  if (weighty == nullptr) return;
  const auto words = weighty->notice == Notice::phase_changed ? phase_words(weighty->phase)
                                                              : printable(explain(weighty->notice));
  col_prepend_fstr(view.pinfo->cinfo, COL_INFO, "[%s] ", words.c_str());
}

}  // namespace mig::plugin
