// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "mig/channel_parser.hpp"
#include "mig/resync/ram_chains.hpp"

namespace mig {

class Cursor;
class Lookahead;
struct Probe;

/// By what a search can recognise a channel.
enum class Pattern : std::uint8_t {
  file_header,  ///< begins a main channel
  tls,          ///< begins a TLS session
  packets,      ///< multifd
  init_packet,  ///< begins a multifd channel
  messages,     ///< return path
  elements,     ///< main channel: footers, commands
  records,      ///< RAM records: main or preempt channel
};

class Patterns {
 public:
  constexpr Patterns(std::initializer_list<Pattern> patterns) noexcept {
    for (const auto pattern : patterns) bits_ |= bit(pattern);
  }
  [[nodiscard]] constexpr bool has(Pattern pattern) const noexcept { return (bits_ & bit(pattern)) != 0; }
  [[nodiscard]] static constexpr Patterns all() noexcept {
    using enum Pattern;
    return {file_header, tls, packets, init_packet, messages, elements, records};
  }

 private:
  static constexpr unsigned bit(Pattern pattern) noexcept { return 1U << static_cast<unsigned>(pattern); }
  unsigned bits_ = 0;
};

/// A position from which a channel can be parsed again, and what was learnt by finding it.
struct ResyncPoint {
  Anchor anchor = Anchor::none;
  Pattern pattern = Pattern::elements;
  BlockId block = no_block;     ///< ram_records: the block of the records, if one of them named it
  std::uint32_t page_size = 0;  ///< ram_records: the target page size by their distances; 0: not seen
};

/// A package of known length whose framing was lost: where it ends is known all the same.
struct OpenPackage {
  std::uint64_t left = 0;         ///< bytes to its end; UINT64_MAX: its header was not seen
  std::uint32_t length = 0;       ///< 0: its header was not seen
  BlockId last_block = no_block;  ///< of the last RAM record before it
};

/// One direction of a channel whose framing is lost, or of a connection that was joined in mid-stream: emits
/// its bytes as Unparsed up to the next resync point.
class Search {
 public:
  /// Takes over the offset and the held bytes of `at`. `tables` outlive the search.
  Search(const StreamTables& tables, Patterns patterns, const ChannelState& at, ParseError loss,
         std::optional<OpenPackage> package = {}) noexcept
      : tables_(&tables),
        patterns_(patterns),
        at_(at),
        package_(package),
        not_before_(loss.code == ParseErrc::start_unseen ? 0 : at.offset + 1),
        loss_(loss),
        cause_(loss.code) {
    at_.error = {};
  }
  /// The same position, searched for the patterns of a channel that is known by now.
  [[nodiscard]] Search narrowed(const StreamTables& tables, Patterns patterns) const noexcept {
    Search search = *this;
    search.tables_ = &tables;
    search.patterns_ = patterns;
    search.chains_ = {};
    return search;
  }

  /// Takes all of `chunk`, or, if a resync point is found, what precedes it: held() and what then remains of
  /// `chunk` are to be parsed from that point. `last`: the stream ends with `chunk`.
  [[nodiscard]] std::optional<ResyncPoint> run(Bytes& chunk, bool last, EventSink& sink);
  /// `missing` bytes were lost: emits Missing. The end of the package behind them is a resync point.
  [[nodiscard]] std::optional<ResyncPoint> skip(std::uint64_t missing, EventSink& sink);

  [[nodiscard]] Bytes held() const noexcept { return at_.held.bytes(); }
  /// Offset and held bytes, for the parser that continues.
  [[nodiscard]] const ChannelState& at() const noexcept { return at_; }
  /// Why and where the framing was lost.
  [[nodiscard]] const ParseError& loss() const noexcept { return loss_; }
  [[nodiscard]] const std::optional<OpenPackage>& package() const noexcept { return package_; }
  [[nodiscard]] Patterns patterns() const noexcept { return patterns_; }

 private:
  bool step(Cursor& in, bool last, EventSink& sink, std::optional<ResyncPoint>& found);
  [[nodiscard]] std::size_t next_candidate(Bytes bytes, std::size_t from) const noexcept;
  [[nodiscard]] Probe probe(Lookahead& ahead, std::uint64_t offset);
  void unparsed(Cursor& in, Bytes bytes, EventSink& sink);
  [[nodiscard]] std::optional<ResyncPoint> end_of_package(EventSink& sink);

  const StreamTables* tables_;
  Patterns patterns_;
  ChannelState at_;
  RamChains chains_;
  std::optional<OpenPackage> package_;
  std::uint64_t not_before_;  // what begins before this has misled the parser already
  ParseError loss_;
  ParseErrc cause_;  // of the bytes that are unparsed now
};

}  // namespace mig
