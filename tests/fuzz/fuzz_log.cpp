// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of a log from anywhere behind a true first one: nothing escapes, what is told tiles, and the work is
// bounded by the lines, whatever they claim.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <string>

#include "replay/analysis.hpp"
#include "replay/input/log_reader.hpp"

namespace {

using namespace mig;

constexpr std::string_view first_line =
    R"({"time_us":1,"wall":"2025-03-04T10:11:12.558966Z","kind":"start","event":"started","listen":"127.0.0.1:4444","rules":[],"log_pages":)";

class Tiling final : public replay::Consumer {
 public:
  void event(const replay::Seen& seen, const Event& event, Bytes raw) override {
    ++events;
    auto& next = next_[{seen.connection, seen.way()}];
    if (event.range.begin != next || event.range.end < next) std::abort();
    if (!raw.empty() && raw.size() != event.range.size()) std::abort();
    next = event.range.end;
  }
  std::size_t events = 0;

 private:
  std::map<std::pair<ConnectionId, Direction>, std::uint64_t> next_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: the fuzzer's name
  if (size == 0) return 0;
  auto text = std::string(first_line) + (data[0] % 2 == 0 ? "true}\n" : "false}\n");
  text.append(reinterpret_cast<const char*>(data) + 1, size - 1);
  Tiling tiling;
  replay::Analysis analysis({&tiling});
  FILE* file = ::fmemopen(text.data(), text.size(), "r");
  if (file == nullptr) std::abort();
  std::string warning;
  const auto statistics = replay::read_log(file, "log", analysis, warning, {});
  std::fclose(file);
  analysis.finish(statistics.last);
  if (tiling.events > 64 + text.size()) std::abort();
  return 0;
}
