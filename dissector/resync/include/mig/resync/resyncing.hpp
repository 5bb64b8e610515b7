// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <variant>

#include "mig/forward_parser.hpp"
#include "mig/multifd_parser.hpp"
#include "mig/resync/search.hpp"
#include "mig/return_path_parser.hpp"

namespace mig {

/// Counts the units behind a resync point, and emits Confirmed when enough of them fit together.
class Confirmation {
 public:
  /// `open`: the section whose records are parsed from the resync point on.
  void begin(unsigned units, SectionId open) noexcept {
    units_left_ = units;
    open_ = open;
  }
  void abandon() noexcept { units_left_ = 0; }
  [[nodiscard]] bool pending() const noexcept { return units_left_ != 0; }
  void add(const Event& event, EventSink& sink);
  /// The package that ends at this offset was opened by a header that was not confirmed.
  [[nodiscard]] bool guessed_package(std::uint64_t end) const noexcept { return end == guessed_package_end_; }

 private:
  void unit(const EventBody& body) noexcept;

  unsigned units_left_ = 0;  // until what is parsed is no guess any more
  SectionId open_ = no_section;
  std::uint64_t guessed_package_end_ = UINT64_MAX;
};

/// Where a channel's first byte is.
enum class Joined : std::uint8_t {
  at_start,    ///< with the parser
  mid_stream,  ///< before it: the parser's first bytes are from the middle of the channel
};

/// A parser that goes on after an error: searches for the next resync point, and has a new parser continue
/// there with the same tables. Same members as ChannelParser; error() is the stream's first.
///
/// For those who read a stream: who acts on one must not act on a guess, and uses the bare parser.
template <class Parser>
class Resyncing {
 public:
  explicit Resyncing(const Parser& parser, Joined joined = Joined::at_start);
  /// Continues a search that has found what it searches through. `parser` has parsed nothing. Without a
  /// `point` the search goes on. Emits Resynchronised; the bytes that `search` holds are parsed by the next
  /// call.
  Resyncing(const Parser& parser, const Search& search, const std::optional<ResyncPoint>& point,
            EventSink& sink);

  std::optional<ParseError> feed(Bytes chunk, EventSink& sink);
  std::optional<ParseError> skip(std::uint64_t missing, EventSink& sink);
  std::optional<ParseError> finish(EventSink& sink);

  [[nodiscard]] Bytes held() const noexcept {
    return std::visit([](const auto& now) { return now.held(); }, now_);
  }
  [[nodiscard]] std::optional<ParseError> error() const noexcept {
    if (error_.code == ParseErrc::none) return std::nullopt;
    return error_;
  }

 private:
  void run(Bytes chunk, bool last, EventSink& sink);
  void lose(ParseErrc code);
  void resume(const ResyncPoint& point, EventSink& sink);
  void note(const ParseError& error) noexcept {
    if (error_.code == ParseErrc::none) error_ = error;
  }

  StreamTables* tables_;  // outlive the parser
  std::variant<Parser, Search> now_;
  Confirmation confirmation_;
  ParseError error_;  // the first
};

extern template class Resyncing<ForwardParser>;
extern template class Resyncing<MultifdParser>;
extern template class Resyncing<ReturnPathParser>;

}  // namespace mig
