// SPDX-License-Identifier: GPL-2.0-or-later
// Nothing of a guest is in what redact writes, however the capture was damaged. MIG_REDACT_RUNS=10000 in the
// environment makes that many captures.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "replay/input/packet_source.hpp"
#include "replay/redact/redact_file.hpp"
#include "replay/secret_damage.hpp"

using namespace mig;
using namespace mig::test;
using namespace mig::replay;

namespace {

struct RedactFolder {
  std::string path = "/tmp/migwire-redact-" + std::to_string(getpid());
  RedactFolder() { std::filesystem::create_directory(path); }
  RedactFolder(const RedactFolder&) = delete;
  RedactFolder& operator=(const RedactFolder&) = delete;
  ~RedactFolder() { std::filesystem::remove_all(path); }
};

std::vector<std::byte> bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

void write_to(const std::string& path, const std::vector<std::byte>& bytes) {
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
}

/// Packets of the same sizes at the same times, and segments between the same ports, but for those that are
/// blank. Returns how many of how many segments there are again.
std::pair<int, int> same_packets(const std::string& before, const std::string& after) {
  std::pair<int, int> counts;
  const auto a = open_packets(open_packed(before), before), b = open_packets(open_packed(after), after);
  while (const auto* one = a->next()) {
    const auto* other = b->next();
    REQUIRE(other != nullptr);
    CHECK(one->frame.size() == other->frame.size());
    CHECK(one->size_on_wire == other->size_on_wire);
    CHECK(one->moment.time == other->moment.time);
    const auto was = decode_frame(one->link_type, one->frame),
               is = decode_frame(other->link_type, other->frame);
    if (!is_known_link_type(one->link_type) || !was) continue;
    ++counts.second;
    if (!is) {
      CHECK(std::ranges::all_of(other->frame, [](std::byte value) { return value == std::byte{}; }));
      continue;
    }
    ++counts.first;
    CHECK(was->source == is->source);
    CHECK(was->destination == is->destination);
    CHECK(was->sequence == is->sequence);
    CHECK(was->size == is->size);
  }
  CHECK(b->next() == nullptr);
  return counts;
}

}  // namespace

TEST_CASE("of damaged captures redact writes nothing that is the guest's, and refuses hardly any") {
  const char* wanted = std::getenv("MIG_REDACT_RUNS");
  const int runs = wanted != nullptr ? std::atoi(wanted) : 250;
  const RedactFolder folder;
  const auto in = folder.path + "/in", out = folder.path + "/out";
  std::vector<SecretStreams> streams;
  streams.reserve(secret_samples.size());
  for (const auto* sample : secret_samples) streams.push_back(secret_streams(sample, 6));
  std::mt19937 random(18);
  std::map<std::string, int> refusals;
  int refused = 0, same = 0, segments = 0, again = 0;
  for (int run = 0; run < runs; ++run) {
    const auto capture = damaged_capture(streams[random() % streams.size()],
                                         [&] { return static_cast<std::uint32_t>(random()); });
    CAPTURE(run);
    CAPTURE(capture.damages);
    write_to(in, capture.file);
    std::filesystem::remove(out);
    try {
      same += redact_file(in, out).same_structure ? 1 : 0;
    } catch (const std::exception& e) {
      ++refused, ++refusals[e.what()];
      CHECK_FALSE(std::filesystem::exists(out));
      continue;
    }
    const auto leaks = leaks_in(bytes_of(out));
    CHECK(leaks == 0);
    if (leaks != 0 && wanted != nullptr) {
      std::error_code none;
      std::filesystem::copy_file(in, "/tmp/migwire-leak-" + std::to_string(run), none);
    }
    if (!capture.packets_fit) continue;
    const auto [kept, all] = same_packets(in, out);
    again += kept, segments += all;
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) <= 2);  // nothing else is left
  CHECK(refused * 20 <= runs);
  CHECK(again > segments / 20 * 19);
  if (wanted == nullptr) return;
  MESSAGE(again << " of " << segments << " segments have their headers");
  MESSAGE(runs << " captures, " << refused << " refused, " << same << " read the same again");
  for (const auto& [why, n] : refusals) MESSAGE(n << " times: " << why);
}

TEST_CASE("the captures that are damaged for this are full of the secret, and read well before") {
  for (const auto* sample : secret_samples) {
    std::mt19937 random(1);
    const auto streams = secret_streams(sample, 6);
    std::size_t secrets = 0;
    for (const auto& piece : streams.pieces) secrets += leaks_in(piece.bytes);
    CHECK(secrets > 1000);
  }
}
