// SPDX-License-Identifier: GPL-2.0-or-later
// Parsers: events tile their input, however it is cut.
#include <functional>
#include <optional>

#include "fuzz/choices.hpp"
#include "fuzz/target.hpp"
#include "mig/connection_parser.hpp"
#include "mig/describe.hpp"
#include "mig/history/migration.hpp"
#include "mig/resync/connection.hpp"

namespace mig::test {
namespace {

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
    if (!is_piece(event.body)) words_ = words_ * 31 + std::hash<std::string>()(words);
  }
  [[nodiscard]] std::uint64_t next() const { return next_; }
  [[nodiscard]] std::size_t words() const { return words_; }

 private:
  Bytes input_;
  const StreamTables* tables_;
  std::uint64_t next_ = 0;
  std::size_t words_ = 0;
};

struct Result {
  std::optional<ParseError> error;
  std::size_t words = 0;
  friend bool operator==(const Result&, const Result&) = default;
};

/// Gives `bytes` to `take` in the pieces that `choice` says; nullopt: whole.
template <class Take>
void in_pieces(Bytes bytes, std::optional<std::uint8_t> choice, Take take) {
  Pieces pieces(choice.value_or(0));
  while (!bytes.empty()) {
    const auto size = choice ? std::min(pieces.next(), bytes.size()) : bytes.size();
    take(bytes.first(size));
    bytes = bytes.subspan(size);
  }
}

template <class Parser>
void feed(Parser& parser, Bytes bytes, std::optional<std::uint8_t> choice, Tiles& tiles) {
  auto accepted = tiles.next() + parser.held().size();
  in_pieces(bytes, choice, [&](Bytes piece) {
    static_cast<void>(parser.feed(piece, tiles));
    accepted += piece.size();
    require(tiles.next() + parser.held().size() == accepted, "all accepted bytes are out or held");
    require(parser.held().size() <= HeldBytes::capacity, "no more than a header is held");
  });
}

void know_a_migration(StreamTables& tables) {
  static_cast<void>(tables.add_block("pc.ram", 0x40000));
  if (const auto ram = tables.intern("ram"))
    static_cast<void>(tables.add_section({SectionId{1}, *ram, 0, 4, SectionClass::ram, true}));
}

/// What is done with the rest of the input.
struct Plan {
  std::uint8_t mode = 0;
  std::uint8_t pieces = 0;
  Gap gap;
  Bytes bytes;
};
Plan plan_of(Bytes input) {
  Choices choices(input);
  Plan plan{choices.u8(), choices.u8(), {}, {}};
  const auto at = choices.be16(), size = choices.be16();
  plan.bytes = choices.rest();
  plan.gap.at = std::min<std::size_t>(at, plan.bytes.size());
  plan.gap.size = std::min<std::size_t>(size, plan.bytes.size() - plan.gap.at);
  return plan;
}

template <class Parser>
Result run(Parser parser, const StreamTables& tables, const Plan& plan, std::optional<std::uint8_t> pieces) {
  Tiles tiles(plan.bytes, tables);
  feed(parser, plan.bytes.first(plan.gap.at), pieces, tiles);
  if (plan.gap.size != 0) static_cast<void>(parser.skip(plan.gap.size, tiles));
  feed(parser, plan.bytes.subspan(plan.gap.at + plan.gap.size), pieces, tiles);
  static_cast<void>(parser.finish(tiles));
  require(tiles.next() == plan.bytes.size(), "all bytes are out at the end");
  return {parser.error(), tiles.words()};
}

template <class P, class... Args>
void whole_and_in_pieces(Bytes input, Args... args) {
  const auto plan = plan_of(input);
  const auto result = [&](std::optional<std::uint8_t> pieces) {
    StreamTables tables;
    if (plan.mode % 3 != 2) know_a_migration(tables);
    const P parser(tables, args...);
    switch (plan.mode % 3) {
      case 0: return run(parser, tables, plan, pieces);
      case 1: return run(Resyncing(parser), tables, plan, pieces);
      default: return run(Resyncing(parser, Joined::mid_stream), tables, plan, pieces);
    }
  };
  require(result(plan.pieces) == result(std::nullopt), "chunking is invisible");
}

/// What one direction of a connection emits, and whether its events tile.
template <class Connection>
struct DirectionSink final : EventSink {
  Connection* connection = nullptr;
  Direction fed_as = Direction::forward;
  std::uint64_t next = 0;
  std::size_t words = 0;
  std::vector<Notice> notices;
  void on_event(const Event& event, Bytes raw) override {
    require(event.range.begin == next && event.range.size() == raw.size(), "events tile the stream");
    next = event.range.end;
    if (!is_piece(event.body)) words = words * 31 + event.body.index() + event.range.begin;
    auto* m = connection->migration();
    if (m != nullptr) m->delivered({connection->id(), connection->kind(), direction()}, event, notices);
  }
  [[nodiscard]] Direction direction() const {
    if constexpr (std::is_same_v<Connection, ConnectionParser>) {
      return fed_as;
    } else {
      return connection->actual_direction(fed_as);
    }
  }
};

template <class Connection, class... Args>
Result run_connection(const std::array<Bytes, 2>& inputs, std::optional<std::uint8_t> pieces, Args... args) {
  MigrationSet set;
  Connection parser(set, ConnectionId{0}, args...);
  Result result;
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    const auto input = inputs[static_cast<std::size_t>(direction)];
    DirectionSink<Connection> sink;
    sink.connection = &parser;
    sink.fed_as = direction;
    in_pieces(input, pieces, [&](Bytes piece) {
      static_cast<void>(parser.feed(direction, piece, sink));
      require(parser.held(direction).size() <= HeldBytes::capacity, "no more than a header is held");
    });
    static_cast<void>(parser.finish(direction, sink));
    require(sink.next == input.size(), "all bytes are out at the end");
    result.words = (result.words + sink.words) * 31 + static_cast<std::size_t>(parser.kind());
    if (direction == Direction::forward) result.error = parser.error(direction);
  }
  return result;
}

template <class Connection, class... Args>
void connection_in_pieces(const std::array<Bytes, 2>& inputs, std::uint8_t pieces, Args... args) {
  const auto whole = run_connection<Connection>(inputs, std::nullopt, args...);
  require(run_connection<Connection>(inputs, pieces, args...) == whole, "chunking is invisible");
}

}  // namespace

void fuzz_forward(Bytes input) { whole_and_in_pieces<ForwardParser>(input, ForwardStart::file_header); }
void fuzz_resumed(Bytes input) { whole_and_in_pieces<ForwardParser>(input, ForwardStart::element); }
void fuzz_preempt(Bytes input) { whole_and_in_pieces<ForwardParser>(input, ForwardStart::ram_records); }
void fuzz_return_path(Bytes input) { whole_and_in_pieces<ReturnPathParser>(input); }
void fuzz_multifd(Bytes input) { whole_and_in_pieces<MultifdParser>(input); }

void fuzz_connection(Bytes input) {
  Choices choices(input);
  const auto mode = choices.u8(), pieces = choices.u8();
  const auto forward = choices.take(choices.be16());
  const std::array inputs{forward, choices.rest()};
  switch (mode % 3) {
    case 0: return connection_in_pieces<ConnectionParser>(inputs, pieces);
    case 1: return connection_in_pieces<ResyncingConnection>(inputs, pieces, Joined::at_start);
    default: return connection_in_pieces<ResyncingConnection>(inputs, pieces, Joined::mid_stream);
  }
}

}  // namespace mig::test
