// SPDX-License-Identifier: GPL-2.0-or-later
// Statistics > QEMU Migration, response times: how long pages, PONGs and others let wait.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "plugin/view/tap_table.hpp"
#include "plugin/view/taps.hpp"
#include "plugin/view/words.hpp"

namespace mig::plugin {
namespace {

/// Response times of one kind; quantiles from a histogram with steps of 2 %.
class Times {
 public:
  void add(std::int64_t ns) {
    const auto ms = static_cast<double>(ns) / 1e6;
    shortest_ = count_ == 0 ? ms : std::min(shortest_, ms);
    longest_ = std::max(longest_, ms);
    sum_ += ms;
    ++count_;
    const auto step = std::log(std::max(ms, 1e-6) / 1e-6) / std::log(1.02);
    const auto bucket = static_cast<std::size_t>(std::clamp(step, 0.0, 2000.0));
    if (buckets_.size() <= bucket) buckets_.resize(bucket + 1);
    ++buckets_[bucket];
  }
  [[nodiscard]] double quantile(double q) const {
    const auto wanted = std::max(1.0, std::ceil(q * count_));
    double seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen >= wanted)
        return std::clamp(1e-6 * std::pow(1.02, static_cast<double>(i) + 0.5), shortest_, longest_);
    }
    return longest_;
  }
  [[nodiscard]] unsigned count() const { return count_; }
  [[nodiscard]] double shortest() const { return shortest_; }
  [[nodiscard]] double longest() const { return longest_; }
  [[nodiscard]] double average() const { return sum_ / count_; }
  unsigned row = 0;

 private:
  std::vector<unsigned> buckets_;
  double shortest_ = 0, longest_ = 0, sum_ = 0;
  unsigned count_ = 0;
};

std::map<std::string, Times> all_times;

stat_tap_table_item columns[] = {{TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "What was asked for", "%-32s"},
                                 {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Answers", "%u"},
                                 {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Min ms", "%.3f"},
                                 {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Average ms", "%.3f"},
                                 {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Median ms", "%.3f"},
                                 {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "99 % ms", "%.3f"},
                                 {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Max ms", "%.3f"}};
constexpr unsigned column_count = std::size(columns);

void forget() noexcept { all_times.clear(); }

struct Row {
  unsigned number;
  bool is_new;
  double values[5];
  unsigned count;
};
Row note(const Line& what, const Exchange& exchange) noexcept {
  const auto [entry, is_new] = all_times.try_emplace(what.c_str());
  auto& times = entry->second;
  if (is_new) times.row = static_cast<unsigned>(all_times.size() - 1);
  times.add(exchange.took());
  return {times.row,
          is_new,
          {times.shortest(), times.average(), times.quantile(0.5), times.quantile(0.99), times.longest()},
          times.count()};
}

void add(stat_tap_table* table, const Line& what, const Exchange& exchange) {
  const auto row = note(what, exchange);
  stat_tap_table_item_type items[column_count] = {table_text(what.c_str()), table_count(row.count)};
  for (unsigned i = 0; i < 5; ++i) items[2 + i] = table_real(row.values[i]);
  if (row.is_new) return stat_tap_init_table_row(table, row.number, column_count, items);
  g_free(const_cast<char*>(items[0].value.string_value));  // NOLINT: the row has its name
  for (unsigned i = 1; i < column_count; ++i) stat_tap_set_field_data(table, row.number, i, &items[i]);
}

void begin(stat_tap_table_ui* ui) {
  forget();
  make_table(ui);
}

void reset(stat_tap_table*) { forget(); }

/// The answers among the units of a frame; what asks has no response yet.
bool is_answer(const Unit& unit) noexcept {
  return unit.exchange != no_exchange && (std::holds_alternative<Pong>(unit.event.body) ||
                                          std::holds_alternative<RecvBitmap>(unit.event.body) ||
                                          std::holds_alternative<ResumeAck>(unit.event.body));
}

tap_packet_status packet(void* tap_data, packet_info*, epan_dissect_t*, const void* data, tap_flags_t) {
  const auto& view = *static_cast<const FrameView*>(data);
  auto* table = only_table(tap_data);
  const auto& exchanges = view.log()->exchanges();
  Slices slices(view.direction_state().units, view.new_events.emitted);
  for (Slice slice; slices.next(slice);) {
    if (slice.kind == Slice::Kind::unit && is_answer(*slice.unit))
      add(table, title_of(slice.unit->event, view.tables()), exchanges[slice.unit->exchange]);
    if (slice.kind != Slice::Kind::pages || view.direction_state().answers.empty()) continue;
    for (std::uint32_t i = 0; i < slice.count; ++i) {
      const auto number = view.direction_state().answer_of(slice.run->record_begin(slice.first + i));
      if (number != no_exchange) add(table, page_words(slice, view.tables()), exchanges[number]);
    }
  }
  return TAP_PACKET_REDRAW;
}

}  // namespace

void register_latency() {
  register_table({"QEMU Migration response times", "qemumig,latency", columns, begin, packet, reset});
}

}  // namespace mig::plugin
