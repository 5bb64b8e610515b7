// SPDX-License-Identifier: GPL-2.0-or-later
// Rows for Wireshark's simple statistic tables.
#pragma once
#include <deque>
#include <span>

#include "plugin/view/ws_compat.hpp"

namespace mig::plugin {

[[nodiscard]] inline stat_tap_table_item_type table_text(const char* text) {
  stat_tap_table_item_type item{};
  item.type = TABLE_ITEM_STRING;
  item.value.string_value = g_strdup(text);
  return item;
}
[[nodiscard]] inline stat_tap_table_item_type table_count(unsigned value) {
  stat_tap_table_item_type item{};
  item.type = TABLE_ITEM_UINT;
  item.value.uint_value = value;
  return item;
}
[[nodiscard]] inline stat_tap_table_item_type table_real(double value) {
  stat_tap_table_item_type item{};
  item.type = TABLE_ITEM_FLOAT;
  item.value.float_value = value;
  return item;
}

inline void free_table_item(stat_tap_table*, unsigned, unsigned, stat_tap_table_item_type* item) {
  if (item->type == TABLE_ITEM_STRING) g_free(const_cast<char*>(item->value.string_value));  // NOLINT: ours
}

/// The table of a statistic that has just one.
[[nodiscard]] inline stat_tap_table* only_table(void* tap_data) {
  return g_array_index(static_cast<stat_data_t*>(tap_data)->stat_tap_data->tables, stat_tap_table*, 0);
}

/// Makes the one table, empty, if it is not there yet.
inline void make_table(stat_tap_table_ui* ui) {
  if (stat_tap_find_table(ui, ui->title) != nullptr) return;
  stat_tap_add_table(ui, stat_tap_init_table(ui->title, static_cast<int>(ui->nfields), 0, nullptr));
}

/// A statistic of one table, fed by the plugin's tap.
struct Table {
  const char* title;   ///< in the Statistics menu
  const char* option;  ///< of tshark -z
  std::span<stat_tap_table_item> columns;
  void (*begin)(stat_tap_table_ui*);
  tap_packet_cb packet;
  void (*reset)(stat_tap_table*);
};

/// Called once for each; the columns are static.
inline void register_table(const Table& table) {
  static tap_param filter{PARAM_FILTER, "filter", "Filter", nullptr, TRUE};
  static std::deque<stat_tap_table_ui> all;  // Wireshark keeps pointers into it
  auto& ui = all.emplace_back();
  ui.group = REGISTER_PACKET_STAT_GROUP_UNSORTED;
  ui.title = table.title;
  ui.tap_name = "qemumig";
  ui.cli_string = table.option;
  ui.stat_tap_init_cb = table.begin;
  ui.packet_func = table.packet;
  ui.stat_tap_reset_table_cb = table.reset;
  ui.stat_tap_free_table_item_cb = free_table_item;
  ui.nfields = table.columns.size();
  ui.fields = table.columns.data();
  ui.nparams = 1;
  ui.params = &filter;
  register_stat_tap_table_ui(&ui);
}

}  // namespace mig::plugin
