// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/resync/search.hpp"

#include <algorithm>
#include <cassert>

#include "cursor.hpp"
#include "probes.hpp"

namespace mig {
namespace {

void emit(const EventBody& body, std::uint64_t size, Bytes raw, ChannelState& at, EventSink& sink) {
  const StreamRange range{at.offset, at.offset + size};
  at.offset = range.end;
  sink.on_event(Event{range, body, no_extent}, raw);
}

}  // namespace

/// The next index at which a probe may match, or at which a chain expects its next record.
std::size_t Search::next_candidate(Bytes bytes, std::size_t from) const noexcept {
  using enum Pattern;
  if (at_.offset + from == 0 && patterns_.has(file_header)) return from;
  const auto may_begin = [&](Bytes b) {
    return (patterns_.has(elements) && may_begin_element(b)) ||
           (patterns_.has(records) && may_begin_record(b)) ||
           (patterns_.has(messages) && may_begin_message(b)) ||
           (patterns_.has(packets) && may_begin_packet(b));
  };
  const auto expected = next_expected(chains_, at_.offset, bytes.size(), from);
  while (from < expected && !may_begin(bytes.subspan(from))) ++from;
  return from;
}

/// Tries the patterns in the order of how much each says. RAM records come last: their probe also watches the
/// chains. A package has none.
Probe Search::probe(Lookahead& ahead, std::uint64_t offset) {
  using enum Pattern;
  const bool begins = offset == 0;
  Probe found;
  const auto try_one = [&](Pattern pattern, auto judge) {
    if (!patterns_.has(pattern) || found.match != Match::no) return;
    found = judge();
    found.point.pattern = pattern;
  };
  if (begins) try_one(file_header, [&] { return Probe{probe_file_header(ahead), {}}; });
  if (begins) try_one(tls, [&] { return Probe{probe_tls(ahead), {}}; });
  try_one(packets, [&] { return Probe{probe_packet(ahead), {Anchor::packet}}; });
  if (begins) try_one(init_packet, [&] { return Probe{probe_init_packet(ahead), {}}; });
  try_one(messages, [&] { return probe_messages(ahead); });
  try_one(elements, [&] { return probe_elements(ahead, *tables_); });
  if (!package_) try_one(records, [&] { return probe_records(ahead, offset, *tables_, chains_); });
  return found;
}

/// One window of bytes that lie together: emits what precedes the first candidate that matches, or may match.
/// False: more bytes are needed to decide.
bool Search::step(Cursor& in, bool last, EventSink& sink, std::optional<ResyncPoint>& found) {
  const auto limit = package_ ? package_->left : UINT64_MAX;
  const Bytes window = in.piece(limit);
  const bool ends = last || window.size() == limit;
  const auto closed = not_before_ - std::min(not_before_, at_.offset);
  for (auto i = static_cast<std::size_t>(std::min<std::uint64_t>(closed, window.size()));; ++i) {
    i = next_candidate(window, i);
    Lookahead ahead(window.subspan(i), ends);
    const auto candidate = i < window.size() ? probe(ahead, at_.offset + i) : Probe{};
    if (i < window.size() && candidate.match == Match::no) continue;
    if (i != 0) unparsed(in, window.first(i), sink);
    if (candidate.match == Match::yes) found = candidate.point;
    if (i == window.size()) found = end_of_package(sink);
    if (found || i != 0) return true;
    const auto wanted = std::min<std::uint64_t>(ahead.needed(), limit);
    return in.need(static_cast<std::size_t>(wanted)).has_value();
  }
}

void Search::unparsed(Cursor& in, Bytes bytes, EventSink& sink) {
  emit(Unparsed{cause_}, bytes.size(), bytes, at_, sink);
  in.take(bytes.size());
  if (package_) package_->left -= bytes.size();
}

/// If the package ends here, what follows it is known, whatever was lost inside.
std::optional<ResyncPoint> Search::end_of_package(EventSink& sink) {
  if (!package_ || package_->left != 0) return std::nullopt;
  emit(PackageEnd{package_->length}, 0, {}, at_, sink);
  const ResyncPoint point{Anchor::package_end, Pattern::elements, package_->last_block};
  package_.reset();
  return point;
}

std::optional<ResyncPoint> Search::run(Bytes& chunk, bool last, EventSink& sink) {
  Cursor in(at_.held, chunk);
  auto found = end_of_package(sink);
  while (!found && !in.empty() && step(in, last, sink, found)) {
  }
  chunk = in.rest();
  return found;
}

std::optional<ResyncPoint> Search::skip(std::uint64_t missing, EventSink& sink) {
  Bytes none;
  Cursor in(at_.held, none);
  if (!in.empty()) unparsed(in, in.piece(in.available()), sink);
  cause_ = ParseErrc::lost_bytes;
  not_before_ = at_.offset + missing;
  if (package_ && package_->length == 0) package_.reset();  // it may have ended
  if (package_) {
    const auto inside = std::min(missing, package_->left);
    emit(Missing{}, inside, {}, at_, sink);
    package_->left -= inside;
    missing -= inside;
    const auto end = end_of_package(sink);
    if (missing == 0) return end;
  }
  emit(Missing{}, missing, {}, at_, sink);
  return std::nullopt;
}

}  // namespace mig
