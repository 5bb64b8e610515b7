// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mig/bytes.hpp"
#include "mig/event_sink.hpp"
#include "mig/parse_error.hpp"
#include "mig/stream_tables.hpp"

namespace mig::test {

using Buffer = std::vector<std::byte>;

/// Keeps all events, adjacent pieces of one payload (and of unparsed bytes) joined; checks that they tile the
/// stream.
class EventLog final : public EventSink {
 public:
  struct Entry {
    Event event;
    Buffer raw;
  };

  void on_event(const Event& event, Bytes raw) override;

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  /// All raw bytes in order: must be the input.
  [[nodiscard]] Buffer bytes() const;
  /// What layout_fault() says of the first event that it finds fault with, or empty.
  [[nodiscard]] std::string layout_fault(const StreamTables& tables) const;
  /// One for each event.
  [[nodiscard]] std::vector<Extent> extents() const;
  /// The first event whose extent contradicts those before it, or empty.
  [[nodiscard]] std::string extent_fault(const StreamTables& tables) const;
  /// One describe() line per event.
  [[nodiscard]] std::vector<std::string> lines(const StreamTables& tables) const;
  /// The bodies of type T, in order.
  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> out;
    for (const auto& entry : entries_) {
      if (const auto* body = std::get_if<T>(&entry.event.body)) out.push_back(*body);
    }
    return out;
  }

 private:
  std::vector<Entry> entries_;
  std::uint64_t next_ = 0;
};

/// What one run of a parser over an input gave.
struct Outcome {
  std::vector<std::string> lines;
  std::optional<ParseError> error;
  Buffer bytes;
  std::size_t most_held = 0;
  std::vector<Extent> extents;
  std::string layout_fault;  ///< of the whole input
  std::string extent_fault;
};

/// Runs `parse(pieces)` whole, in pieces of 1, 2, 3, 5, 7 ... bytes, and cut once at every offset (at up to
/// 400 of them when the input is long); all must agree with the first and give back the input. Returns that
/// of the whole input.
using ParseInPieces = std::function<Outcome(const std::vector<Bytes>& pieces)>;
Outcome for_each_split(Bytes input, const ParseInPieces& parse);

/// A ParseInPieces for a parser P constructed from tables that `prepare` may fill first.
template <class P, class... Args>
ParseInPieces parse_with(std::function<void(StreamTables&)> prepare, Args... args) {
  return [=](const std::vector<Bytes>& pieces) {
    StreamTables tables;
    if (prepare) prepare(tables);
    P parser(tables, args...);
    EventLog log;
    Outcome out;
    for (const auto piece : pieces) {
      static_cast<void>(parser.feed(piece, log));
      out.most_held = std::max(out.most_held, parser.held().size());
    }
    out.error = parser.finish(log);
    out.lines = log.lines(tables);
    out.bytes = log.bytes();
    out.extents = log.extents();
    if (pieces.size() == 1) {
      out.layout_fault = log.layout_fault(tables);
      out.extent_fault = log.extent_fault(tables);
    }
    return out;
  };
}

}  // namespace mig::test
