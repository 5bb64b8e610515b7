// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/event_log.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

#include "mig/describe.hpp"
#include "support/layout_check.hpp"

namespace mig::test {
namespace {

/// True when `b` goes on with what `a` is a piece of.
bool continues(const Event& a, const Event& b) {
  if (std::holds_alternative<Unparsed>(a.body)) return std::holds_alternative<Unparsed>(b.body);
  const auto* first = std::get_if<Payload>(&a.body);
  const auto* next = std::get_if<Payload>(&b.body);
  return first != nullptr && next != nullptr && first->kind == next->kind && next->offset != 0;
}

std::vector<Bytes> pieces_of(Bytes input, std::size_t size) {
  std::vector<Bytes> out;
  for (std::size_t at = 0; at < input.size(); at += size)
    out.push_back(input.subspan(at, std::min(size, input.size() - at)));
  return out;
}

void agree(const Outcome& expected, const Outcome& got) {
  REQUIRE(got.lines == expected.lines);
  REQUIRE(got.error == expected.error);
  REQUIRE(got.bytes == expected.bytes);
  REQUIRE(got.extents == expected.extents);
}

}  // namespace

void EventLog::on_event(const Event& event, Bytes raw) {
  REQUIRE(event.range.begin == next_);
  REQUIRE(event.range.end >= event.range.begin);
  if (!std::holds_alternative<Missing>(event.body)) REQUIRE(raw.size() == event.range.size());
  next_ = event.range.end;
  if (!entries_.empty() && continues(entries_.back().event, event)) {
    entries_.back().event.range.end = event.range.end;
    entries_.back().event.extent.left = event.extent.left;
    entries_.back().event.extent.ends = event.extent.ends;
    entries_.back().raw.insert(entries_.back().raw.end(), raw.begin(), raw.end());
    return;
  }
  entries_.push_back({event, {raw.begin(), raw.end()}});
}

Buffer EventLog::bytes() const {
  Buffer out;
  for (const auto& entry : entries_) out.insert(out.end(), entry.raw.begin(), entry.raw.end());
  return out;
}

std::vector<std::string> EventLog::lines(const StreamTables& tables) const {
  std::vector<std::string> out;
  for (const auto& entry : entries_) out.push_back(describe(entry.event, tables));
  return out;
}

std::string EventLog::layout_fault(const StreamTables& tables) const {
  std::string fault;
  for (const auto& entry : entries_)
    if (fault.empty()) fault = test::layout_fault(entry.event, entry.raw, tables);
  return fault;
}

std::vector<Extent> EventLog::extents() const {
  std::vector<Extent> out;
  for (const auto& entry : entries_) out.push_back(entry.event.extent);
  return out;
}

std::string EventLog::extent_fault(const StreamTables& tables) const {
  std::uint32_t left = 0;
  bool in_section = false, in_package = false;
  for (const auto& entry : entries_) {
    const auto& event = entry.event;
    const auto& extent = event.extent;
    const auto wrong = [&](const char* why) { return describe(event, tables) + ": " + why; };
    if (!std::holds_alternative<PackageEnd>(event.body) && extent == no_extent)
      return "";  // nothing certain behind it
    if (extent.begins == Level::none) {
      if (left != Extent::unknown && left != event.range.size() + extent.left &&
          extent.ends != Level::package)
        return wrong("is not what the unit has left");
    } else {
      if (left != 0 && left != Extent::unknown) return wrong("begins before the unit before has ended");
      if (in_section && !extent.in_section) in_section = false;  // without a footer
      if (extent.in_section && !in_section) return wrong("is in no section");
    }
    if (extent.begins == Level::package) in_package = true;
    if (extent.begins == Level::section) in_section = true;
    if (extent.ends == Level::section && !std::exchange(in_section, false)) return wrong("ends no section");
    if (extent.ends == Level::package && !std::exchange(in_package, false)) return wrong("ends no package");
    if (extent.begins != Level::package && (extent.ends == Level::none) != (extent.left != 0))
      return wrong("ends while bytes are left, or does not");
    left = extent.begins == Level::package ? 0 : extent.left;
  }
  return "";
}

Outcome for_each_split(Bytes input, const ParseInPieces& parse) {
  auto whole = parse({input});
  CHECK(whole.layout_fault == "");
  CHECK(whole.extent_fault == "");
  REQUIRE(whole.bytes == Buffer(input.begin(), input.end()));
  for (const std::size_t size : {1U, 2U, 3U, 5U, 7U, 64U, 1000U}) {
    CAPTURE(size);
    agree(whole, parse(pieces_of(input, size)));
  }
  const std::size_t step = std::max<std::size_t>(1, input.size() / 400);
  for (std::size_t cut = 1; cut < input.size(); cut += step) {
    CAPTURE(cut);
    agree(whole, parse({input.first(cut), input.subspan(cut)}));
  }
  return whole;
}

}  // namespace mig::test
