// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz/tiling.hpp"

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "mig/describe.hpp"
#include "mig/migration.hpp"

namespace mig::test {
namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// Checks tiling against the input itself, and that every event can be put into words.
class Tiles final : public EventSink {
 public:
  Tiles(Bytes input, const StreamTables& tables) : input_(input), tables_(&tables) {}
  void on_event(const Event& event, Bytes raw) override {
    require(event.range.begin == next_ && event.range.end == next_ + raw.size(), "events tile the stream");
    require(event.range.end <= input_.size(), "no byte comes out that did not go in");
    const auto expected = input_.subspan(next_, raw.size());
    require(std::equal(raw.begin(), raw.end(), expected.begin()), "raw is what came in");
    next_ = event.range.end;
    words_ += describe(event, *tables_).size();
    if (!std::holds_alternative<Payload>(event.body) && !std::holds_alternative<Unparsed>(event.body))
      ++units_;
  }
  std::uint64_t next() const { return next_; }
  std::size_t units() const { return units_; }

 private:
  Bytes input_;
  const StreamTables* tables_;
  std::uint64_t next_ = 0;
  std::size_t words_ = 0, units_ = 0;
};

struct Result {
  std::optional<ParseError> error;
  std::size_t units = 0;
  friend bool operator==(const Result&, const Result&) = default;
};

template <class P, class... Args>
Result run(Bytes input, std::size_t piece, Args... args) {
  StreamTables tables;
  static_cast<void>(tables.add_block("pc.ram", 0x40000));
  if (const auto ram = tables.intern("ram")) {
    static_cast<void>(tables.add_section({SectionId{1}, *ram, 0, 4, SectionClass::ram, true}));
  }
  P parser(tables, args...);
  Tiles tiles(input, tables);
  for (Bytes rest = input; !rest.empty();) {
    const auto n = std::min(piece, rest.size());
    static_cast<void>(parser.feed(rest.first(n), tiles));
    rest = rest.subspan(n);
    require(tiles.next() + parser.held().size() == input.size() - rest.size(),
            "all accepted bytes are out or held");
    require(parser.held().size() <= HeldBytes::capacity, "no more than a header is held");
  }
  static_cast<void>(parser.finish(tiles));
  require(tiles.next() == input.size(), "all bytes are out at the end");
  return {parser.error(), tiles.units()};
}

template <class P, class... Args>
void both_ways(Bytes input, Args... args) {
  const auto whole = run<P>(input, input.size() + 1, args...);
  require(run<P>(input, 1, args...) == whole, "chunking is invisible");
}

Result run_connection(Bytes forward, Bytes back, std::size_t piece) {
  MigrationSet set;
  ConnectionParser parser(set, ConnectionId{0});
  Result result;
  for (const auto& [direction, input] :
       {std::pair(Direction::forward, forward), std::pair(Direction::return_path, back)}) {
    struct Sink final : EventSink {
      ConnectionParser* connection = nullptr;
      Direction way = Direction::forward;
      std::uint64_t next = 0;
      std::vector<Notice> notices;
      void on_event(const Event& event, Bytes raw) override {
        require(event.range.begin == next && event.range.size() == raw.size(), "events tile the stream");
        next = event.range.end;
        if (auto* m = connection->migration())
          m->delivered({connection->id(), connection->kind(), way}, event, notices);
      }
    } sink;
    sink.connection = &parser;
    sink.way = direction;
    for (Bytes rest = input; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
      static_cast<void>(parser.feed(direction, rest.first(std::min(piece, rest.size())), sink));
    }
    static_cast<void>(parser.finish(direction, sink));
    require(sink.next == input.size(), "all bytes are out at the end");
    result.units = result.units * 31 + static_cast<std::size_t>(parser.kind());
    if (direction == Direction::forward) result.error = parser.error(direction);
  }
  return result;
}

}  // namespace

void fuzz_forward(Bytes input) { both_ways<ForwardParser>(input, ForwardStart::file_header); }
void fuzz_resumed(Bytes input) { both_ways<ForwardParser>(input, ForwardStart::element); }
void fuzz_preempt(Bytes input) { both_ways<ForwardParser>(input, ForwardStart::ram_records); }
void fuzz_return_path(Bytes input) { both_ways<ReturnPathParser>(input); }
void fuzz_multifd(Bytes input) { both_ways<MultifdParser>(input); }

void fuzz_connection(Bytes input) {
  const auto half = input.size() / 2;
  const auto whole = run_connection(input.first(half), input.subspan(half), input.size() + 1);
  require(run_connection(input.first(half), input.subspan(half), 1) == whole, "chunking is invisible");
}

}  // namespace mig::test
