// SPDX-License-Identifier: GPL-2.0-or-later
// Damages to real migrations whose guest's bytes are one known text: the input says which, and where.
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "fuzz/choices.hpp"
#include "fuzz/input_file.hpp"
#include "fuzz/target.hpp"
#include "replay/redact/redact_file.hpp"
#include "replay/secret_damage.hpp"

namespace mig::test {
namespace {

/// Four bytes of the input for each decision; when it has ended, numbers of its own.
class InputDecisions {
 public:
  explicit InputDecisions(Bytes input) : choices_(input) {}
  std::uint32_t operator()() {
    if (!choices_.rest().empty()) return last_ = choices_.be32();
    last_ = last_ * 1664525 + 1013904223;
    return last_ >> 8;
  }

 private:
  Choices choices_;
  std::uint32_t last_ = 1;
};

const std::vector<SecretStreams>& all_streams() {
  static const std::vector<SecretStreams> streams = [] {
    std::vector<SecretStreams> out;
    for (const auto* sample : secret_samples) out.push_back(secret_streams(sample, 3));
    return out;
  }();
  return streams;
}

/// Written beside it and renamed, so it is a real path.
struct RedactedFile {
  std::string path = std::filesystem::temp_directory_path() / ("migwire-fuzz-" + std::to_string(getpid()));
  RedactedFile() = default;
  RedactedFile(const RedactedFile&) = delete;
  RedactedFile& operator=(const RedactedFile&) = delete;
  ~RedactedFile() {
    std::error_code none;
    std::filesystem::remove(path, none);
  }
  [[nodiscard]] std::vector<std::byte> bytes() const {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto all = as_bytes(text);
    return {all.begin(), all.end()};
  }
};

}  // namespace

void fuzz_redact(Bytes input) {
  InputDecisions decisions(input);
  const auto& streams = all_streams();
  const auto capture = damaged_capture(streams[decisions() % streams.size()], std::ref(decisions));
  const InputFile in(capture.file);
  const RedactedFile out;
  try {
    static_cast<void>(replay::redact_file(in.path(), out.path));
  } catch (const std::runtime_error&) {
    require(!std::filesystem::exists(out.path), "what is refused is not written");
    return;
  }
  require(leaks_in(out.bytes()) == 0, "nothing of the guest is written");
}

}  // namespace mig::test
