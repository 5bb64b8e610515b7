// SPDX-License-Identifier: GPL-2.0-or-later
// Statistics > QEMU Migration, timeline: phases and turning points, with the time between them.
#include "mig/fields.hpp"
#include "plugin/view/tap_table.hpp"
#include "plugin/view/taps.hpp"
#include "plugin/view/words.hpp"

namespace mig::plugin {
namespace {

stat_tap_table_item columns[] = {{TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Time s", "%.6f"},
                                 {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Since last ms", "%.3f"},
                                 {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Frame", "%u"},
                                 {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Migration", "%u"},
                                 {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "What happened", "%-s"}};
constexpr unsigned column_count = std::size(columns);

unsigned rows = 0;
double last_time = 0;

void begin(stat_tap_table_ui* ui) {
  rows = 0;
  make_table(ui);
}
void reset(stat_tap_table*) { rows = 0; }

void add(stat_tap_table* table, const FrameView& view, const Remark& remark) {
  const bool phase = remark.notice == Notice::phase_changed;
  Line words = printable(phase ? to_string(remark.phase) : explain(remark.notice));
  if (phase) words = phase_words(remark.phase);
  const auto now = nstime_to_sec(&view.pinfo->rel_ts);
  stat_tap_table_item_type items[column_count] = {
      table_real(now), table_real(rows == 0 ? 0 : (now - last_time) * 1000), table_count(view.pinfo->num),
      table_count(view.log()->number()), table_text(words.c_str())};
  stat_tap_init_table_row(table, rows++, column_count, items);
  last_time = now;
}

tap_packet_status packet(void* tap_data, packet_info*, epan_dissect_t*, const void* data, tap_flags_t) {
  const auto& view = *static_cast<const FrameView*>(data);
  const auto end = view.direction_state().remarks.end();
  auto remark = first_remark(view);
  if (remark == end || remark->visit != view.visit) return TAP_PACKET_DONT_REDRAW;
  for (; remark != end && remark->visit == view.visit; ++remark) add(only_table(tap_data), view, *remark);
  return TAP_PACKET_REDRAW;
}

}  // namespace

void register_timeline() {
  register_table({"QEMU Migration timeline", "qemumig,timeline", columns, begin, packet, reset});
}

}  // namespace mig::plugin
