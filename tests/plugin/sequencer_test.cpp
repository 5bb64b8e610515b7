// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/sequencer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mig;
using namespace mig::plugin;

namespace {

/// Writes down what comes out: bytes as they are, a gap as its size in brackets.
struct Recorder final : Sequencer::Output {
  void gap(std::uint64_t size) override { text += "[" + std::to_string(size) + "]"; }
  void piece(const Sequencer::Piece& piece) override {
    text += as_text(piece.bytes);
    if (piece.size != piece.bytes.size()) text += "(" + std::to_string(piece.size - piece.bytes.size()) + ")";
    frames.push_back(piece.visit.frame);
    last = piece;
  }
  std::string text;
  std::vector<std::uint32_t> frames;
  Sequencer::Piece last;
};

struct Feed {
  explicit Feed(std::uint32_t window = 64) { sequencer.set_window(window); }
  Sequencer::Disposition operator()(std::uint32_t sequence, std::string_view bytes, std::uint32_t size = 0) {
    const auto length = size != 0 ? size : static_cast<std::uint32_t>(bytes.size());
    return sequencer.accept({sequence, as_bytes(bytes), length, {++frame, 0}}, out);
  }
  Sequencer sequencer;
  Recorder out;
  std::uint32_t frame = 0;
};

}  // namespace

TEST_CASE("segments in order pass as they come") {
  Feed feed;
  CHECK(feed(1, "abc") == Sequencer::Disposition::fed);
  CHECK(feed(4, "de") == Sequencer::Disposition::fed);
  CHECK(feed.out.text == "abcde");
  CHECK(feed.sequencer.next() == 5);
}

TEST_CASE("what was seen is not fed again") {
  Feed feed;
  feed(1, "abc");
  CHECK(feed(1, "abc") == Sequencer::Disposition::old);
  CHECK(feed(2, "bcde") == Sequencer::Disposition::fed);
  CHECK(feed.out.text == "abcde");
  CHECK(feed.out.last.overlap == 2);
  CHECK(feed(0, "x") == Sequencer::Disposition::old);  // a keep-alive probe, before the first byte
}

TEST_CASE("early segments wait and come out in order") {
  Feed feed;
  feed(1, "ab");
  CHECK(feed(5, "ef") == Sequencer::Disposition::waits);
  CHECK(feed(7, "gh") == Sequencer::Disposition::waits);
  CHECK(feed(3, "cd") == Sequencer::Disposition::fed);
  CHECK(feed.out.text == "abcdefgh");
  CHECK(feed.out.frames == std::vector<std::uint32_t>{1, 4, 2, 3});
}

TEST_CASE("a full window ends the waiting with a gap") {
  Feed feed(2);
  feed(1, "ab");
  feed(5, "ef");
  feed(9, "ij");
  CHECK(feed.out.text == "ab");
  CHECK(feed(11, "kl") ==
        Sequencer::Disposition::waits);  // what it ended is the waiting for the first gap only
  CHECK(feed.out.text == "ab[2]ef");
  CHECK(feed(13, "mn") == Sequencer::Disposition::fed);
  CHECK(feed.out.text == "ab[2]ef[2]ijklmn");
}

TEST_CASE("too many waiting bytes end it too") {
  Feed feed;
  feed(1, "ab");
  const std::string much(Sequencer::max_waiting_bytes + 1, 'x');
  CHECK(feed(4, much) == Sequencer::Disposition::fed);
  CHECK(feed.out.text == "ab[1]" + much);
}

TEST_CASE("without a window a gap is told at once, but a far jump must be confirmed") {
  Feed feed(0);
  feed(1, "ab");
  CHECK(feed(5, "ef") == Sequencer::Disposition::fed);
  CHECK(feed.out.text == "ab[2]ef");
  CHECK(feed(1U << 30, "wild") == Sequencer::Disposition::waits);
  CHECK(feed(7, "gh") == Sequencer::Disposition::fed);
  CHECK(feed.out.text == "ab[2]efgh");
}

TEST_CASE("bytes that the snaplen cut off count") {
  Feed feed;
  feed(1, "ab", 10);
  feed(11, "cd");
  CHECK(feed.out.text == "ab(8)cd");
  CHECK(feed.sequencer.next() == 12);
}

TEST_CASE("sequence numbers wrap, offsets do not") {
  Feed feed;
  const std::string chunk(1U << 20, 'x');
  std::uint32_t sequence = 0xfff00000;
  for (int i = 0; i < 5000; ++i) {  // almost 5 GiB
    REQUIRE(feed(sequence, chunk) == Sequencer::Disposition::fed);
    sequence += 1U << 20;
    feed.out.text.clear();
    feed.out.frames.clear();
  }
  CHECK(feed.sequencer.next() == 5000ULL << 20);
  CHECK(feed.out.last.begin == 4999ULL << 20);
}

TEST_CASE("a relative sequence number above 1 shows that the beginning is missing") {
  Feed feed(0);
  feed(9, "ij");
  CHECK(feed.out.text == "[8]ij");
  Feed absolute(0);
  absolute(3000000000U, "ab");
  CHECK(absolute.out.text == "ab");
}
