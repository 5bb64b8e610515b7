// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz/tiling.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "mig/connection_parser.hpp"
#include "mig/describe.hpp"
#include "mig/migration.hpp"
#include "mig/resync/connection.hpp"

namespace mig::test {
namespace {

void require(bool holds, const char* what) {
  if (!holds) throw BrokenPromise(what);
}

/// Bytes that the input has and the parser does not get.
struct Gap {
  std::size_t at = 0;
  std::size_t size = 0;
};

bool is_piece(const EventBody& body) {
  return std::holds_alternative<Payload>(body) || std::holds_alternative<Unparsed>(body);
}

/// Checks tiling against the input itself, and that every event can be put into words; the words of all units
/// are summed up.
class Tiles final : public EventSink {
 public:
  Tiles(Bytes input, const StreamTables& tables) : input_(input), tables_(&tables) {}
  void on_event(const Event& event, Bytes raw) override {
    const bool missing = std::holds_alternative<Missing>(event.body);
    require(event.range.begin == next_, "events tile the stream");
    require(event.range.end <= input_.size(), "no byte comes out that did not go in");
    require(raw.size() == (missing ? 0 : event.range.size()), "raw is as long as its range");
    const auto expected = input_.subspan(next_, raw.size());
    require(std::equal(raw.begin(), raw.end(), expected.begin()), "raw is what came in");
    next_ = event.range.end;
    const auto words = describe(event, *tables_);
    if (!is_piece(event.body)) told_ = told_ * 31 + std::hash<std::string>()(words);
  }
  [[nodiscard]] std::uint64_t next() const { return next_; }
  [[nodiscard]] std::size_t told() const { return told_; }

 private:
  Bytes input_;
  const StreamTables* tables_;
  std::uint64_t next_ = 0;
  std::size_t told_ = 0;
};

struct Result {
  std::optional<ParseError> error;
  std::size_t told = 0;
  friend bool operator==(const Result&, const Result&) = default;
};

template <class Parser>
void feed(Parser& parser, Bytes bytes, std::size_t piece, Tiles& tiles) {
  const auto before = tiles.next() + parser.held().size();
  for (Bytes rest = bytes; !rest.empty();) {
    const auto n = std::min(piece, rest.size());
    static_cast<void>(parser.feed(rest.first(n), tiles));
    rest = rest.subspan(n);
    require(tiles.next() + parser.held().size() == before + bytes.size() - rest.size(),
            "all accepted bytes are out or held");
    require(parser.held().size() <= HeldBytes::capacity, "no more than a header is held");
  }
}

void know_a_migration(StreamTables& tables) {
  static_cast<void>(tables.add_block("pc.ram", 0x40000));
  if (const auto ram = tables.intern("ram"))
    static_cast<void>(tables.add_section({SectionId{1}, *ram, 0, 4, SectionClass::ram, true}));
}

template <class Parser>
Result run(Parser parser, const StreamTables& tables, Bytes input, std::size_t piece, Gap gap) {
  Tiles tiles(input, tables);
  feed(parser, input.first(gap.at), piece, tiles);
  if (gap.size != 0) static_cast<void>(parser.skip(gap.size, tiles));
  feed(parser, input.subspan(gap.at + gap.size), piece, tiles);
  static_cast<void>(parser.finish(tiles));
  require(tiles.next() == input.size(), "all bytes are out at the end");
  return {parser.error(), tiles.told()};
}

/// Where the gap is, and how long, the input says.
Gap gap_in(Bytes input) {
  if (input.size() < 3) return {};
  const auto at =
      (std::size_t{load_u8(input)} + input.size() * load_u8(input, input.size() - 1) / 256) % input.size();
  return {at, std::min<std::size_t>(1 + load_u8(input, input.size() / 2) % 64, input.size() - at)};
}

template <class P, class... Args>
void every_way(Bytes input, Args... args) {
  const auto both = [&](auto make, bool known, Gap gap) {
    const auto in_pieces_of = [&](std::size_t piece) {
      StreamTables tables;
      if (known) know_a_migration(tables);
      return run(make(P(tables, args...)), tables, input, piece, gap);
    };
    require(in_pieces_of(1) == in_pieces_of(input.size() + 1), "chunking is invisible");
  };
  const auto bare = [](const P& parser) { return parser; };
  const auto resyncing = [](const P& parser) { return Resyncing(parser); };
  const auto mid_stream = [](const P& parser) { return Resyncing(parser, Joined::mid_stream); };
  both(bare, true, {});
  both(bare, true, gap_in(input));
  both(resyncing, true, {});
  both(resyncing, true, gap_in(input));
  both(mid_stream, false, {});
}

/// What one direction of a connection tells, and whether its events tile.
template <class Connection>
struct WaySink final : EventSink {
  Connection* connection = nullptr;
  Direction way = Direction::forward;
  std::uint64_t next = 0;
  std::size_t told = 0;
  std::vector<Notice> notices;
  void on_event(const Event& event, Bytes raw) override {
    require(event.range.begin == next && event.range.size() == raw.size(), "events tile the stream");
    next = event.range.end;
    if (!is_piece(event.body)) told = told * 31 + event.body.index() + event.range.begin;
    auto* m = connection->migration();
    if (m != nullptr) m->delivered({connection->id(), connection->kind(), direction()}, event, notices);
  }
  [[nodiscard]] Direction direction() const {
    if constexpr (std::is_same_v<Connection, ConnectionParser>) {
      return way;
    } else {
      return connection->actual_direction(way);
    }
  }
};

template <class Connection, class... Args>
Result run_connection(Bytes forward, Bytes back, std::size_t piece, Args... args) {
  MigrationSet set;
  Connection parser(set, ConnectionId{0}, args...);
  Result result;
  for (const auto& [direction, input] :
       {std::pair(Direction::forward, forward), std::pair(Direction::return_path, back)}) {
    WaySink<Connection> sink;
    sink.connection = &parser;
    sink.way = direction;
    for (Bytes rest = input; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
      static_cast<void>(parser.feed(direction, rest.first(std::min(piece, rest.size())), sink));
      require(parser.held(direction).size() <= HeldBytes::capacity, "no more than a header is held");
    }
    static_cast<void>(parser.finish(direction, sink));
    require(sink.next == input.size(), "all bytes are out at the end");
    result.told = (result.told + sink.told) * 31 + static_cast<std::size_t>(parser.kind());
    if (direction == Direction::forward) result.error = parser.error(direction);
  }
  return result;
}

}  // namespace

void fuzz_forward(Bytes input) { every_way<ForwardParser>(input, ForwardStart::file_header); }
void fuzz_resumed(Bytes input) { every_way<ForwardParser>(input, ForwardStart::element); }
void fuzz_preempt(Bytes input) { every_way<ForwardParser>(input, ForwardStart::ram_records); }
void fuzz_return_path(Bytes input) { every_way<ReturnPathParser>(input); }
void fuzz_multifd(Bytes input) { every_way<MultifdParser>(input); }

template <class Connection, class... Args>
void both_sizes(Bytes forward, Bytes back, Args... args) {
  const auto whole = run_connection<Connection>(forward, back, forward.size() + back.size() + 1, args...);
  require(run_connection<Connection>(forward, back, 1, args...) == whole, "chunking is invisible");
}

void fuzz_connection(Bytes input) {
  const auto forward = input.first(input.size() / 2);
  const auto back = input.subspan(forward.size());
  both_sizes<ConnectionParser>(forward, back);
  both_sizes<ResyncingConnection>(forward, back, Joined::at_start);
  both_sizes<ResyncingConnection>(forward, back, Joined::mid_stream);
}

}  // namespace mig::test
