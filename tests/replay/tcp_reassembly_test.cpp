// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/tcp_reassembly.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace mig;
using namespace mig::replay;

namespace {

/// What came out, missing bytes as '?'.
struct Text final : StreamSink {
  std::string text;
  void data(Bytes bytes, const Moment&) override { text += as_text(bytes); }
  void missing(std::uint64_t count, const Moment&) override {
    text += std::string(static_cast<std::size_t>(count), '?');
  }
};

/// A direction that sends `text` from sequence number `first` on.
class Sender {
 public:
  explicit Sender(std::string t, std::uint32_t first = 1000) : text(std::move(t)), first_(first) {}
  Segment syn() const { return make(0, 0, true); }
  Segment part(std::size_t begin, std::size_t end, std::size_t captured = std::string::npos) const {
    auto s = make(begin, end - begin, false);
    s.payload = s.payload.first(std::min(captured, s.payload.size()));
    return s;
  }
  Segment fin() const {
    auto s = make(text.size(), 0, false);
    s.fin = true;
    return s;
  }
  std::uint32_t sequence(std::size_t at) const { return first_ + 1 + static_cast<std::uint32_t>(at); }
  std::string text;

 private:
  Segment make(std::size_t begin, std::size_t size, bool syn) const {
    Segment s;
    s.syn = syn;
    s.sequence = syn ? first_ : sequence(begin);
    s.size = static_cast<std::uint32_t>(size);
    s.payload = as_bytes(std::string_view(text).substr(begin, size));
    return s;
  }
  std::uint32_t first_;
};

const std::string alphabet = "abcdefghijklmnopqrstuvwxyz";

}  // namespace

TEST_CASE("reordered, repeated and overlapping segments are given once, in order") {
  const Sender a(alphabet);
  TcpReassembly r;
  Text out;
  for (const auto& s : {a.syn(), a.part(0, 5), a.part(10, 15), a.part(10, 15), a.part(3, 8), a.part(14, 20),
                        a.part(0, 12), a.part(20, 26), a.fin()}) {
    r.segment(s, {}, out);
  }
  CHECK(out.text == alphabet);
  CHECK(r.ended());
}

TEST_CASE("sequence numbers wrap") {
  const Sender a(alphabet, 0xfffffff8);
  TcpReassembly r;
  Text out;
  for (const auto& s : {a.syn(), a.part(4, 12), a.part(0, 4), a.part(12, 26)}) r.segment(s, {}, out);
  CHECK(out.text == alphabet);
}

TEST_CASE("a lost segment that was acknowledged is missing, exactly") {
  const Sender a(alphabet);
  TcpReassembly r;
  Text out;
  r.segment(a.syn(), {}, out);
  r.segment(a.part(0, 5), {}, out);
  r.segment(a.part(9, 20), {}, out);
  CHECK(out.text == "abcde");  // it may only be late
  for (unsigned i = 0; i <= TcpReassembly::late_segments; ++i) r.acknowledged(a.sequence(20), out);
  CHECK(out.text == "abcde????jklmnopqrst");
}

TEST_CASE("what waits comes out at the end, with what is missing before it and behind it") {
  const Sender a(alphabet);
  TcpReassembly r;
  Text out;
  r.segment(a.syn(), {}, out);
  r.segment(a.part(2, 4), {}, out);
  r.segment(a.part(6, 8), {}, out);
  r.acknowledged(a.sequence(10), out);
  r.finish({}, out);
  CHECK(out.text == "??cd??gh??");
}

TEST_CASE("a snaplen's cut is missing at its place") {
  const Sender a(alphabet);
  TcpReassembly r;
  Text out;
  r.segment(a.syn(), {}, out);
  r.segment(a.part(0, 10, 4), {}, out);
  r.segment(a.part(10, 26, 3), {}, out);
  CHECK(out.text == "abcd??????klm?????????????");
}

TEST_CASE("a capture that begins in the middle begins with what it has") {
  const Sender a(alphabet);
  TcpReassembly r;
  Text out;
  r.segment(a.part(7, 12), {}, out);
  r.segment(a.part(12, 26), {}, out);
  CHECK(out.text == alphabet.substr(7));
  CHECK(r.started_late());
}

TEST_CASE("a segment that never comes cannot make what waits grow without bound") {
  const std::string big(TcpReassembly::max_waiting + (1U << 20), 'x');
  const Sender a(big);
  TcpReassembly r;
  Text out;
  r.segment(a.syn(), {}, out);
  for (std::size_t at = 10; at < big.size(); at += 60000)
    r.segment(a.part(at, std::min(at + 60000, big.size())), {}, out);
  CHECK(out.text.size() > 10);
  CHECK(out.text.substr(0, 11) == "??????????x");
}

TEST_CASE("any order of any cut gives the same bytes") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string text(500, ' ');
    for (auto& c : text) c = static_cast<char>('a' + random() % 26);
    const Sender a(text, static_cast<std::uint32_t>(random()));
    std::vector<Segment> segments;
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.size(), at + 1 + random() % 40);
      segments.push_back(a.part(at, end));
      if (random() % 3 == 0) segments.push_back(a.part(at - std::min<std::size_t>(at, random() % 20), end));
      at = end;
    }
    for (std::size_t i = 0; i + 1 < segments.size(); ++i)
      std::swap(segments[i], segments[i + random() % std::min<std::size_t>(8, segments.size() - i)]);
    TcpReassembly r;
    Text out;
    r.segment(a.syn(), {}, out);
    for (const auto& s : segments) r.segment(s, {}, out);
    r.finish({}, out);
    REQUIRE(out.text == text);
  }
}
